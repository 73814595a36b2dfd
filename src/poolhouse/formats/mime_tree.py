"""The parts of a message by where they stand in its bytes (RFC 2045, RFC 2046), found without touching its bodies.

Only delimiter lines are looked for, by `bytes.find`: a body costs its size once for each multipart that is open around
it, at some gigabytes a second, and no line of it is looked at in Python. Header bytes and body bytes are slices of the
message; nothing is ever written anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from poolhouse.formats.mail_headers import OF_PARTS, WANTED, Allowance, Block, read_block
from poolhouse.formats.mime_words import read_parameters

DEPTH_LIMIT: Final = 50
"""Multiparts within each other; one below is a leaf."""

PART_LIMIT: Final = 1_000
"""Leaves of one message; what comes after is not looked at."""

_FALSE_LIMIT: Final = (
    20_000  # lines that begin as a delimiter and are none, and delimiters with nothing between them
)
_SCANS: Final = (
    5  # how often each byte may be looked at: once for each multipart around it and kind of line end
)
_SCANNED_AT_LEAST: Final = 33_554_432
_MEDIA_TYPE: Final = re.compile(rb"\s*+([!-.0-:<-~]++)/([!-.0-:<-~]++)")
_TYPE_LENGTH: Final = 255  # RFC 6838 §4.2: 127 for each half
_TAIL: Final = re.compile(rb"(--)?[ \t]*+(?:\r\n?+|\n|\Z)")


@dataclass(slots=True)
class Node:
    """A part as it stands in the message, a multipart or a leaf.

    `path` counts as IMAP does, "" for a multipart that is the whole message. Its header block starts at
    `header_start`, its body, still encoded, is `start` to `end`. `parameters` are the Content-Type's.
    """

    path: str
    header_start: int
    start: int
    end: int
    media_type: str
    block: Block
    parameters: dict[str, str]
    children: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Tree:
    """A message's parts. `is_cut` says that there are more than were looked at."""

    root: Node
    is_cut: bool


class _Delimiter(NamedTuple):
    at: int
    end: int
    is_close: bool


@dataclass(slots=True)
class _Open:
    """A multipart whose end has not come yet, and the next line that delimits its parts; None for no more.

    It ends at `end` at the latest, where one around it goes on. `places` are where its marker stands next behind each
    kind of line end: looked for anew only once it was passed, or one lone CR would have the rest of the message looked
    through at every delimiter.
    """

    node: Node
    marker: bytes
    end: int
    next: _Delimiter | None = None
    places: dict[bytes, int] = field(default_factory=dict)


def split_message(data: bytes, allowance: Allowance | None = None) -> Tree:
    """Split a message into its parts; never raises. Time is linear in its size, for each level of its multiparts."""
    return _Splitter(data, allowance or Allowance()).split()


def leaves(root: Node) -> list[Node]:
    """Return the leaves in order, without recursion."""
    found: list[Node] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.children:
            waiting += reversed(node.children)
        else:
            found.append(node)
    return found


