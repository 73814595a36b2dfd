"""Live events: what is told, to whom, and how a stream ends."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from poolhouse.servers.site import build_site
from poolhouse.servers.web import live
from poolhouse.services.pages import record_page_failure
from poolhouse.services.people import end_session, set_person_disabled, start_session
from poolhouse.services.trash import trash_item
from poolhouse.types import ImportFile, PoolRole
from tests.conftest import make_person, principal_of
from tests.security.visitor import Visitor
from tests.servers.web.conftest import Browser, keep, keep_page, run_job
from tests.servers.web.letters import RAW, bring, read

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Person, Principal
    from tests.conftest import StillClock

STREAM = {"accept": "text/event-stream"}


@dataclass
class Stream:
    """A browser's open stream, without a socket."""

    task: asyncio.Task[None] = field(init=False)
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    heard: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def event(self) -> tuple[str, Any]:
        """The next event that says something."""
        while True:
            piece = await self.heard.get()
            assert piece is not None, "the stream ended"
            name, _, data = piece.decode().partition("\n")
            if name.startswith("event: "):
                return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    async def end(self) -> None:
        """Wait until the answer is whole; nothing may be told before."""
        assert await self.heard.get() is None
        await self.task


@asynccontextmanager
async def listening(house: RunningHouse, cookie: str, query: str = "") -> AsyncIterator[Stream]:
    stream = Stream()
    headers = {**STREAM, "cookie": f"poolhouse_session={cookie}", "host": "pools.test"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/live",
        "raw_path": b"/live",
        "root_path": "",
        "query_string": query.encode(),
        "client": ("192.0.2.1", 1),
        "server": ("pools.test", 80),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "state": {"stopping": stream.stopping},
    }

    async def receive() -> dict[str, Any]:
        await stream.leaving.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            stream.status = message["status"]
            stream.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        for piece in message.get("body", b"").split(b"\n\n"):
            if piece:
                stream.heard.put_nowait(piece)
        if not message.get("more_body"):
            stream.heard.put_nowait(None)

    stream.task = asyncio.create_task(build_site(house)(scope, receive, send))
    try:
        yield stream
    finally:
        stream.leaving.set()
        await stream.task


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)


@pytest.fixture
def cookie(house: RunningHouse, person: Person) -> str:
    return new_cookie(house, person)


def new_cookie(house: RunningHouse, person: Person) -> str:
    return house.data.database.write(lambda tx: start_session(tx, house.vault, person.id, "test"))[1]


async def test_work_is_told_as_it_goes(house: RunningHouse, cookie: str, principal: Principal) -> None:
    async with listening(house, cookie, "jobs=1") as stream:
        name, work = await stream.event()
        assert (name, work) == ("work", {"words": "", "under_way": 0, "failed": 0, "jobs": []})
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "private, no-store"
        assert "content-length" not in stream.headers
        job_id = await house.write(
            lambda tx: tx.tuples.put(ImportFile("0" * 64, None, "x"), person_id=principal.person_id)
        )
        _, work = await stream.event()
        assert (work["words"], work["under_way"]) == ("1 under way", 1)
        # as a command beside the server does it, unheard
        run_job(house, job_id, 5, 10)
        _, work = await stream.event()
        assert work["jobs"] == [{"id": job_id, "state": "running", "done": 5, "total": 10}]


async def test_a_page_that_was_waited_for(house: RunningHouse, cookie: str, principal: Principal) -> None:
    read, failed = keep(house, principal, "https://a.example/"), keep(house, principal, "https://b.example/")
    async with listening(house, cookie, f"items={read.id},{failed.id},999,x,") as stream:
        assert (await stream.event())[0] == "work"
        keep_page(house, read, title="What it says of itself")
        _, item = await stream.event()
        assert item == {"id": read.id, "state": "text", "words": "4 min", "title": "What it says of itself"}
        await house.write(lambda tx: record_page_failure(tx, failed.id, failed.url, "No."))
        _, item = await stream.event()
        assert (item["id"], item["state"], item["words"]) == (failed.id, "failed", "page could not be read")
        # what was told is not told again
        keep_page(house, read, title="Later")
        stream.stopping.set()
        await stream.end()


async def test_nothing_of_others_is_told(house: RunningHouse, cookie: str) -> None:
    bob = principal_of(make_person(house, "bob"))
    theirs = keep(house, bob, "https://bobs.example/")
    async with listening(house, cookie, f"items={theirs.id}&jobs=1") as stream:
        assert (await stream.event())[1]["under_way"] == 0
        keep_page(house, theirs)
        keep(house, bob, "https://bobs.example/2")
        await house.write(lambda tx: end_session(tx, house.vault, cookie))
        await stream.end()


