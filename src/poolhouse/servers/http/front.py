"""Front: what the connections of one server share, and what is done for all of them once a second."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

from uvicorn import Config
from uvicorn.server import ServerState

from poolhouse.servers.http.cycle import forgiving

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from poolhouse.servers.http.connection import Connection
    from poolhouse.servers.http.limits import FrontLimits
    from poolhouse.servers.http.message import Shortcut

FRESH_SECONDS = 0.25
"""How long a stopping server waits for the first byte on connections that were just made."""


class Front:
    """One server's connections. Call `renew_date` before the first of them is made."""

    def __init__(
        self,
        app: ASGIApp,
        limits: FrontLimits,
        *,
        shortcut: Shortcut | None = None,
        prefixes: tuple[bytes, ...] = (),
        trusted_proxies: tuple[str, ...] = (),
        has_access_log: bool = False,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.limits = limits
        self.shortcut = shortcut
        self.prefixes = prefixes
        self.has_access_log = has_access_log
        self.stopping = asyncio.Event()
        self.connections: dict[Connection, None] = {}  # in the order in which they came
        self.state = ServerState()
        self.date_line = b""
        self._is_empty = asyncio.Event()
        self.config = Config(
            forgiving(app),
            loop="none",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            workers=1,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            server_header=False,
        )
        self.config.load()

    @property
    def is_draining(self) -> bool:
        """Whether the server stops: nothing new is answered on old connections."""
        return self.stopping.is_set()

    # once a second

    def renew_date(self) -> None:
        """Date for the answers of the next second (RFC 9110 §6.6.1), formatted once for all of them."""
        date = formatdate(time.time(), usegmt=True).encode()
        self.date_line = b"date: " + date + b"\r\n"
        self.state.default_headers = [(b"date", date)]

    def sweep(self) -> None:
        """Look at every connection's deadlines: a comparison or two each, and no timer a request."""
        self.renew_date()
        now = self.loop.time()
        for connection in list(self.connections):
            connection.check(now)

    async def keep_sweeping(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(self.limits.sweep_seconds)
            self.sweep()

    # who comes and goes

    def admit(self, newcomer: Connection) -> None:
        """Take in a connection; where there are too many, the one that rested longest makes room, or it must go."""
        self.connections[newcomer] = None
        if len(self.connections) <= self.limits.connections:
            return
        resting = [each for each in self.connections if each is not newcomer and each.is_resting]
        if resting:
            min(resting, key=lambda each: each.began_at).transport.close()
        else:
            newcomer.turn_away()

    def forget(self, connection: Connection) -> None:
        """The connection is gone."""
        self.connections.pop(connection, None)
        if self.is_draining and not self.connections:
            self._is_empty.set()

    async def drain(self, hurry: asyncio.Event) -> None:
        """Let what is under way end, for `drain_seconds` at most or until `hurry`, then cut off the rest."""
        self.stopping.set()
        if not self.connections:
            self._is_empty.set()
        for connection in list(self.connections):
            connection.shutdown()
        await self._wait_until_empty(hurry, FRESH_SECONDS)
        for connection in list(self.connections):
            if connection.is_resting:
                connection.transport.close()
        await self._wait_until_empty(hurry, self.limits.drain_seconds)
        await self.cut_off()

    async def cut_off(self) -> None:
        """End every connection and every task now."""
        for connection in list(self.connections):
            connection.cut_off()
        tasks = list(self.state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait_until_empty(self, hurry: asyncio.Event, seconds: float) -> None:
        """Wait until no connection is left and no task runs, or `hurry`, or the time is over."""
        hurried = self.loop.create_task(hurry.wait())
        emptied = self.loop.create_task(self._empty())
        await asyncio.wait({hurried, emptied}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in (hurried, emptied):
            task.cancel()
        await asyncio.gather(hurried, emptied, return_exceptions=True)

    async def _empty(self) -> None:
        await self._is_empty.wait()
        if self.state.tasks:
            # answered, but the application still works behind its answers
            await asyncio.wait(self.state.tasks)
