"""Files that nothing names go after a while; what anything names, or may be about to, stays."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from poolhouse.services.captures import delete_capture, recapture
from poolhouse.services.imports import queue_import
from poolhouse.services.jobs import cancel_job
from poolhouse.services.links import save_link
from poolhouse.services.trash import delete_item, trash_item
from poolhouse.store.unused import GRACE_SECONDS, remove_unused_blobs
from poolhouse.store.verify import verify
from tests.store.actor import Actor, new_actor
from tests.store.readings import read

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData

LONG_AGO = 1_000_000_000


@pytest.fixture
def anna(data: OpenData) -> Actor:
    return new_actor(data.database, "anna")


def grow_old(data: OpenData) -> None:
    for address in data.blobs.addresses():
        os.utime(data.blobs.path(address), (LONG_AGO, LONG_AGO))


def remove(data: OpenData) -> int:
    return remove_unused_blobs(data.database.path, data.blobs)


def kept(data: OpenData) -> set[str]:
    return set(data.blobs.addresses())


def test_everything_that_is_named_stays(data: OpenData, anna: Actor) -> None:
    item = anna.do(save_link, "https://one.test/").item
    named = [data.blobs.put(name) for name in (b"icon", b"page", b"image", b"file", b"reader", b"mail")]
    icon, page, image, file, reader, mail = named
    data.database.write(
        lambda tx: read(
            tx, item.id, "text", favicon=icon, page_blob=page, thumbnail_blob=image, reader_blob=reader
        )
    )
    data.database.writing.execute("UPDATE item SET blob = ?", (mail,))
    anna.do(queue_import, file, "bookmarks.html")
    unnamed = {data.blobs.put(str(number).encode()) for number in range(50)}
    assert remove(data) == 0
    grow_old(data)
    assert remove(data) == len(unnamed)
    assert kept(data) == set(named)
    assert verify(data.database.path.parent).faults == ()
    assert remove(data) == 0


def test_a_job_that_names_no_blob_lets_none_go(data: OpenData, anna: Actor) -> None:
    anna.do(queue_import, data.blobs.put(b"file"), "bookmarks.html")
    data.database.writing.execute(
        "INSERT INTO tuple (kind, key, body, label, turn, state, created_at, changed_at)"
        " VALUES ('import-mail', '', json_object('name', 'a job that names none'), '', 0, 'ready', 0, 0)"
    )
    grow_old(data)
    assert (remove(data), len(kept(data))) == (0, 1)


def test_what_was_deleted_for_good_goes(data: OpenData, anna: Actor) -> None:
    item = anna.do(save_link, "https://one.test/").item
    other = anna.do(save_link, "https://two.test/").item
    data.database.write(lambda tx: read(tx, item.id, "first", data.blobs))
    data.database.write(lambda tx: read(tx, other.id, "first", data.blobs))
    anna.do(recapture, item.id)
    second = data.database.write(lambda tx: read(tx, item.id, "second", data.blobs))
    assert second is not None
    job = anna.do(queue_import, data.blobs.put(b"file"), "bookmarks.html")
    grow_old(data)
    assert (remove(data), len(kept(data))) == (0, 3)
    anna.do(cancel_job, job)
    anna.do(delete_capture, item.id, second)
    assert (remove(data), len(kept(data))) == (2, 1)
    anna.do(trash_item, item.id)
    anna.do(delete_item, item.id)
    assert remove(data) == 0  # another item has the same
    anna.do(trash_item, other.id)
    assert remove(data) == 0
    anna.do(delete_item, other.id)
    assert (remove(data), len(kept(data))) == (1, 0)


def test_what_is_put_again_is_young_again(data: OpenData) -> None:
    address = data.blobs.put(b"page")
    grow_old(data)
    data.blobs.put(b"page")
    assert remove(data) == 0
    assert not data.blobs.remove_old(address, GRACE_SECONDS)
    grow_old(data)
    assert data.blobs.remove_old(address, GRACE_SECONDS)
    assert kept(data) == set()
    assert not data.blobs.remove_old(address, GRACE_SECONDS)


def test_nothing_goes_while_somebody_holds_the_blobs(data: OpenData) -> None:
    """A backup names in its copy of the database what was there when it began."""
    data.blobs.put(b"page")
    grow_old(data)
    with data.blobs.held(), data.blobs.held():
        assert remove(data) == 0
    assert remove(data) == 1


def test_a_store_without_blobs_has_none_to_remove(data: OpenData) -> None:
    assert remove(data) == 0
    with data.blobs.held():
        assert remove(data) == 0


def test_a_put_beside_a_removal_is_kept(data: OpenData) -> None:
    """One thread puts the same again and again, another removes it: what was put last is always there."""
    rounds, lost = 100, list[int]()
    barrier = threading.Barrier(2, timeout=20)

    def put() -> None:
        for number in range(rounds):
            content = str(number).encode()
            address = data.blobs.put(content)
            os.utime(data.blobs.path(address), (LONG_AGO, LONG_AGO))
            barrier.wait()
            if data.blobs.get(data.blobs.put(content)) != content:
                lost.append(number)
            barrier.wait()

    def remove_all() -> None:
        for _ in range(rounds):
            barrier.wait()
            for address in data.blobs.addresses():
                data.blobs.remove_old(address, GRACE_SECONDS)
            barrier.wait()

    threads = [threading.Thread(target=work) for work in (put, remove_all)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(named=st.sets(st.integers(0, 20)), unnamed=st.sets(st.integers(0, 20)))
def test_any_mixture(data: OpenData, named: set[int], unnamed: set[int]) -> None:
    connection = data.database.writing
    connection.execute("DELETE FROM tuple")
    grow_old(data)
    remove(data)
    assert kept(data) == set()
    addresses = {number: data.blobs.put(str(number).encode()) for number in named | unnamed}
    grow_old(data)
    for number in named:
        connection.execute(
            "INSERT INTO tuple (kind, key, body, label, turn, state, created_at, changed_at)"
            " VALUES ('import-file', '', json_object('blob', ?), '', 0, 'ready', 0, 0)",
            (addresses[number],),
        )
    assert remove(data) == len(unnamed - named)
    assert kept(data) == {addresses[number] for number in named}
