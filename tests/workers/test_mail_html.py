"""A message's HTML as it is shown, as a feed has it, and as it is searched: what stays, what goes, and what is said."""

from __future__ import annotations

import pytest

from poolhouse.services.mail_entries import LONG_BYTES
from poolhouse.types import MessageLink
from poolhouse.workers.mail_feed import FEED_BYTES
from poolhouse.workers.mail_html import TEXT_LIMIT, clean_message_html

REL = 'rel="noopener noreferrer nofollow"'
# As MJML writes a section, a column and a text: each but the last has no size for its letters.
SECTION = """<table><tbody><tr><td style="direction:ltr;font-size:0px;padding:20px 0;text-align:center;">
<div style="font-size:0px;text-align:left;display:inline-block;width:100%"><table><tr>
<td align="left" style="font-size:0px;padding:10px 25px">{}</td></tr></table></div></td></tr></tbody></table>"""


def shown(markup: str) -> str:
    return clean_message_html(markup, {}).html


@pytest.mark.parametrize(
    "hiding",
    [
        "hidden",
        'style="display:none"',
        'style="color:red;DISPLAY : None !important"',
        'style="display:/* x */none"',
        'style="display:\\6eone"',
        'style="visibility:hidden"',
        'style="opacity:0"',
        'style="opacity: 0.0 ;color:red"',
        'style="max-height:0px;overflow:hidden"',
        'style="max-width:0"',
        'style="height:0;overflow:hidden"',
        'style="overflow:hidden;width:0px"',
        'style="font-size:0"',
        'style="line-height:1px;font-size:0px;mso-hide:all"',
    ],
)
def test_what_nobody_was_to_see_is_nowhere(hiding: str) -> None:
    cleaned = clean_message_html(
        f'before<div {hiding}>secret <a href="https://h.example/">x</a></div><p>after</p>', {}
    )
    assert cleaned.html == "before<p>after</p>"
    assert cleaned.feed_html == "before<p>after</p>"
    assert cleaned.text == "before\nafter"
    assert cleaned.links == ()


@pytest.mark.parametrize(
    "style",
    [
        "opacity:0.5",
        "font-size:0.8em",
        "font-size:10px",
        "max-height:20px",
        "height:0",
        "background-color:#333;color:#fff;display:inline-block;mso-hide:all;",
        "visibility:visible",
    ],
)
def test_what_is_seen_stays(style: str) -> None:
    assert ">seen</a>" in shown(f'<a href="https://n.example/" style="{style}">seen</a>')


@pytest.mark.parametrize(
    "inner",
    [
        '<div style="font-size:13px">The news</div>',
        '<div style="font:13px/1 Arial">The news</div>',
        '<font size="3">The news</font>',
        '<img src="https://n.example/a.png" width="600" alt="The news">',
    ],
)
def test_newsletters_whose_wrappers_have_no_size_stay(inner: str) -> None:
    cleaned = clean_message_html(SECTION.format(inner), {})
    assert "The news" in cleaned.html
    assert "The news" in cleaned.feed_html


@pytest.mark.parametrize(
    "inner",
    [
        "secret",
        'secret<img src="https://n.example/a.png" width="1" height="1">',
        'secret<img src="cid:missing">',
        'secret<i style="font-size:13px;display:none">secret</i>',
    ],
)
def test_what_has_no_size_and_nothing_in_it_that_has_goes(inner: str) -> None:
    cleaned = clean_message_html(SECTION.format(inner), {})
    assert "secret" not in cleaned.html + cleaned.feed_html + cleaned.text


@pytest.mark.parametrize(
    ("markup", "result"),
    [
        ("", ""),
        ("<p>Hi<div>x</div>", "<p>Hi</p><div>x</div>"),
        ("<style>p { color: red }</style><p class=x id=y onclick=z>q</p>", "<p>q</p>"),
        ('<table width=600 bgcolor="#ffffff" background=x.png><tr><td valign=top>a',
         '<table width="600" bgcolor="#ffffff"><tbody><tr><td valign="top">a</td></tr></tbody></table>'),
        ('<p style="position:fixed;color:red;background:url(https://t.example/);behavior:url(x);text-align:center">x</p>',
         '<p style="color:red;text-align:center">x</p>'),
        ("<font color=red face=Arial size=2>x</font><center>y</center>",
         '<font color="red" face="Arial" size="2">x</font><center>y</center>'),
        ("<form action=https://h.example/>a<input name=b><button>c</button></form>", "ac"),
        ("<!--[if mso]><v:roundrect>x</v:roundrect><![endif]--><o:p>y</o:p>", "y"),
        ("a\x00b\ud800c", "abc"),
    ],
)  # fmt: skip
def test_what_is_kept(markup: str, result: str) -> None:
    assert shown(markup) == result


