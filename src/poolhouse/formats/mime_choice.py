"""Which parts of a message are its text, in which form, and which are attachments (RFC 2046 §5.1, RFC 2387)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from poolhouse.formats.mail_headers import header_text
from poolhouse.formats.mime_names import clean_file_name
from poolhouse.formats.mime_words import read_parameters

if TYPE_CHECKING:
    from poolhouse.formats.mime_tree import Node

# Reports of machines: to be read as text, though some of them have a type of their own (RFC 3464, RFC 8098, RFC 5965).
_REPORTS: Final = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "message/tracking-status",
        "text/rfc822-headers",
        "message/rfc822-headers",
    }
)
_PLAIN: Final = (
    frozenset({"text/plain", "text/enriched", "text/richtext", "text/markdown", "text/x-markdown"}) | _REPORTS
)
_SIGNATURES: Final = frozenset(
    {
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-encrypted",
    }
)
_OTHER_FORMS: Final = frozenset(
    {"text/x-amp-html", "text/watch-html", "text/rtf", "text/enriched", "text/richtext"}
)
_ENVELOPED: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_EMBEDDED: Final = frozenset({"message/rfc822", "message/global", "message/news"})
_DISPOSITION: Final = re.compile(rb"\s*([A-Za-z-]+)")


@dataclass(slots=True)
class Segment:
    """A piece of a message's text, in one form or in both; more than one part of a form are to be read one by one."""

    plain: list[Node] = field(default_factory=list)
    html: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Choice:
    """What to show of a message, in order. `texts` are all leaves that are text, whether they are shown or not.

    `forms` are leaves that say again what another part says, `embedded` those that are messages.
    """

    segments: list[Segment] = field(default_factory=list)
    texts: set[int] = field(default_factory=set)
    forms: set[int] = field(default_factory=set)
    embedded: list[Node] = field(default_factory=list)
    is_encrypted: bool = False

    def is_text(self, node: Node) -> bool:
        """Whether a leaf is part of the text, or says the same in another form, or only signs it."""
        return id(node) in self.texts or id(node) in self.forms


def choose(root: Node) -> Choice:
    """Choose what of a message is its text. Depth is that of the tree, which is bounded."""
    choice = Choice()
    choice.segments = _segments(root, choice)
    return choice


def name_of(node: Node) -> str:
    """Return a leaf's clean file name, "" for none (RFC 2183 §2.3; the Content-Type's as programs wrote before)."""
    disposition = node.block.first(b"content-disposition")
    name = read_parameters(disposition).get("filename", "") if disposition else ""
    return clean_file_name(name or node.parameters.get("name", "") or node.parameters.get("filename", ""))


def content_id_of(node: Node) -> str:
    """Return a leaf's Content-ID without its angle brackets (RFC 2392), "" for none."""
    raw = node.block.first(b"content-id")
    return header_text(raw).strip("<> ")[:500] if raw else ""


def encoding_of(node: Node) -> str:
    """Return a leaf's Content-Transfer-Encoding in lower case, "" for none (RFC 2045 §6.1)."""
    raw = node.block.first(b"content-transfer-encoding")
    return header_text(raw).partition(";")[0].partition("(")[0].strip("\"' ").lower()[:40] if raw else ""


def is_set_apart(node: Node) -> bool:
    """Whether a part says that it is an attachment (RFC 2183 §2.2)."""
    raw = node.block.first(b"content-disposition")
    found = _DISPOSITION.match(raw) if raw else None
    # §2.8: what nobody knows is an attachment
    return found is not None and found[1].lower() != b"inline"


def _segments(node: Node, choice: Choice) -> list[Segment]:
    if not node.children:
        return _of_leaf(node, choice)
    match node.media_type:
        case "multipart/alternative":
            return _of_alternative(node, choice)
        case "multipart/related":
            return _segments(_root_of(node), choice)
        case "multipart/signed":
            choice.forms.update(id(each) for each in node.children[1:] if each.media_type in _SIGNATURES)
            return _segments(node.children[0], choice)
        case "multipart/encrypted":
            choice.is_encrypted = True
            choice.forms.update(id(each) for each in node.children if each.media_type in _SIGNATURES)
            return []
        case _:
            return [segment for each in node.children for segment in _segments(each, choice)]


def _of_leaf(node: Node, choice: Choice) -> list[Segment]:
    if node.media_type in _EMBEDDED:
        choice.embedded.append(node)
        return []
    if node.media_type in _ENVELOPED:
        choice.is_encrypted |= (
            node.parameters.get("smime-type", "enveloped-data").lower().startswith("enveloped")
        )
        return []
    is_html = node.media_type == "text/html"
    if not is_html and node.media_type not in _PLAIN and not node.media_type.startswith("multipart/"):
        return []
    if is_set_apart(node) and node.media_type not in _REPORTS:
        return []
    if choice.texts and node.media_type not in _REPORTS and name_of(node):
        return []  # a file that programs also show
    choice.texts.add(id(node))
    return [Segment(html=[node])] if is_html else [Segment(plain=[node])]


def _of_alternative(node: Node, choice: Choice) -> list[Segment]:
    """One segment: the plainest form to read as text, the richest that is HTML to show (RFC 2046 §5.1.4)."""
    chosen = Segment()
    for child in node.children:
        if child.media_type in _OTHER_FORMS and not is_set_apart(child):
            choice.forms.add(id(child))
            if child is not node.children[0]:
                continue
        segments = _segments(child, choice)
        plain = [each for segment in segments for each in segment.plain]
        html = [each for segment in segments for each in segment.html]
        chosen.plain = chosen.plain or plain
        chosen.html = html or chosen.html
    return [chosen] if chosen.plain or chosen.html else []


def _root_of(node: Node) -> Node:
    """The part of a multipart/related that the others belong to (RFC 2387 §3.2)."""
    start = node.parameters.get("start", "").strip("<> ")
    if start:
        for child in node.children:
            if content_id_of(child) == start:
                return child
    # some programs put a picture first
    texts = [each for each in node.children if each.media_type.startswith(("text/", "multipart/"))]
    return texts[0] if texts and not is_set_apart(texts[0]) else node.children[0]
