"""Bookmark files: real exports, tag soup, hostile ones, and that what is written is read the same."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.netscape import (
    FOLDER_DEPTH_LIMIT,
    NetscapeBookmark,
    NetscapeProblem,
    read_netscape,
    write_netscape,
)

_FIXTURES = Path(__file__).parents[2].parent / "shared" / "fixtures" / "bookmarks"
_AT = datetime(2021, 3, 21, 14, 39, 19, tzinfo=UTC)

# Counted by hand: <A …> in each file, but for Firefox's place: (3 each) and the <a …> in netscape_extended's note.
_COUNTS = {
    "linkding/simple_valid_import_file.html": 3,
    "linkding/simple_valid_import_file_with_one_invalid_bookmark.html": 3,
    "netscape-bookmark-parser/chromium_flat.htm": 9,
    "netscape-bookmark-parser/chromium_nested.htm": 18,
    "netscape-bookmark-parser/delicious.htm": 5,
    "netscape-bookmark-parser/delicious_sanitize.htm": 2,
    "netscape-bookmark-parser/empty.htm": 0,
    "netscape-bookmark-parser/firefox_flat.htm": 21,
    "netscape-bookmark-parser/firefox_nested.htm": 21,
    "netscape-bookmark-parser/google_bookmarks_nested.htm": 6,
    "netscape-bookmark-parser/internet_explorer_11_flat.htm": 18,
    "netscape-bookmark-parser/internet_explorer_11_nested.htm": 27,
    "netscape-bookmark-parser/netscape_basic.htm": 2,
    "netscape-bookmark-parser/netscape_extended.htm": 1,
    "netscape-bookmark-parser/netscape_multiline.htm": 3,
    "netscape-bookmark-parser/netscape_nested.htm": 8,
    "netscape-bookmark-parser/safari_folded.htm": 3,
    "netscape-bookmark-parser/scuttle.htm": 4,
    "netscape-bookmark-parser/scuttle_new_line.htm": 1,
    "netscape-bookmark-parser/shaarli.htm": 6,
    "netscape-bookmark-parser/shaarli_legacy.htm": 2,
    "netscape-bookmark-parser/shaarli_markdown.htm": 3,
    "netscape-bookmark-parser/shaarli_with_tabs_and_spaces.htm": 1,
    "netscape-bookmark-parser/shaarli_with_whitespace_tags.htm": 1,
    "wallabag/ril_export.html": 2,
    "wallabag/shaarli-bookmarks.html": 2,
    "wallabag/test.html": 0,
}


def _fixture(name: str) -> tuple[NetscapeBookmark, ...]:
    path = _FIXTURES / name
    if not path.exists():
        pytest.skip(f"the real exports are not here: {_FIXTURES.name}/{name}")
    return read_netscape(path.read_bytes()).bookmarks


def _one(markup: str) -> NetscapeBookmark:
    (bookmark,) = read_netscape(markup.encode()).bookmarks
    return bookmark


@pytest.mark.parametrize("name", _COUNTS)
def test_a_real_export_is_read_whole_and_survives_being_written(name: str) -> None:
    bookmarks = _fixture(name)
    assert len(bookmarks) == _COUNTS[name]
    assert all(bookmark.url and bookmark.title for bookmark in bookmarks)
    assert read_netscape(write_netscape(bookmarks).encode()).bookmarks == bookmarks


def test_no_real_export_is_forgotten() -> None:
    if not _FIXTURES.exists():
        pytest.skip("the real exports are not here")
    assert {str(path.relative_to(_FIXTURES)) for path in _FIXTURES.rglob("*.htm*")} == set(_COUNTS)


def test_linkding_in_seconds_milliseconds_and_microseconds() -> None:
    bookmarks = _fixture("linkding/simple_valid_import_file.html")
    assert bookmarks[2] == NetscapeBookmark(
        url="https://example.com/3",
        title="test title 3",
        note="test description 3",
        tags=("tag3",),
        added_at=_AT,
        is_private=False,
        is_unread=False,
    )
    assert {bookmark.added_at for bookmark in bookmarks} == {_AT}


def test_chromium_folders_are_nested() -> None:
    bookmarks = _fixture("netscape-bookmark-parser/chromium_nested.htm")
    assert bookmarks[0].folders == ("Personal toolbar",)
    assert bookmarks[1].folders == ()
    assert ("Dev", "PHP") in {bookmark.folders for bookmark in bookmarks}


def test_safari_has_folders_without_a_list_around_them() -> None:
    folders = [bookmark.folders for bookmark in _fixture("netscape-bookmark-parser/safari_folded.htm")]
    assert folders == [("Favoris",), ("Github - Shaarli",), ("Autre Divers", "doc")]


def test_firefox_notes_of_folders_are_not_notes_of_bookmarks() -> None:
    bookmarks = _fixture("netscape-bookmark-parser/firefox_nested.htm")
    assert not any("webcomics, fun stuff" in bookmark.note for bookmark in bookmarks)
    assert bookmarks[1].folders == ("Comics",)
    assert bookmarks[1].note == "The blog relating the daily life of web agency developers"
    assert bookmarks[1].tags == ("webcomic", "commit", "code", "review", "dev")


def test_a_note_keeps_its_lines_and_loses_its_markup() -> None:
    lists = _fixture("netscape-bookmark-parser/netscape_multiline.htm")[1]
    assert lists.note.splitlines()[1:4] == ["- list1", "  - item1.1", "  - item1.2"]
    code = _fixture("netscape-bookmark-parser/delicious_sanitize.htm")[0]
    assert code.note == "Text\n\n#CLE ---> #VALEUR\n\n</BOUCLE_exploiter>"
    thumbnail = _fixture("netscape-bookmark-parser/netscape_extended.htm")[0]
    assert thumbnail.note.endswith("the one that got away.")


def test_scuttle_has_its_note_in_an_attribute() -> None:
    bookmark = _fixture("netscape-bookmark-parser/scuttle.htm")[0]
    assert bookmark.url == "http://eurovoc.europa.eu/drupal/?q=navigation&cl=en"
    assert bookmark.note == "Multilingual Thesaurus of the European Union"


def test_pocket_says_unread_in_a_heading() -> None:
    assert {bookmark.is_unread for bookmark in _fixture("wallabag/ril_export.html")} == {True}
    markup = "<h1>Unread</h1><ul><li><a href=a>A</a></ul><h1>Read Archive</h1><ul><li><a href=b>B</a></ul>"
    assert [bookmark.is_unread for bookmark in read_netscape(markup.encode()).bookmarks] == [True, False]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<A HREF=x>T", NetscapeBookmark(url="x", title="T")),
        ("<a href='x'>T</a>", NetscapeBookmark(url="x", title="T")),
        ('<A\nHREF = "x"\n>T\n  U</A >', NetscapeBookmark(url="x", title="T U")),
        ('<A HREF="x" HREF="y">T', NetscapeBookmark(url="x", title="T")),
        (
            '<A HREF="?a=1&copy=2&amp;b=3&#38;c&lt=4">T',
            NetscapeBookmark(url="?a=1&copy=2&b=3&c&lt=4", title="T"),
        ),
        (
            "<A HREF=x>A &amp; B &lt;i&gt; &eacute; &#233; AT&T",
            NetscapeBookmark(url="x", title="A & B <i> é é AT&T"),
        ),
        ("<A HREF=x>a < b <y > c <3</A>", NetscapeBookmark(url="x", title="a < b <y > c <3")),
        ("<A HREF=x><b>T</b> <my-tag></A>", NetscapeBookmark(url="x", title="T <my-tag>")),
        ("<A HREF=x>T<!-- not > this --></A>", NetscapeBookmark(url="x", title="T")),
        ("<A HREF=x>T <!-- never closed</A>", NetscapeBookmark(url="x", title="T <!-- never closed")),
        ("<A HREF=x>T</A><DD>a<br>b<p>c\n\n", NetscapeBookmark(url="x", title="T", note="a\nb\nc")),
        (
            "<A HREF=x>T</A><DD>if a<b: <A HREF=y>z</A>",
            NetscapeBookmark(url="x", title="T", note="if a<b: z"),
        ),
        ("<dt><a href=x>T</a></dt><dd>N</dd>", NetscapeBookmark(url="x", title="T", note="N")),
        ("<A HREF=x>T</A><DD>a<DD>b", NetscapeBookmark(url="x", title="T", note="a\nb")),
        ("<A HREF=x>T</A><DD>a\r\nb\rc", NetscapeBookmark(url="x", title="T", note="a\nb\nc")),
        ("<A HREF=x DESCRIPTION=a>T</A><DD> ", NetscapeBookmark(url="x", title="T", note="a")),
        ("<A HREF=x DESCRIPTION=a>T</A><DD>b", NetscapeBookmark(url="x", title="T", note="b")),
        ('<A HREF=x TAGS=" a , b  c,,">T', NetscapeBookmark(url="x", title="T", tags=("a", "b c"))),
        (
            "<A HREF=x PRIVATE=1 TOREAD=0>T",
            NetscapeBookmark(url="x", title="T", is_private=True, is_unread=False),
        ),
        ("<A HREF=x PRIVATE TOREAD=maybe>T", NetscapeBookmark(url="x", title="T")),
        ('<A SHORTCUTURL="w" ICON="data:,>" HREF="x">T', NetscapeBookmark(url="x", title="T")),
        ("<A HREF='javascript:alert(\"1\")'>T", NetscapeBookmark(url='javascript:alert("1")', title="T")),
        (
            "<H3>F</H3><DD>about F<DL><A HREF=x>T</A></DL>",
            NetscapeBookmark(url="x", title="T", folders=("F",)),
        ),
        ("<H3>F</H3><DT><A HREF=x>T</A>", NetscapeBookmark(url="x", title="T")),
        ("<H3>F<DL><A HREF=x>T</A></DL>", NetscapeBookmark(url="x", title="T", folders=("F",))),
        ("<H3>F</H3></DL><DL><A HREF=x>T", NetscapeBookmark(url="x", title="T")),
        (
            "</DL></DL><H3> </H3><DL><H3>F</H3><DL><A HREF=x>T",
            NetscapeBookmark(url="x", title="T", folders=("F",)),
        ),
        ("<H3>F</H3><DL></DL></DL></DL><A HREF=x>T", NetscapeBookmark(url="x", title="T")),
    ],
)
def test_tag_soup(markup: str, expected: NetscapeBookmark) -> None:
    assert _one(markup) == expected


def test_a_value_that_is_never_closed_does_not_swallow_the_next_bookmark() -> None:
    markup = '<DT><A HREF="x>One</A>\n<DT><A HREF="y">Two</A>'
    assert [bookmark.title for bookmark in read_netscape(markup.encode()).bookmarks] == ["One", "Two"]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1616337559", _AT),
        ("1616337559999", _AT),
        ("1616337559999999", _AT),
        ("13260811159999999", _AT),
        ("132608111599999999", _AT),
        ("1616337559999999999", _AT),
        ("2021-03-21T14:39:19Z", _AT),
        ("2021-03-21T16:39:19.5+02:00", _AT),
        ("2021-03-21 14:39:19", _AT),
        ("Sun, 21 Mar 2021 14:39:19 +0000", _AT),
        ("21/Mar/2021:15:39:19 +0100", _AT),
        ("253402300799", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("", None),
        ("0", None),
    ],
)
def test_times_of_all_kinds(text: str, time: datetime | None) -> None:
    reading = read_netscape(f'<A HREF=x ADD_DATE="{text}" LAST_MODIFIED="{text}">T'.encode())
    assert reading.problems == ()
    assert (reading.bookmarks[0].added_at, reading.bookmarks[0].modified_at) == (time, time)


@pytest.mark.parametrize(
    "text", ["invaliddate", "-1", "9" * 21, "9" * 5_000, "٣", "0001-01-01T00:00:00+12:00", "1/2/3"]
)
def test_a_time_that_is_none_is_told_and_the_bookmark_kept(text: str) -> None:
    reading = read_netscape(f'<DL>\n\n<DT><A HREF=x ADD_DATE="{text}">T'.encode())
    assert reading.bookmarks == (NetscapeBookmark(url="x", title="T"),)
    assert reading.problems == (NetscapeProblem(3, f"“{text[:40]}” is not a date."),)


@pytest.mark.parametrize(
    "hidden", ["\x1b]0;x\x07", "\x9b31m", "&#27;[2J", "\r", "\n", "&#13;", "\x7f", "\u2028", "\x85"]
)
def test_what_is_told_cannot_tell_a_terminal_what_to_do(hidden: str) -> None:
    reading = read_netscape(f'<A HREF=x ADD_DATE="soon{hidden}now">T'.encode())
    (problem,) = reading.problems
    assert problem.reason.startswith("“soon")
    assert problem.reason.endswith("now” is not a date.")
    assert problem.reason.isprintable()


def test_what_has_no_address_is_told_and_firefoxs_own_entries_are_not() -> None:
    reading = read_netscape(
        b"<DL>\n<DT><A NAME=x>a</A>\n<DT><A HREF=' '>b</A><DD>n\n<DT><A HREF='place:x'>c</A><DD>n<HR>"
    )
    assert reading.bookmarks == ()
    assert [problem.line for problem in reading.problems] == [2, 3]


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ("<A HREF=x>é€</A>".encode(), "é€"),
        ("\ufeff<A HREF=x>é€</A>".encode(), "é€"),
        ("<A HREF=x>é€</A>".encode("utf-16"), "é€"),
        ("<A HREF=x>é€</A>".encode("windows-1252"), "é€"),
        (b'<META CONTENT="text/html; charset=iso-8859-1">' + "<A HREF=x>é€</A>".encode("windows-1252"), "é€"),
        (b'<META charset="windows-1251">' + "<A HREF=x>привет".encode("windows-1251"), "привет"),
        (b"<META charset=utf-8>" + "<A HREF=x>é".encode() + b"\xff</A>", "é\ufffd"),
        (b"<META charset=unicode_escape><A HREF=x>\\x41\xe9", "\\x41é"),
        (b"<META charset=nonsense><A HREF=x>\x81\xe9", "\ufffdé"),
    ],
)
def test_character_sets(data: bytes, title: str) -> None:
    reading = read_netscape(data)
    assert reading.bookmarks[0].title == title
    assert bool(reading.problems) == (b"utf-8" in data)


def test_folders_too_deep_are_flattened() -> None:
    markup = (
        "".join(f"<H3>{depth}</H3><DL>" for depth in range(20_000))
        + "<A HREF=x>T"
        + "</DL>" * 19_999
        + "<A HREF=y>U"
    )
    deep, shallow = read_netscape(markup.encode()).bookmarks
    assert deep.folders == tuple(map(str, range(FOLDER_DEPTH_LIMIT)))
    assert shallow.folders == ("0",)


_TAGS = '<a x="> "|<a ="<a" |<a |<a|<!--|<!|<a "|<a =\'"|&#9|<H3>x</H3><DL>|<DD>|<A HREF=x>|<A HREF=x ADD_DATE=y>|</DL>'


@pytest.mark.parametrize("piece", [*_TAGS.split("|"), "<A HREF='<DT'", "<A =a='", "a='b", "<a" + " " * 500])
def test_hostile_files_cost_in_proportion_to_their_size(piece: str) -> None:
    """Eight times the size is eight times the work, not sixty-four times; processor time, whatever else runs."""

    def seconds(size: int) -> float:
        data = (piece * (size // len(piece))).encode() + b"<"
        start = process_time()
        read_netscape(data)
        return process_time() - start

    small = min(seconds(25_000) for _ in range(5))
    assert min(seconds(200_000) for _ in range(2)) < small * 32 + 0.01


_line = st.text(st.characters(codec="utf-8") | st.sampled_from("<>&\"' ;#"), max_size=20).map(
    lambda text: " ".join(text.split())
)
_some_line = _line.filter(bool)
_note = st.text(st.characters(codec="utf-8") | st.sampled_from("<>&\"'\n\r\t ;"), max_size=40).map(str.strip)
_time = st.none() | st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=0)
)
_flag = st.none() | st.booleans()
_bookmarks = st.lists(
    st.builds(
        NetscapeBookmark,
        url=_note.filter(lambda url: bool(url) and url[:6].lower() != "place:"),
        title=_line,
        note=_note,
        folders=st.lists(st.sampled_from(["a", "b"]) | _some_line, max_size=3).map(tuple),
        tags=st.lists(_some_line.filter(lambda tag: "," not in tag), max_size=3).map(tuple),
        added_at=_time,
        modified_at=_time,
        is_private=_flag,
        is_unread=_flag,
    ),
    max_size=6,
).map(tuple)


@given(_bookmarks, _line | st.just("Unread"))
def test_what_is_written_is_read_the_same(bookmarks: tuple[NetscapeBookmark, ...], title: str) -> None:
    reading = read_netscape(write_netscape(bookmarks, title=title).encode())
    assert reading.bookmarks == bookmarks
    assert reading.problems == ()


_SOUP = """
    <DL> </DL> <DT> <DD> </DD> <H3> </H3> <A <A/HREF=x> HREF= </A> > < " ' = & &amp; &#0; <!-- --> <! <br> x
    place: ADD_DATE=1
