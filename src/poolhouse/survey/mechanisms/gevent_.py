"""gevent: a green thread for each connection, blocking calls that switch, on libev."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import gevent.event
import gevent.server
import gevent.socket

from poolhouse.survey.mechanisms.threads import converse

if TYPE_CHECKING:
    import socket

    from poolhouse.survey.mechanisms.service import Service


def serve(listener: socket.socket, service: Service) -> None:
    """Serve by gevent's own server, which keeps away from accepting for a while when it fails."""
    own = gevent.socket.socket(fileno=os.dup(listener.fileno()))
    server = gevent.server.StreamServer(
        own, lambda connection, _: converse(connection, service.conversation())
    )
    server.start()
    service.ready()
    gevent.event.Event().wait()
