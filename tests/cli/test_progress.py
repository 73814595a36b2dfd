"""The line that says how far work is, as it looks on a terminal."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.cli._progress import FIRST_SECONDS, NEXT_SECONDS, Progress, line_of
from tests.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with Terminal() as made:
        yield made


def stream_of(terminal: Terminal) -> TextIO:
    return os.fdopen(terminal.program_end, "w", closefd=False)


def test_what_is_done_within_a_second_shows_nothing(terminal: Terminal, clock: Clock) -> None:
    with Progress("importing", "links", stream_of(terminal), is_shown=True, clock=clock) as progress:
        for done in range(100):
            progress(done, 100)
            clock.seconds += FIRST_SECONDS / 101
    assert terminal.read() == ""


def test_a_line_that_is_gone_at_the_end(terminal: Terminal, clock: Clock) -> None:
    with Progress("importing", "links", stream_of(terminal), is_shown=True, clock=clock) as progress:
        clock.seconds += FIRST_SECONDS
        progress(1_500, 3_000)
        assert terminal.screen == ["importing [###############               ] 1,500 of 3,000 links"]
        clock.seconds += NEXT_SECONDS
        progress(3_000, 3_000)
        assert terminal.screen == ["importing [##############################] 3,000 of 3,000 links"]
    assert terminal.screen == [""]
    assert "\n" not in terminal.written
    assert "\x1b" not in terminal.written


def test_gone_too_where_the_work_is_broken_off(terminal: Terminal, clock: Clock) -> None:
    def work() -> None:
        with Progress("waiting", "jobs", stream_of(terminal), is_shown=True, clock=clock) as progress:
            clock.seconds += FIRST_SECONDS
            progress(0, 3)
            assert terminal.screen != [""]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert terminal.screen == [""]


def test_gone_too_where_it_is_broken_off_while_it_is_drawn(terminal: Terminal, clock: Clock) -> None:
    """Ctrl-C comes when it wants: here as soon as the line stands there."""

    class Interrupted(io.TextIOWrapper):
        is_first = True

        def flush(self) -> None:
            super().flush()
            if self.is_first:
                self.is_first = False
                raise KeyboardInterrupt

    def work(stream: TextIO) -> None:
        with Progress("waiting", "jobs", stream, is_shown=True, clock=clock) as progress:
            clock.seconds += FIRST_SECONDS
            progress(0, 3)

    with open(terminal.program_end, "wb", buffering=0, closefd=False) as raw:
        stream = Interrupted(raw)
        with pytest.raises(KeyboardInterrupt):
            work(stream)
    assert "waiting [" in terminal.read()
    assert terminal.screen == [""]


def test_ten_times_a_second_at_most(terminal: Terminal, clock: Clock) -> None:
    with Progress("backing up", "", stream_of(terminal), is_shown=True, clock=clock) as progress:
        clock.seconds += FIRST_SECONDS
        for done in range(10_000):
            progress(done, 10_000)
            clock.seconds += 1 / 10_000
        assert 9 <= terminal.read().count("\r") <= 11


def test_a_shorter_line_leaves_nothing_of_a_longer_one(terminal: Terminal, clock: Clock) -> None:
    with Progress("waiting", "jobs", stream_of(terminal), is_shown=True, clock=clock) as progress:
        clock.seconds += FIRST_SECONDS
        progress(0, 1_000_000)
        clock.seconds += NEXT_SECONDS
        progress(1, 2)
        assert terminal.screen == ["waiting [###############               ] 1 of 2 jobs"]


@pytest.mark.parametrize("columns", [1, 10, 40, 200])
def test_never_wider_than_the_terminal(columns: int, clock: Clock) -> None:
    with (
        Terminal(columns) as terminal,
        Progress("importing", "bookmarks", stream_of(terminal), is_shown=True, clock=clock) as progress,
    ):
        for done in (0, 1, 99_999):
            clock.seconds += FIRST_SECONDS
            progress(done, 100_000)
            (line,) = terminal.screen
            assert len(line) < columns or columns == 1
            assert ("[" in line) == (columns == 200)


def test_nothing_for_programs(clock: Clock) -> None:
    stream = io.StringIO()
    with Progress("importing", "links", stream, is_shown=False, clock=clock) as progress:
        clock.seconds += FIRST_SECONDS
        progress(1, 2)
    assert stream.getvalue() == ""


@given(
    what=st.text("abc ", max_size=20),
    unit=st.sampled_from(["", "links"]),
    done=st.integers(0, 10**15),
    total=st.none() | st.integers(0, 10**15),
    columns=st.integers(0, 200),
)
def test_any_numbers_fit(what: str, unit: str, done: int, total: int | None, columns: int) -> None:
    line = line_of(what, unit, done, total, columns)
    assert len(line) <= columns
    if "[" in line:
        inside = line.partition("[")[2].partition("]")[0]
        assert len(inside) == 30
        assert set(inside) <= {"#", " "}
