"""What a page says of its article in JSON-LD (schema.org), which news sites and blogs write for search engines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from poolhouse.formats.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TEXT_LIMIT: Final = 262_144
_NODE_LIMIT: Final = 2_000
_ARTICLE_NAMES: Final = """
    article newsarticle blogposting techarticle scholarlyarticle report reportagenewsarticle analysisnewsarticle
    opinionnewsarticle reviewnewsarticle liveblogposting socialmediaposting discussionforumposting recipe review
    howto creativework
"""
_ARTICLES: Final = frozenset(_ARTICLE_NAMES.split())
_PAGES: Final = frozenset({"webpage", "itempage", "aboutpage", "qapage", "faqpage", "book", "videoobject"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedData:
    """What the first article says, else the first page; plain text as written, "" for what it does not say."""

    headline: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    description: str = ""
    language: str = ""
    image_url: str = ""


def read_linked_data(texts: Iterable[str]) -> LinkedData:
    """Read the contents of a page's `application/ld+json` scripts; never raises. Linear in their size."""
    page = None
    for text in texts:
        for node in _nodes(text):
            types = {name.lower().rpartition("/")[2] for name in _strings(node.get("@type"))}
            if types & _ARTICLES:
                return _data(node)
            if page is None and types & _PAGES:
                page = node
    return LinkedData() if page is None else _data(page)


def _nodes(text: str) -> Iterator[dict[str, object]]:
    """Yield the objects that stand for things: the outermost, those of a graph, and what a page is about."""
    try:
        waiting: list[object] = [json.loads(text)] if len(text) <= _TEXT_LIMIT else []
    except (ValueError, RecursionError):
        return
    for _ in range(_NODE_LIMIT):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting[:0] = node[:_NODE_LIMIT]
        elif isinstance(node, dict):
            yield node
            waiting += [node[name] for name in ("@graph", "mainEntity", "mainEntityOfPage") if name in node]


def _data(node: dict[str, object]) -> LinkedData:
    authors = (_name(each) for each in _listed(node.get("author") or node.get("creator")))
    return LinkedData(
        headline=_first(node.get("headline")) or _first(node.get("name")),
        authors=tuple(dict.fromkeys(name for name in authors if name and "://" not in name)),
        published=_first(node.get("datePublished")) or _first(node.get("dateCreated")),
        description=_first(node.get("description")),
        language=_first(node.get("inLanguage")),
        image_url=next((url for each in _listed(node.get("image")) if (url := _url(each))), ""),
    )


def _listed(value: object) -> list[object]:
    return value[:_NODE_LIMIT] if isinstance(value, list) else [value]


def _strings(value: object) -> list[str]:
    return [each for each in _listed(value) if isinstance(each, str)]


def _first(value: object) -> str:
    return next((clean(each).strip() for each in _strings(value)), "")


def _name(value: object) -> str:
    return _first(value.get("name")) if isinstance(value, dict) else _first(value)


def _url(value: object) -> str:
    if isinstance(value, dict):
        return _first(value.get("url")) or _first(value.get("contentUrl"))
    return _first(value)
