"""StoreTransaction: the tables, over one open transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.store.changes import ChangeTable, TrashTable
from poolhouse.store.items import ItemTable
from poolhouse.store.memberships import MembershipTable
from poolhouse.store.persons import PersonTable, SessionTable
from poolhouse.store.pools import PoolTable
from poolhouse.store.search import SearchTable
from poolhouse.store.secrets import SecretTable

if TYPE_CHECKING:
    from datetime import datetime

    import apsw


class StoreTransaction:
    """`ports.Transaction`. Cheap to make: ten slots and no statement."""

    __slots__ = (
        "changes",
        "items",
        "memberships",
        "now",
        "persons",
        "pools",
        "search",
        "secrets",
        "sessions",
        "trash",
    )

    def __init__(self, connection: apsw.Connection, now: datetime) -> None:
        self.now = now
        self.persons = PersonTable(connection, now)
        self.sessions = SessionTable(connection, now)
        self.secrets = SecretTable(connection, now)
        self.pools = PoolTable(connection, now)
        self.items = ItemTable(connection, now)
        self.memberships = MembershipTable(connection, now)
        self.trash = TrashTable(connection, now)
        self.changes = ChangeTable(connection, now)
        self.search = SearchTable(connection, now)
