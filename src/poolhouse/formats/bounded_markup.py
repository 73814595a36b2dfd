"""HTML made fit for an HTML library: no larger, deeper or stranger than a page has reason to be.

Several libraries take time that grows with the square of the nesting: of 100,000 nested `<div>`, nh3, selectolax and
resiliparse did not come back within 40 seconds (docs/decisions/0008). So this comes before any of them. What comes out
is well nested: each end tag closes the last element that is open, so that the depth that is counted here is the depth
that any of them finds.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from poolhouse.formats.html_tokens import RAW_ELEMENTS, Token, html_tokens

MARKUP_LIMIT: Final = 8_388_608
"""How much of a page is read, in characters; the largest articles are a quarter of it."""

DEPTH_LIMIT: Final = 128
"""Elements within elements. Pages of programs that nest without need come to 70; libxml2 stops at 256."""

TAG_LIMIT: Final = 100_000
ATTRIBUTE_LIMIT: Final = 64
VALUE_LIMIT: Final = 16_384
DATA_VALUE_LIMIT: Final = 1_048_576
"""The longest `data:image/…` that stays in an attribute, in characters."""

_FORMATTING_LIMIT: Final = 16  # a library may have to open each of these again in every paragraph (§13.2.4.3)
_NAME_LIMIT: Final = 100
_PLAIN_TAG_LENGTH: Final = 400  # a tag up to here is looked at no closer: what it holds cannot be much

_NAME: Final = re.compile(r"[a-z][a-z0-9:._-]{0,63}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_DOCTYPE: Final = re.compile(r"[\s\ufeff]*+(<!doctype[^>]{0,300}>)", re.IGNORECASE)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VOID: Final = _names("area base basefont br col hr img input link meta param source")
_FORMATTING: Final = _names("a b big code em font i nobr s small strike strong tt u")
_BLOCKS: Final = _names(
    "address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav ol p pre search section summary table ul"
)
_TABLE_PARTS: Final = _names("caption colgroup tbody thead tfoot tr td th")
_SCOPES: Final = _names("applet button caption marquee object table td template th")
_ENDABLE: Final = _BLOCKS | _SCOPES
_HEADINGS: Final = _names("h1 h2 h3 h4 h5 h6")
_SEPARATE: Final = _BLOCKS | _TABLE_PARTS | {"br"}
_ONCE: Final = _names("html head body")
# Parsers change their mind within these about what is a tag (§13.2.6.4.16, §13.2.6.5), or do not agree on which of them
# are empty.
_LEFT_OUT: Final = _names(
    "math select option optgroup plaintext frameset frame svg bgsound embed image keygen track wbr"
)

# What the start of an element ends (§13.2.6.4.7): the elements, and those it does not look beyond.
_LIST_EDGES: Final = _SCOPES | (_BLOCKS - _names("address div p li dd dt"))
_TABLE_EDGES: Final = _names("table template")
_OPTIONAL_END: Final = _TABLE_PARTS | _names("p li dd dt rt rp")
_ENDS: Final = {
    **dict.fromkeys(_BLOCKS, (_names("p"), _SCOPES)),
    "li": (_names("li p"), _LIST_EDGES),
    **dict.fromkeys(("dd", "dt"), (_names("dd dt p"), _LIST_EDGES)),
    **dict.fromkeys(("td", "th"), (_names("td th caption colgroup"), _TABLE_EDGES)),
    "tr": (_names("tr td th caption colgroup"), _TABLE_EDGES),
    **dict.fromkeys(
        ("tbody", "thead", "tfoot", "caption", "colgroup"),
        (_TABLE_PARTS, _TABLE_EDGES),
    ),
    **dict.fromkeys(("rt", "rp"), (_names("rt rp"), _SCOPES | _names("ruby"))),
}


def bounded_markup(text: str, *, without: frozenset[str] = frozenset()) -> str:
    """Return a page or a fragment within the limits above, well nested; never raises.

    Elements that are too deep or too many lose their tags and keep their text. Comments, forms' texts, frames,
    pictures in SVG and scripts go; of scripts, data in JSON-LD stays. So do tags of elements in `without`, whose
    content stays. Markup that is within the limits, closes all it opens and has none of these comes back as it is;
    so does what this returns. One pass, linear in the size of `text`.
    """
    text = text[:MARKUP_LIMIT].replace("\x00", "\ufffd")
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    return _Bounding(without).bounded(text)


class _Bounding:
    """What is open, and what has come out so far."""

    def __init__(self, without: frozenset[str]) -> None:
        self._left_out = _LEFT_OUT | without
        self._out: list[str] = []
        self._open: list[str] = []
        self._counts: Counter[str] = Counter()  # how many of each name are open
        self._formatting = 0
        self._tags = 0
        self._dropped: Counter[str] = Counter()  # those too deep, whose end tags are still to come
        self._once: set[str] = set()

    def bounded(self, text: str) -> str:
        if doctype := _DOCTYPE.match(text):
            self._out.append(doctype[1])
        for token in html_tokens(text):
            if isinstance(token, str):
                # what follows may be left out, and must not make a tag of it with what follows that
                self._out.append(f"{token[:-1]}&lt;" if token.endswith("<") else token)
            elif token.is_closing:
                self._end(token.name)
            else:
                self._start(token)
        return "".join(self._out)

    def _start(self, token: Token) -> None:
        name = token.name
        if name in RAW_ELEMENTS:
            self._raw(token)
            return
        if name in self._left_out or not _NAME.fullmatch(name) or (name in _ONCE and name in self._once):
            return
        if name in _ENDS:
            self._end_implied(*_ENDS[name])
        self._tags += 1
        is_pushed = name not in _VOID and name not in _ONCE
        is_formatting = name in _FORMATTING
        if (
            self._tags > TAG_LIMIT
            or (is_pushed and len(self._open) >= DEPTH_LIMIT)
            or (is_formatting and self._formatting >= _FORMATTING_LIMIT)
        ):
            self._drop(name)
            return
        self._out.append(_tag_source(token))
        if is_pushed:
            self._open.append(name)
            self._counts[name] += 1
            self._formatting += is_formatting
        elif name in _ONCE:
            self._once.add(name)

    def _raw(self, token: Token) -> None:
        name = token.name
        is_kept = name in {"style", "title"} or (name == "script" and _is_linked_data(token))
        if name == "xmp":
            self._out.append(token.content.replace("<", "&lt;"))
        elif is_kept and self._tags < TAG_LIMIT:
            self._tags += 1
            self._out.append(f"{_tag_source(token)}{token.content}</{name}>")

    def _drop(self, name: str) -> None:
        self._separate(name)
        if name not in _VOID and name not in _OPTIONAL_END:
            self._dropped[name] += 1

    def _separate(self, name: str) -> None:
        if name in _SEPARATE and self._out and self._out[-1] != " ":
            self._out.append(" ")

    def _end(self, name: str) -> None:
        if self._dropped.get(name):
            self._dropped[name] -= 1
            self._separate(name)
            return
        if name in _ONCE:
            if name in self._once and f"/{name}" not in self._once:
                self._once.add(f"/{name}")
                self._out.append(f"</{name}>")
            return
        names = _HEADINGS if name in _HEADINGS else {name}
        if name in _TABLE_PARTS or name == "table":
            edges = _TABLE_EDGES
        else:
            edges = _SCOPES if name in _ENDABLE else _SCOPES | _BLOCKS
        place = self._place(names, edges)
        if place is not None:
            self._close_from(place)

    def _end_implied(self, names: frozenset[str], edges: frozenset[str]) -> None:
        """End all of `names` that are open within the nearest of `edges`."""
        if not any(self._counts.get(name) for name in names):
            return
        place = None
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth] in names:
                place = depth
            elif self._open[depth] in edges:
                break
        if place is not None:
            self._close_from(place)

    def _place(self, names: frozenset[str] | set[str], edges: frozenset[str]) -> int | None:
        if not any(self._counts.get(name) for name in names):
            return None
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth] in names:
                return depth
            if self._open[depth] in edges:
                return None
        return None

    def _close_from(self, place: int) -> None:
        while len(self._open) > place:
            name = self._open.pop()
            self._counts[name] -= 1
            self._formatting -= name in _FORMATTING
            self._out.append(f"</{name}>")
        self._dropped.clear()


def _is_linked_data(token: Token) -> bool:
    # A script that opens a comment may end elsewhere than at its first end tag (§13.2.5.17).
    is_data = any("ld+json" in value.lower() for name, value, _ in token.attributes() if name == "type")
    return is_data and "<!--" not in token.content


def _tag_source(token: Token) -> str:
    """Return a start tag with no more attributes than is sensible, and with a slash only where it means something.

    It does for `source`, which libxml2 does not know to be empty: it would put each into the one before.
    """
    source, name = token.source, token.name
    is_slashed = source.endswith("/>") and name not in _VOID
    if len(source) <= _PLAIN_TAG_LENGTH and not is_slashed and name != "source":
        return source
    start = len(name) + 1
    attributes = [*token.attributes()]
    kept = [
        each
        for name, value, each in attributes
        if len(name) <= _NAME_LIMIT and len(value) <= _value_limit(value)
    ]
    end = source[start + sum(len(each) for _, _, each in attributes) :]
    if name == "source":
        end = end if "/" in end else " />"
    return f"{source[:start]}{''.join(kept[:ATTRIBUTE_LIMIT])}{'>' if is_slashed else end}"


def _value_limit(value: str) -> int:
    return DATA_VALUE_LIMIT if value[:12].strip("\"' ").lower().startswith("data:image") else VALUE_LIMIT
