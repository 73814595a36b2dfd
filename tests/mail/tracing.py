"""strace on a running server: what it asks of the disk, and faults put into that."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.mail.server import MailServer

WHY_NOT = None if shutil.which("strace") else "strace is not here"


@contextmanager
def traced(server: MailServer, *options: str) -> Iterator[Path]:
    """Trace every thread of a server meanwhile; the file has what strace says."""
    process = server.running.process
    assert process is not None
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "log"
        tracer = subprocess.Popen(
            ["strace", "-f", "-y", "-s", "80", "-o", str(log), "-p", str(process.pid), *options],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert tracer.stderr is not None
        line = tracer.stderr.readline()
        assert "attached" in line, line
        try:
            yield log
        finally:
            tracer.terminate()
            tracer.communicate(timeout=30)


@contextmanager
def failing(server: MailServer, call: str, error: str) -> Iterator[None]:
    """Let every such system call of a server fail meanwhile."""
    with traced(server, "-e", f"trace={call}", "-e", f"inject={call}:error={error}"):
        yield
