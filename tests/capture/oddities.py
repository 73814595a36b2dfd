"""Pages without an article, things that are no pages, and markup that no two parsers would agree on."""

# ruff: noqa: E501 - markup, not code

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.capture.answers import redirect, whole
from tests.capture.articles import document, said
from tests.capture.pages import Page
from tests.capture.pictures import photograph
from tests.capture.words import (
    FOOTER,
    MENU,
    as_html,
    first_sentence,
    last_sentence,
    marked,
    marking,
    paragraphs,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
NESTED = 100_000


def _empty_of_text() -> list[Page]:
    """Pages that hold nothing to read."""
    links = "\n".join(f'<li><a href="/item/{n}">Entry number {n}</a></li>' for n in range(3_000))
    form = '<form method="post"><label>Name <input name="u"></label><input type="password"><button>Go</button></form>'
    wall = (
        "<main><h1>Before you go on</h1><p>We use cookies and your data to keep this place running and to measure who "
        "comes. Choose whether you accept all cookies or reject them.</p><form><button>Accept all</button></form></main>"
    )
    return [
        Page(
            name="spa",
            answers={
                "": whole(
                    document(
                        "Harbour board",
                        '<div id="root"></div><noscript>You need to enable JavaScript to run this app.</noscript>'
                        '<script>window.__STATE__={"article":"text within a script"}</script>'
                        '<script src="/track.js"></script>',
                        '<meta name="description" content="The board of the harbour, live.">',
                    )
                )
            },
            has_text=False,
            without="runs? its scripts",
            hushes=("text within a script", "__STATE__"),
            title="Harbour board",
        ),
        Page(
            name="wall",
            answers={"": whole(document("Before you go on", wall), lines=["Set-Cookie: wall=1"])},
            has_text=False,
            without="agrees to its cookies",
            title="Before you go on",
        ),
        Page(
            name="login",
            answers={
                "": redirect("/login/form?next=%2Fsecret"),
                "/form?next=%2Fsecret": whole(document("Log in", form)),
            },
            has_text=False,
            without="logs in or subscribes",
            title="Log in",
            final="/login/form?next=%2Fsecret",
        ),
        Page(
            name="soft404",
            answers={"": whole(document("Page not found", f"{MENU}<h1>Oops</h1><p>We looked.</p>{FOOTER}"))},
            has_text=None,
            title="Page not found",
            hushes=(),
        ),
        Page(
            name="links",
            answers={"": whole(document("Index of everything", f"<ul>{links}</ul>"))},
            has_text=None,
            hushes=(),
            title="Index of everything",
        ),
        Page(
            name="linkstable",
            answers={
                "": whole(
                    f"<title>Links</title><table><tr><td>{links}"
                    f'<a href="/mark">{marked("linkstable")}</a></td></tr></table>'
                )
            },
            says=("Entry number 0", "Entry number 2999"),
            title="Links",
        ),
        Page(
            name="frames",
            answers={
                "": whole(
                    '<html><head><title>Framed</title></head><frameset cols="20%,80%"><frame src="/frames/menu">'
                    '<frame src="/frames/main"><noframes><body>Your browser is too old.</body></noframes></frameset></html>',
                    "text/html",
                ),
                "/main": whole(document("Main", as_html(paragraphs("mills", "frames")))),
            },
            has_text=None,
            title="Framed",
            unasked=("/frames/menu", "/frames/main"),
        ),
        Page(name="empty", answers={"": whole("")}, has_text=False, without="no text"),
        Page(name="nothing", answers={"": whole(b"", "", status="204 No Content")}, has_text=False),
        Page(name="blank", answers={"": whole(" \n" * 2_000)}, has_text=False, without="no text"),
    ]


def _other_media() -> list[Page]:
    """Addresses of things that are not HTML."""
    text = "\n\n".join(paragraphs("bread", "plaintext"))
    return [
        Page(
            name="image",
            answers={"": whole(photograph("PNG", 640, 480), "image/png")},
            has_text=False,
            has_thumbnail=None,
        ),
        Page(name="pdf", answers={"": whole(PDF, "application/pdf")}, has_text=False),
        Page(
            name="plaintext",
            answers={"": whole(text, "text/plain; charset=utf-8")},
            says=said("bread", "plaintext"),
        ),
        Page(
            name="json",
            answers={"": whole(json.dumps({"title": "no page", "items": [1] * 900}), "application/json")},
            has_text=False,
        ),
        Page(
            name="feed",
            answers={"": whole('<?xml version="1.0"?><rss version="2.0"><channel><title>f</title></channel></rss>',
                               "application/rss+xml")},
            has_text=False,
        ),
        Page(name="binary", answers={"": whole(bytes(range(256)) * 40, "application/octet-stream")}, has_text=False),
        Page(name="mislabelled", answers={"": whole(photograph("PNG", 64, 48), "text/html")}, has_text=False,
             without="not a page of text", has_thumbnail=None),
    ]  # fmt: skip


def _shapes() -> list[Page]:
    """An article each, in markup of another age or of no school."""
    xhtml = (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" '
        '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml" '
        'xml:lang="en" lang="en"><head><title>Strict moss</title><meta name="author" content="A. Purist" /></head>'
        f"<body><div>{as_html(paragraphs('moss', 'xhtml'))}<br /></div></body></html>"
    )
    subset = '<!DOCTYPE html [<!ENTITY lol "ha"><!ENTITY lols "&lol;&lol;&lol;"><!ENTITY file SYSTEM "file:///etc/passwd">]>'
    entities = f"{subset}<html><head><title>E</title></head><body>{as_html(paragraphs('bread', 'subset'))}<p>&file;&lols;"
    upper = as_html(paragraphs("bread", "broken")).replace("</p>", "").replace("<p>", "<P><B>", 1)
    return [
        Page(
            name="xhtml",
            answers={"": whole(xhtml, "application/xhtml+xml")},
            says=said("moss", "xhtml"),
            title="Strict moss",
            author="A. Purist",
            language="en",
        ),
        Page(
            name="subset",
            answers={"": whole(entities, "application/xhtml+xml")},
            says=said("bread", "subset"),
            hushes=("root:", "/bin/", "haha"),
        ),
        Page(
            name="bare",
            answers={"": whole("<title>Bare</title>" + "<p>".join(("", *paragraphs("wheels", "bare"))))},
            says=said("wheels", "bare"),
            title="Bare",
        ),
        Page(
            name="oneline",
            answers={"": whole(document("One line", as_html([" ".join(paragraphs("trains", "oneline")) * 300])
                                        .replace("\n", " ")).replace("\n", ""))},
            says=said("trains", "oneline")[:2],
            title="One line",
        ),
        Page(
            name="broken",
            answers={"": whole(
                f'<html><head><title>Broken &amp; whole</title ><body class=x" id=\'y\'z =w"><div><table><p>{upper}'
                "</span></i></table></div></body></html><p>after the end"
            )},
            says=("Rye does not hold", marking("broken"), "the recipe was bad"),
            title="Broken & whole",
        ),
        Page(
            name="unclosed",
            answers={"": whole(document("Unclosed", as_html(paragraphs("mills", "unclosed")) + "<!-- never ends <p>x" * 9))},
            says=said("mills", "unclosed"),
            hushes=("never ends",),
        ),
        Page(
            name="control",
            answers={"": whole(
                document("Con\x01trol", as_html(paragraphs("lenses", "control")).replace(" ", " \x00\x08\x0b", 40)
                         + "&#0;&#x1F;&#xD800;&#1114112;\ufffe\u202e")
            )},
            says=("settled on the", marking("control"), last_sentence("lenses")),
            hushes=("\x00", "\x01", "\x08", "\x0b", "\x1f"),
        ),
    ]  # fmt: skip


def _hostile_shapes() -> list[Page]:
    """Markup meant to take for ever."""

    def around(name: str, essay: str, before: str, after: str = "") -> Page:
        return Page(
            name=name,
            answers={"": whole(document("Deep", f"{as_html(paragraphs(essay, name))}{before}{after}"))},
            says=(first_sentence(essay), marking(name)),
            title="Deep",
        )

    quotes = "<blockquote><table><tr><td><font><b>" * 20_000
    return [
        Page(
            name="divs",
            answers={
                "": whole(
                    document(
                        "Divs",
                        "<div>" * NESTED + as_html(paragraphs("mills", "divs")) + "</div>" * NESTED,
                    )
                )
            },
            says=said("mills", "divs"),
            title="Divs",
        ),
        around("siblings", "moss", "<div></div>" * NESTED),
        around("formatting", "bread", "<b><i><u><a href=x>" * 25_000, "deep"),
        around("quotes", "wheels", quotes),
        around("attributes", "trains", "<p " + " ".join(f"a{n}=1" for n in range(NESTED)) + ">x</p>"),
        around("entities", "lenses", "<p>" + "&notin;&amp" * 50_000 + "</p>"),
        around("comments", "mills", "<!--x-->" * NESTED + "<!" * NESTED),
        around("less", "moss", "<p>" + "<" * 500_000),
        Page(
            name="script",
            answers={"": whole(document("Large script", "<script>var a=" + '"<p>no</p>",' * 100_000 + "0</script>"
                                        + as_html(paragraphs("bread", "script"))))},
            says=said("bread", "script"),
            title="Large script",
        ),
        Page(
            name="large",
            answers={"": whole(document("Ten megabytes", as_html(paragraphs("wheels", "large"))
                                        + as_html([f"Row {n} of the log says that all is well." for n in range(200_000)])))},
            says=(first_sentence("wheels"), marking("large")),
            title="Ten megabytes",
        ),
    ]  # fmt: skip


def odd() -> Sequence[Page]:
    """All of them."""
    return [*_empty_of_text(), *_other_media(), *_shapes(), *_hostile_shapes()]
