"""Messages behind the pages' back: delivered as the LMTP door does, and read as the workshop does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.services.messages import record_reading
from poolhouse.types import (
    Mailbox,
    MessageBodies,
    MessageFacts,
    MessageReading,
)
from tests import letters

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import ItemId, PoolId, Principal

ROBIN, KIM = Mailbox("Robin Berg", "robin@berg.example"), Mailbox("", "kim@ahlberg.example")
RAW = b"From: Robin Berg <robin@berg.example>\r\nSubject: Beds\r\n\r\nDig none.\r\n"


def bring(
    house: RunningHouse,
    principal: Principal,
    raw: bytes = RAW,
    *,
    recipient: str = "",
    pool_id: PoolId | None = None,
) -> ItemId:
    """A message that has come, and was not read yet; into the Inbox where nothing is said."""
    return letters.bring(house.data, principal, raw, recipient=recipient, pool_id=pool_id).item_id


def read(
    house: RunningHouse, item_id: ItemId, *, text: str = "Dig none.", html: str = "", **facts: object
) -> None:
    """File what a worker found in the message."""
    found: dict[str, object] = {
        "subject": "Beds",
        "senders": (ROBIN,),
        "to": (KIM,),
        "preview": text[:300],
        "message_id": f"{item_id}@berg.example",
        "has_html": bool(html),
        **facts,
    }
    reading = MessageReading(
        facts=MessageFacts(**found),  # type: ignore[arg-type]  # given by name in each test
        bodies=MessageBodies(text=text, html=html),
    )
    house.data.database.write(lambda tx: record_reading(tx, item_id, reading))


def letter(house: RunningHouse, principal: Principal, raw: bytes = RAW, **facts: object) -> ItemId:
    """A message that has come and was read."""
    item_id = bring(house, principal, raw)
    read(house, item_id, **facts)  # type: ignore[arg-type]  # given by name in each test
    return item_id
