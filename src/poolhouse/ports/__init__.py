"""What the rest of the program needs of the store, the clock and chance: Protocols, with their contracts.

Services are plain functions of an open `Transaction`. Everything in one transaction is seen by others at once or not
at all, and is on the disk before the caller hears of it. Times that go in and come out are aware UTC datetimes in
whole seconds. A method that names an id which is not there returns None or changes nothing; it never raises for that.
"""

from poolhouse.ports.accounts import Accounts
from poolhouse.ports.blobs import Arrival, Blobs
from poolhouse.ports.captures import Captures
from poolhouse.ports.changes import Changes, Trash
from poolhouse.ports.checks import Checks
from poolhouse.ports.clock import Clock
from poolhouse.ports.deliveries import Deliveries
from poolhouse.ports.items import Items
from poolhouse.ports.mail_imports import MailImports
from poolhouse.ports.memberships import Memberships
from poolhouse.ports.messages import Messages
from poolhouse.ports.persons import Persons, Sessions
from poolhouse.ports.pools import Pools
from poolhouse.ports.sealing import Sealer
from poolhouse.ports.search import Search
from poolhouse.ports.secrets import Secrets
from poolhouse.ports.transaction import Transaction
from poolhouse.ports.tuples import Tuples

__all__ = [
    "Accounts",
    "Arrival",
    "Blobs",
    "Captures",
    "Changes",
    "Checks",
    "Clock",
    "Deliveries",
    "Items",
    "MailImports",
    "Memberships",
    "Messages",
    "Persons",
    "Pools",
    "Sealer",
    "Search",
    "Secrets",
    "Sessions",
    "Transaction",
    "Trash",
    "Tuples",
]
