"""A message as an entry of a feed: what it says, without what would tell its sender that it was read."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING

from poolhouse.formats.mime_text import links_in
from poolhouse.services.contents import note_html
from poolhouse.types import FeedEnclosure, FeedEntry, PageState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from poolhouse.rules.addresses import Addresses
    from poolhouse.types import Entry, Message, MessageFacts

EARLY, LATE = timedelta(days=14), timedelta(days=1)
"""A Date so long before or after a message came is not believed."""

ENCLOSURE_LIMIT = 50
LONG_BYTES = 190 * 1024
"""HTML of about this size was cut (types.MessageBodies): its reader is told where to read on."""

PENDING = "This message is still being read."


def mail_entry(
    addresses: Addresses,
    entry_id: str,
    entry: Entry,
    owner: str,
    read: tuple[str, Message] | None,
    key_mark: str,
) -> FeedEntry:
    """The entry of a message. `read` is its HTML for feeds and the message; None for one that was not, or cannot be.

    Its address is that of our own page: the sender's own "view online" would tell who looked. The author is a name
    and never an address.
    """
    item, place = entry.item, entry.membership
    html, message = read or (f"<p>{escape(_why(entry))}</p>", None)
    facts = message.facts if message else None
    url = addresses.item(item.id)
    read_on = f'<p><a href="{escape(url)}">Read on</a></p>' if len(html.encode()) > LONG_BYTES else ""
    enclosures = tuple(
        FeedEnclosure(
            url=addresses.file(place.pool_id, item.id, part.path, key_mark),
            media_type=part.media_type,
            size_bytes=part.size_bytes,
            name=part.name or f"part {part.path}",
        )
        for part in (facts.attachments[:ENCLOSURE_LIMIT] if facts else ())
    )
    return FeedEntry(
        id=entry_id,
        url=url,
        title=item.title,
        content_html=note_html(item.note) + html + read_on + _listed(enclosures),
        author=_author(facts) or owner,
        published=_published(item.created_at, facts),
        updated=item.changed_at,
        categories=(*item.tags, *([facts.list_id] if facts and facts.list_id else [])),
        summary=_without_addresses(item.description),
        enclosures=enclosures,
    )


def _without_addresses(text: str) -> str:
    """A preview is cut anywhere, so which of its addresses would unsubscribe or confirm cannot be told: none stays."""
    out, at = [], 0
    for start, end, _ in links_in(text):
        out += [text[at:start], "[…]"]
        at = end
    return "".join((*out, text[at:]))


def _why(entry: Entry) -> str:
    item = entry.item
    return PENDING if item.page_state is PageState.PENDING else item.page_error or PENDING


def _author(facts: MessageFacts | None) -> str:
    sender = facts.senders[0] if facts and facts.senders else None
    return "" if sender is None or "@" in sender.name else sender.name


def _published(received_at: datetime, facts: MessageFacts | None) -> datetime:
    sent_at = facts.sent_at if facts else None
    is_sane = sent_at is not None and received_at - EARLY <= sent_at <= received_at + LATE
    return sent_at if is_sane and sent_at is not None else received_at


def _listed(enclosures: Sequence[FeedEnclosure]) -> str:
    if not enclosures:
        return ""
    files = "".join(f'<li><a href="{escape(each.url)}">{escape(each.name)}</a></li>' for each in enclosures)
    return f"<p>Attachments:</p><ul>{files}</ul>"
