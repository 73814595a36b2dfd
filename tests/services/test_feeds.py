"""Feeds: whoever walks the pages or the archives has everything, and a delta is what changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch
from uuid import UUID, uuid5

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from poolhouse.app.data import open_data
from poolhouse.errors import NotFoundError
from poolhouse.rules.addresses import Addresses
from poolhouse.services import feeds
from poolhouse.services.contents import content_html
from poolhouse.services.feeds import ENTRY_LIMIT, FeedBuilder, FeedView
from poolhouse.services.links import edit_link, mark_item, save_link
from poolhouse.services.pools import add_pool, trash_pool
from poolhouse.services.trash import restore_item, trash_item
from poolhouse.store.blobs import BlobFiles
from poolhouse.types import FeedDocument, FeedFormat, Mark, PoolId, Seq
from tests.conftest import StillClock
from tests.store.actor import Actor, new_actor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.types import ItemId

SERVER = UUID(int=5)
BUILDER = FeedBuilder(SERVER, Addresses("http://pools.test"), BlobFiles(Path("nowhere")))


def fetch(actor: Actor, pool: PoolId, before: int | None = None, archive: int | None = None) -> FeedDocument:
    view = FeedView(pool_id=pool, format=FeedFormat.ATOM, before=before, archive=archive)
    return actor.ask(BUILDER.document, view)[0]


def follow(actor: Actor, pool: PoolId, link: str, document: FeedDocument) -> Iterator[FeedDocument]:
    """The documents behind a link, as a reader follows them."""
    while url := getattr(document, link):
        name, _, value = url.partition("?")[2].partition("=")
        document = fetch(actor, pool, **{name: int(value)})
        assert document.self_url == url
        yield document


def save(actor: Actor, count: int, pool: PoolId | None = None) -> list[str]:
    """That many links, one transaction; returns their addresses, newest first."""
    urls = [f"https://{number}.test/" for number in range(count)]
    actor.do(lambda tx, who: [save_link(tx, who, url, pool_id=pool) for url in urls])
    return urls[::-1]


def test_a_document_says_what_it_is(anna: Actor, clock: StillClock) -> None:
    pool = anna.do(add_pool, "Reading & writing")
    item = anna.do(
        save_link, "https://one.test/", pool_id=pool.id, title="A <title>", note="1 < 2", tags=["b", "a"]
    ).item
    document = fetch(anna, pool.id)
    assert document.id == f"urn:uuid:{uuid5(SERVER, f'pool/{pool.id}')}"
    assert (document.title, document.subtitle, document.author) == ("Reading & writing", "", "anna")
    assert document.updated == clock.now()
    assert document.self_url.startswith("http://pools.test/")
    (entry,) = document.entries
    assert entry.id == f"urn:uuid:{uuid5(SERVER, f'pool/{pool.id}/item/{item.id}')}"
    assert (entry.title, entry.url, entry.categories) == ("A <title>", "https://one.test/", ("a", "b"))
    assert entry.content_html == "<p>1 &lt; 2</p>"
    assert (entry.published, entry.updated) == (item.created_at, item.changed_at)
    assert (document.next_url, document.archive_url, document.is_archive) == (None, None, False)


def test_the_secret_is_in_every_address_of_its_own_feed_and_in_no_other(anna: Actor) -> None:
    save(anna, 2 * ENTRY_LIMIT)
    view = FeedView(pool_id=anna.bookmarks.id, format=FeedFormat.RSS, secret="s3cret")
    document = anna.ask(BUILDER.document, view)[0]
    assert document.next_url
    assert document.archive_url
    assert all("s3cret" in url for url in (document.self_url, document.next_url, document.archive_url))
    assert "s3cret" not in document.home_url
    assert not any("s3cret" in str(entry) for entry in document.entries)


def test_a_saved_search_says_that_it_is_one_and_not_what_it_looks_for(anna: Actor) -> None:
    pool = anna.do(add_pool, "Red", query="tag:red -tag:private")
    anna.do(save_link, "https://one.test/", tags=["red"])
    document = fetch(anna, pool.id)
    assert document.subtitle == "Saved search"
    assert len(document.entries) == 1


@pytest.mark.parametrize("count", [0, 1, ENTRY_LIMIT, ENTRY_LIMIT + 1, 2 * ENTRY_LIMIT, 2 * ENTRY_LIMIT + 7])
def test_pages_and_archives_hold_everything(anna: Actor, count: int) -> None:
    """RFC 5005 §3 and §4."""
    urls = save(anna, count)
    pool = anna.bookmarks.id
    first = fetch(anna, pool)
    pages = [first, *follow(anna, pool, "next_url", first)]
    assert [entry.url for page in pages for entry in page.entries] == urls
    assert all(len(page.entries) <= ENTRY_LIMIT for page in pages)
    assert [page.current_url for page in pages] == [None] + [first.self_url] * (len(pages) - 1)
    archives = list(follow(anna, pool, "archive_url", first))
    assert all(archive.is_archive and archive.current_url == first.self_url for archive in archives)
    newer = [archive.newer_archive_url for archive in archives]
    assert newer == [None, *(archive.self_url for archive in archives)][: len(archives)]
    assert {entry.url for page in [first, *archives] for entry in page.entries} == set(urls)


@pytest.mark.parametrize("number", [-1, 0, 2, 10**12])
def test_an_archive_that_is_not_complete_is_not_there(anna: Actor, number: int) -> None:
    save(anna, 2 * ENTRY_LIMIT - 1)
    assert len(fetch(anna, anna.bookmarks.id, archive=1).entries) == ENTRY_LIMIT
    with pytest.raises(NotFoundError):
        fetch(anna, anna.bookmarks.id, archive=number)


def test_a_complete_archive_gains_nothing(anna: Actor) -> None:
    """What is saved again leaves it, for the top; what is saved is above it."""
    save(anna, ENTRY_LIMIT + 1)
    before = fetch(anna, anna.bookmarks.id, archive=1).entries
    anna.do(save_link, "https://3.test/")
    anna.do(save_link, "https://new.test/")
    after = fetch(anna, anna.bookmarks.id, archive=1).entries
    assert [entry.url for entry in before if entry not in after] == ["https://3.test/"]
    assert set(after) < set(before)


def test_taking_out_and_putting_back_shows_no_second_entry(anna: Actor) -> None:
    item = anna.do(save_link, "https://one.test/").item.id
    before = fetch(anna, anna.bookmarks.id).entries
    anna.do(trash_item, item)
    assert fetch(anna, anna.bookmarks.id).entries == ()
    anna.do(restore_item, item)
    assert fetch(anna, anna.bookmarks.id).entries == before


def test_what_no_reader_sees_is_no_new_version(anna: Actor) -> None:
    item = anna.do(save_link, "https://one.test/").item.id
    inbox, bookmarks = anna.inbox.version, anna.bookmarks.version
    anna.do(mark_item, item, Mark.READ, is_on=True)
    anna.do(save_link, "https://two.test/")
    assert anna.inbox.version == inbox
    assert anna.bookmarks.version > bookmarks


def test_a_delta_is_what_changed(anna: Actor) -> None:
    """RFC 3229 §10.5.3, the feed instance manipulation."""
    save(anna, 5)
    pool = anna.bookmarks
    view = FeedView(pool_id=pool.id, format=FeedFormat.ATOM)
    assert anna.do(BUILDER.delta, view, pool.version).entries == ()  # type: ignore[union-attr]  # few changed
    anna.do(save_link, "https://new.test/")
    edited = anna.do(save_link, "https://2.test/").item
    anna.do(edit_link, edited.id, title="Edited")
    delta = anna.ask(BUILDER.delta, view, pool.version)
    assert delta is not None
    assert [entry.title for entry in delta.entries] == ["Edited", "https://new.test/"]
    assert delta.updated == anna.bookmarks.changed_at


def test_a_delta_of_more_than_a_document_is_none(anna: Actor) -> None:
    save(anna, ENTRY_LIMIT + 1)
    view = FeedView(pool_id=anna.bookmarks.id, format=FeedFormat.ATOM)
    assert anna.ask(BUILDER.delta, view, Seq(0)) is None
    assert anna.ask(BUILDER.delta, view, anna.bookmarks.version) is not None


def test_a_feed_is_its_persons(anna: Actor, bert: Actor) -> None:
    pool = anna.do(add_pool, "Reading").id
    view = FeedView(pool_id=pool, format=FeedFormat.ATOM)
    with pytest.raises(NotFoundError):
        fetch(bert, pool)
    with pytest.raises(NotFoundError):
        bert.ask(BUILDER.delta, view, Seq(0))
    anna.do(trash_pool, pool)
    with pytest.raises(NotFoundError):
        fetch(anna, pool)


@pytest.mark.parametrize(
    ("note", "description", "html"),
    [
        ("", "", ""),
        ("one\ntwo\n\nthree", "", "<p>one<br>two</p><p>three</p>"),
        ("", "<script>", "<blockquote><p>&lt;script&gt;</p></blockquote>"),
        (
            '"a" & <b>',
            "it's",
            "<p>&quot;a&quot; &amp; &lt;b&gt;</p><blockquote><p>it&#x27;s</p></blockquote>",
        ),
        ("\n\n\n\n", "", ""),
    ],
)
def test_content_is_text_made_safe(note: str, description: str, html: str) -> None:
    assert content_html(note, description) == html


# any sequence of what moves entries

PAGES = st.integers(0, 9)
ACTS = st.lists(
    st.tuples(st.sampled_from(["save", "save", "save", "trash", "restore"]), PAGES), min_size=1, max_size=40
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Actor]:
    """One store for every example; each has a pool of its own."""
    data = open_data(tmp_path_factory.mktemp("feeds"), StillClock())
    yield new_actor(data.database, "anna")
    data.close()


@settings(max_examples=60)
@given(acts=ACTS, limit=st.integers(1, 4))
def test_the_archives_and_the_newest_are_all_there_is(
    shared: Actor, acts: list[tuple[str, int]], limit: int
) -> None:
    anna = shared
    pool = anna.do(add_pool, f"pool {anna.database.read(lambda tx: tx.changes.last())}").id
    ids: dict[int, ItemId] = {}
    kept: list[int] = []
    with patch.object(feeds, "ENTRY_LIMIT", limit):
        for act, page in acts:
            was_there = page in kept
            if act == "save":
                ids[page] = anna.do(save_link, f"https://{page}.test/{pool}", pool_id=pool).item.id
            elif page in ids:
                anna.do(trash_item if act == "trash" else restore_item, ids[page])
            if act != "restore" and was_there:
                kept.remove(page)
            if act == "save" or (act == "restore" and page in ids and not was_there):
                kept.append(page)
        first = fetch(anna, pool)
        everything = [*first.entries]
        for archive in follow(anna, pool, "archive_url", first):
            everything += archive.entries
    assert {entry.url for entry in everything} == {f"https://{page}.test/{pool}" for page in kept}
    assert [entry.url for entry in first.entries] == [
        f"https://{page}.test/{pool}" for page in kept[::-1][:limit]
    ]
