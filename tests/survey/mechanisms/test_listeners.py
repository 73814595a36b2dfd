"""Sockets at one address: together they hold as many connections back as anybody's one."""

from __future__ import annotations

import socket
import struct
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from poolhouse.survey.conversation import Manner
from poolhouse.survey.mechanisms.listeners import twins
from poolhouse.survey.mechanisms.service import Service

if TYPE_CHECKING:
    from pathlib import Path

LISTENS = struct.Struct(
    "24x2I"
)  # of tcp_info, linux/tcp.h: of a listening socket how many wait, and how many may


def _backlog(listener: socket.socket) -> int:
    _, backlog = LISTENS.unpack(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LISTENS.size))
    return int(backlog)


@pytest.mark.parametrize(("backlog", "workers", "each"), [(64, 2, 32), (50, 4, 12), (1, 3, 1)])
def test_they_share_the_backlog_out(backlog: int, workers: int, each: int) -> None:
    service = Service(Manner(), lambda: None, backlog=backlog, workers=workers)
    with ExitStack() as held:
        first = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=backlog))
        found = [first, *map(held.enter_context, twins(first, service))]
        assert {one.getsockname() for one in found} == {first.getsockname()}
        assert [_backlog(one) for one in found] == [each] * workers


def test_in_a_unix_domain_all_take_from_one_queue(place: Path) -> None:
    path = str(place / "s")
    service = Service(Manner(), lambda: None, workers=3)
    with ExitStack() as held, socket.socket(socket.AF_UNIX) as first:
        first.bind(path)
        first.listen()
        found = [held.enter_context(each) for each in twins(first, service)]
        assert [each.getsockname() for each in found] == [path, path]