@pytest.mark.parametrize(
    ("href", "result"),
    [
        ("https://n.example/a?b=1&amp;c=2", f'<a href="https://n.example/a?b=1&amp;c=2" {REL}>x</a>'),
        ("https://u:p@n.example/", f'<a href="https://n.example/" {REL}>x</a>'),
        ("mailto:a@n.example", f'<a href="mailto:a@n.example" {REL}>x</a>'),
        ("mailto:?attach=/etc/passwd", f'<a href="mailto:" {REL}>x</a>'),
        (
            "MAILTO:a@n.example?Subject=b%26c&amp;%61ttach=/d&amp;BCC=e@n.example&amp;cc=f@n.example&amp;body=g?&amp;h",
            f'<a href="MAILTO:a@n.example?Subject=b%26c&amp;cc=f@n.example&amp;body=g?" {REL}>x</a>',
        ),
        (
            "mailto:a@n.example?to=b@n.example&amp;In-Reply-To=%3Cc@n.example%3E&amp;from=d@n.example",
            f'<a href="mailto:a@n.example?to=b@n.example&amp;In-Reply-To=%3Cc@n.example%3E" {REL}>x</a>',
        ),
        ("tel:+4712345678", f'<a href="tel:+4712345678" {REL}>x</a>'),
        *(
            (bad, f"<a {REL}>x</a>")
            for bad in (
                "/a",
                "//n.example/",
                "#a",
                "part:1",
                "ftp://n.example/",
                "data:image/png;base64,AAAA",
            )
        ),
    ],
)
def test_where_links_may_lead(href: str, result: str) -> None:
    # beside a picture of its own, where more schemes are allowed, it is the same
    picture = '<img src="data:image/png;base64,AAAA">'
    assert shown(f'<a href="{href}" target=_top ping=x>x</a>') == result
    assert shown(f'<a href="{href}">x</a>{picture}') == result + picture


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("background-color:url(https://t.example/)", ""),
        ("background-color:u\\72l(https://t.example/)", ""),
        ("background-color:URL/**/(https://t.example/)", ""),
        ("width:image-set(&quot;https://t.example/&quot; 1x)", ""),
        ("width:image-set(url(&quot;x)&quot;) 1x)", ""),
        ("width:u\\5c 72l(https://t.example/)", ""),
        ("width:url\\28 https://t.example/)", ""),
        ("width:url\\5c 28 https://t.example/)", ""),
        ("width:calc(1px + url(https://t.example/))", ""),
        ("width:-webkit-cross-fade(url(https://t.example/),rgb(1,2,3))", ""),
        ("width:rgb(1,2,3) url(https://t.example/;height:calc(1px)", "height:calc(1px)"),
        ("width:var(--x)", ""),
        (
            "background-color:rgb(1, 2, 3);border-color:RGBA(1,2,3,.5)",
            "background-color:rgb(1, 2, 3);border-color:RGBA(1, 2, 3, 0.5)",
        ),
        (
            "border-color:hsl(1,2%,3%);border:hsla(1,2%,3%,.5);width:calc(100% - (2px + 1px))",
            "border-color:hsl(1, 2%, 3%);border:hsla(1, 2%, 3%, 0.5)",
        ),
        ("width:calc(100% - 2px)", "width:calc(100% - 2px)"),
    ],
)
def test_styles_name_no_files(style: str, kept: str) -> None:
    html = shown(f'<p style="color:red;{style};text-align:left">x</p>')
    between = f"{kept};" if kept else ""
    assert html == f'<p style="color:red;{between}text-align:left">x</p>'
    assert shown(html) == html


