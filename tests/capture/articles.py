"""Pages as people save them every day: an article and what stands around it, in the shapes that sites give them."""

# ruff: noqa: E501 - markup and prose, not code

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.capture.answers import whole
from tests.capture.pages import Page
from tests.capture.pictures import photograph
from tests.capture.words import (
    COOKIE_BANNER,
    FOOTER,
    MENU,
    NEWSLETTER,
    RELATED,
    SCRIPT,
    SHARE,
    as_html,
    first_sentence,
    last_sentence,
    marking,
    paragraphs,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def document(title: str, body: str, head: str = "", language: str = "en") -> str:
    """A whole page in HTML5."""
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'
    )


def said(essay: str, name: str) -> tuple[str, ...]:
    """What the readable text of a page with that essay says, in this order."""
    return (first_sentence(essay), marking(name), last_sentence(essay))


def _blog() -> Page:
    head = (
        '<meta name="author" content="Ilse Brandvold"><meta property="og:title" content="How wheels stay round">'
        '<meta property="article:published_time" content="2031-05-04T09:30:00+02:00">'
        '<meta property="og:image" content="{here}/blog/cover.jpg"><link rel="icon" href="/blog/icon.png">'
        '<link rel="stylesheet" href="/blog/style.css">'
    )
    text = paragraphs("wheels", "blog")
    body = (
        f'{SCRIPT}{MENU}<main><article class="post"><h1>How wheels stay round</h1><p class="byline">by Ilse Brandvold, '
        f'<time datetime="2031-05-04">4 May 2031</time></p>{SHARE}{as_html(text[:2])}'
        f'<figure><img src="/blog/hub.png" width="640" height="400" alt="A hub on the bench">'
        f"<figcaption>A hub waits for its spokes.</figcaption></figure>{as_html(text[2:])}</article>"
        '<section id="comments" class="comments"><h2>2 replies</h2><div class="comment">First! Nice one, mate.</div>'
        '<div class="comment">My own wheels are square, lol.</div></section></main>'
        f"{RELATED}{NEWSLETTER}{FOOTER}{COOKIE_BANNER}"
    )
    return Page(
        name="blog",
        answers={
            "": whole(document("How wheels stay round - The Lantern Weekly", body, head)),
            "/cover.jpg": whole(photograph("JPEG", 1200, 630), "image/jpeg"),
            "/hub.png": whole(photograph("PNG", 640, 400), "image/png"),
            "/icon.png": whole(photograph("PNG", 32, 32), "image/png"),
            "/style.css": whole(
                'article{max-width:40em}.post::before{content:"";background:url(hub.png)}', "text/css"
            ),
        },
        says=(*said("wheels", "blog"),),
        title="How wheels stay round",
        author="Ilse Brandvold",
        published="2031-05-04",
        language="en",
        has_thumbnail=True,
    )


def _news() -> Page:
    data = """<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle",
"headline":"Last night train leaves platform nine","datePublished":"2031-11-02T22:15:00Z","inLanguage":"en-GB",
"author":[{"@type":"Person","name":"Tomasz Relay"},{"@type":"Person","name":"Ada Quince"}],
"image":{"@type":"ImageObject","url":"{here}/news/train.jpg"}}</script>"""
    text = paragraphs("trains", "news")
    advert = (
        '<div class="ad-slot advertisement" data-ad="1"><p>Advertisement: mattresses, half price!</p></div>'
    )
    body = (
        f'{SCRIPT}{MENU}<div class="layout"><div class="column-main"><article><header><h1>Last night train leaves '
        f"platform nine</h1></header>{as_html(text[:1])}{advert}{as_html(text[1:3])}"
        f'<div class="inline-related"><p><a href="/a">Ferry company orders nine electric vessels</a></p></div>'
        f'{as_html(text[3:])}{SHARE}</article></div><div class="column-side">{RELATED}{NEWSLETTER}</div></div>'
        f"{FOOTER}{COOKIE_BANNER}"
    )
    return Page(
        name="news",
        answers={
            "": whole(document("Last night train leaves platform nine | Lantern", body, data, "en-GB")),
            "/train.jpg": whole(photograph("JPEG", 1000, 600), "image/jpeg"),
        },
        says=said("trains", "news"),
        title="Last night train leaves platform nine",
        author="Tomasz Relay, Ada Quince",
        published="2031-11-02",
        language="en-GB",
        has_thumbnail=True,
    )


