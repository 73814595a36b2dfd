"""What a page says of its article: title, author, time, language, picture. By our own reading, not the extractor's.

readability-lxml gives a title that it shortens by guess and one `meta` for the author; pages say it better in Open
Graph (ogp.me), in schema.org's JSON-LD and microdata, in Dublin Core, in Highwire's tags for papers, and in `time`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from poolhouse.formats.languages import language_tag
from poolhouse.formats.linked_data import LinkedData, read_linked_data
from poolhouse.formats.published import read_published
from poolhouse.formats.text import clean, is_blank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from lxml.html import HtmlElement

TITLE_LIMIT: Final = 500
AUTHOR_LIMIT: Final = 200
EXCERPT_LIMIT: Final = 400

_META_LIMIT: Final = 300
_LOOK_LIMIT: Final = 50
_SEPARATORS: Final = (" | ", " - ", " \u2013 ", " \u2014 ", " \u00b7 ", " \u2022 ", " :: ", " \u00ab ", " / ")
_BY: Final = re.compile(r"(?:written\s+|posted\s+)?(?:by|von|par|por|di|door)\s*:?\s+", re.IGNORECASE)
_BYLINE: Final = re.compile(r"(?:^|[\s_-])(?:byline|author)(?:$|[\s_-]|name)", re.IGNORECASE)
_TIMES: Final = (
    "article:published_time datepublished og:article:published_time parsely-pub-date sailthru.date pubdate "
    "publish_date publish-date publication_date citation_publication_date citation_online_date citation_date "
    "dcterms.created dcterms.issued dc.date.issued dc.date.created dcterms.date dc.date date"
)
_AUTHORS: Final = (
    "author byl parsely-author sailthru.author dc.creator dcterms.creator citation_author twitter:creator"
)
_IMAGES: Final = "og:image og:image:url og:image:secure_url twitter:image twitter:image:src"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """Plain text in one line each, "" for what the page does not say; `published` is aware, in UTC.

    `language` is a BCP 47 tag. `image_url` is as written. `titles` are all that could be the title, best first.
    """

    title: str
    titles: tuple[str, ...]
    author: str
    published: datetime | None
    language: str
    description: str
    image_url: str


def read_page_facts(document: HtmlElement) -> PageFacts:
    """Read a page whose scripts of data are still in it. Linear in the size of the page."""
    metas = _metas(document)
    data = read_linked_data(script.text or "" for script in document.iter("script"))
    titles = tuple(dict.fromkeys(title for title in _titles(document, metas, data) if title))
    return PageFacts(
        title=titles[0][:TITLE_LIMIT] if titles else "",
        titles=titles,
        author=_author(document, metas, data)[:AUTHOR_LIMIT],
        published=_published(document, metas, data),
        language=_language(document, metas, data),
        description=_first(
            [
                *_named(metas, "og:description description twitter:description dc.description"),
                data.description,
            ],
        ),
        image_url=_first([*_named(metas, _IMAGES), data.image_url]),
    )


def one_line(text: str | None) -> str:
    """Return a text as one line without controls; "" for one that cannot be seen."""
    line = " ".join(clean(text or "").split())
    return "" if is_blank(line) else line


def _metas(document: HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for number, meta in enumerate(document.iter("meta")):
        if number == _META_LIMIT:
            break
        content = meta.get("content")
        names = {meta.get("name"), meta.get("property"), meta.get("itemprop"), meta.get("http-equiv")}
        for name in {name.strip().lower() for name in names if name} if content else ():
            found.setdefault(name, []).append(content or "")
    return found


def _named(metas: dict[str, list[str]], names: str) -> list[str]:
    return [content for name in names.split() for content in metas.get(name, ())]


def _first(values: Iterable[str]) -> str:
    return next((line for value in values if (line := one_line(value))), "")


def _titles(document: HtmlElement, metas: dict[str, list[str]], data: LinkedData) -> Iterator[str]:
    sites = {_first([name]).lower() for name in _named(metas, "og:site_name application-name")}
    named = [
        *_named(metas, "og:title"),
        data.headline,
        *_named(metas, "twitter:title dc.title citation_title"),
    ]
    yield from (_without_site(one_line(title), sites) for title in named)
    title = one_line(next((each.text for each in document.iter("title")), ""))
    headings = [
        one_line(each.text_content())
        for _, each in zip(range(_LOOK_LIMIT), document.iter("h1"), strict=False)
    ]
    yield from (heading for heading in headings if len(heading) > 3 and heading.lower() in title.lower())
    yield _without_site(title, sites)
    yield from headings[:1]


def _without_site(title: str, sites: set[str]) -> str:
    """Drop the site's name from an end of a title: where the page says the name, or where it is a word or two."""
    for separator in _SEPARATORS:
        before, found, after = title.rpartition(separator)
        if found and (after.lower() in sites or (len(before.split()) > 3 and len(after.split()) < 3)):
            return before.rstrip()
        before, found, after = title.partition(separator)
        if found and before.lower() in sites:
            return after.lstrip()
    return title


def _author(document: HtmlElement, metas: dict[str, list[str]], data: LinkedData) -> str:
    said = [one_line(name) for name in (*data.authors, *_named(metas, _AUTHORS))]
    names = [name for name in said if name and "://" not in name and not name.startswith("@")]
    if data.authors and names:
        return ", ".join(names[: len(data.authors)])
    shown = (_BY.sub("", line, count=1) for line in _bylines(document) if 1 < len(line) <= 100)
    return _first([*names[:1], *shown])


def _bylines(document: HtmlElement) -> Iterator[str]:
    for element in document.iter("a", "span", "p", "div", "address", "h3", "h4", "li"):
        is_byline = (
            "author" in (element.get("rel") or "").lower().split()
            or element.get("itemprop") == "author"
            or _BYLINE.search((element.get("class") or "")[:200])
        )
        if is_byline:
            yield one_line(element.text_content()[:1_000])


def _published(document: HtmlElement, metas: dict[str, list[str]], data: LinkedData) -> datetime | None:
    said = (data.published, *_named(metas, _TIMES), *_shown_times(document))
    return next((time for text in said if (time := read_published(text)) is not None), None)


def _shown_times(document: HtmlElement) -> list[str]:
    """Return what `time` elements say, those first that are marked as the time of publication."""
    ranked: list[tuple[bool, str]] = []
    for element in document.iter("time", "abbr", "span"):
        is_marked = (
            "datepublished" in (element.get("itemprop") or "").lower()
            or element.get("pubdate") is not None
            or re.search(
                r"(?:^|[\s_-])(?:published|entry-date|dt-published)", (element.get("class") or "")[:200]
            )
            is not None
        )
        if element.tag == "time" or is_marked:
            written = element.get("datetime") or element.get("content") or element.get("title")
            ranked.append((not is_marked, written or element.text_content()[:100]))
            if len(ranked) == _LOOK_LIMIT:
                break
    return [text for _, text in sorted(ranked, key=lambda each: each[0])]


def _language(document: HtmlElement, metas: dict[str, list[str]], data: LinkedData) -> str:
    roots = [document, *document.iterchildren("body"), *document.iter("article")]
    said = [root.get("lang") or root.get("xml:lang") or "" for root in roots[:3]]
    said += [*_named(metas, "content-language dc.language og:locale"), data.language]
    return next((tag for text in said if (tag := language_tag(text))), "")