def test_pictures_are_the_message_s_own_or_wait() -> None:
    paths = {"logo@n.example": "2.1", "https://n.example/site.png": "2.2"}
    cleaned = clean_message_html(
        '<img src="cid:logo%40n.example" width=600><img src="CID:logo@n.example"><img src="https://n.example/site.png">'
        '<img src="https://t.example/a.png" srcset="https://t.example/b.png 2x" alt=A><img src="cid:missing" alt=B>'
        '<img src="data:image/jpg;base64,AA AA"><img src="data:image/svg+xml;base64,AAAA"><img src="rel.png"><img>'
        '<img src="part:9"><img data-remote="https://t.example/c.png">',
        paths,
    )
    assert cleaned.html == (
        '<img width="600" src="part:2.1"><img src="part:2.1"><img src="part:2.2">'
        '<img alt="A" data-remote="https://t.example/a.png"><img src="data:image/jpeg;base64,AAAA">'
    )
    assert cleaned.remote_image_count == 1


@pytest.mark.parametrize(
    "size",
    ["width=1 height=1", "width=0", 'height="1px"', "style='width:1px'", "style='height: 0'", "width='1.0'"],
)
def test_pictures_too_small_to_be_seen_go(size: str) -> None:
    cleaned = clean_message_html(f'<img src="https://t.example/open?u=1" {size}>', {})
    assert (cleaned.html, cleaned.remote_image_count) == ("", 0)


def test_large_data_goes() -> None:
    assert shown(f'<img src="data:image/png;base64,{"A" * 300_000}">') == ""


def test_a_feed_has_no_pictures_no_styles_and_no_way_to_act() -> None:
    cleaned = clean_message_html(
        '<div style="color:red" align=center><img src="https://t.example/a.png" alt=" A  b "><img src="cid:x" alt=C>'
        '<img src="data:image/png;base64,AAAA" alt="D"></div><p><a href="https://n.example/a">a</a></p>',
        {"x": "2"},
    )
    assert cleaned.feed_html == (
        f"<div><span>[A b]</span><span>[C]</span><span>[D]</span></div>"
        f'<p><a href="https://n.example/a" {REL}>a</a></p>'
    )


@pytest.mark.parametrize(
    ("href", "words"),
    [
        ("https://n.example/u/1", "Unsubscribe"),
        ("https://n.example/u/1", "Click to un-subscribe now"),
        ("https://n.example/u/1", "Manage your preferences"),
        ("https://n.example/u/1", "Confirm your subscription"),
        ("https://n.example/u/1", "Newsletter abbestellen"),
        ("https://n.example/u/1", "Se désabonner"),
        ("https://n.example/u/1", "Darse de baja"),
        ("https://n.example/u/1", "Meld deg av"),
        ("https://n.example/unsubscribe?u=1", "here"),
        ("mailto:leave@n.example?subject=unsubscribe", "leave"),
    ],
)
def test_links_that_act_are_only_words_in_a_feed(href: str, words: str) -> None:
    cleaned = clean_message_html(
        f'<a href="{href}"><b>{words}</b></a> <a href="https://n.example/a">a</a>', {}
    )
    assert href in cleaned.html
    assert cleaned.feed_html.startswith(f"<span><b>{words}</b></span>")
    assert [link.url for link in cleaned.links] == ["https://n.example/a"]


@pytest.mark.parametrize(
    "words",
    [
        "https://n.example/unsubscribe?u=1",
        "here: <b>https://n.example</b>/unsub<i>scribe?u=1</i>!",
        "Unsubscribe <img src='https://n.example/i' alt='https://n.example/unsubscribe?u=1'>",
    ],
)
def test_no_address_that_acts_is_words_in_a_feed(words: str) -> None:
    href = "https://n.example/unsubscribe?u=1"
    cleaned = clean_message_html(f'<p>To leave, <a href="{href}">{words}</a>, <i>or stay</i>.</p>', {})
    assert href in cleaned.html
    assert cleaned.feed_html == "<p>To leave, <span>[…]</span>, <i>or stay</i>.</p>"


def test_what_is_not_shown_does_not_make_a_link_act() -> None:
    feed = clean_message_html(
        '<a href="https://n.example/a">x<style>.unsubscribe{}</style></a>', {}
    ).feed_html
    assert feed == f'<a href="https://n.example/a" {REL}>x</a>'


def test_values_of_attributes_are_no_tags() -> None:
    cleaned = clean_message_html(
        """<abbr lang='"><i' title='</abbr> href="x" &amp;lt;'>x</abbr>"""
        """<img src=https://n.example/ alt='<b>"&amp;amp;"'>""",
        {},
    )
    assert cleaned.feed_html == (
        '<abbr lang="&quot;&gt;&lt;i" title="&lt;/abbr&gt; href=&quot;x&quot; &amp;lt;">x</abbr>'
        '<span>[&lt;b&gt;"&amp;amp;"]</span>'
    )


