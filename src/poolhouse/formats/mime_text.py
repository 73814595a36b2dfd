"""Plain text of mail: out of its part, its lines joined as RFC 3676 says, its preview, its addresses, and as HTML."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

from poolhouse.formats.links import legal_url
from poolhouse.formats.mail_charsets import decode_mail
from poolhouse.formats.mime_bodies import decode_body
from poolhouse.formats.mime_choice import encoding_of
from poolhouse.formats.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from poolhouse.formats.mime_tree import Node

TEXT_LIMIT: Final = 1_000_000
"""So many characters of a message's text are read."""

PREVIEW_LENGTH: Final = 300
_BYTES_A_CHARACTER: Final = 4  # of the longest encodings within the longest transfer encoding, near enough
_PREVIEW_LOOK: Final = 20_000
_QUOTE_DEPTH: Final = 10
_CLOSING_BYTES: Final = 300  # of ten quotes, and what says that there is more
_LINE_END: Final = "\n"

_BREAK: Final = re.compile(r"\r\n?")
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff]"
)
_BETWEEN_PARAGRAPHS: Final = re.compile(r"\n[ \t]*+\n(?:[ \t]*+\n|)*+")
_QUOTES: Final = re.compile(r"(?:>[ ]?)*")
_URL: Final = re.compile(r"""https?://[^\s<>"`\x00-\x20\u00a0\u3000\u2028\u2029]{3,2000}""", re.IGNORECASE)
_SCHEME: Final = re.compile(r"https?\Z", re.IGNORECASE)
_TRAILING: Final = ".,;:!?'*_~"
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


def text_of(data: bytes, node: Node, *, limit: int = TEXT_LIMIT, may_guess: bool = True) -> str:
    """Return the text of a leaf: lines end with a line feed, no controls, flowed lines joined; never raises.

    Of a long one the beginning, at most `limit` characters.
    """
    end = min(node.end, node.start + limit * _BYTES_A_CHARACTER)
    body = decode_body(data[node.start : end], encoding_of(node))
    parameters = node.parameters
    text = decode_mail(
        body, parameters.get("charset", ""), is_html=node.media_type == "text/html", may_guess=may_guess
    )
    if "\r" in text:
        text = _BREAK.sub("\n", text)
    text = clean(text[:limit])
    if parameters.get("format", "").lower() == "flowed" and node.media_type == "text/plain":
        return unflowed(text, is_space_deleted=parameters.get("delsp", "").lower() == "yes")
    return text


def unflowed(text: str, *, is_space_deleted: bool) -> str:
    """Return text in format=flowed with each paragraph on one line, quoted as it was (RFC 3676 §4)."""
    out: list[str] = []
    flowing: list[str] = []
    flowing_depth = 0

    def end() -> None:
        if flowing:
            out.append(f"{'>' * flowing_depth}{' ' if flowing_depth else ''}{''.join(flowing)}")
            flowing.clear()

    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        is_signature = content == "-- "
        if (
            depth != flowing_depth or is_signature or not content
        ):  # an empty line ends a paragraph that forgot to
            end()
        flowing_depth = depth
        is_flowing = content.endswith(" ") and not is_signature
        flowing.append(content[:-1] if is_flowing and is_space_deleted else content)
        if not is_flowing:
            end()
    end()
    return "\n".join(out)


def preview_of(text: str) -> str:
    """Return the beginning of a text, at most three hundred characters of one line, without quotes and signature.

    Where all of it is quoted, of what is quoted.
    """
    lines = text[:_PREVIEW_LOOK].split("\n")
    return _one_line(_own_lines(lines)) or _one_line(line.lstrip("> ") for line in lines)


