"""House: what a door may use of the program behind it. `app` makes the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from poolhouse.ports import Blobs, Clock, Sealer, Transaction
    from poolhouse.rules.addresses import Addresses
    from poolhouse.rules.throttle import Throttle
    from poolhouse.rules.vault import Vault
    from poolhouse.types import AccountPlace, ReaderUse, SecretId

Result = TypeVar("Result")


class House(Protocol):
    """The store, the secrets and the time, as doors see them. All methods are for the event loop's thread."""

    @property
    def clock(self) -> Clock: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def addresses(self) -> Addresses: ...
    @property
    def blobs(self) -> Blobs: ...
    @property
    def sealer(self) -> Sealer: ...
    @property
    def throttle(self) -> Throttle: ...
    @property
    def server_id(self) -> UUID:
        """The identity in which feed entries' ids are rooted."""

    @property
    def authserv(self) -> str:
        """The name under which the mail server before us says whom it has checked (RFC 8601 §2.5); "" for none."""

    @property
    def invitation(self) -> str | None:
        """The secret of the one-time link that makes the first account; None once there is one."""

    def accept_invitation(self) -> None:
        """The first account is made: the link opens nothing any more."""

    def version(self) -> int:
        """A number that changes with any commit to the store, by whomever; what was true stays true while it stays."""

    def glance(self) -> Transaction:
        """For one short question of one statement, in the loop."""

    def read(self, ask: Callable[[Transaction], Result]) -> Result:
        """A few short questions of the same moment, in the loop: indexed reads of at most some hundred rows."""

    async def read_long(self, ask: Callable[[Transaction], Result]) -> Result:
        """A question that may take long (search, export), in a thread with a deadline. Raises StoreBusyError."""

    async def write(self, change: Callable[[Transaction], Result]) -> Result:
        """A change; returns once it is on the disk. Raises what the change raises, and StoreError."""

    async def next_commit(self, timeout_seconds: float) -> bool:
        """Wait for the server's next commit; False where none came in time. A command's beside it is not heard."""

    async def hash_password(self, password: str) -> str:
        """Off the loop, one at a time. Raises InvalidInputError."""

    async def is_password(self, password_hash: str | None, password: str) -> bool:
        """Off the loop, one at a time; as slow for nobody as for somebody."""

    async def try_account(self, place: AccountPlace, password: str) -> Sequence[tuple[str, str]]:
        """Log in to a mail account elsewhere, once: its folders' names and delimiters.

        Takes as long as its server does, up to a minute. Raises InvalidInputError (host, password), which says what is
        wrong.
        """

    def used(self, secret_id: SecretId, use: ReaderUse) -> None:
        """Note that a secret was used; kept in memory and written now and then."""