def test_text_is_made_where_it_is_wanted() -> None:
    markup = "<p>a</p>"
    without = clean_message_html(markup, {}, is_text_wanted=False)
    assert (without.text, without.html) == ("", markup)


def test_links_are_listed_once_in_order() -> None:
    cleaned = clean_message_html(
        '<a href="https://n.example/b">B</a><a href="https://n.example/a"><img src="https://n.example/i" alt="A"></a>'
        '<a href="https://n.example/b">again</a><a href="mailto:a@n.example">m</a><a href="https://n.example/c"></a>',
        {},
    )
    assert cleaned.links == (
        MessageLink("https://n.example/b", "B"),
        MessageLink("https://n.example/a", "A"),
        MessageLink("https://n.example/c", "https://n.example/c"),
    )
    many = "".join(f'<a href="https://n.example/{number}">x</a>' for number in range(500))
    assert len(clean_message_html(many, {}).links) == 200


@pytest.mark.parametrize(
    ("href", "words", "warned"),
    [
        (
            "https://evil.example/x",
            "https://bank.example/login",
            "says bank.example and leads to evil.example",
        ),
        ("https://evil.example/x", "BANK.example", "says bank.example"),
        ("https://xn--pple-43d.com/", "apple", "xn--pple-43d.com"),
        ("https://track.bank.example/c/1", "bank.example", ""),
        ("https://bank.example/", "www.bank.example", ""),
        ("https://evil.example/", "read more", ""),
    ],
)
def test_links_that_deceive_are_told(href: str, words: str, warned: str) -> None:
    warnings = clean_message_html(f'<a href="{href}">{words}</a>', {}).warnings
    assert len(warnings) == bool(warned)
    assert warned in "".join(warnings)


def test_no_more_than_three_warnings() -> None:
    many = "".join(f'<a href="https://e{number}.example/">bank.example</a>' for number in range(9))
    assert len(clean_message_html(many, {}).warnings) == 3


def test_text_reads_in_order_line_by_line_and_is_bounded() -> None:
    markup = "<h1>Beds</h1><p>one <b>two</b>\n three<br>four</p><table><tr><td>a</td><td>b</td></tr><tr><td>c</table>"
    assert clean_message_html(markup, {}).text == "Beds\none two three\nfour\na b\nc"
    assert len(clean_message_html("word " * 100_000, {}).text) == TEXT_LIMIT


def test_a_long_feed_is_cut_well_formed() -> None:
    feed = clean_message_html("<div><p>One <b>more</b> &amp; more.</p></div>" * 10_000, {}).feed_html
    assert 150 * 1024 < len(feed.encode()) <= FEED_BYTES
    assert clean_message_html(feed, {}).feed_html == feed
    assert feed.count("<p>") == feed.count("</p>")


@pytest.mark.parametrize("words", ["one &amp; two ", "a line &lt;\n", "ø", "&amp;", "漢"])
def test_a_long_text_without_tags_is_cut_and_not_lost(words: str) -> None:
    feed = clean_message_html(f"<p>a</p><pre>{words * (400_000 // len(words))}</pre>", {}).feed_html
    # so much that its reader is told where to read on
    assert LONG_BYTES < len(feed.encode()) <= FEED_BYTES
    assert feed.endswith("</pre>")
    assert feed.count("&") == feed.count("&amp;") + feed.count("&lt;")
    assert "&amp;am" not in feed
    assert "&amp;a;" not in feed


@pytest.mark.parametrize(
    "piece", ["<div>", "<b>", "<table><td>", "<p><b id=x>", "<a href=x>", "<font size=1>"]
)
def test_nested_without_end_is_no_trouble(piece: str) -> None:
    cleaned = clean_message_html(piece * 50_000 + "the text", {})
    assert "the text" in cleaned.text
    assert "the text" in cleaned.html


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="font-size:0{}x">a</p>',
        '<p style="display{}x">a</p>',
        '<img src="https://n.example/a.png" width="1{}x">',
        '<img src="https://n.example/a.png" style="width:1{}x">',
        '<p style="{}/*">a</p>',
    ],
)
def test_long_attributes_are_no_trouble(markup: str) -> None:
    """A search that goes back from each space would take some twenty minutes here."""
    clean_message_html(markup.format(" " * 400_000), {})
