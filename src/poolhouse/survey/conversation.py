"""Conversation: the one handler that every mechanism serves. Bytes in, bytes out, no I/O.

A request is a decimal number of up to 4 kB and a newline; the answer is twice the number and one, and a newline.
One-shot, the conversation is over after the first answer, and whoever serves it closes the connection; keep-alive, it
goes on until the client closes. A server that greets speaks first. What is no request ends the conversation without an
answer. As in the graphs that began it: simple input, trivial computation, some output, close.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

GREETING = b"hello\n"
LONGEST_REQUEST_BYTES = 4096
_CALIBRATION_TURNS = 20_000
_CALIBRATION_TIMES = 15


@dataclass(frozen=True, slots=True)
class Manner:
    """How a server converses. `turns` of a pure Python loop make each answer heavy; 0 leaves it trivial."""

    is_one_shot: bool = True
    greets: bool = False
    turns: int = 0


class Conversation:
    """One connection's side of the server. `is_over` says that no more will be answered: flush, then close."""

    __slots__ = ("_manner", "_partial", "is_over")

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._partial = b""
        self.is_over = False

    def greeting(self) -> bytes:
        """What the server says first, empty where the client does."""
        return GREETING if self._manner.greets else b""

    def receive(self, data: bytes | bytearray) -> bytes:
        """The answers to every request that `data` completes, joined in order; empty while none is complete.

        Costs about a microsecond a request, and as much as the manner's turns.
        """
        *lines, self._partial = (self._partial + data).split(b"\n")
        answers = b""
        for line in lines:
            try:
                answers += self._answer(line)
            except ValueError:
                self.is_over = True
            if self.is_over or self._manner.is_one_shot:
                self.is_over = True
                break
        if len(self._partial) > LONGEST_REQUEST_BYTES:
            self.is_over = True
        return answers

    def _answer(self, line: bytes) -> bytes:
        if self._manner.turns:
            work(self._manner.turns)
        return b"%d\n" % (2 * int(line) + 1)


def expected_answer(number: int) -> bytes:
    """What a server that works says to `number`."""
    return b"%d\n" % (2 * number + 1)


def work(turns: int) -> int:
    """A loop of pure Python that holds the interpreter for `turns` turns of some 40 ns."""
    total = 0
    for turn in range(turns):
        total += turn & 7
    return total


def turns_for(heavy_us: int) -> int:
    """How many turns take `heavy_us` microseconds of processor time with this interpreter, on this machine, now.

    Counted once a run and given to every server, so that all of them do the same: a loop that waits for a clock would
    count as work the time in which other threads have the interpreter. Takes the fastest of fifteen tries, some 15 ms.
    """
    if not heavy_us:
        return 0
    times = []
    for _ in range(_CALIBRATION_TIMES):
        began = time.thread_time_ns()
        work(_CALIBRATION_TURNS)
        times.append(time.thread_time_ns() - began)
    return max(1, round(heavy_us * 1000 * _CALIBRATION_TURNS / max(min(times), 1)))
