"""Small things that pages write in many ways: dates, languages, images, data for search engines."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.languages import language_tag
from poolhouse.formats.linked_data import LinkedData, read_linked_data
from poolhouse.formats.published import read_published
from poolhouse.formats.raster import inert_data_url, sniff_raster
from poolhouse.formats.srcset import best_of_srcset


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-09T10:20:30Z", datetime(2026, 3, 9, 10, 20, 30, tzinfo=UTC)),
        ("2026-03-09T10:20:30.123+02:00", datetime(2026, 3, 9, 8, 20, 30, tzinfo=UTC)),
        ("2026-03-09 10:20:30 +0200", datetime(2026, 3, 9, 8, 20, 30, tzinfo=UTC)),
        ("2026-03-09T10:20", datetime(2026, 3, 9, 10, 20, tzinfo=UTC)),
        ("  2026-03-09 ", datetime(2026, 3, 9, tzinfo=UTC)),
        ("20260309", datetime(2026, 3, 9, tzinfo=UTC)),
        ("2026/3/9", datetime(2026, 3, 9, tzinfo=UTC)),
        ("2026/03/09 10:20", datetime(2026, 3, 9, tzinfo=UTC)),
        ("Mon, 09 Mar 2026 10:20:30 GMT", datetime(2026, 3, 9, 10, 20, 30, tzinfo=UTC)),
        ("March 9, 2026", datetime(2026, 3, 9, tzinfo=UTC)),
        ("Published on 9th March 2026 by us", datetime(2026, 3, 9, tzinfo=UTC)),
        ("Sept. 9, 2026", datetime(2026, 9, 9, tzinfo=UTC)),
        ("1773051630", datetime(2026, 3, 9, 10, 20, 30, tzinfo=UTC)),
        ("1773051630000", datetime(2026, 3, 9, 10, 20, 30, tzinfo=UTC)),
        ("1605-01-16", datetime(1605, 1, 16, tzinfo=UTC)),
        *(
            (text, None)
            for text in ("", "yesterday", "2026", "2026-13-45", "March 2026", "0001-01-01", "9" * 30)
        ),
        *((text, None) for text in ("2026-02-30", "Foo 9, 2026", "32 March 2026", "\ud800", "99999999")),
    ],
)
def test_when_it_was_published(text: str, time: datetime | None) -> None:
    assert read_published(text) == time


@given(st.text(max_size=120))
def test_any_text_is_a_time_or_none(text: str) -> None:
    time = read_published(text)
    assert time is None or time.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("en", "en"),
        (" EN_us ", "en-US"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("de-DE-1996", "de-DE-1996"),
        ("en, fr", "en"),
        ("de_DE.UTF-8", "de-DE"),
        *((text, "") for text in ("", "und", "english", "x", "en-", "<b>", "12", "en us", "\u0435\u043d")),
    ],
)
def test_language(text: str, tag: str) -> None:
    assert language_tag(text) == tag


@pytest.mark.parametrize(
    ("srcset", "url"),
    [
        ("a.png", "a.png"),
        ("a.png 1x, b.png 2x, c.png 3x", "b.png"),
        ("c.png 3x, d.png 4x", "c.png"),
        ("a.png 480w, b.png 1200w, c.png 2400w", "b.png"),
        ("a.png 480w, b.png 800w", "b.png"),
        ("a,b.png 480w,\n c.png 1000w 500h", "c.png"),
        ("a.png, b.png 1.5x", "b.png"),
        (" , a.png foo(,) , b.png 2x", "b.png"),
        ("data:image/png;base64,AAAA 2x", "data:image/png;base64,AAAA"),
        *((text, "") for text in ("", " , ,", ",")),
    ],
)
def test_the_image_that_is_large_enough(srcset: str, url: str) -> None:
    assert best_of_srcset(srcset) == url


@given(st.text(st.sampled_from("a, (x2w1.\n")))
def test_any_srcset(text: str) -> None:
    best_of_srcset(text)


@pytest.mark.parametrize("text", ["(" * 100_000, "a (" * 100_000, "," * 100_000, "a " * 100_000])
def test_a_long_srcset_is_no_trouble(text: str) -> None:
    best_of_srcset(text)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"\0\0\0 ftypavif", "image/avif"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"", None),
    ],
)
def test_pictures_are_known_by_their_bytes(body: bytes, media_type: str | None) -> None:
    assert sniff_raster(body) == media_type


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (" DATA:image/JPG;base64,AA\nAA", "data:image/jpeg;base64,AAAA"),
        ("data:image/png;charset=x;base64,AA", "data:image/png;base64,AA"),
        ("data:image/svg+xml;base64,AA", None),
        ("data:text/html;base64,AA", None),
        ('data:image/png;base64,AA"', None),
        ("data:image/png,<script>", None),
        ("x data:image/png;base64,AA", None),
    ],
)
def test_data_addresses(url: str, kept: str | None) -> None:
    assert inert_data_url(url) == kept


def test_linked_data() -> None:
    article = {
        "@type": ["NewsArticle"],
        "headline": " A ",
        "author": [{"@type": "Person", "name": "Anna"}, "Bob", {"name": "https://x.example"}, "Bob"],
        "datePublished": "2026-03-09",
        "image": [{"url": "https://x.example/a.png"}],
        "inLanguage": "en",
        "description": "D",
    }
    expected = LinkedData(
        headline="A",
        authors=("Anna", "Bob"),
        published="2026-03-09",
        description="D",
        language="en",
        image_url="https://x.example/a.png",
    )
    page = {"@type": "WebPage", "name": "Page"}
    assert read_linked_data([json.dumps(article)]) == expected
    assert read_linked_data([json.dumps(page), json.dumps({"@graph": [page, article]})]) == expected
    assert read_linked_data([json.dumps({**page, "mainEntity": article})]) == expected
    assert read_linked_data([json.dumps(page)]) == LinkedData(headline="Page")
    assert read_linked_data([json.dumps({"@type": "Organization", "mainEntity": article})]) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        "{}",
        "1",
        '{"@type": 1}',
        '{"@type":"Article","author":[[[]]],"image":{"url":{}}}',
        "x" * 300_000,
    ],
)
def test_data_that_is_none(text: str) -> None:
    assert read_linked_data([text]) == LinkedData()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(["Article", "WebPage"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@type", "@graph", "author", "name", "image", "url", "headline"]), inner
        )
    ),
)


@given(JSON)
def test_any_data(value: object) -> None:
    data = read_linked_data([json.dumps(value)])
    assert isinstance(data.headline, str)