class _Splitter:
    def __init__(self, data: bytes, allowance: Allowance) -> None:
        self._data = data
        self._end = len(data)
        self._allowance = allowance
        self._open: list[_Open] = []
        self._leaves = 0
        self._false = 0
        self._room = _SCANS * len(data) + _SCANNED_AT_LEAST
        self._line_ends = (b"\n", b"\r") if data.count(b"\r") != data.count(b"\r\n") else (b"\n",)

    def split(self) -> Tree:
        root, found = self._begin("", 0, None, is_in_digest=False)
        while found is not None and not self._is_spent:
            level, delimiter = found
            del self._open[level + 1 :]
            around = self._open[level]
            if delimiter.is_close:
                del self._open[level]
                found = self._next(delimiter.end)
                continue
            after = self._next(delimiter.end)
            if (
                after is not None and after[1].at == delimiter.end and not after[1].is_close
            ):  # nothing stands between
                found = after
                self._false += 1
                continue
            if self._leaves >= PART_LIMIT:
                return Tree(root, is_cut=True)
            node = around.node
            path = f"{node.path}.{len(node.children) + 1}" if node.path else str(len(node.children) + 1)
            child, found = self._begin(
                path, delimiter.end, after, is_in_digest=node.media_type == "multipart/digest"
            )
            node.children.append(child)
        return Tree(root, is_cut=self._is_spent)

    @property
    def _is_spent(self) -> bool:
        return self._false >= _FALSE_LIMIT or self._room <= 0

    def _begin(
        self, path: str, start: int, limit: tuple[int, _Delimiter] | None, *, is_in_digest: bool
    ) -> tuple[Node, tuple[int, _Delimiter] | None]:
        """Read the part that starts at `start`, and return it with the delimiter that comes first after its start.

        `limit` is the next delimiter of those that are open.
        """
        data = self._data
        end = limit[1].at if limit is not None else self._end
        block = read_block(data, start, end, OF_PARTS if path else WANTED, self._allowance, is_first=not path)
        content_type = block.first(b"content-type")
        media_type = _media_type(content_type, is_in_digest=is_in_digest)
        parameters = read_parameters(content_type) if content_type else {}
        body_end = max(block.body_start, self._before_line_end(end)) if limit is not None else end
        node = Node(path, start, block.body_start, body_end, media_type, block, parameters)
        if media_type.startswith("multipart/") and len(self._open) < DEPTH_LIMIT:
            boundary = parameters.get("boundary", "").rstrip().encode("latin-1", "replace")
            if boundary:
                opened = _Open(node, b"--" + boundary, end)
                opened.next = self._find(opened, block.body_start)
                if opened.next is not None and not opened.next.is_close:
                    self._open.append(opened)
                    return node, (len(self._open) - 1, opened.next)
        self._leaves += 1
        if not path:
            node.path = "1"
        return node, limit

    def _next(self, position: int) -> tuple[int, _Delimiter] | None:
        """The delimiter that comes next at or after `position`, and whose; the outermost of several (§5.1.2)."""
        best: tuple[int, _Delimiter] | None = None
        for level, opened in enumerate(self._open):
            if opened.next is not None and opened.next.at < position:
                opened.next = self._find(opened, position)
            if opened.next is not None and (best is None or opened.next.at < best[1].at):
                best = (level, opened.next)
        return best

    def _find(self, opened: _Open, position: int) -> _Delimiter | None:
        """The next line from `position` on, which is where a line starts, that is its delimiter and no longer one."""
        data, marker = self._data, opened.marker
        is_at_start = position == 0 and data.startswith(marker)
        while not self._is_spent:
            if is_at_start:
                at, is_at_start = 0, False
            else:
                at = min(self._place(opened, each, position) for each in self._line_ends)
                if at > opened.end:
                    return None
            tail = _TAIL.match(data, at + len(marker))
            if tail is not None:
                return _Delimiter(at, tail.end(), tail[1] is not None)
            self._false += 1  # a longer one that begins with it
            position = at + len(marker)
        return None

    def _place(self, opened: _Open, line_end: bytes, position: int) -> int:
        """Where its marker stands next behind such a line end, at `position` or after; behind all for nowhere."""
        place = opened.places.get(line_end, -1)
        if place < position:
            found = self._data.find(line_end + opened.marker, max(0, position - 1), opened.end)
            opened.places[line_end] = place = (opened.end if found < 0 else found) + 1
            self._room -= place - position
        return place

    def _before_line_end(self, position: int) -> int:
        """Where the line before the one that starts at `position` ends: its end belongs to the delimiter (§5.1.1)."""
        data = self._data
        if position >= 2 and data.startswith(b"\r\n", position - 2):
            return position - 2
        return position - 1 if position and data[position - 1] in b"\r\n" else position


def _media_type(raw: bytes, *, is_in_digest: bool) -> str:
    """Return a media type in lower case; text/plain for what is none, as RFC 2045 §5.2 has it."""
    if raw:
        found = _MEDIA_TYPE.match(raw)
        if found is not None and len(found[0]) <= _TYPE_LENGTH:
            return f"{found[1].decode('ascii')}/{found[2].decode('ascii')}".lower()
        return "text/plain"
    return "message/rfc822" if is_in_digest else "text/plain"
