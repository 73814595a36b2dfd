"""The letterbox: what waits together is kept together, each is told what came of its own, and twice is once."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from poolhouse.app import letterbox as letterbox_module
from poolhouse.app.letterbox import HouseLetterbox
from poolhouse.errors import ForbiddenError, NotFoundError, StoreError, StoreFullError
from poolhouse.services.messages import deliver_message
from poolhouse.services.people import set_person_disabled
from poolhouse.store.blobs import LOW_WATER_BYTES
from tests.conftest import make_person

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Arrival
    from poolhouse.store.blobs import BlobFiles
    from poolhouse.types import Person

ANNA, BEN = "anna@pools.example", "ben@pools.example"
SENDER = "writer@elsewhere.example"


class HeldBlobs:
    """Blobs that are kept when `gate` opens; `groups` has how many were kept together each time."""

    def __init__(self, blobs: BlobFiles) -> None:
        self._blobs = blobs
        self.gate = threading.Event()
        self.gate.set()
        self.groups: list[int] = []
        self.fault: Exception | None = None

    def arrival(self) -> Arrival:
        return self._blobs.arrival()

    def keep_all(self, arrivals: Sequence[Arrival]) -> Sequence[str]:
        self.groups.append(len(arrivals))
        assert self.gate.wait(20)
        if self.fault is not None:
            raise self.fault
        return self._blobs.keep_all(arrivals)


@pytest.fixture
def held(house: RunningHouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldBlobs]:
    found = HeldBlobs(house.data.blobs)
    monkeypatch.setattr(type(house), "blobs", property(lambda _: found))
    yield found
    found.gate.set()


@pytest.fixture
def letterbox(house: RunningHouse, person: Person) -> HouseLetterbox:
    assert person.name == "anna"
    make_person(house, "ben")
    house.addresses = replace(house.addresses, mail_domains=("pools.example",))
    return HouseLetterbox(house)


async def send(letterbox: HouseLetterbox, name: str, *addresses: str) -> Sequence[Exception | None]:
    recipients = [letterbox.recipient(SENDER, address) for address in addresses or (ANNA,)]
    arrival = letterbox.arrival()
    arrival.write(f"Subject: {name}\r\n\r\nHello.\r\n".encode())
    return await letterbox.deliver(arrival, SENDER, recipients)


def kept(house: RunningHouse) -> list[tuple[str, str]]:
    """Whose messages there are, and what is in each."""
    sql = "SELECT name, blob FROM item JOIN person ON person.id = owner_id WHERE kind = 'message' ORDER BY item.id"
    found = []
    for name, blob in house.data.database.writing.execute(sql).fetchall():
        content = house.data.blobs.get(str(blob))
        assert content is not None
        found.append((str(name), content.split(b"\r\n")[0].removeprefix(b"Subject: ").decode()))
    return found


async def test_each_recipient_has_the_message(house: RunningHouse, letterbox: HouseLetterbox) -> None:
    assert await send(letterbox, "one", ANNA, BEN, "Anna+reading@pools.example") == [None, None, None]
    assert kept(house) == [("anna", "one"), ("ben", "one")]


async def test_what_waits_goes_together(
    house: RunningHouse, letterbox: HouseLetterbox, held: HeldBlobs
) -> None:
    held.gate.clear()
    before = house.version()
    first = asyncio.create_task(send(letterbox, "first"))
    async with asyncio.timeout(20):
        while not held.groups:  # noqa: ASYNC110 - a thread's doing
            await asyncio.sleep(0)
    others = [asyncio.create_task(send(letterbox, f"other-{number}", ANNA, BEN)) for number in range(8)]
    await asyncio.sleep(0)
    assert kept(house) == []
    assert not first.done()
    held.gate.set()
    outcomes = [await each for each in (first, *others)]
    assert outcomes == [[None]] + [[None, None]] * 8
    assert held.groups == [1, 8]
    assert len(kept(house)) == 17
    assert house.version() > before


async def test_no_more_goes_together_than_may(
    letterbox: HouseLetterbox, held: HeldBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letterbox_module, "GROUP_LIMIT", 3)
    outcomes = await asyncio.gather(*(send(letterbox, f"{number}") for number in range(8)))
    assert outcomes == [[None]] * 8
    assert max(held.groups) == 3
    assert sum(held.groups) == 8


async def test_twice_is_once(house: RunningHouse, letterbox: HouseLetterbox) -> None:
    assert await send(letterbox, "one", ANNA, ANNA) == [None, None]
    assert await send(letterbox, "one", ANNA, BEN) == [None, None]
    assert await asyncio.gather(*(send(letterbox, "one", ANNA) for _ in range(4))) == [[None]] * 4
    assert kept(house) == [("anna", "one"), ("ben", "one")]


@pytest.mark.parametrize(
    ("told", "fault"),
    [(ZeroDivisionError, ZeroDivisionError("a bug of ours")), (StoreError, apsw.ConstraintError("another"))],
)
async def test_a_message_that_cannot_be_delivered_sinks_no_other(
    house: RunningHouse,
    letterbox: HouseLetterbox,
    held: HeldBlobs,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    told: type[Exception],
    fault: Exception,
) -> None:
    def deliver(tx: Any, recipient: Any, **more: Any) -> Any:
        if recipient.address == BEN:
            raise fault
        return deliver_message(tx, recipient, **more)

    monkeypatch.setattr(letterbox_module, "deliver_message", deliver)
    held.gate.clear()
    sent = [asyncio.create_task(send(letterbox, name, ANNA, BEN)) for name in ("one", "two")]
    await asyncio.sleep(0)
    held.gate.set()
    for each in sent:
        for_anna, for_ben = await each
        assert for_anna is None
        assert isinstance(for_ben, told)
    assert kept(house) == [("anna", "one"), ("anna", "two")]
    assert ("a message could not be kept" in caplog.text) == (told is ZeroDivisionError)


async def test_where_the_disk_fails_everybody_is_told_and_the_next_is_kept(
    house: RunningHouse, letterbox: HouseLetterbox, held: HeldBlobs
) -> None:
    held.fault = StoreFullError("the disk is full")
    for_anna, for_ben = await send(letterbox, "one", ANNA, BEN)
    assert isinstance(for_anna, StoreFullError)
    assert isinstance(for_ben, StoreFullError)
    assert kept(house) == []
    held.fault = None
    assert await send(letterbox, "one", ANNA, BEN) == [None, None]
    assert len(kept(house)) == 2


async def test_where_the_store_fails_nobody_is_told_otherwise(
    house: RunningHouse, letterbox: HouseLetterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise StoreError("the disk does not answer")

    with monkeypatch.context() as failing:
        failing.setattr(house, "write", fail)
        assert [type(each) for each in await send(letterbox, "one", ANNA, BEN)] == [StoreError, StoreError]
    assert kept(house) == []
    assert await send(letterbox, "one") == [None]


async def test_whoever_does_not_wait_for_the_answer_has_sent_it(
    house: RunningHouse, letterbox: HouseLetterbox, held: HeldBlobs
) -> None:
    held.gate.clear()
    gone = asyncio.create_task(send(letterbox, "gone"))
    stays = asyncio.create_task(send(letterbox, "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    held.gate.set()
    assert await stays == [None]
    assert sorted(kept(house)) == [("anna", "gone"), ("anna", "stays")]


def test_whom_an_address_stands_for(house: RunningHouse, letterbox: HouseLetterbox, person: Person) -> None:
    assert letterbox.recipient(SENDER, "ANNA@POOLS.EXAMPLE").person_id == person.id
    for wrong in ("nobody@pools.example", "anna@other.example", "anna", "@", ""):
        with pytest.raises(NotFoundError):
            letterbox.recipient(SENDER, wrong)
    with pytest.raises(ForbiddenError):
        letterbox.recipient(SENDER, "anna+save@pools.example")
    house.data.database.write(lambda tx: set_person_disabled(tx, person.name, is_disabled=True))
    with pytest.raises(NotFoundError):
        letterbox.recipient(SENDER, ANNA)


async def test_some_of_the_disk_is_left_alone(letterbox: HouseLetterbox) -> None:
    assert letterbox.has_room(0)
    assert not letterbox.has_room(1 << 60)
    assert LOW_WATER_BYTES > 50 * 1024 * 1024
