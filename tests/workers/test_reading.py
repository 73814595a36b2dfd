"""Pages are read as people read them: the article, who wrote it and when; or it is said why there is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readability import Document

from poolhouse.errors import NoArticleError
from poolhouse.workers import article, walls
from poolhouse.workers.lines import count_words, text_lines
from poolhouse.workers.markup import parse_fragment
from poolhouse.workers.page_facts import EXCERPT_LIMIT
from poolhouse.workers.reading import Readable, read_text
from tests.formats.test_bounded_markup import HOSTILE
from tests.workers.live import check_dead
from tests.workers.pages import HAIKU, NAV, SHAPES, Shape, f1, page, paragraphs, plain, sentence

URL = "https://shape.example/dir/page"


def read(body: bytes | str, *, charset: str | None = None, media_type: str = "text/html") -> Readable:
    data = body.encode() if isinstance(body, str) else body
    readable = read_text(data, declared_charset=charset, url=URL, media_type=media_type)
    check_dead(readable.html)
    assert readable.word_count == count_words(readable.text)
    return readable


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_article_of_each_shape(shape: Shape) -> None:
    readable = read(shape.body)
    assert readable.title == shape.title
    assert f1(readable.text, shape.article) > 0.98
    for markup in shape.has:
        assert markup in readable.html
    for markup in shape.has_not:
        assert markup not in readable.html
    assert "<table>" in readable.html or text_lines(parse_fragment(readable.html)) == readable.text


def test_paragraphs_are_lines() -> None:
    readable = read(
        page("", f"<article>{paragraphs(3)}<ul><li>one</li><li>two</li></ul><p>a<br>b</p>{paragraphs(1, 9)}")
    )
    assert readable.text.split("\n") == [
        *(plain(1, each) for each in range(3)),
        "one",
        "two",
        "a",
        "b",
        plain(1, 9),
    ]


def test_what_a_page_says_of_itself() -> None:
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "author": [{"@type": "Person", "name": "Anna Writer"}, {"@type": "Person", "name": "Ben Other"}],
        "datePublished": "2026-03-09T10:20:30+01:00",
    }
    readable = read(
        page(
            "<title>A title | Site</title><meta property=og:title content='A title'>"
            "<meta name=description content='What it is about.'><meta property=og:image content='/i.jpg'>"
            f"<script type='application/ld+json'>{json.dumps(data)}</script>",
            f"<article>{paragraphs(5)}</article>",
            attributes=" lang=en_GB",
        )
    )
    assert readable.title == "A title"
    assert readable.author == "Anna Writer, Ben Other"
    assert readable.published == datetime(2026, 3, 9, 9, 20, 30, tzinfo=UTC)
    assert readable.language == "en-GB"
    assert readable.excerpt == "What it is about."
    assert readable.image_url == "https://shape.example/i.jpg"


def test_a_page_that_says_little() -> None:
    readable = read(
        page("", f"<article>{paragraphs(5)}<img src=a.png width=1><img src=b.png></article>", attributes="")
    )
    assert (readable.title, readable.author, readable.published, readable.language) == ("", "", None, "")
    assert readable.excerpt.startswith(sentence(0))
    assert len(readable.excerpt) <= EXCERPT_LIMIT + 1
    assert readable.image_url == "https://shape.example/dir/b.png"


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>One two three four | Site</title>", "", "One two three four"),
        ("<title>Site - One two</title><meta property=og:site_name content=site>", "", "One two"),
        ("<title>One - two</title>", "", "One - two"),
        ("<title>One two: three</title>", "<h1>One two: three</h1>", "One two: three"),
        ("<title>Site: The heading of it</title>", "<h1>The heading <b>of it</b></h1>", "The heading of it"),
        ("", "<h1>Only a heading</h1>", "Only a heading"),
        ("<meta name=twitter:title content='T'><title>X</title>", "", "T"),
        ("<title>&#8203;</title>", "", ""),
        (f"<title>{'x' * 900}</title>", "", "x" * 500),
    ],
)
def test_titles(head: str, body: str, title: str) -> None:
    assert read(page(head, body + paragraphs(4))).title == title


@pytest.mark.parametrize(
    ("markup", "author"),
    [
        ("<meta name=author content='Anna'>", "Anna"),
        ("<meta name=author content='https://x.example'><a rel=author href=x>Ben</a>", "Ben"),
        ("<p class=byline>By Carl  Writer</p>", "Carl Writer"),
        ("<span itemprop=author>Dora</span>", "Dora"),
        ("<meta name=citation_author content='Last, First'>", "Last, First"),
        ("<meta name=twitter:creator content='@x'>", ""),
        ("<p class=authority>Nobody</p>", ""),
    ],
)
def test_authors(markup: str, author: str) -> None:
    assert read(page(markup, markup + paragraphs(4))).author == author


@pytest.mark.parametrize(
    ("markup", "day"),
    [
        ("<meta property=article:published_time content=2026-03-09T00:00Z>", 9),
        ("<meta itemprop=datePublished content=2026-03-08>", 8),
        ("<time datetime=2026-03-07>yesterday</time>", 7),
        ("<time datetime=2026-03-01>x</time><time pubdate datetime=2026-03-06>x</time>", 6),
        ("<time>March 5, 2026</time>", 5),
        ("<span class='entry-date'>4 March 2026</span>", 4),
        ("<meta name=date content=soon><meta name=dc.date content=2026-03-03>", 3),
        ("<p>2026-03-09</p>", None),
    ],
)
def test_when_it_was_published(markup: str, day: int | None) -> None:
    published = read(page("", markup + paragraphs(4))).published
    assert published == (datetime(2026, 3, day, tzinfo=UTC) if day else None)


def test_links_are_made_absolute_by_the_base() -> None:
    readable = read(
        page("<base href='/other/'>", f"<article>{paragraphs(4)}<p>See <a href=x>x</a>.</p></article>")
    )
    assert 'href="https://shape.example/other/x"' in readable.html
    assert 'href="https://shape.example/dir/x"' in read(
        page("<base href='javascript:x'>", f"<article>{paragraphs(4)}<p>See <a href=x>x</a>.</p></article>")
    ).html  # fmt: skip


CONSENT = (
    "<div class=consent><h1>Before you continue</h1><p>We and our 842 partners store and access information on your "
    "device to show you what we think you like. You can accept all cookies or manage your choices at any time, as our "
    "privacy policy says in many more words than these.</p><button>Accept</button></div>"
)
REASONS = {reason for name, reason in vars(walls).items() if name.isupper() and isinstance(reason, str)}
WALLS = [
    (b"", walls.NO_TEXT),
    (b"<html><head><title>T</title></head><body> \n </body></html>", walls.NO_TEXT),
    (page("<title>App</title>", "<div id=root></div><script src=/app.js></script>"), walls.NEEDS_SCRIPTS),
    (page("", "<div id=root>Loading</div><script>app()</script>"), walls.NEEDS_SCRIPTS),
    (
        page("", "<noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div>"),
        walls.NEEDS_SCRIPTS,
    ),
    (page("<title>Consent</title>", CONSENT), walls.ASKS_CONSENT),
    (
        page("", "<p>Wir verwenden Cookies. Mit dem Klick stimmen Sie zu: Alle Cookies akzeptieren.</p>"),
        walls.ASKS_CONSENT,
    ),
    (page("", "<p>Checking your browser before accessing shape.example.</p>"), walls.ASKS_HUMAN),
    (
        page("<title>Just a moment...</title>", "<p>Verify you are human by completing the action.</p>"),
        walls.ASKS_HUMAN,
    ),
    (page("", "<p>Please log in to continue reading this story.</p>"), walls.ASKS_LOGIN),
    (
        page("", "<form><p>Welcome back to our site, friend</p><input name=u><input type=password></form>"),
        walls.ASKS_LOGIN,
    ),
    (b"%PDF-1.7 ...", walls.NO_PAGE),
    (b"\x89PNG\r\n\x1a\n...", walls.NO_PAGE),
    (b"PK\x03\x04...", walls.NO_PAGE),
]


@pytest.mark.parametrize(("body", "reason"), WALLS)
def test_what_is_no_article_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(NoArticleError) as caught:
        read(body)
    assert caught.value.reason == reason


def test_an_article_about_walls_is_one() -> None:
    body = (
        paragraphs(4)
        + "<p>You must accept cookies, enable JavaScript and verify you are human, says the captcha.</p>"
    )
    assert read(page("", f"<article>{body}</article>{CONSENT}")).word_count > walls.SHORT_WORDS
    short = (
        "<p>I wrote a note about bread today. It rises well in the warm kitchen when nobody looks at it.</p>"
    )
    assert (
        read(page("", short + "<footer>This site uses cookies: accept our policy.</footer>")).word_count == 19
    )


def test_plain_text_is_its_own_article() -> None:
    readable = read("One  line\r\nof text <b>\n\nand another & more\n", media_type="text/plain")
    assert readable.text == "One line\nof text <b>\nand another & more"
    assert readable.html == "<p>One  line\nof text &lt;b&gt;</p><p>and another &amp; more</p>"
    assert readable.title == "One line"
    assert read("only words, no markup at all").word_count == 6
    with pytest.raises(NoArticleError):
        read(" \n ", media_type="text/plain")


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("utf-16", "utf-16"),
        ("windows-1252", "utf-8"),
        ("no-such", "latin-1"),
        (None, "koi8-r"),
        ("shift_jis", "utf-8"),
    ],
)
def test_the_wrong_encoding_gives_some_text(charset: str | None, encoding: str) -> None:
    body = f"<article>{paragraphs(4)}</article>"
    assert read(body.encode(encoding), charset=charset).word_count > 100


def test_truncated_anywhere() -> None:
    body = SHAPES[0].body + HAIKU.encode()
    for length in range(0, len(body), 97):
        try:
            read(body[:length])
        except NoArticleError:
            assert length < 4_000


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    reasons = set()
    for data in (body, b"<p>" + body, b"<html>" + body * 5, page("", "").replace(b"</head>", body)):
        try:
            read(data)
        except NoArticleError as error:
            reasons.add(error.reason)
    assert reasons <= REASONS


WORDS = """
    <p> </p> <div> </div> <div/class=comment> <div/class=article> <article> </article> <section> <h1> </h1> <br> <table>
    <tr> <td> <th> </table> <ul> <li> </ul> <blockquote> <pre> <noscript> </noscript> <picture> <source/srcset=a> <form>
    <iframe> <nav> <aside> <main> <head> <body> <html> <title> <base/href=//[> <meta/name=author/content=x> <time> &#8;
    <script/type=application/ld+json>[[{}]]</script> <a/href=x> </a> <svg> <span/hidden> <p/style=display:none> &#0;
    <img/src=a>
