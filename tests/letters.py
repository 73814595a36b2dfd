"""Messages that have come: delivered as the door delivers them, and read by the real reader, in this process."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

from poolhouse.services.deliveries import resolve_recipient
from poolhouse.services.messages import add_message, deliver_message, record_reading
from poolhouse.services.reading import pools_of_item
from poolhouse.types import Envelope, MessageSource, PoolRole
from poolhouse.workers.mail_reading import read_message

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.ports import Transaction
    from poolhouse.services.messages import Delivered
    from poolhouse.types import ItemId, PoolId, Principal

SENDER = "robin@elsewhere.example"


def write_letter(
    subject: str = "Beds",
    text: str = "Dig none.",
    *,
    sender: str = f"Robin <{SENDER}>",
    html: str = "",
    files: tuple[tuple[str, bytes], ...] = (),
    **headers: str,
) -> bytes:
    """A message as programs write them; `headers` have their names with `_` for `-`."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, "anna@pools.test", subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, content in files:
        message.add_attachment(content, "application", "octet-stream", filename=name)
    return message.as_bytes()


def deliver(data: OpenData, raw: bytes, to: str = "anna@pools.test", sender: str = SENDER) -> Delivered:
    """Deliver a message to an address."""
    blob = data.blobs.put(raw)
    recipient = data.database.read(lambda tx: resolve_recipient(tx, to, sender=sender))
    envelope = Envelope(source=MessageSource.LMTP, sender=sender, recipient=to)
    return data.database.write(
        lambda tx: deliver_message(tx, recipient, blob=blob, size_bytes=len(raw), envelope=envelope)
    )


def bring(
    data: OpenData, principal: Principal, raw: bytes, *, recipient: str = "", pool_id: PoolId | None = None
) -> Delivered:
    """Put a message into a pool, the Inbox where nothing is said; nobody is asked to read it."""
    blob = data.blobs.put(raw)

    def add(tx: Transaction) -> Delivered:
        return add_message(
            tx,
            principal,
            blob=blob,
            size_bytes=len(raw),
            envelope=Envelope(source=MessageSource.LMTP, sender=SENDER, recipient=recipient),
            pool_ids=[pool_id or tx.pools.by_role(principal.person_id, PoolRole.INBOX).id],
            received_at=tx.now,
        )

    return data.database.write(add)


def receive(
    data: OpenData, raw: bytes, to: str = "anna@pools.test", sender: str = SENDER, *, authserv: str = ""
) -> Delivered:
    """Deliver a message, and file what the reader finds in it."""
    delivered = deliver(data, raw, to, sender)
    reading = read_message(raw)
    data.database.write(lambda tx: record_reading(tx, delivered.item_id, reading, authserv=authserv))
    return delivered


def paths(data: OpenData, principal: Principal, item_id: ItemId) -> list[str]:
    """The pools that an item is in."""
    return [pool.path for pool in data.database.read(lambda tx: pools_of_item(tx, principal, item_id))]
