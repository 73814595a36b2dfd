"""Reading a page: its article as a reader view shows it, its text for the index, and what it says of itself."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lxml import etree

from poolhouse.errors import NoArticleError
from poolhouse.formats.raster import sniff_raster
from poolhouse.workers.article import all_there_is, find_article
from poolhouse.workers.cleaning import clean_fragment, web_url
from poolhouse.workers.lines import count_words, text_lines
from poolhouse.workers.markup import base_url, find_images, page_text, parse_fragment, parse_page
from poolhouse.workers.page_facts import EXCERPT_LIMIT, TITLE_LIMIT, one_line, read_page_facts
from poolhouse.workers.walls import LEAST_WORDS, NO_PAGE, NO_TEXT, wall_of

if TYPE_CHECKING:
    from datetime import datetime

    from lxml.html import HtmlElement

TEXT_LIMIT: Final = 2_097_152
"""The longest text that is given to the index, in characters: a thousand pages of a book."""

_NO_TEXT_MAGIC: Final = (b"%PDF-", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF", b"Rar!", b"\x1aE\xdf\xa3")
_FEW_WORDS: Final = 60
_MUCH_MORE: Final = 3
_LARGE_PIXELS: Final = 200
_HTML_SIGN: Final = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|div|p|h1|table|a|br)[\s>/]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """An article. `title`, `author` and `excerpt` are one line each, "" where the page does not say.

    `published` is aware, in UTC and whole seconds. `language` is a BCP 47 tag or "". `html` is a fragment that is safe
    to show (`clean_fragment`); `text` is the same as plain text, a paragraph a line. `image_url` is absolute http(s).
    """

    title: str
    author: str
    published: datetime | None
    language: str
    excerpt: str
    html: str
    text: str
    word_count: int
    image_url: str | None


def read_text(
    body: bytes, *, declared_charset: str | None, url: str, media_type: str = "text/html"
) -> Readable:
    """Read what was fetched from `url`, http(s). Raises NoArticleError, with a sentence that says why.

    `media_type` is what the Content-Type said, without parameters; where it is `text/plain`, the text is the article.
    Needs twenty to thirty times the memory of the page; `MARKUP_LIMIT` bounds both.
    """
    if body.startswith(_NO_TEXT_MAGIC) or sniff_raster(body) is not None:
        raise NoArticleError(NO_PAGE)
    text = page_text(body, declared_charset=declared_charset)
    if media_type.lower() in {"text/plain", "text/markdown"} or not _is_html(text):
        return _read_plain(text)
    return _read_page(text, url)


def _is_html(text: str) -> bool:
    return _HTML_SIGN.search(text, 0, 65_536) is not None or "<" in text[:1_024].lstrip("\ufeff \t\r\n")[:1]


def _read_plain(text: str) -> Readable:
    text = text[:TEXT_LIMIT].replace("\r\n", "\n").replace("\r", "\n")
    lines = text_lines(parse_fragment(f"<pre>\n{html.escape(text, quote=False)}</pre>"))
    words = count_words(lines)
    if not words:
        raise NoArticleError(NO_TEXT)
    markup = "".join(
        f"<p>{html.escape(each.strip(), quote=False)}</p>"
        for each in re.split(r"\n[ \t]*\n", text)
        if each.strip()
    )
    return Readable(
        title=lines.partition("\n")[0][:TITLE_LIMIT],
        author="",
        published=None,
        language="",
        excerpt=_excerpt(lines),
        html=clean_fragment(markup, base_url=""),
        text=lines,
        word_count=words,
        image_url=None,
    )


def _read_page(text: str, url: str) -> Readable:
    document = parse_page(text)
    facts = read_page_facts(document)
    base = base_url(document, url)
    everything = text_lines(document)
    unseen = " ".join(one_line(each.text_content()[:2_000]) for each in document.iter("noscript"))
    has_password_field = any(each.get("type", "").lower() == "password" for each in document.iter("input"))
    find_images(document)
    article = _article(document)
    for heading in list(article.iter("h1", "h2"))[:1]:
        if one_line(heading.text_content()) in facts.titles:
            heading.drop_tree()
    markup = clean_fragment(_inner_html(article), base_url=base.href)
    body = parse_fragment(markup)
    lines = text_lines(body)[:TEXT_LIMIT]
    words = count_words(lines)
    shown = lines if words >= LEAST_WORDS * 2 else everything
    wall = wall_of(
        shown if words >= LEAST_WORDS else f"{shown} {unseen}",
        words=words,
        has_scripts="<script" in text.lower(),
        has_password_field=has_password_field,
    )
    if wall is not None:
        raise NoArticleError(wall)
    return Readable(
        title=facts.title,
        author=facts.author,
        published=facts.published,
        language=facts.language,
        excerpt=_excerpt(facts.description or lines),
        html=markup,
        text=lines,
        word_count=words,
        image_url=web_url(base, facts.image_url) if facts.image_url else _first_image(body),
    )


def _article(document: HtmlElement) -> HtmlElement:
    """Return the article; where the library finds next to nothing in a page that has much, all there is."""
    article = find_article(document)
    words = count_words(text_lines(article))
    if words < _FEW_WORDS:
        everything = all_there_is(document)
        if count_words(text_lines(everything)) > max(_MUCH_MORE * words, 0):
            return everything
    return article


def _inner_html(element: HtmlElement) -> str:
    pieces = [html.escape(element.text or "", quote=False)]
    pieces += [etree.tostring(child, encoding="unicode", method="html") for child in element]
    return "".join(pieces)


def _excerpt(text: str) -> str:
    line = one_line(text[: EXCERPT_LIMIT * 2])
    if len(line) <= EXCERPT_LIMIT:
        return line
    return f"{line[:EXCERPT_LIMIT].rsplit(' ', 1)[0].rstrip(' ,;:')}\u2026"


def _first_image(body: HtmlElement) -> str | None:
    for image in body.iter("img"):
        sizes = [int(size) for name in ("width", "height") if (size := image.get(name) or "").isdecimal()]
        source: str = image.get("src") or ""
        if source.startswith("http") and all(size >= _LARGE_PIXELS for size in sizes):
            return source
    return None