def _documentation() -> Page:
    tree = "".join(f'<li><a href="/doc/{n}">Chapter {n} of the manual</a></li>' for n in range(60))
    body = (
        f'<div class="sidebar"><ul class="toctree">{tree}</ul></div><main role="main"><h1>Pouring a tide table'
        '<a class="headerlink" href="#pouring">¶</a></h1><p>The function <code>pour_tide</code> takes a harbour and a '
        "day and gives the times of high water, in minutes since midnight. It asks nothing of the network and may be "
        f'called from any thread. {marking("documentation")}</p><pre><code class="language-python">from harbour import '
        'pour_tide\n\nfor minute in pour_tide("Ebbmouth", "2031-04-01"):\n    print(minute &lt; 720)\n</code></pre>'
        "<p>Each harbour has a constant of its own, which is added before the result is rounded. The table lists those "
        "that are built in; others can be given by hand, as long as they lie between zero and twelve hours.</p>"
        "<table><thead><tr><th>Harbour</th><th>Minutes</th></tr></thead><tbody><tr><td>Ebbmouth</td><td>211</td></tr>"
        "<tr><td>Saltgate</td><td>374</td></tr></tbody></table><h2>Errors</h2><p>Where a harbour is not known, the "
        "function raises <code>NoSuchHarbour</code>, which bears the name that was asked for. A day before 1901 raises "
        f'ValueError, since the constants were not measured then.</p></main><p class="footer">Built with Papyrus 9</p>'
    )
    return Page(
        name="documentation",
        answers={"": whole(document("Pouring a tide table — Harbour 3.2 documentation", body, ""))},
        says=(
            "takes a harbour and a day", marking("documentation"), "for minute in pour_tide(", "print(minute < 720)",
            "Saltgate", "374", "raises NoSuchHarbour",
        ),
        hushes=("Chapter 7 of the manual",),
        language="en",
    )  # fmt: skip


def _wiki() -> Page:
    text = paragraphs("mills", "wiki")
    edit = '<span class="mw-editsection">[<a href="/w?edit">edit</a>]</span>'
    body = (
        '<div id="mw-navigation"><ul><li><a href="/random">Random article please</a></li></ul></div><div id="content" '
        'class="mw-body"><h1 id="firstHeading">Tidal mill</h1><div id="bodyContent"><div id="mw-content-text">'
        '<table class="infobox"><tr><th>Power</th><td>Moon</td></tr><tr><th>Height</th><td>11 m</td></tr></table>'
        f'{as_html(text[:1])}<div id="toc" class="toc"><h2>Contents</h2><ul><li><a href="#h">1 Hours</a></li></ul>'
        f'</div><h2 id="h">Hours{edit}</h2>{as_html(text[1:2])}<h2>Ponds{edit}</h2>{as_html(text[2:])}'
        '<div class="navbox"><a href="/x">Windmills by county of origin</a></div></div></div></div>'
        '<div id="footer">Text is available under a licence that nobody has read.</div>'
    )
    return Page(
        name="wiki",
        answers={"": whole(document("Tidal mill - Freewiki", body, ""))},
        says=said("mills", "wiki"),
        hushes=("Random article please", "licence that nobody has read"),
        language="en",
    )


def _forum() -> Page:
    first, second, third, fourth = paragraphs("bread", "forum")

    def post(who: str, text: str) -> str:
        return (
            f'<div class="post" id="p-{who}"><div class="postprofile"><a href="/u/{who}">{who}</a><br>Posts: 311</div>'
            f'<div class="postbody"><div class="content">{text}</div></div></div>'
        )

    body = (
        f'{MENU}<div id="page-body"><h2 class="topic-title">My rye sinks</h2>{post("dorit", f"{first} {second}")}'
        f"{post('owen', third)}{post('miriam', fourth)}</div>{FOOTER}"
    )
    return Page(
        name="forum",
        answers={"": whole(document("My rye sinks - Bakers' board", body))},
        says=(
            first_sentence("bread"),
            marking("forum"),
            "no kneading worth the name",
            last_sentence("bread"),
        ),
        hushes=("Newsroom front", "all rights reserved worldwide"),
    )


def _recipe() -> Page:
    data = """<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebSite",
"name":"Cellar Apples"},{"@type":["Recipe"],"name":"Sour rye for a wet day","author":{"@type":"Person",
"name":"Noor Halvorsen"},"datePublished":"2030-02-28","image":["{here}/recipe/loaf.jpg"],
"recipeIngredient":["500 g rye flour"]}]}</script>"""
    text = paragraphs("bread", "recipe")
    body = (
        f'{MENU}<article class="recipe"><h1>Sour rye for a wet day</h1>{as_html(text)}<h2>Ingredients</h2><ul>'
        "<li>500 g wholemeal rye flour, freshly milled</li><li>420 g water from the tap</li><li>9 g coarse salt</li></ul>"
        "<h2>Method</h2><ol><li>Stir everything with the starter until no dry flour is left.</li><li>Bake for seventy "
        f"minutes, beginning hot and ending gently.</li></ol></article>{RELATED}{NEWSLETTER}{FOOTER}"
    )
    return Page(
        name="recipe",
        answers={
            "": whole(document("Sour rye for a wet day | Cellar Apples", body, data)),
            "/loaf.jpg": whole(photograph("JPEG", 900, 900), "image/jpeg"),
        },
        says=(*said("bread", "recipe"), "500 g wholemeal rye flour", "Bake for seventy minutes"),
        title="Sour rye for a wet day",
        author="Noor Halvorsen",
        published="2030-02-28",
        has_thumbnail=True,
    )


