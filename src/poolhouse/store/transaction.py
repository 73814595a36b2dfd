"""StoreTransaction: the tables, over one open transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.store.accounts import AccountTable
from poolhouse.store.captures import CaptureTable
from poolhouse.store.changes import ChangeTable, TrashTable
from poolhouse.store.checks import CheckTable
from poolhouse.store.deliveries import DeliveryTable
from poolhouse.store.items import ItemTable
from poolhouse.store.mail_imports import MailImportTable
from poolhouse.store.memberships import MembershipTable
from poolhouse.store.messages import MessageTable
from poolhouse.store.persons import PersonTable, SessionTable
from poolhouse.store.pools import PoolTable
from poolhouse.store.search import SearchTable
from poolhouse.store.secrets import SecretTable
from poolhouse.store.tuples import TupleTable

if TYPE_CHECKING:
    from datetime import datetime

    import apsw

    from poolhouse.store._table import Table

_TABLES: dict[str, type[Table]] = {
    "persons": PersonTable,
    "sessions": SessionTable,
    "secrets": SecretTable,
    "pools": PoolTable,
    "items": ItemTable,
    "memberships": MembershipTable,
    "trash": TrashTable,
    "changes": ChangeTable,
    "search": SearchTable,
    "tuples": TupleTable,
    "captures": CaptureTable,
    "checks": CheckTable,
    "messages": MessageTable,
    "deliveries": DeliveryTable,
    "mail_imports": MailImportTable,
    "accounts": AccountTable,
}


class StoreTransaction:
    """`ports.Transaction`. Costs nothing to make: a table is made when it is first asked for."""

    persons: PersonTable
    sessions: SessionTable
    secrets: SecretTable
    pools: PoolTable
    items: ItemTable
    memberships: MembershipTable
    trash: TrashTable
    changes: ChangeTable
    search: SearchTable
    tuples: TupleTable
    captures: CaptureTable
    checks: CheckTable
    messages: MessageTable
    deliveries: DeliveryTable
    mail_imports: MailImportTable
    accounts: AccountTable

    def __init__(self, connection: apsw.Connection, now: datetime) -> None:
        self.now = now
        self._connection = connection

    def __getattr__(self, name: str) -> Table:
        if name not in _TABLES:
            raise AttributeError(name)
        table = _TABLES[name](self._connection, self.now)
        setattr(self, name, table)  # found from now on, without coming here
        return table
