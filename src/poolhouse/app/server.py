"""One server: the data directory, the house, the doors and the tasks beside them, for as long as it runs."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, nullcontext, suppress
from ipaddress import ip_network
from typing import TYPE_CHECKING

from poolhouse import __version__
from poolhouse.app.clock import SystemClock
from poolhouse.app.data import ServerLock, open_data
from poolhouse.app.house import RunningHouse
from poolhouse.app.pages import PageReader
from poolhouse.app.upkeep import note_uses, tidy
from poolhouse.errors import StoreError
from poolhouse.fetch.fetcher import Fetcher
from poolhouse.rules.addresses import Addresses
from poolhouse.servers.feeds import PREFIXES, FeedDoor
from poolhouse.servers.http.protocol import FrontLimits
from poolhouse.servers.http.serve import serve
from poolhouse.servers.site import build_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from poolhouse.settings import Settings

ADDRESS_NAME = "server.address"
BODY_LIMIT_BYTES = 64 * 1024 * 1024  # the largest is an import; forms and JSON have limits of their own
USER_AGENT = f"Poolhouse/{__version__} (reads the pages that its people save)"


async def run_server(
    directory: Path,
    settings: Settings,
    say: Callable[[str], None],
    ready: Callable[[Addresses], None] = lambda _: None,
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is told, once it listens, which addresses people reach it at.

    Raises StoreError, ConflictError (the port is taken)."""
    with _house(directory, settings) as (house, reader):
        door = FeedDoor(house)

        def started(addresses: list[str]) -> None:
            _settle_base_url(house, directory, settings, addresses)
            _greet(house, addresses, say)
            ready(house.addresses)

        tasks = [asyncio.create_task(note_uses(house)), asyncio.create_task(tidy(house))]
        if reader:
            tasks.append(asyncio.create_task(reader.run()))
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
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if reader:
                await reader.close()
            with suppress(StoreError):
                await house.write_uses()


@contextmanager
def _house(directory: Path, settings: Settings) -> Iterator[tuple[RunningHouse, PageReader | None]]:
    """Open everything in order, and close it in the opposite one."""
    reader: PageReader | None = None
    clock = SystemClock()
    lock = ServerLock(directory)
    try:
        data = open_data(directory, clock)
        house = RunningHouse(data, clock, Addresses(settings.base_url))
        if settings.fetch_pages:
            networks = tuple(ip_network(network) for network in settings.fetch_networks)
            reader = PageReader(house, Fetcher(user_agent=USER_AGENT, allowed_networks=networks))
        try:
            with house.commits.listening(reader.wake) if reader else nullcontext():
                yield house, reader
        finally:
            house.close()
            data.close()
    finally:
        lock.release()


def _settle_base_url(house: RunningHouse, directory: Path, settings: Settings, addresses: list[str]) -> None:
    """Without a configured base URL, people reach us where we listen; commands beside the server read it there."""
    if not settings.base_url:
        # "everywhere" is where one listens, not where one goes
        address = addresses[0].replace("//0.0.0.0", "//127.0.0.1").replace("//[::]", "//[::1]")
        house.addresses = Addresses(address)
    (directory / ADDRESS_NAME).write_text(house.addresses.base_url + "\n", "utf-8")


def _greet(house: RunningHouse, addresses: list[str], say: Callable[[str], None]) -> None:
    for address in addresses:
        say(f"Poolhouse listens on {address}")
    if house.addresses.base_url not in addresses:
        say(f"Its addresses begin with {house.addresses.base_url} (the base_url setting)")
    if house.invitation:
        say("Nobody lives here yet. Make the first account, once, at")
        say(f"  {house.addresses.base_url}/welcome/{house.invitation}")