def _abstract() -> Page:
    head = (
        '<meta name="citation_title" content="On the slackness of lower spokes">'
        '<meta name="citation_author" content="Brandvold, I."><meta name="citation_author" content="Quince, A.">'
        '<meta name="citation_publication_date" content="2029/06/15">'
        '<meta name="citation_pdf_url" content="{here}/abstract/full.pdf">'
    )
    body = (
        f'<div id="header"><a href="/">eprints.example</a> &gt; physics</div><div id="abs"><h1 class="title">On the '
        'slackness of lower spokes</h1><div class="authors"><a href="/a">I. Brandvold</a>, <a href="/b">A. Quince</a>'
        '</div><blockquote class="abstract"><span class="descriptor">Abstract:</span> We measure the tension of '
        "thirty-six spokes while the wheel that they belong to rolls under a load of eighty kilograms. Contrary to what "
        "is often taught, the upper spokes carry hardly more than at rest; the load is borne by the four beneath the "
        f"hub, which lose a part of their tension for a sixth of each turn. {marking('abstract')} A model with one free "
        "parameter reproduces the curve, and we discuss what it means for the life of a nipple.</blockquote></div>"
        '<div class="extra-services"><h3>Access Paper</h3><a href="/abstract/full.pdf">View PDF</a></div>'
    )
    return Page(
        name="abstract",
        answers={"": whole(document("[3101.00042] On the slackness of lower spokes", body, head))},
        says=("We measure the tension", marking("abstract"), "the life of a nipple"),
        hushes=("Access Paper",),
        title="On the slackness of lower spokes",
        author="Brandvold, I.",
        published="2029-06-15",
        unasked=("/abstract/full.pdf",),
    )


def _product() -> Page:
    text = paragraphs("lenses", "product")
    offers = "".join(
        f'<div class="card"><a href="/p/{n}">Brass thing no. {n}</a><span>{n}.99</span></div>'
        for n in range(24)
    )
    body = (
        f'{MENU}<div class="product" itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Harbour lamp, '
        '1:12 model</h1><img itemprop="image" src="/product/lamp.png" width="800" height="800" alt="The lamp">'
        '<span class="price">149.00</span><button>Add to basket</button><div itemprop="description" '
        f'class="description">{as_html(text)}</div></div><div class="carousel recommendations"><h3>Others also '
        f"bought</h3>{offers}</div>{FOOTER}"
    )
    return Page(
        name="product",
        answers={
            "": whole(
                document(
                    "Harbour lamp, 1:12 model - Brass Things",
                    body,
                    '<meta property="og:image" content="/product/lamp.png">',
                )
            ),
            "/lamp.png": whole(photograph("PNG", 800, 800), "image/png"),
        },
        says=said("lenses", "product"),
        hushes=("Newsroom front", "Brass thing no. 3", "all rights reserved worldwide"),
        has_thumbnail=True,
    )


def _questions() -> Page:
    first, second, third, fourth = paragraphs("moss", "questions")
    body = (
        f'{MENU}<div id="question-header"><h1>Why does my moss die?</h1></div><div id="mainbar"><div id="question" '
        f'class="question"><div class="js-vote-count">14</div><div class="post-text">{as_html([first, second])}</div>'
        '</div><div id="answers"><h2>2 Answers</h2><div class="answer"><div class="js-vote-count">31</div>'
        f'<div class="post-text">{as_html([third])}</div></div><div class="answer"><div class="post-text">'
        f"{as_html([fourth])}</div></div></div></div>"
        f'<div id="sidebar"><h4>Hot Network Questions</h4><ul><li><a href="/q/9">Is a hot dog a boat?</a></li></ul>'
        f"</div>{FOOTER}"
    )
    return Page(
        name="questions",
        answers={"": whole(document("gardens - Why does my moss die? - Asking Exchange", body))},
        says=(*said("moss", "questions")[:2], "Step on them", last_sentence("moss")),
        hushes=("Newsroom front", "Is a hot dog a boat"),
    )


