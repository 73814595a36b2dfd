"""What a linked page says of itself, asked for with the save and filed after it: it never delays or loses one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.rules.checks import first_check
from poolhouse.rules.names import clean_note, clean_title
from poolhouse.services.filing import say_changed
from poolhouse.types import LinkHealth, PageState, PersonId, ReadPage

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import Item, ItemId, JobId

TITLE_LENGTH = 500
DESCRIPTION_LENGTH = 2_000
AUTHOR_LENGTH = 200
NOBODY = PersonId(0)
"""Whose marks are looked for where none are needed."""

_FETCHED_SCHEMES = ("http:", "https:")


def first_state(address: str) -> PageState:
    """How the page at an address begins: it is to be read, or cannot be."""
    return PageState.PENDING if address.startswith(_FETCHED_SCHEMES) else PageState.UNWANTED


def ask_for_page(tx: Transaction, item: Item, *, is_again: bool = False) -> JobId | None:
    """Have the item's page read, if its state says that it is to be: a job in the same commit."""
    if item.page_state is not PageState.PENDING:
        return None
    entry = ReadPage(item_id=item.id, url=item.url, is_again=is_again)
    return tx.tuples.put(entry, person_id=item.owner_id, label=item.title)


def awaited_item(tx: Transaction, item_id: ItemId, url: str) -> Item | None:
    """The item, if the page at `url` is still the one to be read for it. One look-up."""
    item = tx.items.get(item_id, NOBODY)
    return item if item and item.page_state is PageState.PENDING and item.url == url else None


def is_awaited(tx: Transaction, item_id: ItemId, url: str) -> bool:
    """Whether the page at `url` is still the one to be read for an item. One look-up."""
    return awaited_item(tx, item_id, url) is not None


def file_page(
    tx: Transaction,
    item: Item,
    *,
    title: str,
    description: str,
    author: str,
    favicon: str | None,
    remark: str = "",
) -> None:
    """File what the page of an item says. A title that a person gave stays; one that is only the address gives way.

    What is empty changes nothing. `remark`, a sentence, says what its person misses of a page that was read all
    the same.
    """
    tx.items.edit(
        item.id,
        title=_first(title, TITLE_LENGTH) if item.title == item.url else None,
        description=clean_note(description[:DESCRIPTION_LENGTH]) or None,
        author=_first(author, AUTHOR_LENGTH) if not item.author else None,
        favicon=favicon,
        page_state=PageState.DONE,
        page_error=_first(remark, TITLE_LENGTH),
    )
    # whoever read the page has seen that the link is alive
    tx.checks.record(item.id, LinkHealth())
    tx.checks.plan(item.id, first_check(item.url, tx.now))
    say_changed(tx, item)


def record_page_failure(tx: Transaction, item_id: ItemId, url: str, reason: str) -> None:
    """Remember why the page at `url` could not be read, a sentence for its person; the link stays as it was saved.

    Nothing happens where another page is awaited by now, or none.
    """
    if awaited_item(tx, item_id, url):
        tx.items.edit(item_id, page_state=PageState.FAILED, page_error=_first(reason, TITLE_LENGTH))


def record_page_unwanted(tx: Transaction, item_id: ItemId, url: str) -> None:
    """Remember that nobody wants the page at `url` read: this server asks no other."""
    if awaited_item(tx, item_id, url):
        tx.items.edit(item_id, page_state=PageState.UNWANTED)


def _first(text: str, length: int) -> str | None:
    """As much of a page's text as we keep: a page may say more than a person would."""
    return clean_title(text[:length]) or None