def links_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each http(s) address stands in a text, and the address, without the punctuation after it."""
    position = 0
    while (mark := text.find("://", position)) >= 0:  # much faster than to try at each character
        scheme = _SCHEME.search(text, max(position, mark - len("https")), mark)
        position = mark + len("://")
        found = _URL.match(text, scheme.start()) if scheme is not None else None
        if found is not None:
            position = found.end()
            url = _without_punctuation(found[0])
            if len(url) > len("https://"):
                yield found.start(), found.start() + len(url), url


def html_of(text: str, limit_bytes: int, *, link: Callable[[str], str | None] = legal_url) -> str:
    """Return plain text as HTML of paragraphs, quotes and links, at most `limit_bytes` of UTF-8, cut between lines.

    `link` gives the address that one in the text leads to, itself made legal if nothing is said, or None for one that
    shall not be there: programs make links of what looks like one.
    """
    out: list[str] = []
    room = limit_bytes - _CLOSING_BYTES
    for paragraph in _BETWEEN_PARAGRAPHS.split(text):
        if not paragraph:
            continue
        if paragraph[0] == ">" or "\n>" in paragraph:
            piece = _quoted_html(paragraph, room - _CLOSING_BYTES * 2, link)
        else:
            piece = _paragraph_html(paragraph, room, link)
        room -= _size_bytes(piece)
        if room < 0:
            out.append("<p>…</p>")
            break
        out.append(piece)
    return "".join(out)


def _paragraph_html(paragraph: str, room: int, link: Callable[[str], str | None]) -> str:
    """A paragraph; the beginning of one for which there is no room."""
    for length in (len(paragraph), room // 6, room // 50):
        if length <= room:
            kept = paragraph if len(paragraph) <= length else f"{paragraph[:length]}…"
            piece = f"<p>{_with_links(kept, link).replace(_LINE_END, '<br>')}</p>"
            if len(piece) * _BYTES_A_CHARACTER <= room or len(piece.encode()) <= room:
                return piece
    return "<p>…</p>"


def _quoted_html(paragraph: str, room: int, link: Callable[[str], str | None]) -> str:
    """A paragraph of which lines are quoted, as many of its lines as there is room for."""
    out: list[str] = []
    depth, is_open = 0, False
    for line in paragraph.split("\n"):
        marks = _marks_of(line)
        content = line[len(marks) :].rstrip()
        wanted = min(marks.count(">"), _QUOTE_DEPTH)
        is_ended = is_open and (wanted != depth or not content)
        end = "</p>" if is_ended else ""
        quotes = "<blockquote>" * (wanted - depth) or "</blockquote>" * (depth - wanted)
        start = ("<br>" if is_open and not is_ended else "<p>") if content else ""
        shown = _with_links(content, link)
        depth, is_open = wanted, bool(content)
        room -= len(end) + len(quotes) + len(start) + _size_bytes(shown)
        if room < 0:
            out.append(f"{end}{quotes}{start}…")
            break
        out.append(f"{end}{quotes}{start}{shown}")
    out.append(f"{'</p>' if is_open else ''}{'</blockquote>' * depth}")
    return "".join(out)


def _marks_of(line: str) -> str:
    """What says at the beginning of a line that it is quoted."""
    marks = _QUOTES.match(line) if line.startswith(">") else None
    return "" if marks is None else marks[0]


def _size_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _with_links(text: str, link: Callable[[str], str | None]) -> str:
    if "://" not in text:
        return escape(text, quote=False)
    out: list[str] = []
    position = 0
    for start, end, url in links_in(text):
        target = link(url)
        shown = escape(text[start:end], quote=False)
        out += (
            escape(text[position:start], quote=False),
            f'<a href="{escape(target)}" rel="noopener noreferrer nofollow">{shown}</a>'
            if target is not None
            else "[…]",
        )
        position = end
    out.append(escape(text[position:], quote=False))
    return "".join(out)


def _without_punctuation(url: str) -> str:
    """Leave out what ends a sentence, and brackets that were opened before the address."""
    surplus = {closing: url.count(closing) - url.count(opening) for closing, opening in _PAIRS.items()}
    end = len(url)
    while end and (url[end - 1] in _TRAILING or surplus.get(url[end - 1], 0) > 0):
        end -= 1
        if url[end] in surplus:
            surplus[url[end]] -= 1
    return url[:end]


def _own_lines(lines: list[str]) -> Iterator[str]:
    """Yield what its writer wrote: not what is quoted, nor the line that says whose words follow, nor a signature."""
    for number, line in enumerate(lines):
        if line[:2] == "--" and line.rstrip() == "--":
            return
        if line[:1] == ">":
            continue
        if line[-1:] == ":" and next(filter(None, lines[number + 1 : number + 3]), "")[:1] == ">":
            continue
        yield line


def _one_line(lines: Iterable[str]) -> str:
    kept: list[str] = []
    length = 0
    for line in lines:
        seen = " ".join((_UNSEEN.sub("", line) if not line.isascii() else line).split())
        if seen:
            kept.append(seen)
            length += len(seen) + 1
            if length > PREVIEW_LENGTH:
                break
    text = " ".join(kept)
    if len(text) <= PREVIEW_LENGTH:
        return text
    return f"{text[: PREVIEW_LENGTH - 1].rstrip()}…"
