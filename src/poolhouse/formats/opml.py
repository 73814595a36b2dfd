"""OPML 2.0: a list of feeds, which readers import (http://opml.org/spec2.opml)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.formats.text import clean
from poolhouse.formats.xmltext import XML_DECLARATION, escape, escape_attribute

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlFeed:
    """One feed of a list: its name, the feed's address and that of the page it speaks of."""

    title: str
    feed_url: str
    home_url: str


def write_opml(title: str, feeds: Iterable[OpmlFeed]) -> str:
    """Write a list of feeds, to be encoded as UTF-8; the same list gives the same text.

    The list is flat: to a reader an outline within another is a folder, and a pool is a feed and a folder at once.
    Every feed has the type `rss` (the specification, "Subscription lists"), whatever its format: readers look for it.
    """
    outlines = "".join(f"    {_outline(feed)}\n" for feed in feeds)
    head = f"  <head>\n    <title>{escape(clean(title))}</title>\n  </head>\n"
    return f'{XML_DECLARATION}<opml version="2.0">\n{head}  <body>\n{outlines}  </body>\n</opml>\n'


def _outline(feed: OpmlFeed) -> str:
    title = escape_attribute(clean(feed.title))
    return (
        f'<outline type="rss" text="{title}" title="{title}"'
        f' xmlUrl="{escape_attribute(feed.feed_url)}" htmlUrl="{escape_attribute(feed.home_url)}"/>'
    )
