"""asyncio's protocols and streams on other loops than the standard library's."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from poolhouse.survey.mechanisms.asyncio_ import run, serve_protocols, serve_streams

if TYPE_CHECKING:
    import socket

    from poolhouse.survey.mechanisms.service import Service


def uvloop_protocol(listener: socket.socket, service: Service) -> None:
    """Callbacks on libuv."""
    run(serve_protocols, importlib.import_module("uvloop").new_event_loop, listener, service)


def uvloop_streams(listener: socket.socket, service: Service) -> None:
    """Coroutines on libuv."""
    run(serve_streams, importlib.import_module("uvloop").new_event_loop, listener, service)


def rloop_protocol(listener: socket.socket, service: Service) -> None:
    """Callbacks on a loop in Rust."""
    run(serve_protocols, importlib.import_module("rloop").new_event_loop, listener, service)


def loopmini_protocol(listener: socket.socket, service: Service) -> None:
    """Callbacks on a small loop."""
    run(serve_protocols, importlib.import_module("loopmini").new_event_loop, listener, service)
