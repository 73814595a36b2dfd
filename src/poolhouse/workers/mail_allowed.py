"""The HTML of mail that is allowed: what is shown looks like itself, what a feed carries is text with links.

nh3 (docs/decisions/0008) writes anew what is allowed of any markup. Scripts, forms, frames, style sheets and everything
that could load or move by itself do not come through.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import nh3

from poolhouse.formats.raster import inert_data_url
from poolhouse.formats.text import encode_html
from poolhouse.workers.cleaning import clean_fragment, in_pieces

if TYPE_CHECKING:
    from collections.abc import Callable


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS: Final = _names("""
    a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn div dl
    dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q s samp
    section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr
""")
_WITH_CONTENT: Final = _names("""
    script style template iframe object embed applet noembed noframes frameset title textarea select svg math canvas
    audio video head
""")
_BOX: Final = {"align", "bgcolor", "width", "height", "valign"}
_ATTRIBUTES: Final = {
    "*": {"dir", "lang", "style", "align"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "font": {"color", "face", "size"},
    "img": {"src", "alt", "title", "width", "height", "border", "data-remote"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "table": {"border", "cellpadding", "cellspacing", *_BOX},
    "tr": set(_BOX),
    "td": {"colspan", "rowspan", *_BOX},
    "th": {"colspan", "rowspan", *_BOX},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "hr": {"width", "size"},
}
_STYLES: Final = _names("""
    background-color border border-bottom border-bottom-color border-bottom-style border-bottom-width border-collapse
    border-color border-left border-radius border-right border-spacing border-style border-top border-width clear color
    direction display float font font-family font-size font-style font-variant font-weight height letter-spacing
    line-height list-style-type margin margin-bottom margin-left margin-right margin-top max-width min-width padding
    padding-bottom padding-left padding-right padding-top table-layout text-align text-decoration text-indent
    text-transform vertical-align white-space width word-break word-spacing word-wrap overflow-wrap
""")
FEED_ATTRIBUTES: Final = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "abbr": {"title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_ROUNDS: Final = 4
_WORD: Final = re.compile(r"[\w.,:+/ -]{0,64}")


def shown_html(markup: str, *, has_own_pictures: bool) -> str:
    """What is allowed of some markup where it is shown; `shown_html` of that is the same.

    `has_own_pictures` allows pictures that are parts of the message, and those that stand in the markup themselves.
    Parses and writes at least twice, some 18 µs a kilobyte each time.
    """
    return _stable(markup, _WITH_OWN_PICTURES if has_own_pictures else _WITHOUT)


def feed_safe(markup: str) -> str:
    """What is allowed of some markup in a feed; `feed_safe` of that is the same. Costs what `shown_html` does."""
    return _stable(markup, _OF_FEEDS)


def _stable(markup: str, cleaner: nh3.Cleaner) -> str:
    """Clean until nothing changes: to drop one element can bring another to where it means something else."""
    for _ in range(_ROUNDS):
        cleaned = cleaner.clean(in_pieces(markup))
        if cleaned == markup:
            return encode_html(markup).decode()
        markup = cleaned
    return clean_fragment(markup, base_url="")


def _judged(_tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        return value if value[:5].lower() not in {"data:", "part:"} else None
    if attribute == "src":
        return value if value[:5] == "part:" and _WORD.fullmatch(value) else inert_data_url(value)
    return value


def _cleaner(
    attributes: dict[str, set[str]],
    more_schemes: tuple[str, ...] = (),
    judge: Callable[[str, str, str], str | None] | None = None,
) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_WITH_CONTENT),
        attributes=attributes,
        attribute_filter=judge,
        filter_style_properties=set(_STYLES),
        url_schemes={"http", "https", "mailto", "tel", *more_schemes},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )


_WITHOUT: Final = _cleaner(_ATTRIBUTES)
# The judge is asked of each attribute, so only where a scheme is allowed that may not stand in a link.
_WITH_OWN_PICTURES: Final = _cleaner(_ATTRIBUTES, ("data", "part"), _judged)
_OF_FEEDS: Final = _cleaner(FEED_ATTRIBUTES)
