"""Plain text of mail: its lines, its preview, its addresses, and as HTML."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.mime_names import NAME_BYTES, clean_file_name
from poolhouse.formats.mime_text import html_of, links_in, preview_of, text_of, unflowed
from poolhouse.formats.mime_tree import split_message


@pytest.mark.parametrize(
    ("flowed", "text"),
    [
        ("a \nb\nc", "a b\nc"),
        ("a \nb \n\nc", "a b \n\nc"),
        ("> a \n> b\nc", "> a b\nc"),
        ("> a \n>> b", "> a \n>> b"),
        (" > no quote", "> no quote"),
        (" From here", "From here"),
        ("a\n-- \nme", "a\n-- \nme"),
        ("a \n-- \nme", "a \n-- \nme"),
        (">", ">"),
        ("", ""),
    ],
)
def test_flowed(flowed: str, text: str) -> None:
    assert [line.rstrip() for line in unflowed(flowed, is_space_deleted=False).split("\n")] == [
        line.rstrip() for line in text.split("\n")
    ]


def test_flowed_without_spaces() -> None:
    assert unflowed("日本 \n語", is_space_deleted=True) == "日本語"


def test_text_of_a_part() -> None:
    data = (
        b"Content-Type: text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + "Юля\r\nлюдям\r\x00\x1b[31m".encode("koi8-r")
    )
    assert text_of(data, split_message(data).root) == "Юля\nлюдям\n[31m"


@pytest.mark.parametrize(
    ("text", "preview"),
    [
        ("Hello\n\n  you  \n", "Hello you"),
        ("> quoted\n\nmine\n-- \nme", "mine"),
        ("On Monday Ann wrote:\n> quoted\nmine", "mine"),
        ("On Monday Ann wrote:\n\n> quoted\nmine", "mine"),
        ("As I said:\nno quote", "As I said: no quote"),
        ("> all\n> quoted", "all quoted"),
        ("\u200b\u034f a\u00ad\u200cb \ufeff", "ab"),
        ("", ""),
    ],
)
def test_previews(text: str, preview: str) -> None:
    assert preview_of(text) == preview


def test_a_preview_is_bounded() -> None:
    assert preview_of("word " * 1_000) == f"{'word ' * 59}word…"
    assert len(preview_of("x" * 1_000_000)) == 300


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see https://a.org/x.", ["https://a.org/x"]),
        ("(https://a.org/x_(y))", ["https://a.org/x_(y)"]),
        ("<http://a.org> and HTTP://B.org/?q=1&r=2,", ["http://a.org", "HTTP://B.org/?q=1&r=2"]),
        ("javascript:alert(1) http:// https://", []),
        ('"https://a.org/"', ["https://a.org/"]),
        ("'https://a.org/L'Aquila', ~~https://b.org/~~", ["https://a.org/L'Aquila", "https://b.org/"]),
        ("https://a", []),
        (
            "xhttps://a.org httphttp://b.org http://c.org/http://d.org",
            ["https://a.org", "http://b.org", "http://c.org/http://d.org"],
        ),
        (f"https://{'a' * 1_997}https://b.org", [f"https://{'a' * 1_997}htt"]),
    ],
)
def test_links(text: str, urls: list[str]) -> None:
    assert [url for _, _, url in links_in(text)] == urls
    assert [text[start:end] for start, end, _ in links_in(text)] == urls


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        (
            "a\n> b\n>> c\nd",
            "<p>a</p><blockquote><p>b</p><blockquote><p>c</p></blockquote></blockquote><p>d</p>",
        ),
        ("> a\n> \n> b", "<blockquote><p>a</p><p>b</p></blockquote>"),
        ("1 < 2 & <b>", "<p>1 &lt; 2 &amp; &lt;b&gt;</p>"),
        (
            "x https://a.org/?a&b.",
            '<p>x <a href="https://a.org/?a&amp;b" rel="noopener noreferrer nofollow">https://a.org/?a&amp;b</a>.</p>',
        ),
        ("", ""),
        ("\n\n \n", ""),
    ],
)
def test_html(text: str, markup: str) -> None:
    assert html_of(text, 10_000) == markup


def test_links_may_lead_elsewhere_or_nowhere() -> None:
    found = html_of("https://a.org https://b.org", 10_000, link=lambda url: "/x" if "a.org" in url else None)
    assert found == '<p><a href="/x" rel="noopener noreferrer nofollow">https://a.org</a> […]</p>'


class _Nesting(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@given(st.text("> \nab&<é日https://.org)", max_size=400), st.integers(700, 1_500))
def test_html_is_well_nested_within_its_limit(text: str, limit: int) -> None:
    markup = html_of(text, limit)
    assert len(markup.encode()) <= limit
    reader = _Nesting()
    reader.feed(markup)
    reader.close()
    assert reader.open == []


@pytest.mark.parametrize(
    "text", ["x" * 500_000, "> x\n" * 200_000, ">" * 200_000, "é\n\n" * 200_000, "&" * 300_000]
)
def test_long_texts_are_cut_and_begin_as_they_do(text: str) -> None:
    markup = html_of(text, 50_000)
    assert len(markup.encode()) <= 50_000
    reader = _Nesting()
    reader.feed(markup)
    assert reader.open == []
    assert text.startswith(">" * 1_000) or len("".join(reader.texts)) > 1_000


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\docs\\a.txt", "a.txt"),
        ("a\r\nb\x00.txt", "a b.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200b.txt", "a.txt"),
        ("..", ""),
        ("a/", ""),
        ("", ""),
        (" .hidden. ", "hidden"),
        ('a<b>"c"|?*.txt', "a_b__c____.txt"),
        ("CON.txt", "_CON.txt"),
        ("日本語.pdf", "日本語.pdf"),
    ],
)
def test_file_names(name: str, clean: str) -> None:
    assert clean_file_name(name) == clean


@given(st.text(max_size=400))
def test_any_file_name(name: str) -> None:
    clean = clean_file_name(name)
    assert len(clean.encode()) <= NAME_BYTES
    assert not set(clean) & set('/\\:*?"<>|\r\n\x00')
    assert clean_file_name(clean) == clean
    assert clean.strip(". ") == clean


def test_a_long_name_keeps_its_ending() -> None:
    assert clean_file_name(f"{'é' * 500}.pdf") == f"{'é' * 98}.pdf"
