"""The Netscape bookmark file: what every browser and bookmark service exports, and reads.

There is no standard but Microsoft's description of the first one ("Netscape Bookmark File Format") and what programs
write. `DL` is a folder's content, `H3` its name, `A` a bookmark, `DD` its note; little is ever closed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003 - workers send these classes, and msgspec reads the annotations
from typing import Final

from poolhouse.formats.netscape_values import decode_bookmarks, read_time
from poolhouse.formats.netscape_writer import write_netscape
from poolhouse.formats.tagsoup import Tag, tokens, unescape
from poolhouse.formats.text import clean

__all__ = [
    "FOLDER_DEPTH_LIMIT",
    "NetscapeBookmark",
    "NetscapeProblem",
    "NetscapeReading",
    "read_netscape",
    "write_netscape",
]

FOLDER_DEPTH_LIMIT: Final = 50
"""Folders beneath this many others are read as part of the last of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetscapeBookmark:
    """One bookmark as a file has it.

    `url` is not judged: it may be relative or a script. `title` and the names in `folders`, outermost first,
    are one line each; `tags` hold no comma; times are aware UTC datetimes in whole seconds; a flag is None
    where the file does not say.
    """

    url: str
    title: str = ""
    note: str = ""
    folders: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    added_at: datetime | None = None
    modified_at: datetime | None = None
    is_private: bool | None = None
    is_unread: bool | None = None


