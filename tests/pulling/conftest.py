"""Dovecot, and a house that pulls from it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from poolhouse.app.pulling import Puller
from poolhouse.services.accounts import add_account, get_account, list_folders
from poolhouse.services.reading import list_entries
from poolhouse.types import AccountSecurity, PoolRole
from tests.pulling.dovecot import PASSWORD, Dovecot, why_not

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from poolhouse.app.house import RunningHouse
    from poolhouse.types import AccountId, AccountPlace, Item, MailAccount, MailFolder, PoolId, Principal

LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass
class Pulling:
    """A house with one person, and what pulls for it while a test looks on."""

    house: RunningHouse
    principal: Principal
    waits: list[float] = field(default_factory=list)

    async def add(
        self, dovecot: Dovecot, password: str = PASSWORD, security: AccountSecurity = AccountSecurity.TLS
    ) -> AccountId:
        """Add the account as a door does."""
        return await self.add_at(dovecot.at(security), password)

    async def add_at(self, place: AccountPlace, password: str) -> AccountId:
        """Add the account at a place."""
        folders = await self.house.try_account(place, password)
        account = await self.house.write(
            lambda tx: add_account(tx, self.house.sealer, self.principal, place, password, folders=folders)
        )
        return account.id

    def account(self, account_id: AccountId) -> MailAccount:
        """An account as it is now."""
        return self.house.read(lambda tx: get_account(tx, self.principal, account_id))

    def folder(self, account_id: AccountId, name: str = "INBOX") -> MailFolder:
        """A folder as it is now."""
        folders = self.house.read(lambda tx: list_folders(tx, self.principal, account_id))
        return next(each for each in folders if each.name == name)

    def inbox(self) -> PoolId:
        """The pool that mail goes to."""
        return self.house.read(lambda tx: tx.pools.by_role(self.principal.person_id, PoolRole.INBOX)).id

    def items(self, pool_id: PoolId | None = None) -> list[Item]:
        """What is in a pool, the Inbox by default, topmost first."""
        pool_id = pool_id or self.inbox()
        entries = self.house.read(lambda tx: list_entries(tx, self.principal, pool_id, limit=200))
        return [entry.item for entry in entries]

    def contents(self, pool_id: PoolId | None = None) -> list[bytes]:
        """The bytes of what is there, bottom first."""
        return [self.house.blobs.get(item.blob or "") or b"" for item in reversed(self.items(pool_id))]

    def count(self, pool_id: PoolId | None = None) -> int:
        """How much is in a pool."""
        pool_id = pool_id or self.inbox()
        pool = self.house.read(lambda tx: tx.pools.get(pool_id))
        assert pool is not None
        return pool.entry_count

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Pull while the block lasts; waits between tries take a moment and are noted."""

        async def pause(seconds: float) -> None:
            self.waits.append(seconds)
            await asyncio.sleep(0.05)

        puller = Puller(self.house, message_bytes=1_000_000, pause=pause, chance=lambda: 0.0)
        task = asyncio.create_task(puller.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for commits until something is so; the test's time limit ends it where it never is."""
        while not is_so():
            await self.house.next_commit(0.1)


@pytest.fixture
def dovecot(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dovecot]:
    """A running Dovecot, whose certificate is trusted."""
    if why := why_not():
        pytest.skip(why)
    with Dovecot(place / "dovecot") as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate))
        yield running


@pytest.fixture
def pulling(house: RunningHouse, principal: Principal) -> Pulling:
    """A house that may pull from this machine."""
    house.networks = LOOPBACK
    return Pulling(house, principal)
