"""A feed that carries captured pages: safe, of bounded size, the same bytes, and new to its readers at once."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from poolhouse.formats.feed import render
from poolhouse.rules.addresses import Addresses
from poolhouse.services.captures import delete_capture, recapture
from poolhouse.services.contents import READER_LIMIT_BYTES, TEXT_LIMIT
from poolhouse.services.feeds import FeedBuilder, FeedView
from poolhouse.services.links import save_link
from poolhouse.services.pools import add_pool, edit_pool
from poolhouse.types import FeedFormat, Item, PoolId
from tests.store.readings import read

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.types import FeedEntry, Seq
    from tests.store.actor import Actor


@pytest.fixture
def builder(data: OpenData) -> FeedBuilder:
    return FeedBuilder(UUID(int=5), Addresses("http://pools.test"), data.blobs)


@pytest.fixture
def pool(anna: Actor) -> PoolId:
    return anna.do(add_pool, "Reading", feed_text=True).id


@pytest.fixture
def item(anna: Actor, pool: PoolId) -> Item:
    return anna.do(save_link, "https://one.test/", note="1 < 2", pool_id=pool).item


def view(pool: PoolId) -> FeedView:
    return FeedView(pool_id=pool, format=FeedFormat.ATOM)


def entry_of(anna: Actor, builder: FeedBuilder, pool: PoolId) -> FeedEntry:
    document = anna.ask(builder.document, view(pool))[0]
    return document.entries[0]


def test_the_note_comes_first_then_the_page(
    data: OpenData, anna: Actor, builder: FeedBuilder, pool: PoolId, item: Item
) -> None:
    assert entry_of(anna, builder, pool).content_html == "<p>1 &lt; 2</p>"
    data.database.write(lambda tx: read(tx, item.id, "A & B", data.blobs, excerpt="A"))
    entry = entry_of(anna, builder, pool)
    assert entry.content_html == "<p>1 &lt; 2</p><p>A &amp; B</p>"
    body = render(FeedFormat.ATOM, anna.ask(builder.document, view(pool))[0])
    assert b"&lt;p&gt;A &amp;amp; B&lt;/p&gt;" in body
    assert body == render(FeedFormat.ATOM, anna.ask(builder.document, view(pool))[0])


def test_a_feed_carries_no_text_where_nobody_asked(
    data: OpenData, anna: Actor, builder: FeedBuilder, pool: PoolId, item: Item
) -> None:
    data.database.write(lambda tx: read(tx, item.id, "The page", data.blobs, excerpt="The"))
    anna.do(edit_pool, pool, feed_text=False)
    assert entry_of(anna, builder, pool).content_html == (
        "<p>1 &lt; 2</p><blockquote><p>The</p></blockquote>"
    )


def test_a_saved_search_carries_text_as_any_pool(
    data: OpenData, anna: Actor, builder: FeedBuilder, item: Item
) -> None:
    data.database.write(lambda tx: read(tx, item.id, "The page", data.blobs))
    searched = anna.do(add_pool, "Pages", query="page", feed_text=True)
    assert entry_of(anna, builder, searched.id).content_html.endswith("<p>The page</p>")


def test_readers_hear_of_every_version_and_of_the_setting(
    data: OpenData, anna: Actor, builder: FeedBuilder, pool: PoolId, item: Item
) -> None:
    def version() -> Seq:
        found = data.database.read(lambda tx: tx.pools.get(pool))
        assert found is not None
        return found.version

    seen = [version()]
    first = data.database.write(lambda tx: read(tx, item.id, "alpha", data.blobs))
    seen.append(version())
    assert first is not None
    anna.do(recapture, item.id)
    second = data.database.write(lambda tx: read(tx, item.id, "beta", data.blobs))
    seen.append(version())
    assert second is not None
    for change in (
        lambda: anna.do(delete_capture, item.id, second),
        lambda: anna.do(edit_pool, pool, feed_text=False),
        lambda: anna.do(edit_pool, pool, feed_text=True),
    ):
        change()
        seen.append(version())
        delta = anna.ask(builder.delta, view(pool), seen[-2])
        assert delta is not None
        assert [entry.id for entry in delta.entries] == [entry_of(anna, builder, pool).id]
        assert delta.entries[0] == entry_of(anna, builder, pool)
    assert seen == sorted(set(seen))


def test_the_setting_says_something_new_of_every_entry_and_nothing_twice(
    data: OpenData, anna: Actor, builder: FeedBuilder, pool: PoolId, item: Item
) -> None:
    anna.do(save_link, "https://two.test/", pool_id=pool)
    before = [
        place.version for place in data.database.read(lambda tx: tx.memberships.span(pool, 0, 99, limit=9))
    ]
    anna.do(edit_pool, pool, feed_text=True)
    same = [
        place.version for place in data.database.read(lambda tx: tx.memberships.span(pool, 0, 99, limit=9))
    ]
    assert same == before
    anna.do(edit_pool, pool, feed_text=False)
    after = {
        place.version for place in data.database.read(lambda tx: tx.memberships.span(pool, 0, 99, limit=9))
    }
    assert len(after) == 1
    assert min(after) > max(before)


def test_a_long_page_is_begun(
    data: OpenData, anna: Actor, builder: FeedBuilder, pool: PoolId, item: Item
) -> None:
    words = "one\n\n" + "<two> " * READER_LIMIT_BYTES
    data.database.write(lambda tx: read(tx, item.id, words, data.blobs))
    html = entry_of(anna, builder, pool).content_html
    assert html.startswith("<p>1 &lt; 2</p><p>one</p><p>&lt;two&gt; ")
    assert html.endswith("…</p>")
    assert "<two>" not in html
    assert html.count("two") == pytest.approx(TEXT_LIMIT / len("<two> "), rel=0.01)


def test_a_bomb_is_not_unpacked(
    data: OpenData, anna: Actor, builder: FeedBuilder, pool: PoolId, item: Item
) -> None:
    bomb = data.blobs.put(gzip.compress(b"<p>" * 10_000_000, mtime=0))
    data.database.write(lambda tx: read(tx, item.id, "The text", reader_blob=bomb))
    assert entry_of(anna, builder, pool).content_html.endswith("<p>The text</p>")


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"x" * 999, mtime=0)[:20], None])
def test_a_lost_or_damaged_file_costs_the_markup_only(
    data: OpenData, anna: Actor, builder: FeedBuilder, pool: PoolId, item: Item, content: bytes | None
) -> None:
    blob = "0" * 64 if content is None else data.blobs.put(content)
    data.database.write(lambda tx: read(tx, item.id, "The <text>", reader_blob=blob))
    assert entry_of(anna, builder, pool).content_html.endswith("<p>The &lt;text&gt;</p>")
