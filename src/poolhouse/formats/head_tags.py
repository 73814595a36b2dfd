"""The few tags of an HTML head that say something, found in one pass before a library sees the page.

HTML libraries take time that grows with the square of the nesting, or worse. This scan is linear by construction and
keeps four kinds of tags, `title`, `meta`, `link` and `base`, a bounded number of them: a document that cannot nest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAG_COUNT_LIMIT: Final = 300
_TAG_LIMIT: Final = 16_384
_SCAN_LIMIT: Final = 20_000

_TAG: Final = re.compile(r"<(?:(!--)|(/?[a-z][a-z0-9:-]{0,30})(?=[\s/>]))", re.IGNORECASE)
# From the name to the end of a tag. A quotation mark opens a value only after "=" (HTML §13.2.5.37). Possessive, so
# that it fails in one pass; where it fails the tag is open to the end of the page, and the scan ends.
_TAG_REST: Final = re.compile(r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|(?!["'])[^\s>]*+)|)*+>""")
_RAW: Final = (
    "script",
    "style",
    "template",
    "textarea",
    "iframe",
    "noembed",
    "noframes",
    "xmp",
    "svg",
    "math",
)
_CLOSE: Final = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in (*_RAW, "title")}
_VOID: Final = frozenset({"meta", "link", "base"})


def head_tags(text: str) -> Iterator[str]:
    """Yield the tags of the head that say something, as they stand in `text`, each at most `_TAG_LIMIT` long.

    The scan ends at the end of the head or the start of the body, at a tag, comment or script that is left open,
    and at its limits. Unknown tags are stepped over: many heads hold what does not belong there. One pass; what is
    skipped is not looked at again.
    """
    position, kept = 0, 0
    for _ in range(_SCAN_LIMIT):
        tag = _TAG.search(text, position)
        if tag is None:
            return
        if tag[1] is not None:
            position = text.find("-->", tag.start() + 2) + 3
            if position < 3:
                return
            continue
        name = tag[2].lower()
        rest = _TAG_REST.match(text, tag.end())
        if rest is None or name in {"body", "/head"}:
            return
        position = rest.end()
        if name in _CLOSE:
            close = _CLOSE[name].search(text, position)
            end = close.start() if close is not None else len(text)
            if name == "title":
                kept += 1
                yield f"<title>{text[position : min(end, position + _TAG_LIMIT)]}</title>"
            position = end
        elif name in _VOID and position - tag.start() <= _TAG_LIMIT:
            kept += 1
            yield text[tag.start() : position]
        if kept >= _TAG_COUNT_LIMIT:
            return
