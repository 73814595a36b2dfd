"""What the pages are about: short essays in our own words, and the clutter that stands around such texts."""

# ruff: noqa: E501 - prose, not code

from __future__ import annotations

from typing import Final

ESSAYS: Final = {
    "mills": (
        "A tidal mill earns its living from the moon. Twice a day the sea fills a pond behind a bank of stone and clay, "
        "and twice a day, when the water outside has fallen far enough, the miller opens a gate and lets the pond run "
        "out over a wheel.",
        "The miller's hours were therefore strange ones. High water comes some fifty minutes later each day, so a man "
        "who ground barley at noon on Monday was grinding by lantern at the end of the next week, and his neighbours "
        "learned to read the state of the tide from the light in his window.",
        "What decided the worth of such a place was not the height of the tide but the size of the pond. A large pond "
        "behind a small wheel would turn for five hours, which was long enough to finish a cartload; a small one gave "
        "out after two, and the stones had to be stopped with the hopper half full.",
        "Silt was the enemy. Every filling brought a little mud and every emptying left most of it behind, so that the "
        "bottom of an old pond lies a yard higher than its builders made it. Those that still work are dredged in "
        "winter, when the eels have gone and the bank is hard enough to carry a cart.",
    ),
    "wheels": (
        "A bicycle wheel is held up by the spokes that hang from its top, or so it seems until one measures them. In "
        "truth nearly every spoke keeps its tension as the wheel rolls, and only the few beneath the hub grow a little "
        "slacker while the load passes over them.",
        "Truing is the art of changing one thing without changing three others. A quarter of a turn on a nipple pulls "
        "the rim sideways, but it also pulls it inwards, and it lends some of its work to the two neighbours, which "
        "will give it back later when nobody is looking.",
        "The old builder who taught me began every wheel by plucking. He went round with a fingernail, listened to the "
        "pitch of each spoke and marked the flat ones with chalk before he had looked at the rim at all, since a wheel "
        "that sings one note is most of the way to being straight.",
        "He finished by laying the wheel on the floor and leaning on it, a hand on either side, all the way round. The "
        "creaks were spokes untwisting. Better here, he said, than on the first hill with somebody on top.",
    ),
    "moss": (
        "Moss asks for nothing that a garden usually offers. It has no roots to feed, it dislikes lime and manure, and "
        "the gardener who wants it must above all learn to leave things out: first the rake, then the fertiliser, and "
        "in the end most of the ideas.",
        "It does want water, though not in the way that grass does. A cushion drinks through its whole surface and can "
        "lie dry and grey for a month without harm; an hour after rain it is green to the bottom again, and looks as if "
        "somebody had turned up a lamp beneath it.",
        "To begin a patch, press the soil firm, scrape it bare and lay pieces the size of a hand on it, with gaps "
        "between. Step on them. This feels wrong, but what kills young moss is not the boot, it is the layer of air "
        "under it.",
        "After that the work is weeding, for three years or so, on one's knees and with two fingers. Seedlings of birch "
        "come first. When the cushions have met, there is no light left on the ground and the weeding is over.",
    ),
    "lenses": (
        "The keeper of a harbour light spent more of the night with a cloth than with the flame. Soot settled on the "
        "prisms within the hour, and a film too thin to be seen by day took a mile off the range in thick weather.",
        "The lens was built of rings because one piece of glass of that size would have been as thick as a table and "
        "would have swallowed the light it was meant to throw. Each ring bends the rays a little more than the one "
        "within it, so that all of them leave level, like the spokes of a fan that has been combed straight.",
        "A ton of glass and brass turned on a trough of mercury, and it turned so easily that a finger could start it. "
        "The clockwork that kept it going was driven by a weight in the tower; when the weight reached the bottom, a "
        "bell woke the man who had to wind it up again.",
        "Ships knew the light by its rhythm: two flashes and a long dark, or one red and three white. A stopped lens "
        "was worse than none, since it told a captain that he was somewhere else.",
    ),
    "bread": (
        "Rye does not hold a loaf up the way wheat does. It has little gluten to speak of, and what keeps the crumb "
        "from sinking is the starch and a kind of gum; both fail unless the dough is sour, and so the sourness is not "
        "a flavour but a part of the building.",
        "The starter is fed the evening before. By the morning it has doubled and begun to fall back in the middle, and "
        "it smells of apples that have been in the cellar since October, which is the moment to use it.",
        "There is no kneading worth the name. The dough is stirred until no flour is left dry, scraped into a buttered "
        "tin with a wet spatula, and smoothed like plaster. It rises by a third, slowly, and then it must go into the "
        "oven whether the baker is ready or not.",
        "The hardest step is the last. A rye loaf wants a day and a night in a cloth before it is cut; warm from the "
        "oven it sticks to the knife and everybody says that the recipe was bad.",
    ),
    "trains": (
        "The night train left from the platform nobody used by day, and people came to it as they come to a theatre, "
        "too early and a little over-dressed. The attendant took the tickets at the step and gave them back in the "
        "morning with the coffee.",
        "Sleep on rails comes in layers. One learns the joints of the track first, then the points before each station, "
        "and at last even the long wait at the frontier, where the engine is changed and somebody walks along the "
        "carriages tapping the wheels with a hammer.",
        "Timetables for such trains were written backwards. The arrival had to be between seven and eight, because "
        "business began at nine, and everything else followed from it: where the train loitered, whom it let past, and "
        "which sleeping towns got their post at a quarter to three.",
        "What ended them was not the aeroplane but arithmetic. A carriage that carries thirty people lying down carries "
        "eighty sitting up, and it can do so four times between breakfast and supper.",
    ),
}  # fmt: skip