"""


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([*_SOUP.split(), " ", "\n", "\x00"])).map(lambda all_: "".join(all_).encode())
)
def test_anything_is_read_and_can_be_written(data: bytes) -> None:
    bookmarks = read_netscape(data).bookmarks
    assert read_netscape(write_netscape(bookmarks).encode()).bookmarks == bookmarks


def test_a_file_looks_as_others_expect_it() -> None:
    bookmarks = [
        NetscapeBookmark(
            url="https://example.org/?a&b", title="A <b>", note="one\ntwo", tags=("x", "y z"), added_at=_AT
        ),
        NetscapeBookmark(url="https://example.org/", title="B", folders=("F", "G"), is_private=True),
    ]
    assert write_netscape(bookmarks).splitlines()[5:] == [
        "<TITLE>Bookmarks</TITLE>",
        "<H1>Bookmarks</H1>",
        "<DL><p>",
        '    <DT><A HREF="https://example.org/?a&amp;b" ADD_DATE="1616337559" TAGS="x,y z">A &lt;b&gt;</A>',
        "    <DD>one",
        "two",
        "    <DT><H3>F</H3>",
        "    <DL><p>",
        "        <DT><H3>G</H3>",
        "        <DL><p>",
        '            <DT><A HREF="https://example.org/" PRIVATE="1">B</A>',
        "        </DL><p>",
        "    </DL><p>",
        "</DL><p>",
    ]
