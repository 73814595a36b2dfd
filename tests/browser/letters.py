"""Mail put beside a running server: some that waits for the workshop to read it, some as if it had read it badly."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

from poolhouse.rules.query import parse_query
from poolhouse.services.messages import ask_to_read, record_reading
from poolhouse.services.trash import delete_item, trash_item
from poolhouse.types import (
    Mailbox,
    MessageBodies,
    MessageFacts,
    MessageReading,
    Principal,
    Scope,
)
from tests import letters
from tests.browser.kept import picture

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import ItemId
    from tests.browser.kept import Shelf

HOSTILE = """<script>parent.zqpwn = 1; document.title = 'zqpwn'</script>
<img src="https://pictures.example/plain.png" onerror="top.zqpwn = 1" alt="">
<img data-remote="https://pictures.example/tracker.gif?who=anna" alt="A garden">
<link rel="stylesheet" href="https://pictures.example/style.css">
<style>@import url(https://pictures.example/import.css);
p { background: url(https://pictures.example/paper.png) }</style>
<meta http-equiv="refresh" content="0;url=https://evil.example/">
<base href="https://evil.example/">
<form action="/logout" method="post"><button>Confirm zqpwn</button></form>
<iframe src="https://evil.example/frame"></iframe><iframe srcdoc="<script>top.zqpwn=1</script>"></iframe>
<object data="https://evil.example/object"></object><embed src="https://evil.example/embed">
<video src="https://pictures.example/video.mp4" autoplay></video><svg onload="top.zqpwn=1"></svg>
<a href="javascript:top.zqpwn=1">press</a> <a id="far" href="https://pictures.example/far">elsewhere</a>
<p>Every word of it</p>"""


def write(subject: str, text: str, *, name: str = "", after: str = "", html: str = "") -> EmailMessage:
    """A message as mail programs write them."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "Robin Berg <robin@berg.example>", "Anna <anna@home.example>"
    message["Subject"] = subject
    message["Date"] = "Wed, 25 Nov 2026 08:00:00 +0000"
    message["Message-ID"] = f"<{name or subject.replace(' ', '-')}@berg.example>"
    if after:
        message["In-Reply-To"] = message["References"] = f"<{after}@berg.example>"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def newsletter(subject: str) -> EmailMessage:
    """With a layout, a picture of its own, one from elsewhere, a file and a list."""
    message = write(
        subject,
        "Three crates came out of a closed shop in Leeds.",
        html='<table bgcolor="#ffffff" width="600"><tr><td><img src="cid:banner" alt="The Letterpress Post">'
        '<h1 style="color:#8a2e24">Wood type</h1><p style="color:#333333">Three crates came out of a closed shop in'
        ' <a href="https://example.org/leeds">Leeds</a>.</p><img src="https://pictures.example/crates.png"'
        ' alt="Three crates" width="400" height="200"></td></tr></table>',
    )
    message["List-Id"] = "The Letterpress Post <post.letterpress.example>"
    message["List-Unsubscribe"] = "<https://letterpress.example/leave?who=42>"
    html = message.get_body(("html",))
    assert html is not None
    html.add_related(picture("#8a2e24"), "image", "webp", cid="<banner>")
    message.add_attachment(b"%PDF-1.4\n", "application", "pdf", filename="Price list ☃.pdf")
    return message


NEWSLETTER = newsletter("Wood type, and where it hides").as_bytes()
CONVERSATION = tuple(
    write(
        f"{'Re: ' if number else ''}Saturday: the apple tree", text, name=f"apple-{number}", after=after
    ).as_bytes()
    for number, (text, after) in enumerate(
        (
            ("Shall we take the old apple tree in hand on Saturday? I would bring the long ladder.", ""),
            (
                "I can come from ten o'clock, with a saw.\n\n> I would bring the long ladder.\n\nTomasz",
                "apple-0",
            ),
            (
                "Then ten it is. Soup afterwards.\n\n" + "> and so on\n" * 12 + "\nhttps://example.org/soup",
                "apple-1",
            ),
        )
    )
)
ODD = "Your account will be closed today"


def clear_mail(shelf: Shelf) -> None:
    """Delete every message for good."""
    me = Principal(person_id=shelf.person_id, scope=Scope.PERSON)
    query = parse_query("kind:message")

    def clear(tx: Transaction) -> None:
        for item_id in tx.search.all_matches(shelf.person_id, query):
            trash_item(tx, me, item_id)
            delete_item(tx, me, item_id)

    shelf.data.database.write(clear)


def fill_mail(shelf: Shelf) -> None:
    """Some mail of every kind that a list shows, for the workshop to read; twice is once."""
    seeds, minutes = write("Seeds for spring", "Beans, mostly."), write("Minutes of October", "Nobody came.")
    for raw in (seeds.as_bytes(), minutes.as_bytes(), *CONVERSATION, NEWSLETTER):
        bring(shelf, raw)
    odd = write(
        ODD, "Confirm at once.", html='<a href="https://parcel.example/">https://www.bank.example/login</a>'
    )
    odd.replace_header("From", '"accounts@bank.example" <mailer@parcel.example>')
    odd.set_boundary("edge")
    bring(shelf, odd)


def bring(shelf: Shelf, message: EmailMessage | bytes, *, is_asked: bool = True) -> ItemId:
    """Into the Inbox, as it would come; `is_asked`: the server's workshop is to read it."""
    raw = message if isinstance(message, bytes) else message.as_bytes()
    me = Principal(person_id=shelf.person_id, scope=Scope.PERSON)
    delivered = letters.bring(shelf.data, me, raw, recipient="anna@home.example")
    if is_asked and delivered.is_new:
        shelf.data.database.write(lambda tx: ask_to_read(tx, me.person_id))
    return delivered.item_id


def misread(shelf: Shelf, subject: str, html: str, text: str = "Every word of it") -> ItemId:
    """A message whose HTML nobody cleaned: what the browser alone must withstand."""
    item_id = bring(shelf, write(subject, text), is_asked=False)
    facts = MessageFacts(
        subject=subject,
        senders=(Mailbox("Robin Berg", "robin@berg.example"),),
        to=(Mailbox("Anna", "anna@home.example"),),
        message_id=f"{item_id}@berg.example",
        preview=text,
        has_html=True,
        remote_image_count=1,
    )
    reading = MessageReading(facts=facts, bodies=MessageBodies(text=text, html=html))
    shelf.data.database.write(lambda tx: record_reading(tx, item_id, reading))
    return item_id
