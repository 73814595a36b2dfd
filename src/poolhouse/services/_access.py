"""How services ask the access rule: what may not be seen is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import NotFoundError
from poolhouse.rules.access import Verb, allows

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import Item, ItemId, Job, JobId, Pool, PoolId, Principal


def require_pool(tx: Transaction, principal: Principal, verb: Verb, pool_id: PoolId) -> Pool:
    """The live pool, if `principal` may do `verb` to it; else NotFoundError. One look-up."""
    pool = tx.pools.get(pool_id)
    if pool is None or pool.trashed_at is not None or not allows(principal, verb, pool.owner_id, pool.id):
        raise NotFoundError("pool")
    return pool


def require_item(tx: Transaction, principal: Principal, verb: Verb, item_id: ItemId) -> Item:
    """The item (trashed or not), if `principal` may do `verb` to it; else NotFoundError. One look-up."""
    item = tx.items.get(item_id, principal.person_id)
    if item is None or not allows(principal, verb, item.owner_id):
        raise NotFoundError("link")
    return item


def require_job(tx: Transaction, principal: Principal, verb: Verb, job_id: JobId) -> Job:
    """The job, if `principal` may do `verb` to it; else NotFoundError. The server's own are nobody's. One look-up."""
    job = tx.tuples.get(job_id)
    if job is None or job.person_id is None or not allows(principal, verb, job.person_id):
        raise NotFoundError("job")
    return job


def require_own(principal: Principal, verb: Verb) -> None:
    """That `principal` may do `verb` to what is theirs at large (search, tags, secrets, the list of pools)."""
    if not allows(principal, verb, principal.person_id):
        raise NotFoundError