"""


@given(
    st.lists(
        st.one_of(st.sampled_from([*WORDS.split(), "\x00", "\ud800"]), st.integers(0, 99).map(sentence)),
        max_size=40,
    )
)
def test_any_soup_is_read_or_refused(pieces: list[str]) -> None:
    try:
        read(" ".join(pieces).encode("utf-8", "surrogatepass"))
    except NoArticleError as error:
        assert error.reason in REASONS  # noqa: PT017 - it may be read too


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("nested", "<div>" * 100_000 + plain(2) + "</div>" * 100_000),
        ("nested with text", "".join(f"<div>{sentence(each)}" for each in range(5_000))),
        ("one line", "<p>" + "word " * 2_000_000),
        ("empty blocks", paragraphs(4) + "<div></div>" * 100_000),
        ("text after empty blocks", paragraphs(4) + "<div></div>" * 50_000 + "t " * 500_000),
        ("a gallery", paragraphs(4) + "<div><div><img src=a.png></div></div>" * 10_000),
        ("quotations", paragraphs(4) + "<div>So it was said to us:</div><blockquote>x</blockquote>" * 5_000),
        ("hidden", paragraphs(4) + "<p hidden>x</p> and so on" * 30_000),
        ("noscripts", paragraphs(4) + "<img><noscript><img src=x></noscript>y" * 20_000),
        *(
            (piece, paragraphs(4) + piece * 20_000)
            for piece in HOSTILE
            if piece not in {"<title></titl>", "<style>"}
        ),
    ],
    ids=lambda value: value[:20],
)
def test_what_would_be_slow_is_read(name: str, body: str) -> None:
    """Each of these took a library minutes, or gigabytes."""
    assert read(body).word_count > 50


def test_the_library_is_as_we_know_it() -> None:
    """What we replace of it is still there to be replaced: it is no promise of the library's."""
    ours = set(vars(article._Reading)) - {"__init__", "__module__", "__doc__", "article"}
    assert ours == {"_parse", "get_clean_html", "get_preserved_elements", "is_quote_lead"}
    assert ours <= set(vars(Document))


def test_a_list_of_links_is_read_too() -> None:
    readable = read(
        page(
            "<title>Front page</title>",
            NAV + "".join(f"<h2><a href=/{n}>{sentence(n)}</a></h2>" for n in range(30)),
        )
    )
    assert readable.word_count > 300


def test_text_of_a_table() -> None:
    assert (
        text_lines(parse_fragment("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"))
        == "a b\nc"
    )


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("a b-c it's 1,000", 4), ("\u53e4\u6c60 ok", 3), ("-- .", 0)]
)
def test_words(text: str, count: int) -> None:
    assert count_words(text) == count
