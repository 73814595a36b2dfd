"""The tiny server in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

TINY = Path(__file__).parent / "tiny.py"


class TinyServer:
    """Where it listens, and which process it is."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())
        self.address: tuple[str, int] | str = address if isinstance(address, str) else tuple(address)
        self.pid = self.group = process.pid

    @property
    def error(self) -> str:
        """What it died of; waits for its death."""
        assert self._process.stderr is not None
        return self._process.stderr.read()


@contextmanager
def tiny_server(**options: Any) -> Iterator[TinyServer]:
    """A tiny server with the options of `tiny.py`, killed at the end."""
    process = subprocess.Popen(
        [sys.executable, str(TINY), json.dumps(options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield TinyServer(process)
    finally:
        process.kill()
        process.communicate()
