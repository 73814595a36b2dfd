"""Transaction: all that a service can ask of the store, at one time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.ports.accounts import Accounts
    from poolhouse.ports.captures import Captures
    from poolhouse.ports.changes import Changes, Trash
    from poolhouse.ports.checks import Checks
    from poolhouse.ports.deliveries import Deliveries
    from poolhouse.ports.items import Items
    from poolhouse.ports.mail_imports import MailImports
    from poolhouse.ports.memberships import Memberships
    from poolhouse.ports.messages import Messages
    from poolhouse.ports.persons import Persons, Sessions
    from poolhouse.ports.pools import Pools
    from poolhouse.ports.search import Search
    from poolhouse.ports.secrets import Secrets
    from poolhouse.ports.tuples import Tuples


class Transaction(Protocol):
    """An open transaction. `now` is the same throughout."""

    @property
    def now(self) -> datetime: ...
    @property
    def persons(self) -> Persons: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def pools(self) -> Pools: ...
    @property
    def items(self) -> Items: ...
    @property
    def memberships(self) -> Memberships: ...
    @property
    def trash(self) -> Trash: ...
    @property
    def changes(self) -> Changes: ...
    @property
    def search(self) -> Search: ...
    @property
    def tuples(self) -> Tuples: ...
    @property
    def captures(self) -> Captures: ...
    @property
    def checks(self) -> Checks: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def mail_imports(self) -> MailImports: ...
    @property
    def accounts(self) -> Accounts: ...
