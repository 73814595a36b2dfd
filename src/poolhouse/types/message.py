"""Message: a mail as it is kept beside its item, and what a reading of its bytes found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - workers send these classes, and msgspec reads the annotations
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from poolhouse.types.item import ItemId

ThreadId = NewType("ThreadId", int)
"""The same for all messages of a conversation; 0 for one that was not read."""


class MessageSource(StrEnum):
    """How a message came here: through the LMTP door, out of a file, or pulled from an account elsewhere."""

    LMTP = "lmtp"
    IMPORT = "import"
    PULL = "pull"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is known of a message's way here; it is no part of its bytes.

    `sender` is the MAIL FROM address (RFC 5321 §4.1.1.2), "" for the null sender or where there was none; `recipient`
    the address it was delivered to, "" for one that was imported or pulled.
    """

    source: MessageSource
    sender: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person or list as a header names it (RFC 5322 §3.4): a display name or "", and an address or ""."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A leaf of a message's MIME tree (RFC 2046); a part that holds parts is none, but a message in a message is.

    `path` is its section number as IMAP counts (RFC 9051 §6.4.5): "1", "2.1". `start` and `end` are where its body
    stands, still encoded, in the message's bytes. `media_type` is in lower case, "text/plain" where nothing better is
    known; `encoding` the Content-Transfer-Encoding in lower case, "" for none. `name` is a clean file name or "";
    `content_id` without its angle brackets. `size_bytes` is that of the decoded body. `is_attachment` marks what a
    person would call one: not the text, nor a picture that stands in it.
    """

    path: str
    media_type: str
    start: int
    end: int
    size_bytes: int
    encoding: str = ""
    charset: str = ""
    name: str = ""
    content_id: str = ""
    is_attachment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """How one leaves a list (RFC 2369, RFC 8058): a web address, whether one POST to it is enough, a mailto address."""

    url: str = ""
    is_one_click: bool = False
    mailto: str = ""


@dataclass(frozen=True, slots=True)
class MessageLink:
    """An http(s) address that stands in a message, and the words it stands under."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts:
    """What a message says of itself, decoded and bounded. Texts are plain, without control characters.

    `subject` is "" where it has none. `sent_at` is its Date where that is one. Ids (`message_id`, `references`, which
    holds In-Reply-To too, parents first) stand without angle brackets. `preview` is the beginning of its visible text,
    at most 300 characters. `warnings` are sentences that say what looks like deceit; `remark` says what its person
    misses of it, "" for nothing. `authentication` is what each Authentication-Results header says, topmost first
    (RFC 8601): nobody has checked yet whose they are. `has_html`: there is a body to show as HTML.
    """

    subject: str = ""
    senders: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    sent_at: datetime | None = None
    message_id: str = ""
    references: tuple[str, ...] = ()
    list_id: str = ""
    list_name: str = ""
    unsubscribe: Unsubscribe | None = None
    parts: tuple[Part, ...] = ()
    preview: str = ""
    links: tuple[MessageLink, ...] = ()
    warnings: tuple[str, ...] = ()
    remark: str = ""
    authentication: tuple[str, ...] = ()
    has_html: bool = False
    remote_image_count: int = 0

    @property
    def attachments(self) -> tuple[Part, ...]:
        """The parts that a person would call attachments."""
        return tuple(part for part in self.parts if part.is_attachment)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBodies:
    """A message's text in the forms it is shown in; "" for those it has not.

    `text` is all visible text without markup, of the plain alternative where there is one: what search finds. `html` is
    clean HTML for a sandbox; a picture that is a part of the message stands in it as `src="part:PATH"`, one from
    elsewhere as `data-remote="URL"` without a `src`. `feed_html` is clean HTML for feed readers: absolute addresses, no
    picture from elsewhere, no part, no address that would act for whoever follows it; at most 200 KiB.
    """

    text: str = ""
    html: str = ""
    feed_html: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReading:
    """What a worker made of a message's bytes."""

    facts: MessageFacts
    bodies: MessageBodies


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it is kept; its raw bytes are the blob that its item names, and never change.

    `facts` is None until it was read, and for one that cannot be read.
    """

    item_id: ItemId
    size_bytes: int
    received_at: datetime
    envelope: Envelope
    facts: MessageFacts | None
