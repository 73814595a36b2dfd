"""The writing half of `formats.netscape`."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from poolhouse.formats.netscape import NetscapeBookmark


def write_netscape(bookmarks: Iterable[NetscapeBookmark], *, title: str = "Bookmarks") -> str:
    """Write a bookmark file, to be encoded as UTF-8; `read_netscape` of it returns the same bookmarks.

    The order is kept: give those of a folder one after another, or the folder is written more than once. Times
    before 1970-01-01 00:00:01 are left out. The same bookmarks give the same file.
    """
    return "\n".join(_lines(bookmarks, _text(title))) + "\n"


def _lines(bookmarks: Iterable[NetscapeBookmark], title: str) -> Iterator[str]:
    yield "<!DOCTYPE NETSCAPE-Bookmark-file-1>"
    yield "<!-- This is an automatically generated file.\n     It will be read and overwritten.\n     DO NOT EDIT! -->"
    yield '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">'
    yield f"<TITLE>{title}</TITLE>\n<H1>{title}</H1>\n<DL><p>"
    path: tuple[str, ...] = ()
    for bookmark in bookmarks:
        yield from _step(path, bookmark.folders)
        path = bookmark.folders
        yield f"{_indent(path)}<DT><A {_attributes(bookmark)}>{_text(bookmark.title)}</A>"
        if bookmark.note:
            yield f"{_indent(path)}<DD>{_text(bookmark.note)}"
    yield from _step(path, ())
    yield "</DL><p>"


def _step(path: tuple[str, ...], to: tuple[str, ...]) -> Iterator[str]:
    """Close the folders we leave and open those we enter."""
    common = 0
    while common < min(len(path), len(to)) and path[common] == to[common]:
        common += 1
    for depth in range(len(path), common, -1):
        yield f"{_indent(path[: depth - 1])}</DL><p>"
    for depth in range(common, len(to)):
        yield f"{_indent(to[:depth])}<DT><H3>{_text(to[depth])}</H3>\n{_indent(to[:depth])}<DL><p>"


def _indent(path: tuple[str, ...]) -> str:
    return "    " * (len(path) + 1)


def _attributes(bookmark: NetscapeBookmark) -> str:
    values = (
        ("HREF", bookmark.url),
        ("ADD_DATE", _seconds(bookmark.added_at)),
        ("LAST_MODIFIED", _seconds(bookmark.modified_at)),
        ("PRIVATE", _flag(bookmark.is_private)),
        ("TOREAD", _flag(bookmark.is_unread)),
        ("TAGS", ",".join(bookmark.tags)),
    )
    return " ".join(f'{name}="{_text(value)}"' for name, value in values if value)


def _seconds(time: datetime | None) -> str:
    seconds = int(time.timestamp()) if time else 0
    return str(seconds) if seconds > 0 else ""


def _flag(flag: bool | None) -> str:
    return "" if flag is None else str(int(flag))


def _text(text: str) -> str:
    return escape(text).replace("\r", "&#13;")
