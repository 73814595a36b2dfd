"""Parallel: several loops on epoll in one process, each in an interpreter or a thread of its own."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING

from poolhouse.survey.mechanisms import selectors_
from poolhouse.survey.mechanisms.listeners import twins

if TYPE_CHECKING:
    import socket

    from poolhouse.survey.mechanisms.service import Service

_LOOP = """
import json, socket
from poolhouse.survey.conversation import Manner
from poolhouse.survey.mechanisms import selectors_
from poolhouse.survey.mechanisms.service import Service
listener = socket.socket(fileno={descriptor})
selectors_.on_epoll(listener, Service(Manner(**json.loads({manner!r})), lambda: None))
"""


def in_interpreters(listener: socket.socket, service: Service) -> None:
    """A subinterpreter with a lock of its own for each loop (PEP 684, PEP 734). The first loop is ours."""
    try:
        from concurrent.interpreters import create
    except ImportError:  # 3.13 has it inside only
        from _interpreters import create as make
        from _interpreters import exec as run

        def execute(source: str) -> None:
            run(make("isolated"), source)
    else:

        def execute(source: str) -> None:
            create().exec(source)

    for other in twins(listener, service):
        source = _LOOP.format(descriptor=other.detach(), manner=json.dumps(asdict(service.manner)))
        threading.Thread(target=execute, args=(source,), daemon=True).start()
    selectors_.on_epoll(listener, service)


def in_threads(listener: socket.socket, service: Service) -> None:
    """A thread for each loop; they run at once only where the interpreter has no lock. The first loop is ours."""
    for other in twins(listener, service):
        arguments = (other, type(service)(service.manner, lambda: None))
        threading.Thread(target=selectors_.on_epoll, args=arguments, daemon=True).start()
    selectors_.on_epoll(listener, service)