def _tables() -> Page:
    text = paragraphs("trains", "tables")
    links = "<br>".join(f'<a href="{n}.htm">Engine shed {n}</a>' for n in range(30))
    body = (
        "<table border=0 width=780 cellpadding=4><tr><td colspan=3 bgcolor=navy><font color=white size=5>Platform Nine "
        f"Homepage</font></td></tr><tr><td valign=top width=150 bgcolor=silver><font size=2>{links}</font></td>"
        f"<td valign=top><font face=Arial><center><b>The Night Train</b></center><br>{'<br><br>'.join(text)}</font>"
        "</td><td width=120 valign=top><img src=spacer.gif width=1 height=1><font size=1>You are visitor 004711"
        "</font></td></tr></table><center><font size=1>Best viewed in 800x600</font></center>"
    )
    page = f"<HTML><HEAD><TITLE>The Night Train</TITLE></HEAD><BODY BGCOLOR=#FFFFFF>{body}</BODY></HTML>"
    return Page(
        name="tables",
        answers={"": whole(page, "text/html")},
        says=said("trains", "tables"),
        hushes=("Engine shed 7",),
        title="The Night Train",
    )


def _amp() -> Page:
    text = paragraphs("lenses", "amp")
    head = (
        '<link rel="canonical" href="{here}/amp/full"><style amp-boilerplate>body{-webkit-animation:none}</style>'
        '<script async src="/track.js"></script>'
    )
    body = (
        f'<amp-sidebar id="m"><ul><li><a href="/x">Newsroom front</a></li></ul></amp-sidebar><article><h1>Prisms and '
        f'soot</h1><amp-img src="/amp/prism.jpg" width="600" height="400" layout="responsive"></amp-img>'
        f"{as_html(text)}</article><amp-analytics></amp-analytics>{FOOTER}"
    )
    page = document("Prisms and soot", body, head).replace("<html ", "<html ⚡ ")
    return Page(
        name="amp",
        answers={"": whole(page), "/prism.jpg": whole(photograph("JPEG", 600, 400), "image/jpeg")},
        says=said("lenses", "amp"),
        title="Prisms and soot",
        unasked=("/track.js", "/amp/full"),
    )


def _paywall() -> Page:
    text = paragraphs("mills", "paywall")
    data = (
        '<script type="application/ld+json">{"@type":"NewsArticle","headline":"Mills of the moon",'
        '"isAccessibleForFree":false,"datePublished":"2031-01-09","author":"Staff"}</script>'
    )
    body = (
        f'{MENU}<article><h1>Mills of the moon</h1>{as_html(text[:2])}<div class="paywall-fade"></div></article>'
        '<div class="paywall gate"><h2>Keep reading for a pound a week</h2><a href="/pay">Choose a plan</a></div>'
        f"{FOOTER}"
    )
    return Page(
        name="paywall",
        answers={"": whole(document("Mills of the moon", body, data))},
        says=(first_sentence("mills"), marking("paywall")),
        title="Mills of the moon",
        published="2031-01-09",
    )


def _cookies() -> Page:
    body = (
        f'<div class="overlay">{COOKIE_BANNER}</div><div aria-hidden="true" class="blurred" id="app">{MENU}<main>'
        f"<article><h1>Leaving things out</h1>{as_html(paragraphs('moss', 'cookies'))}</article></main>{FOOTER}</div>"
    )
    return Page(
        name="cookies",
        answers={"": whole(document("Leaving things out", body), lines=["Set-Cookie: consent=none; Path=/"])},
        says=said("moss", "cookies"),
        title="Leaving things out",
    )


def _live() -> Page:
    """A page that changes by itself: inline handlers, frames, objects and forms around a text."""
    text = paragraphs("wheels", "live")
    body = (
        f"<article onclick=\"fetch('/track.js')\"><h1>Plucking</h1>{as_html(text)}"
        '<iframe src="/live/frame" srcdoc="&lt;script&gt;fetch(\'/track.js\')&lt;/script&gt;"></iframe>'
        '<object data="/live/object"></object><embed src="/live/embed"><video src="/live/film" poster="/live/still">'
        '</video><audio src="/live/sound"></audio><form action="/live/form"><input name=q value="type here"></form>'
        '<a href="javascript:alert(1)">a link that runs</a><svg><script>alert(2)</script></svg></article>'
        '<link rel="preload" as="script" href="/track.js"><link rel="prefetch" href="/live/next">'
        '<base href="http://elsewhere.invalid/"><meta http-equiv="refresh" content="900;url=/live/next">'
    )
    beneath = ("/frame", "/object", "/embed", "/film", "/sound", "/form", "/next")
    return Page(
        name="live",
        answers={"": whole(document("Plucking", body))},
        says=said("wheels", "live"),
        title="Plucking",
        unasked=("/track.js", *(f"/live{path}" for path in beneath)),
    )


def articles() -> Sequence[Page]:
    """All of them."""
    makers: Final = (
        _blog, _news, _documentation, _wiki, _forum, _recipe, _abstract, _product, _questions, _tables, _amp, _paywall,
        _cookies, _live,
    )  # fmt: skip
    return [make() for make in makers]
