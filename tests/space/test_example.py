"""The example of a worker, run as a person runs it, and what it makes of a picture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

EXAMPLE = Path(__file__).parents[2] / "examples" / "blur.py"


@pytest.mark.slow
def test_it_blurs_a_picture(tmp_path: Path) -> None:
    picture = Image.radial_gradient("L").convert("RGB")
    picture.save(tmp_path / "sharp.png")
    command = [sys.executable, "-I", str(EXAMPLE), str(tmp_path / "sharp.png"), str(tmp_path / "blurred.png")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    with Image.open(tmp_path / "blurred.png") as blurred:
        assert blurred.tobytes() == picture.filter(ImageFilter.GaussianBlur(4)).tobytes()
