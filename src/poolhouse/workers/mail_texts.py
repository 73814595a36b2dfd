"""The text of a message: its parts that are text, decoded, cleaned and put together, and what is found in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from poolhouse.formats.html_tokens import html_tokens
from poolhouse.formats.links import legal_url
from poolhouse.formats.mail_headers import header_text
from poolhouse.formats.mime_bodies import decode_body
from poolhouse.formats.mime_choice import choose, encoding_of
from poolhouse.formats.mime_text import TEXT_LIMIT, html_of, links_in, text_of
from poolhouse.formats.mime_tree import split_message
from poolhouse.formats.text import clean, is_blank
from poolhouse.types.message import MessageBodies, MessageLink
from poolhouse.workers.lines import ON_LINES
from poolhouse.workers.mail_feed import FEED_BYTES
from poolhouse.workers.mail_html import clean_message_html
from poolhouse.workers.mail_links import LINK_LIMIT, looks_acting, words_before

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolhouse.formats.mail_headers import Allowance
    from poolhouse.formats.mime_choice import Choice, Segment
    from poolhouse.formats.mime_tree import Node

HTML_LIMIT: Final = 2 * 1024 * 1024
"""So much HTML of a message is shown, in characters, in all its parts together; of what is larger, the text."""

SUBJECT_LENGTH: Final = 1_000
EMBEDDED_DEPTH: Final = 5
_SEGMENT_LIMIT: Final = 50
_EMBEDDED_LIMIT: Final = 50
_EMBEDDED_BYTES: Final = 16 * 1024 * 1024
_GUESSES: Final = 2
_BETWEEN: Final = "\n<hr>\n"
_CID: Final = re.compile(r"""cid:([^"'\s<>)]{1,500})""", re.IGNORECASE)

CUT_TEXT: Final = "Its text is very long: the rest is left out."
CUT_HTML: Final = "It is too large to be shown as HTML: its text is shown."


@dataclass(slots=True)
class Texts:
    """What the parts that are text come to, still in pieces. `cids` are the parts that the HTML shows."""

    text: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    plain: dict[int, str] = field(default_factory=dict)  # what stands between the HTML, by its place there
    feed: list[str] = field(default_factory=list)
    links: list[MessageLink] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    cids: set[str] = field(default_factory=set)
    remote_images: int = 0
    has_html: bool = False

    def bodies(self) -> MessageBodies:
        """The pieces put together."""
        return MessageBodies(
            text="\n\n".join(self.text),
            html=self._shown_html(),
            feed_html=_joined_within(self.feed, FEED_BYTES),
        )

    def _shown_html(self) -> str:
        """All that is shown as HTML, and the plain texts between; "" where all of it is plain."""
        if not self.has_html:
            return ""
        room = HTML_LIMIT
        pieces = []
        for place, piece in enumerate(self.html):
            shown = html_of(self.plain[place], room) if place in self.plain else piece
            room -= len(shown)
            pieces.append(shown)
        return _BETWEEN.join(pieces)


def read_texts(raw: bytes, choice: Choice, paths: Mapping[str, str], allowance: Allowance) -> Texts:
    """Read what of a message was chosen as its text, and the text of messages in it, which is only to be found.

    `paths` are those of the parts by their Content-IDs. Never raises for what the message holds.
    """
    return _Reader(raw, paths, allowance).read(choice)


class _Reader:
    def __init__(self, raw: bytes, paths: Mapping[str, str], allowance: Allowance) -> None:
        self._raw = raw
        self._paths = paths
        self._allowance = allowance
        self._texts = Texts()
        self._guesses = _GUESSES
        self._text_room = TEXT_LIMIT
        self._html_room = HTML_LIMIT
        self._embedded = 0
        self._embedded_room = _EMBEDDED_BYTES

    def read(self, choice: Choice) -> Texts:
        self._read_segments(choice.segments)
        for node in choice.embedded:
            self._read_embedded(node, self._raw, 1)
        return self._texts

    def _read_segments(self, segments: Sequence[Segment]) -> None:
        for segment in segments[:_SEGMENT_LIMIT]:
            plain = "\n\n".join(self._plain(node, self._raw) for node in segment.plain[:_SEGMENT_LIMIT])
            is_read = not is_blank(plain)
            if is_read:
                self._texts.text.append(plain.strip("\n"))
            is_shown = [
                self._read_html(node, is_text_wanted=not is_read) for node in segment.html[:_SEGMENT_LIMIT]
            ]
            if is_read and not any(is_shown):
                self._show_plain(plain)
        if len(segments) > _SEGMENT_LIMIT:
            self._texts.remarks.append(CUT_TEXT)

    def _plain(self, node: Node, raw: bytes) -> str:
        """The text of a leaf, as far as there is room for it."""
        return self._within_room(self._decoded(node, raw, self._text_room + 1))

    def _decoded(self, node: Node, raw: bytes, limit: int) -> str:
        self._guesses -= 1
        return text_of(raw, node, limit=limit, may_guess=self._guesses >= 0)

    def _within_room(self, text: str) -> str:
        if len(text) > self._text_room:
            text = text[: self._text_room]
            self._texts.remarks.append(CUT_TEXT)
        self._text_room -= len(text)
        return text

    def _show_plain(self, text: str) -> None:
        """Put plain text where it is shown beside HTML, and into the feed."""
        acting: set[str] = set()
        for start, end, url in links_in(text[:FEED_BYTES]):
            if looks_acting(words_before(text, start), url):
                acting.add(url)
            elif len(self._texts.links) < LINK_LIMIT:
                self._texts.links.append(MessageLink(legal_url(url), text[start:end]))
        self._texts.plain[len(self._texts.html)] = text
        self._texts.html.append("")
        self._texts.feed.append(
            html_of(text, FEED_BYTES, link=lambda url: None if url in acting else legal_url(url))
        )

    def _read_html(self, node: Node, *, is_text_wanted: bool) -> bool:
        """Read HTML, and return whether it is shown as that; what is too large is read as text, where it is wanted."""
        texts = self._texts
        markup = self._decoded(node, self._raw, self._html_room + 1)
        if len(markup) > self._html_room:
            texts.remarks.append(CUT_HTML)
            if is_text_wanted:
                text = self._within_room(text_within(markup))
                texts.text.append(text)
                self._show_plain(text)
            return False
        self._html_room -= len(markup)
        if "cid:" in markup.lower():
            texts.cids.update(unquote(each) for each in _CID.findall(markup))
        cleaned = clean_message_html(markup, self._paths, is_text_wanted=is_text_wanted)
        texts.has_html = True
        texts.html.append(cleaned.html)
        texts.feed.append(cleaned.feed_html)
        texts.links += cleaned.links[: LINK_LIMIT - len(texts.links)]
        texts.warnings += cleaned.warnings
        texts.remote_images += cleaned.remote_image_count
        if is_text_wanted:
            texts.text.append(self._within_room(cleaned.text))
        return True

    def _read_embedded(self, node: Node, raw: bytes, depth: int) -> None:
        """Add the text of a message in the message: it is found by search, and shown apart."""
        self._embedded += 1
        if depth > EMBEDDED_DEPTH or self._embedded > _EMBEDDED_LIMIT or self._text_room <= 0:
            return
        inner = decode_body(raw[node.start : node.end][: self._embedded_room], encoding_of(node))
        self._embedded_room -= len(inner)
        tree = split_message(inner, self._allowance)
        choice = choose(tree.root)
        subject = header_text(tree.root.block.first(b"subject"))[:SUBJECT_LENGTH]
        if subject:
            self._texts.text.append(subject)
        for segment in choice.segments[:_SEGMENT_LIMIT]:
            text = "\n\n".join(self._plain(each, inner) for each in segment.plain[:_SEGMENT_LIMIT])
            if is_blank(text) and segment.html:
                text = "\n\n".join(
                    text_within(self._plain(each, inner)) for each in segment.html[:_SEGMENT_LIMIT]
                )
            if not is_blank(text):
                self._texts.text.append(text.strip("\n"))
        for each in choice.embedded:
            self._read_embedded(each, inner, depth + 1)


def text_within(markup: str) -> str:
    """Return the text of HTML that is too large to be shown, or that nobody is shown; linear in its size."""
    pieces = [
        unescape(token) if isinstance(token, str) else "\n" if token.name in ON_LINES else ""
        for token in html_tokens(markup)
    ]
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return clean("\n".join(line for line in lines if line))


def _joined_within(pieces: Sequence[str], limit_bytes: int) -> str:
    """As many whole pieces as fit."""
    kept: list[str] = []
    for piece in pieces:
        limit_bytes -= len(piece.encode()) + len(_BETWEEN)
        if limit_bytes < 0:
            kept.append("<p>…</p>")
            break
        kept.append(piece)
    return _BETWEEN.join(kept)
