"""Listeners: several sockets that listen at one address, one for each process, interpreter or thread."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolhouse.survey.mechanisms.service import Service


def worker_count(service: Service) -> int:
    """As many as were asked for, else one for each processor that we may use, and two at least."""
    return service.workers or max(2, len(os.sched_getaffinity(0)))


def twin(listener: socket.socket, backlog: int) -> socket.socket:
    """Another socket at the same address: the kernel shares connections out (SO_REUSEPORT, socket(7)).

    A Unix domain has nothing of the kind: there both take from one queue.
    """
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
