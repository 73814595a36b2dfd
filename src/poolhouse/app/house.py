"""RunningHouse: the real House, on one event loop with one writer thread and a few helpers."""

from __future__ import annotations

import asyncio
import functools
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar, cast

from poolhouse.app.commits import Commits
from poolhouse.app.sealing import FileSealer
from poolhouse.app.trying_accounts import AccountTrials
from poolhouse.errors import StoreError
from poolhouse.rules.throttle import Throttle
from poolhouse.services.passwords import hash_password, is_password
from poolhouse.space.durable import DurableSpace
from poolhouse.store.unused import remove_unused_blobs
from poolhouse.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from uuid import UUID

    from poolhouse.app.data import OpenData
    from poolhouse.fetch.guard import Network
    from poolhouse.ports import Clock, Transaction
    from poolhouse.rules.addresses import Addresses
    from poolhouse.rules.vault import Vault
    from poolhouse.space.shelf import Shelf
    from poolhouse.store.blobs import BlobFiles
    from poolhouse.types import AccountPlace, ReaderUse, SecretId

Result = TypeVar("Result")

READ_DEADLINE_SECONDS = 10.0
WATCH_SECONDS = 1.0
PAUSE_SECONDS = 30.0
_log = logging.getLogger("poolhouse")


class RunningHouse:
    """`servers.house.House` over an open data directory.

    `authserv` is the mail server whose Authentication-Results are trusted, or "". `networks` are those that pages and
    mail may be fetched from although they are private.
    """

    def __init__(
        self,
        data: OpenData,
        clock: Clock,
        addresses: Addresses,
        *,
        authserv: str = "",
        networks: tuple[Network, ...] = (),
    ) -> None:
        self.data = data
        self.clock = clock
        self.addresses = addresses
        self.throttle = Throttle()
        self.authserv = authserv
        self.networks = networks
        self.sealer = FileSealer(data.database.path.parent)
        self.server_id: UUID = data.database.server_id
        self.invitation = None if data.database.read(_has_person) else data.vault.new_secret()
        self.commits = Commits()
        self._writer = Writer(data.database, self.commits.announce)
        self._readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="reader")
        # one slot: argon2 takes 19 MiB and a core for some 30 ms, and guessing must not take more than that
        self._passwords = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
        self._trials = AccountTrials()
        self._uses: dict[SecretId, ReaderUse] = {}

    @property
    def vault(self) -> Vault:
        return self.data.vault

    @property
    def blobs(self) -> BlobFiles:
        return self.data.blobs

    def accept_invitation(self) -> None:
        self.invitation = None

    def version(self) -> int:
        return self.data.database.version()

    def glance(self) -> Transaction:
        return self.data.database.glance()

    def read(self, ask: Callable[[Transaction], Result]) -> Result:
        return self.data.database.read(ask)

    async def read_long(self, ask: Callable[[Transaction], Result]) -> Result:
        job = functools.partial(self.data.database.read_long, ask, READ_DEADLINE_SECONDS)
        return await asyncio.get_running_loop().run_in_executor(self._readers, job)

    async def write(self, change: Callable[[Transaction], Result]) -> Result:
        # a caller that goes away does not take back what it asked: the change is made whole or refused
        return await asyncio.shield(asyncio.wrap_future(self._writer.submit(change)))

    async def next_commit(self, timeout_seconds: float) -> bool:
        return await self.commits.next(timeout_seconds)

    async def watch(
        self, look: Callable[[], Awaitable[None]], *, pause: Callable[[float], Awaitable[object]]
    ) -> None:
        """Call `look` now and within a second of any commit, until cancelled; about a microsecond each second.

        Those of commands beside the server count too: they cannot wake it. Where the store fails, also in a `look`,
        that is told, and tried again after half a minute of `pause`.
        """
        known = None
        while True:
            try:
                version = self.version()
                if version != known:
                    await look()
                    known = version
            except StoreError as error:
                _log.warning("what was committed could not be looked at: %s", error)
                await pause(PAUSE_SECONDS)
            await asyncio.sleep(WATCH_SECONDS)

    def jobs(self, owner: str) -> DurableSpace[Transaction]:
        """The jobs that wait in the store, for one who does them: nobody else who is alive has that name."""
        return DurableSpace(self.write, self.read, _shelf_of, owner=owner)

    async def hash_password(self, password: str) -> str:
        return await self._in_password_thread(hash_password, password)

    async def is_password(self, password_hash: str | None, password: str) -> bool:
        return await self._in_password_thread(is_password, password_hash, password)

    async def _in_password_thread(self, work: Callable[..., Result], *arguments: object) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._passwords, functools.partial(work, *arguments))

    async def try_account(self, place: AccountPlace, password: str) -> Sequence[tuple[str, str]]:
        return await self._trials.ask(place, password, self.networks)

    def used(self, secret_id: SecretId, use: ReaderUse) -> None:
        self._uses[secret_id] = use

    async def write_uses(self) -> None:
        """Write down the uses noted since the last time; nothing happens where there were none."""
        uses, self._uses = list(self._uses.items()), {}
        if uses:
            await self.write(lambda tx: tx.secrets.record_uses(uses))

    async def remove_unused_blobs(self) -> None:
        """Remove files that nothing names and nobody put for a day."""
        await asyncio.to_thread(remove_unused_blobs, self.data.database.path, self.data.blobs)

    def close(self) -> None:
        """Finish what is queued and stop the threads. The data directory stays open."""
        self._trials.close()
        self._passwords.shutdown()
        self._readers.shutdown(cancel_futures=True)
        self._writer.close()


def _shelf_of(tx: Transaction) -> Shelf:
    """The store's table of jobs is what services see of it, and what the space needs besides."""
    return cast("Shelf", tx.tuples)


def _has_person(tx: Transaction) -> bool:
    return bool(tx.persons.all())
