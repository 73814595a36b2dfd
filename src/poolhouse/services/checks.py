"""Whether links still lead anywhere: which are to be looked at, and what the looks found.

A person's dead links are what the search `is:dead` finds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from poolhouse.errors import ConflictError
from poolhouse.rules.access import Verb
from poolhouse.rules.checks import after_check, first_check
from poolhouse.rules.names import clean_title
from poolhouse.services._access import require_own
from poolhouse.services.filing import refile
from poolhouse.services.pages import NOBODY
from poolhouse.types import ChangeKind, CheckLink, CheckOutcome, JobState, Query

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import ItemId, Principal

REASON_LENGTH = 500

BATCH_SIZE = 500
"""So many links in one transaction keep the writer for some tens of milliseconds."""


class ChecksAsked(NamedTuple):
    """How many links will be looked at, and below which item to go on; None: those were all."""

    link_count: int
    before: ItemId | None


def ask_for_checks(
    tx: Transaction, principal: Principal, *, before: ItemId | None = None, limit: int = BATCH_SIZE
) -> ChecksAsked:
    """Have the person's links looked at now, newest first: a job of theirs for each of at most `limit` below `before`.

    Call it again, from where it stopped, until it says that those were all. Links in the trash and addresses that
    nobody can look at are left out. Raises ConflictError at the first call where such jobs of theirs wait already.
    Costs two statements a link.
    """
    require_own(principal, Verb.WRITE)
    if before is None and tx.tuples.of(
        principal.person_id, state=JobState.WAITING, kind=CheckLink.KIND, limit=1
    ):
        raise ConflictError("links", "they are being looked at already; wait for that, or call it off")
    count = 0
    items = tx.search.find(principal.person_id, Query(), before=before, limit=limit)
    for item in items:
        if next_at := first_check(item.url, tx.now):
            tx.tuples.put(
                CheckLink(item_id=item.id, url=item.url), person_id=principal.person_id, label=item.title
            )
            tx.checks.plan(item.id, next_at)
            count += 1
    return ChecksAsked(count, items[-1].id if len(items) == limit else None)


def queue_checks(tx: Transaction, limit: int) -> int:
    """Have at most `limit` links looked at that nobody looked at for a month, longest due first; returns how many.

    Each is a job of the server's own, in the same commit: nobody waits for it, so it is in no person's list. It is due
    again a month later whatever becomes of the job. One index look-up when none is due.
    """
    due = tx.checks.due(limit)
    for item_id, _, url, title in due:
        tx.tuples.put(CheckLink(item_id=item_id, url=url), label=title)
        tx.checks.plan(item_id, first_check(url, tx.now))
    return len(due)


def record_check(tx: Transaction, item_id: ItemId, url: str, outcome: CheckOutcome) -> None:
    """File what a look at `url` found; searches for dead links follow. Nothing happens where the item moved on."""
    item = tx.items.get(item_id, NOBODY)
    if item is None or item.url != url:
        return
    reason = clean_title(outcome.reason[:REASON_LENGTH])
    before = tx.checks.health(item_id)
    after, next_at = after_check(before, CheckOutcome(result=outcome.result, reason=reason), tx.now)
    tx.checks.record(item_id, after)
    tx.checks.plan(item_id, next_at)
    if (before.dead_since is None) != (after.dead_since is None):
        tx.changes.add(ChangeKind.ITEM_CHECKED, item.owner_id, item_id=item_id)
        if item.trashed_at is None:
            refile(tx, item.owner_id, item_id)
