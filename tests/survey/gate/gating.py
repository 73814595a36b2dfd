"""Gating many mechanisms: some at a time, since most of a check is waiting."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from poolhouse.survey.gate import Outcome, check_mechanism

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from poolhouse.survey.gate.outcome import Check
    from poolhouse.survey.server_options import Transport

_AT_ONCE = 3

Found = Future[list[Outcome]]


@contextmanager
def gated(
    asked: Mapping[str, Sequence[Check]], transport: Transport = "tcp"
) -> Iterator[Mapping[str, Found]]:
    """Begin to check all of them; whoever asks for one waits for that one."""

    def check(name: str) -> list[Outcome]:
        return list(check_mechanism(name, transport=transport, checks=asked[name]))

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        yield {name: threads.submit(check, name) for name in asked}
        threads.shutdown(cancel_futures=True)
