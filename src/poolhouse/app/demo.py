"""Sample data for `poolhouse demo`: a person who reads about gardens, letterpress and the network."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from poolhouse.services.links import mark_item, save_link
from poolhouse.services.passwords import hash_password
from poolhouse.services.people import add_person
from poolhouse.services.pools import add_pool, find_or_add_pool
from poolhouse.types import Mark, Principal, Scope

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import Pool

DEMO_PERSON = "robin"
DEMO_PASSWORD = "a bird in the hand"

# pool, title, address, tags, note, hours ago
_LINKS = (
    (
        "Reading/Feeds",
        "The Atom Syndication Format",
        "https://www.rfc-editor.org/rfc/rfc4287",
        "atom, standards",
        "",
        900,
    ),
    ("Reading/Feeds", "JSON Feed 1.1", "https://www.jsonfeed.org/version/1.1/", "json, standards", "", 860),
    (
        "Reading/Feeds",
        "RSS 2.0 Specification",
        "https://www.rssboard.org/rss-specification",
        "rss, standards",
        "",
        850,
    ),
    (
        "Reading/Feeds",
        "Feed Paging and Archiving",
        "https://www.rfc-editor.org/rfc/rfc5005",
        "atom, standards",
        "Section 4 is the part that nobody implements.",
        700,
    ),
    (
        "Reading/Python",
        "The asyncio documentation",
        "https://docs.python.org/3/library/asyncio.html",
        "python, asyncio",
        "",
        500,
    ),
    (
        "Reading/Python",
        "Trio: notes on structured concurrency",
        "https://vorpus.org/blog/notes-on-structured-concurrency-or-go-statement-considered-harmful/",
        "python, asyncio, essay",
        "Read again before touching the task groups.",
        420,
    ),
    (
        "Reading/Python",
        "SQLite's write-ahead log",
        "https://www.sqlite.org/wal.html",
        "sqlite, databases",
        "",
        300,
    ),
    (
        "Reading/Python",
        "FTS5: full-text search",
        "https://www.sqlite.org/fts5.html",
        "sqlite, search",
        "",
        260,
    ),
    (
        "Garden",
        "Royal Horticultural Society: pruning an old apple tree",
        "https://www.rhs.org.uk/fruit/apples/renovating-old-trees",
        "apples, pruning",
        "No more than a quarter of the canopy in one winter.",
        240,
    ),
    (
        "Garden",
        "Project Gutenberg: On the Making of Gardens",
        "https://www.gutenberg.org/ebooks/search/?query=gardens",
        "books",
        "",
        200,
    ),
    ("Garden", "No-dig beds, year by year", "https://charlesdowding.co.uk/", "soil, vegetables", "", 190),
    ("Garden", "Met Office: frost dates", "https://www.metoffice.gov.uk/", "weather", "", 150),
    (
        "Letterpress",
        "British Letterpress: cases and how they are laid",
        "https://britishletterpress.co.uk/",
        "type, printing",
        "",
        120,
    ),
    (
        "Letterpress",
        "The Elements of Typographic Style Applied to the Web",
        "http://webtypography.net/",
        "type, web",
        "The measure: 45 to 75 characters.",
        96,
    ),
    ("Letterpress", "Practical Typography", "https://practicaltypography.com/", "type, books", "", 80),
    ("Bookmarks", "Internet Archive", "https://archive.org/", "library", "", 60),
    (
        "Bookmarks",
        "Wikipedia: Commonplace book",
        "https://en.wikipedia.org/wiki/Commonplace_book",
        "history, notes",
        "What this is, four hundred years early.",
        48,
    ),
    (
        "Bookmarks",
        "As We May Think",
        "https://www.theatlantic.com/magazine/archive/1945/07/as-we-may-think/303881/",
        "history, essay",
        "",
        30,
    ),
    (
        "Bookmarks",
        "The Rise and Demise of RSS",
        "https://twobithistory.org/2018/12/18/rss.html",
        "rss, history",
        "",
        20,
    ),
    ("Bookmarks", "Low-tech Magazine", "https://solar.lowtechmagazine.com/", "energy, essay", "", 6),
    ("Bookmarks", "OpenStreetMap", "https://www.openstreetmap.org/", "maps", "", 3),
    ("Bookmarks", "The Public Domain Review", "https://publicdomainreview.org/", "history, essay", "", 1),
)
_STARRED = ("As We May Think", "Feed Paging and Archiving")


def fill_with_samples(tx: Transaction) -> tuple[Principal, Pool]:
    """Add the sample person with pools and links; returns them and the pool whose feed to show."""
    person = add_person(tx, DEMO_PERSON, hash_password(DEMO_PASSWORD))
    principal = Principal(person_id=person.id, scope=Scope.PERSON)
    for path, title, url, tags, note, hours in _LINKS:
        pool = find_or_add_pool(tx, principal, path.split("/"))
        saved = save_link(
            tx,
            principal,
            url,
            pool_id=pool.id,
            title=title,
            note=note,
            tags=tags.split(", "),
            created_at=tx.now - timedelta(hours=hours),
            fetch_page=False,
        )
        if title in _STARRED:
            mark_item(tx, principal, saved.item.id, Mark.STARRED, is_on=True)
        if hours > 200:
            mark_item(tx, principal, saved.item.id, Mark.READ, is_on=True)
    add_pool(tx, principal, "Essays", query="tag:essay")
    add_pool(tx, principal, "Starred", query="is:starred")
    return principal, find_or_add_pool(tx, principal, ["Bookmarks"])
