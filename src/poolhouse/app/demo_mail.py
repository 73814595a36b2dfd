"""Sample mail for `poolhouse demo`: friends, lists, a newsletter, and one that is up to no good."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from poolhouse.services.deliveries import add_delivery_address, set_own_addresses
from poolhouse.services.messages import add_message, ask_to_read
from poolhouse.services.pools import add_pool, find_or_add_pool
from poolhouse.services.setting_aside import archive_item
from poolhouse.types import DeliveryPurpose, Envelope, Mark, MessageSource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poolhouse.ports import Blobs, Transaction
    from poolhouse.rules.vault import Vault
    from poolhouse.types import Principal

DEMO_DOMAIN = "pools.example"
_ROBIN = f"Robin <robin@{DEMO_DOMAIN}>"
_KIM, _TOMASZ = "Kim Ahlberg <kim@ahlberg.example>", "Tomasz Nowak <tomasz@nowak.example>"
_FEEDS = {
    "List-Id": "Feeds and their readers <feeds.lists.example>",
    "List-Post": "<mailto:feeds@lists.example>",
    "List-Unsubscribe": "<mailto:feeds-leave@lists.example>",
}


@dataclass(frozen=True, slots=True)
class _Sample:
    """A message that came `hours` ago."""

    content: EmailMessage
    pool: str
    hours: float
    is_read: bool = False
    is_starred: bool = False
    is_archived: bool = False


def _letter(
    sender: str, subject: str, text: str, *, name: str, after: Sequence[str] = (), **headers: str
) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, headers.pop("to", _ROBIN), subject
    message["Message-ID"] = f"<{name}@demo.example>"
    if after:
        message["In-Reply-To"] = f"<{after[-1]}@demo.example>"
        message["References"] = " ".join(f"<{each}@demo.example>" for each in after)
    message.set_content(text)
    return message


def _picture(width: int, height: int, colours: Callable[[int, int], tuple[int, int, int]]) -> bytes:
    """A PNG of those colours (https://www.w3.org/TR/png-3/)."""
    lines = b"".join(b"\0" + b"".join(bytes(colours(x, y)) for x in range(width)) for y in range(height))

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return len(content).to_bytes(4, "big") + checked + zlib.crc32(checked).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", size + b"\x08\x02\0\0\0"),
            chunk(b"IDAT", zlib.compress(lines, 9)),
            chunk(b"IEND", b""),
        )
    )