async def test_what_is_new_in_the_pool_that_is_looked_at(
    house: RunningHouse, cookie: str, principal: Principal
) -> None:
    first = bring(house, principal)
    async with listening(house, cookie, f"items={first}&pool=1&top=1") as stream:
        await stream.event()
        second = bring(house, principal, RAW + b"2")
        assert await stream.event() == ("new", {"words": "1 new: show it"})
        read(house, first, subject="Beds")
        kind, item = await stream.event()
        assert kind == "item"
        assert (item["id"], item["title"], item["author"]) == (first, "Beds", "Robin Berg")
        assert (item["excerpt"], item["initial"]) == ("Dig none.", "R")
        await house.write(lambda tx: trash_item(tx, principal, second))
        assert await stream.event() == ("new", {"words": ""})
        stream.stopping.set()
        await stream.end()


async def test_nothing_new_is_told_of_anothers_pool(house: RunningHouse, cookie: str) -> None:
    bob = principal_of(make_person(house, "bob"))
    inbox = house.read(lambda tx: tx.pools.by_role(bob.person_id, PoolRole.INBOX))
    async with listening(house, cookie, f"pool={inbox.id}&top=0") as stream:
        assert (await stream.event())[0] == "work"
        bring(house, bob)
        stream.stopping.set()
        await stream.end()


async def test_it_ends_with_the_session(house: RunningHouse, cookie: str, principal: Principal) -> None:
    async with listening(house, cookie) as stream:
        await stream.event()

        def log_out_and_save(tx: Any) -> None:
            end_session(tx, house.vault, cookie)
            tx.tuples.put(ImportFile("0" * 64, None, "x"), person_id=principal.person_id)

        await house.write(log_out_and_save)
        await stream.end()


async def test_it_ends_with_the_account(house: RunningHouse, cookie: str, person: Person) -> None:
    async with listening(house, cookie) as stream:
        await stream.event()
        # by a command beside the server, unheard
        house.data.database.write(lambda tx: set_person_disabled(tx, person.name, is_disabled=True))
        await stream.end()


async def test_it_ends_when_the_session_is_too_old(
    house: RunningHouse, cookie: str, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE_SECONDS", 0.05)
    async with listening(house, cookie) as stream:
        await stream.event()
        assert await stream.heard.get() == b": still here"
        clock.pass_seconds(400 * 86_400)
        while await stream.heard.get() is not None:
            continue


async def test_it_ends_with_the_server_as_an_answer_ends(house: RunningHouse, cookie: str) -> None:
    async with listening(house, cookie) as stream:
        await stream.event()
        stream.stopping.set()
        await stream.end()


async def test_a_person_has_so_many_streams(house: RunningHouse, cookie: str, person: Person) -> None:
    bob = make_person(house, "bob")
    async with asyncio.TaskGroup() as tasks:
        enough = asyncio.Event()
        ready = asyncio.Semaphore(0)

        async def hold() -> None:
            async with listening(house, cookie) as stream:
                await stream.event()
                ready.release()
                await enough.wait()

        for _ in range(live.STREAMS_PER_PERSON):
            tasks.create_task(hold())
        for _ in range(live.STREAMS_PER_PERSON):
            await ready.acquire()
        async with listening(house, cookie) as refused:
            await refused.task
            assert refused.status == 429
            assert refused.headers["retry-after"] == "25"
        async with listening(house, new_cookie(house, bob)) as other:
            await other.event()
        enough.set()
    async with listening(house, cookie) as stream:
        await stream.event()
        assert stream.status == 200


async def test_who_asks_for_no_stream_gets_its_beginning(
    house: RunningHouse, browser: Browser, principal: Principal
) -> None:
    keep(house, principal, "https://a.example/")
    answer = browser.get("/live?jobs=1")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.startswith('event: work\ndata: {"words": "1 under way"')
    assert answer.text.endswith("\n\n")
    assert browser.client.head("/live", headers=STREAM).status_code == 200


def test_strangers_are_told_nothing(stranger: Browser) -> None:
    assert stranger.get("/live", **STREAM).status_code == 401


@pytest.mark.slow
def test_a_server_that_stops_ends_streams_whole(tmp_path: Path) -> None:
    visitor = Visitor.at(tmp_path / "data")
    visitor.log_in()
    parts = urlsplit(visitor.server.url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    connection.request("GET", "/live", headers={**STREAM, "cookie": cookies})
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.readline() == b"retry: 5000\n"
    assert visitor.server.stop() == 0
    # an answer that was cut off would raise IncompleteRead
    assert b"event: work" in answer.read()
    connection.close()
    assert not [line for line in visitor.server.output if "cut off" in line]
