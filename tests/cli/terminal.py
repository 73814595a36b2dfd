"""A pseudo-terminal, and what somebody who looks at it sees."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from typing import Self

_MARK = b"\0"


class Terminal:
    """One end is a program's, the other is looked at. Knows lines, carriage returns and nothing else."""

    def __init__(self, columns: int = 80) -> None:
        self._looked_at, self.program_end = os.openpty()
        # what a program writes arrives as it was written
        mode = termios.tcgetattr(self.program_end)
        mode[1] &= ~termios.OPOST
        termios.tcsetattr(self.program_end, termios.TCSANOW, mode)
        self.columns = columns
        fcntl.ioctl(self.program_end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.written = ""

    def read(self) -> str:
        """What was written since the last time. What is written last arrives last: a mark says that all is there."""
        os.write(self.program_end, _MARK)
        new = b""
        while not new.endswith(_MARK):
            new += os.read(self._looked_at, 1 << 16)
        text = new.removesuffix(_MARK).decode()
        self.written += text
        return text

    def wait_for(self, words: str) -> None:
        """Return once these words were written; the test's own time limit ends it where they are not."""
        while words not in self.written:
            self.written += os.read(self._looked_at, 1 << 16).decode()

    @property
    def screen(self) -> list[str]:
        """The lines as they stand there now, without spaces at their ends."""
        self.read()
        lines = []
        for line in self.written.split("\n"):
            shown: list[str] = []
            for part in line.split("\r"):
                shown[: len(part)] = part
            assert len(shown) <= self.columns, "the line goes on in the next"
            lines.append("".join(shown).rstrip())
        return lines

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._looked_at)
        os.close(self.program_end)
