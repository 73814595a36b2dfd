"""The messages of `../shared/fixtures/mail`: real people's mail, so nothing of it stands in any test."""

from __future__ import annotations

from pathlib import Path

import pytest

MAIL = Path(__file__).parents[2].parent / "shared" / "fixtures" / "mail"


def mail_files() -> list[Path]:
    """All files of the fixtures, mboxes among them, in a fixed order; skips the test where there are none."""
    if not MAIL.is_dir():
        pytest.skip("needs ../shared/fixtures/mail")
    return [file for file in sorted(MAIL.rglob("*")) if file.is_file() and file.name[:1] != "."]
