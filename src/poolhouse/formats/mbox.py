"""mbox: many messages in one file (RFC 4155), split as they come, whatever the file's size and whoever wrote it.

A message is what follows its From_ line, byte for byte, so that the file can be put together again of its messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK_BYTES: Final = 1024 * 1024
MESSAGE_LIMIT_BYTES: Final = 50 * 1024 * 1024
"""The largest message that is kept: what the LMTP door takes."""

_LOOK_AHEAD: Final = 4_096  # what `_FROM_LINE` may match, at most
_LOOK_BEHIND: Final = 3  # "\n\r\n"
_FIRST_BYTES: Final = 16_384
_MARK: Final = b"\xef\xbb\xbf"  # what programs of Windows put before a text in UTF-8

_FIELD_NAME: Final = rb"[!-9;-~]{1,200}[ \t]{0,8}:"
# Programs that deliver with a From_ line in front, quoted, put it first in the header.
_FROM_LINE: Final = re.compile(rb"From ([^\n]{0,998})\n(?:>?From [^\n]{0,998}\n)?" + _FIELD_NAME)
_DATED: Final = re.compile(
    rb"(?:-|\S{1,320}(?: \S{1,320})?)[ \t]{1,4}(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?[ \t]{1,4}"
    rb"(?:[a-z]{3}[ \t]{1,4}\d{1,2}|\d{1,2}[ \t]{1,4}[a-z]{3})[ \t]{1,4}(?:\d{4}[ \t]{1,4})?"
    rb"\d{1,2}:\d{1,2}(?::\d{1,2})?(?:[ \t]{1,4}[a-z]{3,5}|[ \t]{1,4}[+-]\d{4}){0,2}(?:[ \t]{1,4}\d{4})?"
    rb"(?:[ \t]{1,4}[+-]\d{4})?(?:[ \t]remote from \S{1,255})?[ \t\r]{0,4}",
    re.IGNORECASE,
)
_MOZILLA: Final = re.compile(rb"-[ \t\r]{0,4}")
_UNDATED: Final = re.compile(rb"@|<|\d:\d\d|^\s*\S{1,320}\s*$")
_HEADER: Final = re.compile(
    rb"(?:" + _FIELD_NAME + rb"[^\n]*+\n(?:[ \t][^\n]*+\n){0,1000})*?"
    rb"(?:from|to|date|subject|received|message-id|return-path|delivered-to|mime-version|content-type|sender|cc"
    rb"|reply-to)[ \t]{0,8}:",
    re.IGNORECASE,
)
_GMAIL: Final = re.compile(rb"From \d{1,20}@xxx ")
_QUOTED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MboxMessage:
    """A message as it stands in a file: `offset` is where its From_ line begins, `end` where the next one's does.

    `from_line` is that line with its end, b"" for what stands before the first one. `content` is None where there is
    more of it than the limit.
    """

    offset: int
    end: int
    from_line: bytes
    content: bytes | None


def is_mbox(start: bytes) -> bool:
    """Whether a file that begins so is an mbox: a From_ line, and a header after it. Some tens of bytes are enough."""
    return _FROM_LINE.match(start.removeprefix(_MARK).lstrip(b"\r\n")[:_LOOK_AHEAD]) is not None


def is_message(start: bytes) -> bool:
    """Whether a file that begins so is one message: a header that has a field of mail, with or without a From_ line."""
    return _HEADER.match(start[:_FIRST_BYTES].removeprefix(_MARK)) is not None or is_mbox(start)


def split_mbox(
    read: Callable[[int], bytes],
    *,
    offset: int = 0,
    limit_bytes: int = MESSAGE_LIMIT_BYTES,
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[MboxMessage]:
    """Split what `read(size)` gives from `offset` on, where a message begins, until it gives b"".

    A From_ line counts where a header follows it and it has a date as programs write it, or where nothing or a blank
    line stands before it and it names an address or a time: "From Russia with love" does not. At most a message and
    some chunks are in memory.
    """
    message = _Growing(offset, limit_bytes)
    for begins, piece in _cut(read, chunk_bytes):
        if begins:
            if message.end > offset:
                yield message.made()
            message = _Growing(message.end, limit_bytes)
            line_end = piece.index(b"\n") + 1
            message.begin(piece[:line_end])
            message.add(piece[line_end:])
        else:
            message.add(piece)
    if message.end > offset:
        yield message.made()


def is_gmail_line(from_line: bytes) -> bool:
    """Whether a From_ line is as Google Takeout writes it: what else is in that file is Gmail's word too."""
    return _GMAIL.match(from_line) is not None


def unquote_from(content: bytes) -> bytes:
    """Return a message of an mbox of the kind mboxrd as it was before it was put there: one ">" fewer before From_."""
    return _QUOTED.sub(rb"\1", content) if b">From " in content else content


class _Growing:
    """A message of which more is still to come."""

    def __init__(self, offset: int, limit_bytes: int) -> None:
        self.end = offset
        self._offset = offset
        self._from_line = b""
        self._room = limit_bytes
        self._pieces: list[bytes] = []

    def begin(self, from_line: bytes) -> None:
        self._from_line = from_line
        self.end += len(from_line)

    def add(self, piece: bytes) -> None:
        self.end += len(piece)
        self._room -= len(piece)
        if self._room >= 0:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def made(self) -> MboxMessage:
        content = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        return MboxMessage(
            offset=self._offset,
            end=self.end,
            from_line=self._from_line,
            content=content if self._room >= 0 else None,
        )


def _cut(read: Callable[[int], bytes], chunk_bytes: int) -> Iterator[tuple[bool, bytes]]:
    """What is read, in pieces of at most some chunks, each with whether a message begins with it.

    A piece with which one begins holds its From_ line whole.
    """
    first = b""
    while len(first) < len(_MARK) and (chunk := read(len(_MARK) - len(first))):
        first += chunk
    if first == _MARK:
        yield False, first
        first = b""
    data, start = b"\n\n" + first, 2  # what begins a file stands as after a blank line
    begins = False
    is_more = True
    while is_more:
        chunk = read(chunk_bytes)
        is_more = bool(chunk)
        data += chunk
        # what stands before `sure` can be judged: of the rest it is to be seen what follows
        sure = len(data) - _LOOK_AHEAD if is_more else len(data)
        at = data.find(b"\nFrom ", start if begins else start - 1)
        while 0 <= at < sure - 1:
            if _begins_message(data, at + 1):
                if at + 1 > start:
                    yield begins, data[start : at + 1]
                start, begins = at + 1, True
            at = data.find(b"\nFrom ", at + 1)
        if sure - start > (_LOOK_AHEAD if begins and is_more else 0):
            yield begins, data[start:sure]
            start, begins = sure, False
        kept = max(start - _LOOK_BEHIND, 0)
        data, start = data[kept:], start - kept


def _begins_message(data: bytes, line: int) -> bool:
    found = _FROM_LINE.match(data, line, line + _LOOK_AHEAD)
    if found is None:
        return False
    if (_DATED.fullmatch(found[1]) or _MOZILLA.fullmatch(found[1])) is not None:
        return True
    return data.endswith((b"\n\n", b"\n\r\n"), 0, line) and _UNDATED.search(found[1]) is not None
