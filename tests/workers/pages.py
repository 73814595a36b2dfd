"""Pages in the shapes of real ones, with what a reader should find on each; the words are of our own making."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

SUBJECTS = """
    the pool/a letter/some feed/our house/each reader/one garden/the river/a long winter/every page
""".strip().split("/")
VERBS = ["keeps", "carries", "remembers", "loses", "opens", "mends", "follows", "leaves behind", "asks for"]
PLACES = [
    "at night",
    "in the old mill",
    "beyond the hill",
    "for years",
    "without a word",
    "by hand",
    "after the rain",
]


def sentence(number: int) -> str:
    """A sentence of its own for each number."""
    return (
        f"Number {number} says that {SUBJECTS[number % 9]} {VERBS[number // 2 % 9]} {SUBJECTS[(number * 5 + 3) % 9]} "
        f"{PLACES[number % 7]}, and {PLACES[(number + 3) % 7]} too."
    )


def paragraph(number: int) -> str:
    """Four sentences."""
    return " ".join(sentence(number * 4 + each) for each in range(4))


def paragraphs(count: int, first: int = 0) -> str:
    return "".join(f"<p>{paragraph(first + each)}</p>\n" for each in range(count))


def plain(count: int, first: int = 0) -> str:
    return " ".join(paragraph(first + each) for each in range(count))


NAV = (
    "<nav><ul>"
    + "".join(f"<li><a href='/s{each}'>Section {each}</a></li>" for each in range(12))
    + "</ul></nav>"
)
ASIDE = (
    "<aside class='sidebar related'><h3>Related stories</h3>"
    + "".join(f"<p><a href='/r{each}'>Another story {each} of ours</a></p>" for each in range(15))
    + "</aside>"
)
FOOT = "<footer><p>Copyright of somebody. <a href='/imprint'>Imprint</a> <a href='/privacy'>Privacy</a></p></footer>"
COMMENTS = (
    "<section id='comments' class='comments'><h3>Comments</h3>"
    + "".join(f"<div class='comment'><p>I think so too, number {each}.</p></div>" for each in range(30))
    + "</section>"
)


def page(head: str, body: str, *, attributes: str = " lang='en'") -> bytes:
    return (
        f"<!DOCTYPE html><html{attributes}><head><meta charset=utf-8>{head}</head><body>{body}</body></html>"
    ).encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`article` is the text a reader wants, without the title; `has` is markup that must be in the reader view."""

    name: str
    body: bytes
    article: str
    title: str
    has: tuple[str, ...] = ()
    has_not: tuple[str, ...] = ()


def f1(found: str, wanted: str) -> float:
    """How well the words of two texts agree: the harmonic mean of precision and recall."""
    one, other = (Counter(re.findall(r"[\u3000-\u9fff]|[a-z0-9]+", text.lower())) for text in (found, wanted))
    common = (one & other).total()
    return 2 * common / (one.total() + other.total()) if common else 0.0