@dataclass(frozen=True, slots=True)
class NetscapeProblem:
    """Something that could not be read, in a line of the file counted from 1; `reason` is a short sentence."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class NetscapeReading:
    """What was read: the bookmarks in the order of the file, and what could not be read of it."""

    bookmarks: tuple[NetscapeBookmark, ...]
    problems: tuple[NetscapeProblem, ...] = ()


def read_netscape(data: bytes) -> NetscapeReading:
    """Read a bookmark file; never raises. Time and memory are linear in the size of the file.

    Reads what browsers, Delicious, Google, Pinboard, Pocket, Scuttle, Shaarli and others write. Firefox's own
    `place:` entries, separators, icons and keywords are passed over.
    """
    text, is_damaged = decode_bookmarks(data)
    reader = _Reader(text.replace("\r\n", "\n").replace("\r", "\n"))
    if is_damaged:
        reader.problems.append(NetscapeProblem(1, "Some characters are not UTF-8; they were replaced."))
    reader.read()
    return NetscapeReading(tuple(reader.bookmarks), tuple(reader.problems))


class _Reader:
    """Where in the file we are. A bookmark is a draft until what follows shows that its note has ended."""

    def __init__(self, text: str) -> None:
        self.bookmarks: list[NetscapeBookmark] = []
        self.problems: list[NetscapeProblem] = []
        self._text = text
        self._draft: NetscapeBookmark | None = None
        self._collecting = (
            ""  # what the text that comes is: "title", "note", "folder", "heading"; "" is for nothing
        )
        self._pieces: list[str] = []
        self._folders: list[tuple[str, ...]] = []  # the path of each list that is open
        self._next_folder = ""
        self._is_unread: bool | None = None
        self._counted = (0, 1)  # a place in the text and its line

    def read(self) -> None:
        for position, token in tokens(self._text):
            if isinstance(token, Tag):
                self._tag(position, token)
            elif self._collecting:
                self._pieces.append(unescape(token))
        self._finish()

    def _tag(self, position: int, tag: Tag) -> None:
        is_note = self._collecting == "note"
        match tag.name, tag.is_closing:
            case "dt" | "hr", False:
                self._finish()
            case "li", False if not is_note:
                self._finish()
            case "dl", is_closing:
                self._finish()
                self._leave() if is_closing else self._enter()
            case "dd", is_closing:
                self._note(is_closing=is_closing)
            case "a", False if not is_note:
                self._begin(position, tag)
            case "h1" | "h3", False if not is_note:
                self._finish()
                self._next_folder, self._collecting = "", "folder" if tag.name == "h3" else "heading"
            case "a" | "h1" | "h3", True if not is_note:
                self._end_text()
            case _ if self._collecting:
                self._markup(tag)

    def _markup(self, tag: Tag) -> None:
        """Markup in a text: lines stay lines, what HTML knows goes, what it does not know somebody meant to write."""
        if tag.name in _LINE_TAGS:
            self._pieces.append("\n")
        elif tag.name not in _OTHER_TAGS:
            self._pieces.append(unescape(tag.source))

    def _begin(self, position: int, tag: Tag) -> None:
        self._finish()
        self._next_folder = ""
        attributes = tag.attributes()
        url = attributes.get("href", "").strip()
        if not url:
            self._problem(position, "A bookmark has no address.")
        if not url or url[:6].lower() == "place:":
            return
        flag = _FLAGS.get(attributes.get("toread", "").lower())
        self._draft = NetscapeBookmark(
            url=url,
            note=attributes.get("description", "").strip(),
            folders=self._folders[-1] if self._folders else (),
            tags=_tags(attributes.get("tags", "")),
            added_at=self._time(position, attributes.get("add_date") or attributes.get("time_added", "")),
            modified_at=self._time(position, attributes.get("last_modified", "")),
            is_private=_FLAGS.get(attributes.get("private", "").lower()),
            # Pocket's lists are no DL: elsewhere a heading is but a title, were it "Unread".
            is_unread=self._is_unread if flag is None and not self._folders else flag,
        )
        self._collecting = "title"

    def _note(self, *, is_closing: bool) -> None:
        if is_closing:
            self._end_text()
        elif self._collecting == "note":
            self._pieces.append("\n")
        else:
            self._end_text()
            self._collecting = "note"

    def _end_text(self) -> None:
        """Give the text that was collected to what it belongs to."""
        text = "".join(self._pieces)
        self._pieces.clear()
        collecting, self._collecting = self._collecting, ""
        if collecting == "folder":
            self._next_folder = _one_line(text)
        elif collecting == "heading":
            self._is_unread = _POCKET_HEADINGS.get(_one_line(text).lower())
        elif self._draft is not None and collecting == "title":
            self._draft = replace(self._draft, title=_one_line(text))
        elif self._draft is not None and collecting == "note" and (note := text.strip()):
            self._draft = replace(self._draft, note=note)

    def _finish(self) -> None:
        self._end_text()
        if self._draft is not None:
            self.bookmarks.append(self._draft)
            self._draft = None

    def _enter(self) -> None:
        path = self._folders[-1] if self._folders else ()
        if self._next_folder and len(path) < FOLDER_DEPTH_LIMIT:
            path = (*path, self._next_folder)
        self._folders.append(path)
        self._next_folder = ""

    def _leave(self) -> None:
        self._next_folder = ""
        if self._folders:
            self._folders.pop()

    def _time(self, position: int, text: str) -> datetime | None:
        text = text.strip()
        if not text.strip("0"):
            return None
        time = read_time(text)
        if time is None:
            # on one line and without what could tell a terminal what to do: the file may be a stranger's
            self._problem(position, f"“{' '.join(clean(text[:40]).split())}” is not a date.")
        return time

    def _problem(self, position: int, reason: str) -> None:
        before, line = self._counted
        line += self._text.count("\n", before, position)
        self._counted = (position, line)
        self.problems.append(NetscapeProblem(line, reason))


_LINES: Final = "p br div li ul ol tr pre blockquote hr"
_OTHERS: Final = """
    a abbr article aside audio b big body button caption center cite code dd del dfn dl dt em
    figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header html i iframe img input ins kbd
    label link main mark meta nav noscript object q s samp script section small span strike strong
    style sub sup svg table tbody td th thead title tt u var video wbr
"""
_LINE_TAGS: Final = frozenset(_LINES.split())
_OTHER_TAGS: Final = frozenset(_OTHERS.split())
_FLAGS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_POCKET_HEADINGS: Final = {"unread": True, "read archive": False}


def _tags(text: str) -> tuple[str, ...]:
    return tuple(tag for piece in text.split(",") if (tag := _one_line(piece)))


def _one_line(text: str) -> str:
    return " ".join(text.split())