def marked(name: str) -> str:
    """A word that stands in the page of this name and nowhere else: what a search for it must find."""
    return "zq" + "".join(letter for letter in name if letter.isalnum())


def marking(name: str) -> str:
    """The sentence with that word."""
    return (
        f"In the margin of the copy that I read somebody had written {marked(name)} and underlined it twice."
    )


def paragraphs(essay: str, name: str) -> list[str]:
    """An essay with the marked sentence in its middle."""
    first, second, *rest = ESSAYS[essay]
    return [first, f"{second} {marking(name)}", *rest]


def as_html(texts: list[str], tag: str = "p") -> str:
    """Each in an element of its own."""
    return "\n".join(f"<{tag}>{text}</{tag}>" for text in texts)


def first_sentence(essay: str) -> str:
    """How an essay begins."""
    return ESSAYS[essay][0].partition(". ")[0]


def last_sentence(essay: str) -> str:
    """How an essay ends."""
    return ESSAYS[essay][-1].rpartition(". ")[2]


MENU: Final = """<header class="site-header"><a class="logo" href="/">The Lantern Weekly</a>
<nav class="main-menu"><ul><li><a href="/news">Newsroom front</a></li><li><a href="/sport">Sporting results</a></li>
<li><a href="/weather">Weather desk</a></li><li><a href="/login">Sign in to your account</a></li></ul></nav></header>"""

FOOTER: Final = """<footer class="footer"><ul><li><a href="/imprint">Imprint and contact</a></li>
<li><a href="/terms">Terms of service</a></li><li><a href="/privacy">Privacy notice</a></li></ul>
<p>Copyright 2031 Lantern Weekly Publishing, all rights reserved worldwide.</p></footer>"""

COOKIE_BANNER: Final = """<div id="cookie-banner" class="cookie-consent modal" role="dialog" aria-modal="true">
<h2>We value your privacy</h2><p>We and our 842 partners store and access information on a device, such as unique
identifiers, to provide personalised advertising.</p><button>Accept all</button><button>Manage choices</button></div>"""

NEWSLETTER: Final = """<aside class="newsletter promo"><h3>Never miss a story</h3>
<form action="/subscribe"><label>Your e-mail address <input type="email" name="e"></label>
<button>Subscribe to our newsletter</button></form></aside>"""

SHARE: Final = """<ul class="share-buttons social"><li><a href="https://social.example/share">Share on Chirper</a></li>
<li><a href="https://faces.example/share">Share on Facepage</a></li></ul>"""

RELATED: Final = """<section class="related sidebar"><h3>More from this desk</h3><ul>
<li><a href="/a"><h4>Ferry company orders nine electric vessels</h4><p>The first is due in spring.</p></a></li>
<li><a href="/b"><h4>Why the town clock strikes thirteen</h4><p>A reader asked, we climbed.</p></a></li>
<li><a href="/c"><h4>Council votes on the fish market roof</h4><p>Gulls had no comment.</p></a></li></ul></section>"""

CLUTTER: Final = (
    "Newsroom front", "Sporting results", "Sign in to your account", "Terms of service", "all rights reserved worldwide",
    "842 partners", "Manage choices", "Subscribe to our newsletter", "Share on Chirper",
    "Ferry company orders", "town clock strikes thirteen", "fish market roof",
)  # fmt: skip
"""What a reader does not want of all this: none of it may be in a readable text."""

SCRIPT: Final = """<script>window.dataLayer=window.dataLayer||[];function gtagish(){dataLayer.push(arguments)}
gtagish("config","TRACK-123");</script><script src="/track.js" async></script><style>.x{color:red}</style>"""

CODE: Final = ("dataLayer", "gtagish", "TRACK-123", "color:red", "<p>", "</div>")
"""What is code, and may not be in a text either."""
