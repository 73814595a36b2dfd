"""The calibration: a server in C on raw epoll, compiled when it is started. What Python adds is what lies above it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from poolhouse.survey.mechanisms.service import Service

SOURCE = Path(__file__).with_name("reference.c")


def compile_reference(binary: Path) -> None:
    """Compile the server to `binary`, some 0.2 s. Raises CalledProcessError, and FileNotFoundError without a cc."""
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", str(binary), str(SOURCE)], check=True)


def serve(listener: socket.socket, service: Service) -> None:
    """Become the C server: same process, same descriptor, same limits."""
    place = Path(tempfile.mkdtemp(prefix="poolhouse-survey-"))
    compile_reference(place / "reference")
    program = os.open(place / "reference", os.O_RDONLY | os.O_CLOEXEC)
    shutil.rmtree(place)
    listener.setblocking(False)
    listener.set_inheritable(True)
    mode = "one-shot" if service.manner.is_one_shot else "keep-alive"
    words = [str(listener.fileno()), mode, str(int(service.manner.greets)), str(service.heavy_us)]
    service.ready()
    os.execve(program, ["reference", *words], {})  # noqa: S606 - what was compiled just now
