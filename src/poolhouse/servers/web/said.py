"""Said: what the next page says of the change just made, and how that is undone. Kept in a cookie for a minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.errors import NotFoundError
from poolhouse.servers.web.ages import exact
from poolhouse.servers.web.forms import number
from poolhouse.services.pools import get_pool, list_trashed_pools
from poolhouse.services.reading import get_item, pools_of_item
from poolhouse.types import ItemId, PoolId, PoolKind

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import Item, Principal

SAID_SECONDS = 60
_OF_ITEMS = frozenset({"saved", "saved-again", "changed", "trashed", "restored", "read-again"}) | {
    *("archived", "unarchived", "deferred", "undeferred"),
}
_OF_POOLS = frozenset({"pool-made", "pool-changed", "pool-restored"})
_PLAIN = frozenset({"cut-off", "emptied", "password", "elsewhere", "welcome", "deleted"}) | {
    *("in-trash", "version-deleted", "job-retried", "job-dropped", "job-cancelled", "job-moved"),
    *("checking", "checking-already", "importing"),
    *(
        "account-added",
        "account-changed",
        "account-folders",
        "account-pulled",
        "account-paused",
        "account-removed",
    ),
    *("address-disabled", "address-enabled", "address-changed", "own-addresses"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`kind` chooses the words in `templates/said.html`; `name` and `place` are the thing's and its pool's."""

    kind: str
    id: int = 0
    name: str = ""
    place: str = ""


def read_said(tx: Transaction, principal: Principal, text: str) -> Said | None:
    """What the cookie means for this person; None for what is not theirs, not there or not known."""
    kind, _, rest = text.partition(".")
    found = number(rest) or 0
    if kind in _PLAIN:
        return Said(kind=kind)
    try:
        if kind in _OF_ITEMS:
            item = get_item(tx, principal, ItemId(found))
            return Said(kind=kind, id=item.id, name=item.title, place=_place(tx, principal, kind, item))
        if kind in _OF_POOLS:
            pool = get_pool(tx, principal, PoolId(found))
            return Said(kind=kind, id=pool.id, name=pool.path)
        if kind == "pool-trashed":
            names = {pool.id: pool.path for pool in list_trashed_pools(tx, principal)}
            return Said(kind=kind, id=found, name=names[PoolId(found)])
    except (NotFoundError, KeyError):
        return None
    return None


def _place(tx: Transaction, principal: Principal, kind: str, item: Item) -> str:
    """Where the item is now; of one that was put off, when it comes back."""
    if kind == "deferred" and item.deferred_until:
        return exact(item.deferred_until)
    pools = pools_of_item(tx, principal, item.id)
    return ", ".join(pool.path for pool in pools if pool.kind is PoolKind.MANUAL)
