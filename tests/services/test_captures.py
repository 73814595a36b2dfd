"""Versions of pages: what is kept, what is shown of them, and who may see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.errors import ConflictError, InvalidInputError, NotFoundError
from poolhouse.services.captures import (
    TEXT_LENGTH,
    capture_text,
    delete_capture,
    get_capture,
    list_captures,
    mode_of,
    recapture,
    record_capture,
)
from poolhouse.services.links import add_tags, edit_link, save_link
from poolhouse.services.pages import record_page_failure
from poolhouse.services.pools import add_pool, edit_pool, trash_pool
from poolhouse.services.reading import get_item, list_entries, search_items
from poolhouse.services.secrets import add_feed_secret, open_with_secret
from poolhouse.services.trash import delete_item, restore_item, trash_item
from poolhouse.store.verify import verify
from poolhouse.types import (
    CaptureId,
    CaptureMode,
    Item,
    ItemId,
    PageState,
    ReadPage,
    reading_minutes,
)
from tests.store.readings import captured, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.app.data import OpenData
    from poolhouse.ports import Transaction
    from poolhouse.types import Principal
    from tests.conftest import StillClock
    from tests.store.actor import Actor

URL = "https://one.test/page"


@pytest.fixture(autouse=True)
def whole(data: OpenData) -> Iterator[None]:
    """Whatever a test does, the store is whole after it."""
    yield
    assert verify(data.database.path.parent).faults == ()


@pytest.fixture
def item(anna: Actor) -> Item:
    return anna.do(save_link, URL).item


def file(anna: Actor, item_id: ItemId, text: str, data: OpenData, **given: Any) -> CaptureId | None:
    """A reading of the page, asked for where none is awaited."""
    if anna.ask(get_item, item_id).page_state is not PageState.PENDING:
        anna.do(recapture, item_id)
    return data.database.write(lambda tx: read(tx, item_id, text, data.blobs, **given))


def found(anna: Actor, query: str) -> list[ItemId]:
    return [each.id for each in anna.ask(search_items, query)]


def jobs(data: OpenData) -> list[str]:
    return [row[0] for row in data.database.writing.execute("SELECT body FROM tuple ORDER BY id")]


def test_a_save_asks_for_its_page_in_the_same_commit(data: OpenData, anna: Actor, item: Item) -> None:
    assert jobs(data) == [f'{{"item_id":{item.id},"url":"{URL}","is_again":false}}']
    anna.do(save_link, "http://one.test/page#again")  # the same page: known
    anna.do(save_link, "mailto:a@b.test")
    anna.do(save_link, "https://two.test/", fetch_page=False)
    assert len(jobs(data)) == 1
    with pytest.raises(RuntimeError):
        anna.do(save_and_fail, "https://three.test/")
    assert len(jobs(data)) == 1
    anna.do(edit_link, item.id, title="Another")
    anna.do(edit_link, item.id, url=f"{URL}#part")
    assert len(jobs(data)) == 1
    anna.do(edit_link, item.id, url="https://four.test/")
    assert jobs(data)[1:] == [f'{{"item_id":{item.id},"url":"https://four.test/","is_again":false}}']


def save_and_fail(tx: Transaction, who: Principal, url: str) -> None:
    save_link(tx, who, url)
    raise RuntimeError


def test_what_was_found_is_kept_and_shown(data: OpenData, anna: Actor, item: Item, clock: StillClock) -> None:
    clock.pass_seconds(90)
    image, whole = data.blobs.put(b"image"), data.blobs.put(b"page")
    published = datetime(2025, 5, 4, tzinfo=UTC)
    before = anna.bookmarks.version
    capture_id = file(
        anna,
        item.id,
        "Of multiplexing and other arts",
        data,
        url="https://one.test/moved",
        mode=CaptureMode.FULL,
        title="Its title",
        author="Its author",
        published_at=published,
        language="en-GB",
        excerpt="Of multiplexing",
        thumbnail_blob=image,
        page_blob=whole,
        size_bytes=99,
    )
    assert capture_id is not None
    capture = anna.ask(get_capture, item.id)
    assert capture == anna.ask(get_capture, item.id, capture_id)
    assert anna.ask(list_captures, item.id) == [capture]
    assert (capture.url, capture.mode, capture.captured_at) == (
        "https://one.test/moved",
        CaptureMode.FULL,
        clock.now(),
    )
    assert (capture.title, capture.author, capture.published_at) == ("Its title", "Its author", published)
    assert (capture.language, capture.excerpt, capture.word_count) == ("en-GB", "Of multiplexing", 5)
    assert (capture.page_blob, capture.thumbnail_blob, capture.size_bytes) == (whole, image, 99)
    assert capture.is_of_address
    assert anna.ask(capture_text, item.id) == "Of multiplexing and other arts"
    after = anna.ask(get_item, item.id)
    assert (after.title, after.author, after.description) == ("Its title", "Its author", "Of multiplexing")
    assert (after.capture_id, after.capture_count, after.word_count) == (capture_id, 1, 5)
    assert (after.language, after.thumbnail, after.page_state) == ("en-GB", image, PageState.DONE)
    assert (after.checked_at, after.changed_at) == (clock.now(), clock.now())
    assert anna.bookmarks.version > before
    assert found(anna, "multiplex*") == found(anna, '"other arts"') == found(anna, "is:captured") == [item.id]
    assert found(anna, "-is:captured") == []


def test_the_words_of_a_page_are_found_after_any_change_to_its_item(
    data: OpenData, anna: Actor, item: Item
) -> None:
    searched = anna.do(add_pool, "Arts", query="multiplexing -is:dead")
    file(anna, item.id, "Of multiplexing", data)
    anna.do(edit_link, item.id, title="Mine")
    anna.do(add_tags, item.id, ["x"])
    anna.do(save_link, URL, note="again")
    anna.do(trash_item, item.id)
    assert found(anna, "multiplexing") == []
    anna.do(restore_item, item.id)
    assert found(anna, "multiplexing mine tag:x again") == [item.id]
    assert [entry.item.id for entry in anna.ask(list_entries, searched.id)] == [item.id]


def test_a_title_that_a_person_gave_stays_and_an_address_gives_way(data: OpenData, anna: Actor) -> None:
    mine = anna.do(save_link, URL, title="Mine").item
    other = anna.do(save_link, "https://two.test/").item
    for each in (mine, other):
        file(anna, each.id, "Text", data, title="Its own", description="Said of itself", excerpt="Text")
    assert anna.ask(get_item, mine.id).title == "Mine"
    assert anna.ask(get_capture, mine.id).title == "Its own"
    after = anna.ask(get_item, other.id)
    assert (after.title, after.description) == ("Its own", "Said of itself")


def test_later_readings_stand_beside_earlier_ones(data: OpenData, anna: Actor, item: Item) -> None:
    first = file(anna, item.id, "alpha", data)
    second = file(anna, item.id, "beta", data)
    assert [capture.id for capture in anna.ask(list_captures, item.id)] == [first, second]
    assert found(anna, "beta") == [item.id]
    assert found(anna, "alpha") == []
    assert anna.ask(capture_text, item.id, first) == "alpha"
    assert anna.ask(get_item, item.id).capture_count == 2


def test_a_version_without_text_takes_no_text_away(data: OpenData, anna: Actor, item: Item) -> None:
    """A page that asks for consent, or moved behind a wall: what was readable once stays readable."""
    image = data.blobs.put(b"image")
    first = file(anna, item.id, "alpha", data)
    wall = data.database.write(
        lambda tx: (
            recapture(tx, anna.principal, item.id)
            and record_capture(tx, item.id, URL, captured("", thumbnail_blob=image))
        )
    )
    assert wall is not None
    assert first is not None
    assert anna.ask(get_item, item.id).capture_id == first
    assert found(anna, "alpha") == [item.id]
    anna.do(delete_capture, item.id, first)
    after = anna.ask(get_item, item.id)
    assert (after.capture_id, after.word_count, after.thumbnail) == (wall, 0, image)
    assert found(anna, "alpha") == found(anna, "is:captured") == []


def test_a_version_can_be_deleted_and_the_one_before_is_shown(
    data: OpenData, anna: Actor, item: Item
) -> None:
    first = file(anna, item.id, "alpha", data)
    second = file(anna, item.id, "beta", data)
    assert second is not None
    version = anna.bookmarks.version
    anna.do(delete_capture, item.id, second)
    assert anna.bookmarks.version > version
    assert anna.ask(get_capture, item.id).id == first
    assert found(anna, "alpha") == [item.id]
    with pytest.raises(NotFoundError):
        anna.do(delete_capture, item.id, second)
    with pytest.raises(NotFoundError):
        anna.ask(get_capture, item.id, second)


def test_nothing_is_kept_beside_where_nothing_is_to_be(data: OpenData, anna: Actor, item: Item) -> None:
    off = captured("alpha", mode=CaptureMode.OFF, title="Its own")
    assert data.database.write(lambda tx: record_capture(tx, item.id, URL, off)) is None
    after = anna.ask(get_item, item.id)
    assert (after.title, after.page_state, after.capture_count) == ("Its own", PageState.DONE, 0)
    anna.do(recapture, item.id)
    empty = captured("")
    assert data.database.write(lambda tx: record_capture(tx, item.id, URL, empty)) is None
    with pytest.raises(NotFoundError):
        anna.ask(get_capture, item.id)


def test_a_page_that_is_not_awaited_is_not_filed(data: OpenData, anna: Actor, item: Item) -> None:
    anna.do(edit_link, item.id, url="https://two.test/")
    late = captured("alpha", title="Of the former page")
    assert data.database.write(lambda tx: record_capture(tx, item.id, URL, late)) is None
    data.database.write(lambda tx: record_page_failure(tx, item.id, URL, "it is gone"))
    after = anna.ask(get_item, item.id)
    assert (after.title, after.capture_count, after.page_state) == (
        "https://two.test/",
        0,
        PageState.PENDING,
    )
    assert data.database.write(lambda tx: record_capture(tx, ItemId(999), URL, late)) is None
    file(anna, item.id, "beta", data)
    assert data.database.write(lambda tx: record_capture(tx, item.id, after.url, late)) is None


def test_another_address_shows_none_of_the_former_pages_captures_but_keeps_them(
    data: OpenData, anna: Actor, item: Item
) -> None:
    first = file(anna, item.id, "alpha", data)
    anna.do(edit_link, item.id, url="https://two.test/")
    after = anna.ask(get_item, item.id)
    assert (after.capture_id, after.word_count, after.capture_count) == (None, 0, 1)
    assert found(anna, "alpha") == found(anna, "is:captured") == []
    (kept,) = anna.ask(list_captures, item.id)
    assert (kept.id, kept.is_of_address) == (first, False)
    assert anna.ask(capture_text, item.id, first) == "alpha"
    second = file(anna, item.id, "beta", data)
    assert anna.ask(get_item, item.id).capture_id == second
    anna.do(edit_link, item.id, url=URL)
    assert anna.ask(get_item, item.id).capture_id == first
    assert found(anna, "alpha") == [item.id]


def test_a_page_whose_link_was_trashed_meanwhile_is_filed_unseen(
    data: OpenData, anna: Actor, item: Item
) -> None:
    anna.do(trash_item, item.id)
    file(anna, item.id, "alpha", data)
    assert found(anna, "alpha") == []
    anna.do(restore_item, item.id)
    assert found(anna, "alpha") == [item.id]


def test_captures_go_with_their_item(data: OpenData, anna: Actor, item: Item) -> None:
    file(anna, item.id, "alpha", data)
    anna.do(trash_item, item.id)
    anna.do(delete_item, item.id)
    assert data.database.writing.execute("SELECT count(*) FROM capture").get == 0


def test_what_a_page_wrote_is_made_fit_to_keep(data: OpenData, anna: Actor, item: Item) -> None:
    hostile = captured(
        "\ud800alpha\x00 beta\r\n" + "x" * TEXT_LENGTH,
        title="T" * 9_999 + "\udfff",
        author="A\n" * 999,
        language="e" * 99,
        excerpt="\x01E" * 9_999,
    )
    data.database.write(lambda tx: record_capture(tx, item.id, URL, hostile))
    capture = anna.ask(get_capture, item.id)
    assert (len(capture.title), len(capture.language)) == (500, 35)
    assert len(anna.ask(capture_text, item.id)) <= TEXT_LENGTH
    assert found(anna, "alpha beta") == [item.id]


# reading again


def test_a_page_is_read_again_where_somebody_asks(data: OpenData, anna: Actor, item: Item) -> None:
    with pytest.raises(ConflictError):
        anna.do(recapture, item.id)  # its first reading is still to come
    data.database.write(lambda tx: record_page_failure(tx, item.id, URL, "it does not answer"))
    job_id = anna.do(recapture, item.id)
    assert anna.ask(get_item, item.id).page_error is None
    assert jobs(data)[-1] == f'{{"item_id":{item.id},"url":"{URL}","is_again":true}}'
    job = data.database.read(lambda tx: tx.tuples.get(job_id))
    assert job is not None
    assert (job.kind, job.label, job.person_id) == (ReadPage.KIND, item.title, item.owner_id)
    with pytest.raises(ConflictError):
        anna.do(recapture, item.id)


def test_what_cannot_be_read_is_not_read_again(anna: Actor, bert: Actor, item: Item) -> None:
    mail = anna.do(save_link, "mailto:a@b.test").item
    with pytest.raises(InvalidInputError):
        anna.do(recapture, mail.id)
    with pytest.raises(NotFoundError):
        bert.do(recapture, item.id)
    anna.do(trash_item, item.id)
    with pytest.raises(ConflictError):
        anna.do(recapture, item.id)


def test_a_reading_that_fails_takes_no_version_away(data: OpenData, anna: Actor, item: Item) -> None:
    file(anna, item.id, "alpha", data)
    anna.do(recapture, item.id)
    data.database.write(lambda tx: record_page_failure(tx, item.id, URL, "it does not answer"))
    after = anna.ask(get_item, item.id)
    assert (after.page_state, after.page_error, after.word_count) == (
        PageState.FAILED,
        "it does not answer",
        1,
    )
    assert found(anna, "alpha") == [item.id]


# how much is kept


def test_the_pool_that_asks_for_most_decides(data: OpenData, anna: Actor, item: Item) -> None:
    def mode() -> CaptureMode:
        return data.database.read(lambda tx: mode_of(tx, item.id))

    assert mode() is CaptureMode.TEXT
    anna.do(edit_pool, anna.bookmarks.id, capture=CaptureMode.OFF)
    assert mode() is CaptureMode.OFF
    full = anna.do(add_pool, "Full", capture=CaptureMode.FULL)
    anna.do(edit_link, item.id, pool_ids=[anna.bookmarks.id, full.id])
    anna.do(add_pool, "All", query="site:one.test", feed_text=True)
    assert mode() is CaptureMode.FULL
    anna.do(trash_pool, full.id)
    assert mode() is CaptureMode.OFF
    anna.do(edit_pool, anna.bookmarks.id, capture=CaptureMode.TEXT)
    assert mode() is CaptureMode.TEXT
    anna.do(trash_item, item.id)
    assert mode() is CaptureMode.OFF


def test_a_saved_search_says_nothing_of_what_is_kept(anna: Actor) -> None:
    searched = anna.do(add_pool, "Searched", query="alpha", feed_text=True)
    assert (searched.capture, searched.feed_text) == (CaptureMode.OFF, True)
    for mode in (CaptureMode.TEXT, CaptureMode.FULL):
        with pytest.raises(InvalidInputError):
            anna.do(edit_pool, searched.id, capture=mode)
        with pytest.raises(InvalidInputError):
            anna.do(add_pool, "Other", query="beta", capture=mode)
    assert anna.do(edit_pool, searched.id, capture=CaptureMode.OFF).capture is CaptureMode.OFF


@pytest.mark.parametrize(("words", "minutes"), [(0, 0), (1, 1), (238, 1), (239, 2), (10_000, 43)])
def test_reading_takes_time(words: int, minutes: int) -> None:
    assert reading_minutes(words) == minutes


# who may see it


def test_nobody_elses_captures_are_there(data: OpenData, anna: Actor, bert: Actor, item: Item) -> None:
    capture_id = file(anna, item.id, "alpha", data)
    assert capture_id is not None
    theirs = bert.do(save_link, URL).item
    secret = anna.do(lambda tx, who: add_feed_secret(tx, data.vault, who, anna.bookmarks.id, "reader"))[1]
    opened = data.database.read(lambda tx: open_with_secret(tx, data.vault, secret))
    assert opened is not None
    reader, _ = opened
    for principal, item_id in (
        (bert.principal, item.id),
        (bert.principal, theirs.id),  # one's own item, with another's capture
        (reader, item.id),
    ):
        for service in (get_capture, capture_text, delete_capture):
            with pytest.raises(NotFoundError):
                data.database.write(lambda tx: service(tx, principal, item_id, capture_id))  # noqa: B023 - called at once
    for principal in (bert.principal, reader):
        with pytest.raises(NotFoundError):
            data.database.read(lambda tx: list_captures(tx, principal, item.id))  # noqa: B023 - called at once
        with pytest.raises(NotFoundError):
            data.database.write(lambda tx: recapture(tx, principal, item.id))  # noqa: B023 - called at once
    assert found(bert, "alpha") == []
    assert anna.ask(get_capture, item.id).id == capture_id
