"""Captures: versions of a page as it was read, kept until their person deletes them or the item."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, InvalidInputError, NotFoundError
from poolhouse.rules.access import Verb
from poolhouse.rules.names import clean_note, clean_title
from poolhouse.services._access import require_item
from poolhouse.services.filing import say_changed
from poolhouse.services.messages import ask_to_read_again
from poolhouse.services.pages import (
    AUTHOR_LENGTH,
    DESCRIPTION_LENGTH,
    TITLE_LENGTH,
    ask_for_page,
    awaited_item,
    file_page,
    first_state,
)
from poolhouse.types import CaptureMode, ItemKind, PageState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.ports import Transaction
    from poolhouse.types import Capture, Captured, CaptureId, ItemId, JobId, Principal

TEXT_LENGTH = 200_000
"""So many characters of a page's text are kept for search: a hundred pages of a book. The reader's view has all."""

_LANGUAGE_LENGTH = 35


def mode_of(tx: Transaction, item_id: ItemId) -> CaptureMode:
    """How much of an item's page is to be kept: the most that any of its live pools asks for. One look-up."""
    modes = [pool.capture for pool in tx.memberships.of_item(item_id)]
    return max(modes, key=lambda mode: mode.rank, default=CaptureMode.OFF)


def record_capture(tx: Transaction, item_id: ItemId, url: str, captured: Captured) -> CaptureId | None:
    """File what a reading of the page at `url` found: what it says of itself to the item, the rest as a new version.

    A title that a person gave stays. Its blobs are kept already. Returns None where there
    was nothing to keep beside (its mode is OFF, or the page holds nothing readable), and where another page is awaited
    by now, or none. Costs what an edit does, and the indexing of the text: some 2 ms for 10 kB.
    """
    item = awaited_item(tx, item_id, url)
    if item is None:
        return None
    capture_id: CaptureId | None = None
    if captured.mode is not CaptureMode.OFF and captured.holds_something:
        captured = _fit(captured)
        capture_id = tx.captures.add(item_id, captured)
    file_page(
        tx,
        item,
        title=captured.title,
        description=captured.description or captured.excerpt,
        author=captured.author,
        favicon=captured.favicon,
        remark=captured.remark,
    )
    return capture_id


def _fit(captured: Captured) -> Captured:
    """As much as we keep of texts that a page wrote, without what cannot be written."""
    return replace(
        captured,
        title=clean_title(captured.title[:TITLE_LENGTH]),
        author=clean_title(captured.author[:AUTHOR_LENGTH]),
        language=clean_title(captured.language[:_LANGUAGE_LENGTH]),
        excerpt=clean_note(captured.excerpt[:DESCRIPTION_LENGTH]),
        text=clean_note(captured.text[:TEXT_LENGTH], limit=TEXT_LENGTH),
    )


def list_captures(tx: Transaction, principal: Principal, item_id: ItemId) -> Sequence[Capture]:
    """Every version of an item's page, newest last. Raises NotFoundError."""
    require_item(tx, principal, Verb.READ, item_id)
    return tx.captures.of(item_id)


def get_capture(
    tx: Transaction, principal: Principal, item_id: ItemId, capture_id: CaptureId | None = None
) -> Capture:
    """One version of an item's page, or (None) the current one. Raises NotFoundError, also where there is none."""
    item = require_item(tx, principal, Verb.READ, item_id)
    wanted = item.capture_id if capture_id is None else capture_id
    capture = None if wanted is None else tx.captures.get(item_id, wanted)
    if capture is None:
        raise NotFoundError("captured page")
    return capture


def capture_text(
    tx: Transaction, principal: Principal, item_id: ItemId, capture_id: CaptureId | None = None
) -> str:
    """The readable text of a version, at most TEXT_LENGTH characters. Raises NotFoundError."""
    return tx.captures.text(get_capture(tx, principal, item_id, capture_id).id)


def delete_capture(tx: Transaction, principal: Principal, item_id: ItemId, capture_id: CaptureId) -> None:
    """Delete one version for good; the item shows the one before. Its files go when nothing else names them.

    Raises NotFoundError.
    """
    item = require_item(tx, principal, Verb.WRITE, item_id)
    get_capture(tx, principal, item_id, capture_id)
    tx.captures.remove(item_id, capture_id)
    say_changed(tx, item)


def recapture(tx: Transaction, principal: Principal, item_id: ItemId) -> JobId:
    """Have the page read again: a new version beside those there are; or the message, where it is one.

    Raises ConflictError where it waits to be read already or is in the trash, InvalidInputError where its address is
    none that is read, NotFoundError.
    """
    item = require_item(tx, principal, Verb.WRITE, item_id)
    if item.trashed_at is not None:
        raise ConflictError("link", "it is in the trash; put it back before its page is read")
    if item.page_state is PageState.PENDING:
        raise ConflictError("page", "it waits to be read already")
    if item.kind is ItemKind.MESSAGE:
        return ask_to_read_again(tx, item)
    if first_state(item.url) is not PageState.PENDING:
        raise InvalidInputError("url", "only pages of the web (http and https) can be read")
    tx.items.edit(item_id, page_state=PageState.PENDING)
    job_id = ask_for_page(tx, replace(item, page_state=PageState.PENDING), is_again=True)
    assert job_id is not None
    return job_id