def _banner(x: int, y: int) -> tuple[int, int, int]:
    """A field of wood type, as far as squares can be one."""
    inked = (x // 40 * 7 + y // 40 * 3) % 5
    return ((138, 46, 36), (222, 196, 150), (58, 52, 46), (200, 150, 80), (240, 232, 214))[inked]


def _bed(x: int, y: int) -> tuple[int, int, int]:
    return (74, 92 + (x + y) % 40, 52) if (y // 24) % 2 else (96, 70 + x % 9, 48)


_NEWSLETTER = """<html><body style="margin:0;background-color:#f4efe4">
<div style="display:none">Three crates from a closed shop in Leeds, and what to do with the gaps.</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" bgcolor="#f4efe4"><tr><td align="center">
<table role="presentation" width="600" cellpadding="24" cellspacing="0" bgcolor="#ffffff"><tr><td>
<img src="cid:banner" alt="The Letterpress Post" width="552" height="120">
<h1 style="font-family:Georgia,serif;color:#8a2e24">Wood type, and where it hides</h1>
<p style="font-family:Georgia,serif;color:#333333">Three crates came out of a closed shop in Leeds last week. Two were
Grotesque No.&nbsp;9, nearly whole; the third was <a href="https://letterpresspost.example/gothic">a Gothic that none of
us could name</a>.</p>
<img src="https://pictures.letterpresspost.example/crates.jpg" alt="Three crates of wood type" width="552" height="300">
<p style="font-family:Georgia,serif;color:#333333">How to fill the gaps: <a
href="https://letterpresspost.example/pantograph">cutting sorts with a pantograph</a>, and when to leave it.</p>
<p style="font-family:Georgia,serif;color:#777777;font-size:13px">You get this because you asked for it.
<a href="https://letterpresspost.example/leave?who=42">Unsubscribe</a></p>
<img src="https://count.letterpresspost.example/o.gif?who=42" width="1" height="1" alt="">
</td></tr></table></td></tr></table></body></html>"""


def _newsletter(address: str) -> EmailMessage:
    message = _letter(
        "The Letterpress Post <post@letterpresspost.example>",
        "Wood type, and where it hides",
        "Three crates came out of a closed shop in Leeds last week.\n\nhttps://letterpresspost.example/gothic\n",
        name="wood-type",
        to=address,
    )
    message["List-Id"] = "The Letterpress Post <post.letterpresspost.example>"
    message["List-Unsubscribe"] = (
        "<https://letterpresspost.example/leave?who=42>, <mailto:leave@letterpresspost.example>"
    )
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.add_alternative(_NEWSLETTER, subtype="html")
    html = message.get_body(("html",))
    assert html is not None
    html.add_related(_picture(552, 120, _banner), "image", "png", cid="<banner>")
    return message


def _minutes() -> EmailMessage:
    message = _letter(
        "Allotment society <office@allotments.example>",
        "Minutes of the November meeting",
        "Dear all,\n\nthe minutes are attached, and the plan of the new beds. The water is turned off on\n"
        "1 December: please empty your barrels.\n\nThe plot map is at https://allotments.example/map too.\n\n"
        "Best wishes\nThe office\n",
        name="minutes",
    )
    message.add_attachment(
        b"%PDF-1.4\n% minutes\n%%EOF\n", "application", "pdf", filename="Minutes November.pdf"
    )
    message.add_attachment(_picture(320, 240, _bed), "image", "png", filename="new beds.png")
    return message


def _conversation() -> list[_Sample]:
    first = _letter(
        _KIM,
        "Saturday: the apple tree",
        "Hello Robin,\n\nshall we take the old apple tree in hand on Saturday? It has not been pruned for\nyears."
        " I would bring the long ladder.\n\nKim\n",
        name="apple-1",
    )
    second = _letter(
        _TOMASZ,
        "Re: Saturday: the apple tree",
        "I can come from ten o'clock, with a saw.\n\n"
        "> shall we take the old apple tree in hand on Saturday? It has not been pruned for\n> years.\n\n"
        "No more than a quarter of the crown in one winter, please:\n"
        "https://www.rhs.org.uk/fruit/apples/renovating-old-trees\n\nTomasz\n",
        name="apple-2",
        after=("apple-1",),
        to=f"{_ROBIN}, {_KIM}",
    )
    third = _letter(
        _KIM,
        "Re: Saturday: the apple tree",
        "Then ten it is. Soup afterwards at our place.\n\nOn Tuesday Tomasz Nowak wrote:\n"
        "> I can come from ten o'clock, with a saw.\n>\n"
        ">> shall we take the old apple tree in hand on Saturday? It has not been pruned for\n>> years.\n>\n"
        "> No more than a quarter of the crown in one winter, please:\n"
        "> https://www.rhs.org.uk/fruit/apples/renovating-old-trees\n>\n> Tomasz\n>\n> \n\n\nKim\n",
        name="apple-3",
        after=("apple-1", "apple-2"),
        to=f"{_ROBIN}, {_TOMASZ}",
    )
    return [
        _Sample(first, "Inbox", 51, is_read=True),
        _Sample(second, "Inbox", 44, is_read=True),
        _Sample(third, "Inbox", 1.5, is_starred=True),
    ]


def _list_mail() -> list[_Sample]:
    first = _letter(
        "Ada Brandt <ada@brandt.example>",
        "[feeds] Who implements RFC 5005 section 4?",
        "Has anybody seen a reader in the wild that follows prev-archive links? I know of\none, and it stops after"
        " three.\n\nAda\n",
        name="feeds-1",
        to="feeds@lists.example",
    )
    second = _letter(
        "Jun Sato <jun@sato.example>",
        "Re: [feeds] Who implements RFC 5005 section 4?",
        "> Has anybody seen a reader in the wild that follows prev-archive links?\n\nMine does, since last week."
        " Write to me for a build.\n\nhttps://sato.example/reader\n",
        name="feeds-2",
        after=("feeds-1",),
        to="feeds@lists.example",
    )
    for message in (first, second):
        for name, value in _FEEDS.items():
            message[name] = value
    return [
        _Sample(first, "Inbox", 70, is_read=True, is_archived=True),
        _Sample(second, "Inbox", 26, is_archived=True),
    ]


def _bad_one() -> EmailMessage:
    message = _letter(
        '"accounts@yourbank.example" <mailer@parcel-tracking.example>',
        "Your account will be closed today",
        "Confirm at once.\n",
        name="bad",
    )
    message.add_alternative(
        '<p style="color:#b00">Your account will be closed <b>today</b>.</p><p><a'
        ' href="https://parcel-tracking.example/login">https://www.yourbank.example/login</a></p>'
        "<script>alert(1)</script><form action='https://parcel-tracking.example/'><input name=pin></form>",
        subtype="html",
    )
    return message


def _samples(newsletter_address: str) -> list[_Sample]:
    confirm = _letter(
        "The Letterpress Post <post@letterpresspost.example>",
        "Please confirm that you want The Letterpress Post",
        "Somebody, probably you, asked for our newsletter. To confirm, open\n\n"
        "https://letterpresspost.example/confirm?key=8f3a\n\nIf it was not you, do nothing.\n",
        name="confirm",
        to=newsletter_address,
    )
    return [
        *_list_mail(),
        _Sample(confirm, "Newsletters", 120, is_read=True),
        *_conversation()[:2],
        _Sample(_bad_one(), "Inbox", 20),
        _Sample(_minutes(), "Inbox", 9, is_read=True),
        _Sample(_newsletter(newsletter_address), "Newsletters", 5),
        *_conversation()[2:],
    ]


def fill_with_mail(tx: Transaction, vault: Vault, principal: Principal, blobs: Blobs) -> None:
    """Add sample mail, a newsletter's address and a list's pool. The server reads the messages once it runs."""
    newsletters = find_or_add_pool(tx, principal, ["Newsletters"])
    address = add_delivery_address(
        tx,
        vault,
        principal,
        label="The Letterpress Post",
        pool_id=newsletters.id,
        purpose=DeliveryPurpose.KEEP,
        allowed_senders=(),
    )
    set_own_addresses(tx, principal, ["robin@home.example"])
    add_pool(tx, principal, "Feeds list", query="list:feeds.lists.example", skips_inbox=True)
    item_ids = []
    for sample in _samples(f"{address.local_part}@{DEMO_DOMAIN}"):
        at: datetime = tx.now - timedelta(hours=sample.hours)
        sample.content["Date"] = format_datetime(at)
        raw = sample.content.as_bytes()
        marks = [Mark.READ] * sample.is_read + [Mark.STARRED] * sample.is_starred
        pool = find_or_add_pool(tx, principal, [sample.pool])
        delivered = add_message(
            tx,
            principal,
            blob=blobs.put(raw),
            size_bytes=len(raw),
            envelope=Envelope(
                source=MessageSource.LMTP,
                sender=sample.content["Message-ID"].strip("<>"),
                recipient=str(sample.content["To"]).rpartition("<")[2].strip("<> "),
            ),
            pool_ids=[pool.id],
            received_at=at,
            marks=marks,
        )
        if sample.is_archived:
            archive_item(tx, principal, delivered.item_id)
        item_ids.append(delivered.item_id)
    ask_to_read(tx, principal.person_id)
