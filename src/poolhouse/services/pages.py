"""What a linked page says of itself, filed after the save: it never delays or loses one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.rules.names import clean_note, clean_title
from poolhouse.services.filing import refile
from poolhouse.types import ChangeKind, PageState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.ports import Transaction
    from poolhouse.types import ItemId, PersonId

TITLE_LENGTH = 500
DESCRIPTION_LENGTH = 2_000
AUTHOR_LENGTH = 200


def pending_pages(tx: Transaction, limit: int) -> Sequence[tuple[ItemId, PersonId, str]]:
    """Links whose page was not read yet: item, owner, address. Survives a restart; one index look-up when idle."""
    return tx.items.pending_pages(limit)


def is_awaited(tx: Transaction, item_id: ItemId, owner_id: PersonId, url: str) -> bool:
    """Whether the page at `url` is still the one to be read for an item. One look-up."""
    item = tx.items.get(item_id, owner_id)
    return item is not None and item.page_state is PageState.PENDING and item.url == url


def record_page(
    tx: Transaction,
    item_id: ItemId,
    owner_id: PersonId,
    *,
    title: str = "",
    description: str = "",
    author: str = "",
    favicon: str | None = None,
) -> None:
    """File what the page says. A title that a person gave stays; one that is only the address gives way."""
    item = tx.items.get(item_id, owner_id)
    if item is None or item.page_state is not PageState.PENDING:
        return
    tx.items.edit(
        item_id,
        title=_first(title, TITLE_LENGTH) if item.title == item.url else None,
        description=clean_note(description[:DESCRIPTION_LENGTH]) or None,
        author=_first(author, AUTHOR_LENGTH) if not item.author else None,
        favicon=favicon,
        page_state=PageState.DONE,
    )
    _say(tx, item_id, owner_id, is_trashed=item.trashed_at is not None)


def record_page_failure(tx: Transaction, item_id: ItemId, owner_id: PersonId, reason: str) -> None:
    """Remember why the page could not be read; the link stays as it was saved."""
    item = tx.items.get(item_id, owner_id)
    if item is not None and item.page_state is PageState.PENDING:
        tx.items.edit(item_id, page_state=PageState.FAILED, page_error=_first(reason, TITLE_LENGTH))


def _first(text: str, length: int) -> str | None:
    """As much of a page's text as we keep: a page may say more than a person would."""
    return clean_title(text[:length]) or None


def _say(tx: Transaction, item_id: ItemId, owner_id: PersonId, *, is_trashed: bool) -> None:
    version = tx.changes.add(ChangeKind.ITEM_CHANGED, owner_id, item_id=item_id)
    if not is_trashed:
        tx.memberships.touch(item_id, version)
        refile(tx, owner_id, item_id)
