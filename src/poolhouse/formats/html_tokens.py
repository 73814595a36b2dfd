"""HTML cut into tags and text as the standard's tokenizer cuts it (WHATWG HTML §13.2.5), in one pass and no tree.

`tagsoup` is forgiving, for files that are data. This one is exact where it decides what is a tag: what it calls a
tag, an HTML library calls a tag, so nothing hides from a limit. Time is linear in the size of the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

RAW_ELEMENTS: Final = frozenset(
    {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "svg"}
)
"""Elements that come as one token: they hold text, and nothing in them is a tag but their own end; and SVG."""

_W: Final = r"\t\n\f\r "
_TAG: Final = re.compile(rf"<(?:!(--)?|\?|(/?)([A-Za-z][^{_W}/>]*+)|/)")
# The attributes and the end of a tag. Possessive: it fails in one pass, and only where a value or the tag is open to
# the end of the page.
_REST: Final = re.compile(
    rf"""(?:[{_W}/]*+[^{_W}/>][^{_W}/>=]*+(?:[{_W}]*+=[{_W}]*+(?:"[^"]*+"|'[^']*+'|(?!["'])[^{_W}>]*+)"""
    rf"""|(?![{_W}]*+=))|)*+([{_W}/]*+)>"""
)
_ATTRIBUTE: Final = re.compile(
    rf"""[{_W}/]*+([^{_W}/>][^{_W}/>=]*+)(?:[{_W}]*+=[{_W}]*+("[^"]*+"|'[^']*+'|(?!["'])[^{_W}>]*+)|)?+"""
)
_COMMENT_END: Final = re.compile(r"--!?>")
_RAW_END: Final = {name: re.compile(rf"</{name}(?=[{_W}/>])", re.IGNORECASE) for name in RAW_ELEMENTS}


class Token(NamedTuple):  # a page has a hundred thousand: a dataclass takes five times as long to make
    """A tag: `name` is in lower case, `source` the whole of it, `content` what one of `RAW_ELEMENTS` holds."""

    name: str
    is_closing: bool
    source: str
    content: str = ""

    def attributes(self) -> Iterator[tuple[str, str, str]]:
        """Yield (name in lower case, value as written with its quotation marks, source) in order."""
        end = len(self.source) - 1
        for match in _ATTRIBUTE.finditer(self.source, len(self.name) + (2 if self.is_closing else 1), end):
            yield match[1].lower(), match[2] or "", match[0]


def html_tokens(text: str) -> Iterator[Token | str]:
    """Yield tags and the text between them; comments and declarations are left out.

    A comment, a tag or a value that is left open takes the rest of the page with it, as in a browser. An element
    of `RAW_ELEMENTS` comes as one token with its content, without its end tag.
    """
    position = 0
    raw_elements = RAW_ELEMENTS
    while tag := _TAG.search(text, position):
        if tag.start() > position:
            yield text[position : tag.start()]
        if tag[3] is None:
            position = _end_of_comment(text, tag)
            if position < 0:
                return
            continue
        rest = _REST.match(text, tag.end())
        if rest is None:
            return
        position = rest.end()
        name = tag[3].lower()
        source = text[tag.start() : position]
        if name not in raw_elements or tag[2] or (name == "svg" and "/" in rest[1]):
            yield Token(name, bool(tag[2]), source)
            continue
        end = _RAW_END[name].search(text, position)
        if end is None and name == "svg":  # it holds elements: left open, it takes nothing with it
            raw_elements -= {name}
            yield Token(name, is_closing=False, source=source)
            continue
        content_end = len(text) if end is None else end.start()
        yield Token(name, is_closing=False, source=source, content=text[position:content_end])
        position = content_end if end is None else _end_of_tag(text, end.end())
    if position < len(text):
        yield text[position:]


def _end_of_tag(text: str, position: int) -> int:
    rest = _REST.match(text, position)
    return len(text) if rest is None else rest.end()


def _end_of_comment(text: str, tag: re.Match[str]) -> int:
    """Return where what begins at `tag` ends: a comment, or what is read as one; -1 where it does not end."""
    if tag[1] is None:
        return text.find(">", tag.end()) + 1 or -1
    for empty in (">", "->"):
        if text.startswith(empty, tag.end()):
            return tag.end() + len(empty)
    end = _COMMENT_END.search(text, tag.end())
    return -1 if end is None else end.end()