LONG = plain(8)
HAIKU = (
    "\u53e4\u6c60\u3084\u86d9\u98db\u3073\u8fbc\u3080\u6c34\u306e\u97f3"
    "\u3001\u3068\u3044\u3046\u53e5\u304c\u3042\u308b\u3002"
)
SHAPES = [
    Shape(
        name="news",
        title="A letter arrives",
        article=f"{plain(3)} A subheading here {plain(5, 3)}",
        body=page(
            "<title>A letter arrives - The Daily Pool</title><meta property=og:site_name content='The Daily Pool'>",
            f"<header class=masthead><a href=/>The Daily Pool</a></header>{NAV}<main><article><h1>A letter arrives</h1>"
            f"<div class=byline>By Anna Writer</div>{paragraphs(3)}<h2>A subheading here</h2>{paragraphs(5, 3)}"
            f"<div class='share social'><a href=#>Share</a><a href=#>Tweet</a></div></article>{ASIDE}</main>"
            f"{COMMENTS}{FOOT}",
        ),
        has=("<h2>A subheading here</h2>",),
        has_not=("Section 3", "Related stories", "I think so too", "<h1>"),
    ),
    Shape(
        name="blog in divs",
        title="On mending",
        article=LONG,
        body=page(
            "<title>On mending</title>",
            f"<div id=wrap><div id=head><a href=/>blog</a></div><div id=menu>{NAV}</div><div class='post hentry'>"
            f"<h2 class=title>On mending</h2><div class=entry-content>{paragraphs(8)}</div></div>"
            f"<div id=side>{ASIDE}</div>{COMMENTS}{FOOT}</div>",
        ),
        has_not=("Section 3", "I think so too"),
    ),
    Shape(
        name="paragraphs by br",
        title="Old page",
        article=LONG,
        body=page(
            "<title>Old page</title>",
            "<table><tr><td width=150><a href=a>A</a><br><a href=b>B</a></td><td><font size=2>"
            + "<br><br>\n".join(paragraph(each) for each in range(8))
            + "</font></td></tr></table>",
            attributes="",
        ),
    ),
    Shape(
        name="lazy images",
        title="Pictures",
        article=LONG,
        body=page(
            "<title>Pictures</title>",
            f"<article>{paragraphs(4)}<figure><img class=lazy src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' "
            "data-src='/i/one.jpg' alt='One'></figure><div class='img-wrap lazyload'><img src='/spacer.gif' "
            "data-srcset='/i/two-300.jpg 300w, /i/two-1200.jpg 1200w'></div><p><picture><source type=image/avif "
            "srcset='/i/three.avif'><img src='/i/three.jpg'></picture></p><img class=lazy><noscript>"
            f"<img src='/i/four.jpg' alt='Four'></noscript>{paragraphs(4, 4)}</article>",
        ),
        has=(
            'src="https://shape.example/i/one.jpg"',
            'src="https://shape.example/i/two-1200.jpg"',
            'src="https://shape.example/i/three.jpg"',
            'src="https://shape.example/i/four.jpg"',
        ),
        has_not=("spacer.gif", "data:image"),
    ),
    Shape(
        name="a table of data",
        title="Measured",
        article=f"{plain(4)} Kind Links per day Letters per day "
        + " ".join(f"kind {each} {each * 3} {each * 7}" for each in range(12))
        + f" {plain(4, 4)}",
        body=page(
            "<title>Measured</title>",
            f"{NAV}<article>{paragraphs(4)}<table><thead><tr><th>Kind<th>Links per day<th>Letters per day</thead>"
            + "".join(
                f"<tr><td><a href='/k{each}'>kind {each}</a><td>{each * 3}<td>{each * 7}"
                for each in range(12)
            )
            + f"</tbody></table>{paragraphs(4, 4)}</article>{FOOT}",
        ),
        has=("<th>Kind</th>", "<td>77</td>"),
    ),
    Shape(
        name="code and lists",
        title="How to",
        article=f"{plain(3)} pip install thing first do this then do that {plain(3, 3)} for x in y: print(x)",
        body=page(
            "<title>How to</title>",
            f"{NAV}<main>{paragraphs(3)}<pre><code>pip install thing</code></pre><ol><li>first do this</li>"
            f"<li>then do that</li></ol>{paragraphs(3, 3)}<pre>for x in y:\n    print(x)</pre></main>{ASIDE}{FOOT}",
        ),
        has=("<pre>for x in y:\n    print(x)</pre>", "<li>first do this</li>"),
    ),
    Shape(
        name="quotations",
        title="Said",
        article=f"{plain(4)} Somebody wrote this to us last week: {plain(1, 10)} {plain(4, 4)}",
        body=page(
            "<title>Said</title>",
            f"<article><div>{paragraphs(4)}</div><div>Somebody wrote this to us last week:</div>"
            f"<blockquote>{paragraphs(1, 10)}</blockquote><div>{paragraphs(4, 4)}</div></article>{COMMENTS}",
        ),
        has=("<blockquote>",),
    ),
    Shape(
        name="hidden and scripts",
        title="Shown",
        article=LONG,
        body=page(
            "<title>Shown</title><script>var x = '<p>" + plain(20, 50) + "</p>';</script>",
            f"<div style='display:none'>{paragraphs(20, 80)}</div><div hidden>{paragraphs(9, 60)}</div>"
            f"<article>{paragraphs(8)}</article><template>{paragraphs(9, 60)}</template><script>x()</script>",
        ),
    ),
    Shape(
        name="never closed",
        title="Careless",
        article=f"{LONG} one two three",
        body=b"<TITLE>Careless</TITLE><BODY><H1>Careless</H1>"
        + "".join(f"<P>{paragraph(each)}" for each in range(8)).encode()
        + b"<UL><LI>one<LI>two<LI>three</UL>",
    ),
    Shape(
        name="Japanese",
        title="\u6c60\u306e\u8a71",
        article=HAIKU * 20,
        body=(
            "<html lang=ja><head><meta charset=shift_jis><title>\u6c60\u306e\u8a71</title></head><body>"
            f"<nav><a href=/>x</a></nav><div class=main>{f'<p>{HAIKU * 4}</p>' * 5}</div></body></html>"
        ).encode("shift_jis"),
    ),
    Shape(
        name="a forum's thread",
        title="What do you keep?",
        article=" ".join(f"user{each} wrote {paragraph(each)}" for each in range(12)),
        body=page(
            "<title>What do you keep?</title>",
            NAV
            + "<div id=thread>"
            + "".join(
                f"<div class=post><span>user{each} wrote</span><div class=body>{paragraphs(1, each)}</div></div>"
                for each in range(12)
            )
            + f"</div>{FOOT}",
        ),
    ),
    Shape(
        name="short",
        title="Example",
        article="This domain is for use in examples. Learn more",
        body=page(
            "<title>Example</title>",
            "<div><h1>Example</h1><p>This domain is for use in examples.</p><p><a href=x>Learn more</a></p></div>",
        ),
    ),
    Shape(
        name="wrapped deep",
        title="Deep",
        article=LONG,
        body=page("<title>Deep</title>", NAV + "<div>" * 90 + paragraphs(8) + "</div>" * 90 + FOOT),
    ),
]
