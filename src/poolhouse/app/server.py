"""One server: the data directory, the house, the doors and the tasks beside them, for as long as it runs."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from poolhouse import __version__
from poolhouse.app.clock import SystemClock
from poolhouse.app.data import ServerLock, open_data
from poolhouse.app.house import RunningHouse
from poolhouse.app.letterbox import HouseLetterbox
from poolhouse.app.pulling import Puller
from poolhouse.app.upkeep import bring_back, note_uses, tidy
from poolhouse.app.workshop import Workshop
from poolhouse.errors import StoreError
from poolhouse.fetch.fetcher import Fetcher
from poolhouse.fetch.guard import read_networks
from poolhouse.rules.addresses import Addresses
from poolhouse.servers.feeds import PREFIXES, FeedDoor
from poolhouse.servers.http.protocol import FrontLimits
from poolhouse.servers.http.serve import serve
from poolhouse.servers.lmtp import LmtpDoor
from poolhouse.servers.site import build_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from poolhouse.settings import Settings

ADDRESS_NAME = "server.address"
BODY_LIMIT_BYTES = 64 * 1024 * 1024  # the largest is an import; forms and JSON have limits of their own
_log = logging.getLogger("poolhouse")
USER_AGENT = f"Poolhouse/{__version__} (reads the pages that its people save)"


async def run_server(
    directory: Path,
    settings: Settings,
    say: Callable[[str], None],
    ready: Callable[[Addresses], None] = lambda _: None,
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is told, once it listens, which addresses people reach it at.

    Raises StoreError, ConflictError (the port is taken)."""
    with _house(directory, settings) as house:
        door = FeedDoor(house)

        def started(addresses: list[str]) -> None:
            _settle_base_url(house, directory, settings, addresses)
            _greet(house, addresses, say)
            ready(house.addresses)

        letterbox = HouseLetterbox(house)
        workshop = Workshop(house, _fetcher(house, settings), workers=settings.workers, lull=letterbox.lull)
        mail = _mail_door(letterbox, settings)
        for place in await mail.start():
            say(f"Poolhouse takes mail at {place}")
        puller = Puller(house, message_bytes=settings.message_bytes)
        work = (note_uses(house), tidy(house), bring_back(house), workshop.run(), puller.run())
        tasks = [asyncio.create_task(each) for each in work]
        for task in tasks:
            task.add_done_callback(_tell)
        try:
            await serve(
                build_site(house, door),
                host=settings.http_host,
                port=settings.http_port,
                shortcut=door.answer,
                prefixes=PREFIXES,
                limits=FrontLimits(body_bytes=BODY_LIMIT_BYTES),
                tls_cert=settings.tls_cert,
                tls_key=settings.tls_key,
                trusted_proxies=settings.trusted_proxies,
                started=started,
            )
        finally:
            await mail.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(StoreError):
                await house.write_uses()


@contextmanager
def _house(directory: Path, settings: Settings) -> Iterator[RunningHouse]:
    """Open everything in order, and close it in the opposite one."""
    clock = SystemClock()
    lock = ServerLock(directory)
    try:
        data = open_data(directory, clock)
        house = RunningHouse(
            data,
            clock,
            Addresses(settings.base_url, settings.mail_domains),
            authserv=settings.mail_authserv,
            networks=read_networks(settings.fetch_networks),
        )
        try:
            yield house
        finally:
            house.close()
            data.close()
    finally:
        lock.release()


def _tell(task: asyncio.Task[None]) -> None:
    """A task of the server ended that ends with it: if by a fault of ours, that is told at once."""
    if not task.cancelled() and task.exception() is not None:
        _log.error(
            "a part of the server failed and is missing until it starts anew", exc_info=task.exception()
        )


def _mail_door(letterbox: HouseLetterbox, settings: Settings) -> LmtpDoor:
    host = settings.mail_domains[0] if settings.mail_domains else "localhost"
    return LmtpDoor(letterbox, settings.lmtp, host=host, message_bytes=settings.message_bytes)


def _fetcher(house: RunningHouse, settings: Settings) -> Fetcher | None:
    if not settings.fetch_pages:
        return None
    return Fetcher(user_agent=USER_AGENT, allowed_networks=house.networks)


def _settle_base_url(house: RunningHouse, directory: Path, settings: Settings, addresses: list[str]) -> None:
    """Without a configured base URL, people reach us where we listen; commands beside the server read it there."""
    if not settings.base_url:
        # "everywhere" is where one listens, not where one goes
        address = addresses[0].replace("//0.0.0.0", "//127.0.0.1").replace("//[::]", "//[::1]")
        house.addresses = replace(house.addresses, base_url=address)
    (directory / ADDRESS_NAME).write_text(house.addresses.base_url + "\n", "utf-8")


def _greet(house: RunningHouse, addresses: list[str], say: Callable[[str], None]) -> None:
    for address in addresses:
        say(f"Poolhouse listens on {address}")
    if house.addresses.base_url not in addresses:
        say(f"Its addresses begin with {house.addresses.base_url} (the base_url setting)")
    if house.invitation:
        say("Nobody lives here yet. Make the first account, once, at")
        say(f"  {house.addresses.base_url}/welcome/{house.invitation}")
