"""A real server in a process of its own, and the real command line beside it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

_LISTENS = re.compile(r"Poolhouse listens on (\S+)")
STOP_SECONDS = 20


def command_line(data: Path, *arguments: str, stdin: str = "") -> list[dict[str, Any]]:
    """Run `poolhouse … --json` on a data directory and return what it printed; fails where the command does."""
    done = subprocess.run(
        [sys.executable, "-m", "poolhouse", *arguments, "--data", str(data), "--json"],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@dataclass
class RunningServer:
    """`poolhouse serve` on a free port; pages are not fetched unless asked."""

    data: Path
    arguments: tuple[str, ...] = ("--fetch-pages", "no")
    url: str = ""
    output: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start, and return once it listens."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "poolhouse", "serve", "--http", "127.0.0.1:0"),
                *("--data", str(self.data), *self.arguments),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},  # noqa: TID251 - the server's own environment
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line.rstrip())
            if found := _LISTENS.search(line):
                self.url = found[1]
                return self
        raise AssertionError("\n".join(self.output))

    def command(self, *arguments: str, stdin: str = "") -> list[dict[str, Any]]:
        """Run a command beside the server."""
        return command_line(self.data, *arguments, stdin=stdin)

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self._wait()

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self._wait()

    def _wait(self) -> int:
        assert self.process is not None
        rest, _ = self.process.communicate(timeout=STOP_SECONDS)
        self.output.extend(rest.splitlines())
        return self.process.returncode

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()
