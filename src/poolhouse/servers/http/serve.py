"""serve: listen, answer until told to stop, and leave without cutting anybody off."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from poolhouse.servers.http.front import Front
from poolhouse.servers.http.limits import FrontLimits
from poolhouse.servers.http.protocol import FrontProtocol
from poolhouse.servers.http.tls import tls_context
from poolhouse.servers.listening import BACKLOG, listen, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from poolhouse.servers.http.message import Shortcut

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def serve(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    started: Callable[[list[str]], None],
    shortcut: Shortcut | None = None,
    prefixes: tuple[bytes, ...] = (),
    limits: FrontLimits | None = None,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    trusted_proxies: tuple[str, ...] = (),
    has_access_log: bool = False,
    stop: asyncio.Event | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or `stop`; a second signal does not wait for answers under way.

    `started` is told the addresses, as a browser takes them, once they are listened on. GET and HEAD of paths
    that start with one of `prefixes` are offered to `shortcut` first. Stopping closes the listening sockets
    first, so that a client is refused by the machine and never by a half-stopped server.

    Call it in the main thread. Raises ConflictError (`http`) where the address is taken, InvalidInputError
    (`http`, `tls_cert`).
    """
    limits = limits or FrontLimits()
    stop, hurry = stop or asyncio.Event(), asyncio.Event()
    context = tls_context(tls_cert, tls_key) if tls_cert else None
    scheme = "https" if context else "http"
    front = Front(
        app,
        limits,
        shortcut=shortcut,
        prefixes=prefixes,
        trusted_proxies=trusted_proxies,
        has_access_log=has_access_log,
    )
    front.renew_date()
    sockets = await listen("http", host, port)
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(
            lambda: FrontProtocol(front),
            sock=each,
            backlog=BACKLOG,
            ssl=context,
            ssl_handshake_timeout=limits.head_seconds if context else None,
        )
        for each in sockets
    ]
    try:
        with _signals(stop, hurry):
            started([f"{scheme}://{place_of(each.getsockname())}" for each in sockets])
            async with asyncio.TaskGroup() as tasks:
                sweeper = tasks.create_task(front.keep_sweeping())
                await stop.wait()
                _close(servers)
                await front.drain(hurry)
                sweeper.cancel()
    finally:
        _close(servers)
        await front.cut_off()


def _close(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()


@contextmanager
def _signals(stop: asyncio.Event, hurry: asyncio.Event) -> Iterator[None]:
    """The first signal stops, the second hurries."""
    loop = asyncio.get_running_loop()

    def take() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, take)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
