"""Listeners: several sockets that listen at one address, one for each process, interpreter or thread."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.survey.mechanisms.service import Service


def worker_count(service: Service) -> int:
    """As many as were asked for, else one for each processor that we may use, and two at least."""
    return service.workers or max(2, len(os.sched_getaffinity(0)))


def twins(listener: socket.socket, service: Service) -> Iterator[socket.socket]:
    """A socket at the same address for each worker but the first, which keeps `listener`.

    On TCP the kernel shares connections out (SO_REUSEPORT, socket(7)), and each socket has its share of the backlog:
    all of them together hold as many as anybody's one. A Unix domain has nothing of the kind: there all take from one
    queue.
    """
    count = worker_count(service)
    backlog = max(service.backlog // count, 1)
    if listener.family != socket.AF_UNIX:
        listener.listen(backlog)  # again: the kernel takes the new length
    for _ in range(count - 1):
        yield _twin(listener, backlog)


def _twin(listener: socket.socket, backlog: int) -> socket.socket:
    if listener.family == socket.AF_UNIX:
        return listener.dup()
    # set after the first was bound, so that nobody else could have shared its port by chance
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    other = socket.socket(listener.family)
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    other.bind(listener.getsockname())
    other.listen(backlog)
    return other
