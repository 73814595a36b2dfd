"""How messages and the addresses they are sent to look in JSON; the schemas are in `mail_shapes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.formats.dates import rfc3339
from poolhouse.rules.urls import is_linkable
from poolhouse.types import MessageFacts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from poolhouse.rules.addresses import Addresses
    from poolhouse.types import DeliveryAddress, Mailbox, Message, MessageBodies

_NOTHING = MessageFacts()


def message_data(
    link: dict[str, Any], message: Message, bodies: MessageBodies | None, base_url: str
) -> dict[str, Any]:
    """A Message: its item as a Link, and what was read of it. `base_url` is the API's."""
    facts = message.facts or _NOTHING
    url = f"{base_url}/messages/{message.item_id}"
    leave = facts.unsubscribe
    return {
        "item": link,
        "is_read": message.facts is not None,
        "received_at": rfc3339(message.received_at),
        "size_bytes": message.size_bytes,
        "source": message.envelope.source.value,
        "envelope_sender": message.envelope.sender,
        "envelope_recipient": message.envelope.recipient,
        "subject": facts.subject,
        "sent_at": None if facts.sent_at is None else rfc3339(facts.sent_at),
        "senders": _mailboxes(facts.senders),
        "reply_to": _mailboxes(facts.reply_to),
        "to": _mailboxes(facts.to),
        "cc": _mailboxes(facts.cc),
        "message_id": facts.message_id,
        "references": list(facts.references),
        "list_id": facts.list_id,
        "list_name": facts.list_name,
        "unsubscribe_url": leave.url if leave and is_linkable(leave.url) else None,
        "warnings": list(facts.warnings),
        "text": bodies.text if bodies else "",
        "links": [{"url": link.url, "text": link.text} for link in facts.links if is_linkable(link.url)],
        "parts": [
            {
                "part": part.path,
                "media_type": part.media_type,
                "name": part.name,
                "size_bytes": part.size_bytes,
                "is_attachment": part.is_attachment,
                "url": f"{url}/parts/{part.path}",
            }
            for part in facts.parts
        ],
        "html_url": f"{url}/html" if facts.has_html else None,
        "raw_url": f"{url}/raw",
    }


def _mailboxes(found: Iterable[Mailbox]) -> list[dict[str, str]]:
    return [{"name": each.name, "address": each.address} for each in found]


def address_data(address: DeliveryAddress, addresses: Addresses) -> dict[str, Any]:
    """A DeliveryAddress."""
    return {
        "id": address.id,
        "address": addresses.mailbox(address.local_part),
        "label": address.label,
        "purpose": address.purpose.value,
        "pool_id": address.pool_id,
        "allowed_senders": list(address.allowed_senders),
        "created_at": rfc3339(address.created_at),
        "use_count": address.use_count,
        "used_at": None if address.used_at is None else rfc3339(address.used_at),
        "disabled_at": None if address.disabled_at is None else rfc3339(address.disabled_at),
    }
