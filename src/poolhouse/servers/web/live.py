"""What changes while a page is open, told as server-sent events (WHATWG HTML §9.2).

    event: work   how many jobs are under way and how many failed; on the page of jobs, how far each is
    event: item   the page of a link, or the message, that was waited for is read now, or could not be
    event: new    how much has come into the pool that is looked at since its page was made

A stream tells its person what they could read anyway, and asks the access rule anew before each event: with the session
it ends. It costs nothing until something is committed, and then at most one look every `PAUSE_SECONDS`.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from starlette.responses import Response

from poolhouse.errors import NotFoundError, ThrottledError
from poolhouse.servers.web.door import Page
from poolhouse.servers.web.forms import number
from poolhouse.servers.web.view import excerpt, initial, page_mark, tile_of
from poolhouse.servers.web.work import read_work
from poolhouse.services.jobs import list_jobs
from poolhouse.services.people import open_session
from poolhouse.services.pools import get_pool
from poolhouse.services.reading import get_item
from poolhouse.types import ItemId, ItemKind, PageState, PoolId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

    from poolhouse.ports import Transaction
    from poolhouse.servers.house import House
    from poolhouse.servers.web.visit import Visit
    from poolhouse.servers.web.work import Work
    from poolhouse.types import Item, Job, PersonId, Principal

STREAMS_PER_PERSON: Final = 8
WATCHED_LIMIT: Final = 100
JOBS_LIMIT: Final = 100
NEW_LIMIT: Final = 100
PAUSE_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 2.0
"""A command beside the server commits unheard, and may have ended the session: so often somebody looks."""
KEEP_ALIVE_SECONDS: Final = 25.0
_RETRY = b"retry: 5000\n\n"
_STILL_HERE = b": still here\n\n"

_open: WeakKeyDictionary[House, Counter[PersonId]] = WeakKeyDictionary()


async def show_live(visit: Visit) -> Response:
    """The stream, to whoever asks for one (`Accept: text/event-stream`); to others its first events alone.

    `items` are the links and messages that are waited for, `jobs=1` asks for each job, `pool` is the one that is looked
    at and `top` the highest position that was given in it when its page was made. Raises ThrottledError for one stream
    more than a person can have.
    """
    wanted = [number(text) for text in visit.query.text("items").split(",")[:WATCHED_LIMIT]]
    items = {ItemId(found) for found in wanted if found is not None}
    listener = Listener(visit, items, with_jobs=visit.query.text("jobs") == "1")
    pool_id, top = visit.query.number("pool"), visit.query.number("top")
    if pool_id is not None and top is not None:
        listener.shown = (PoolId(pool_id), top)
    is_stream = "text/event-stream" in visit.request.headers.get("accept", "")
    if not is_stream or visit.request.method == "HEAD":
        return Response(b"".join(listener.look() or ()), media_type="text/event-stream")
    if _streams(visit.house)[visit.me.person_id] >= STREAMS_PER_PERSON:
        raise ThrottledError(int(KEEP_ALIVE_SECONDS))
    return EventStream(listener)


def _streams(house: House) -> Counter[PersonId]:
    return _open.setdefault(house, Counter())


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look found, all of the same moment."""

    work: Work
    jobs: tuple[Job, ...]
    items: tuple[Item, ...]
    new: int


@dataclass(slots=True)
class Listener:
    """One browser's interest, and what it has been told. `items` are those still waited for, `shown` the pool that is
    looked at and the highest position that its page knows of.
    """

    visit: Visit
    items: set[ItemId]
    with_jobs: bool
    shown: tuple[PoolId, int] | None = None
    _new: int = 0
    _told: str = ""
    _version: int | None = field(default=None)

    @property
    def house(self) -> House:
        return self.visit.house

    def has_news(self) -> bool:
        """Whether anything was committed since the last look."""
        return self.house.version() != self._version

    def look(self) -> list[bytes] | None:
        """The events that are to be told now; None where the session is over."""
        signed_in = self.visit.signed_in
        assert signed_in is not None
        self._version = self.house.version()

        def ask(tx: Transaction) -> _Seen | None:
            found = open_session(tx, self.house.vault, signed_in.cookie)
            return self._see(tx, found[0]) if found else None

        seen = self.house.read(ask)
        return None if seen is None else list(self._events(seen))

    def _see(self, tx: Transaction, me: Principal) -> _Seen:
        jobs = tuple(list_jobs(tx, me, limit=JOBS_LIMIT)) if self.with_jobs else ()
        return _Seen(read_work(tx, me), jobs, tuple(self._read_items(tx, me)), self._count_new(tx, me))

    def _count_new(self, tx: Transaction, me: Principal) -> int:
        """How much stands above what the list shows, at most `NEW_LIMIT`."""
        if self.shown is None:
            return 0
        pool_id, top = self.shown
        try:
            get_pool(tx, me, pool_id)
        except NotFoundError:
            return 0
        last = tx.memberships.top_position(pool_id)
        return len(tx.memberships.span(pool_id, top + 1, last, limit=NEW_LIMIT)) if last > top else 0

    def _read_items(self, tx: Transaction, me: Principal) -> Iterator[Item]:
        """The links that need not be waited for any more."""
        for item_id in sorted(self.items):
            try:
                item = get_item(tx, me, item_id)
            except NotFoundError:
                self.items.discard(item_id)
                continue
            if item.page_state is not PageState.PENDING:
                yield item

    def _events(self, seen: _Seen) -> Iterator[bytes]:
        render = self.visit.view.render
        work = {
            "words": render("work_words.html", {"work": seen.work}).strip(),
            "under_way": seen.work.under_way,
            "failed": seen.work.failed,
            "jobs": [_job_data(job) for job in seen.jobs],
        }
        if (told := json.dumps(work)) != self._told:
            self._told = told
            yield _event("work", told)
        if seen.new != self._new:
            self._new = seen.new
            words = render("new_words.html", {"count": seen.new, "limit": NEW_LIMIT}).strip()
            yield _event("new", json.dumps({"words": words}))
        for item in seen.items:
            self.items.discard(item.id)
            words = render("page_words.html", {"item": item}).strip()
            data = {"id": item.id, "state": page_mark(item), "words": words, "title": item.title}
            if item.kind is ItemKind.MESSAGE:
                data |= {"author": item.author, "excerpt": excerpt(item.description)}
                data |= {"initial": initial(item.author), "tile": tile_of(item.author)}
            yield _event("item", json.dumps(data))


def _job_data(job: Job) -> dict[str, Any]:
    return {"id": job.id, "state": str(job.state), "done": job.done, "total": job.total}


def _event(name: str, data: str) -> bytes:
    # JSON has no line ends, and an event's field ends with one
    return f"event: {name}\ndata: {data}\n\n".encode()


class EventStream(Response):
    """Tells until the browser goes, the session ends or the server stops, and ends as an answer ends."""

    media_type = "text/event-stream"

    def __init__(self, listener: Listener) -> None:
        super().__init__(headers={"x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer. Raises what a look raises."""
        streams, person_id = _streams(self._listener.house), self._listener.visit.me.person_id
        streams[person_id] += 1
        stopping: asyncio.Event | None = scope.get("state", {}).get("stopping")
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            telling = asyncio.create_task(self._tell(send))
            ends = [telling, asyncio.create_task(_gone(receive))]
            if stopping is not None:
                ends.append(asyncio.create_task(_set(stopping)))
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in ends:
                    task.cancel()
                await asyncio.gather(*ends, return_exceptions=True)
            if not telling.cancelled():
                telling.result()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            streams[person_id] -= 1

    async def _tell(self, send: Send) -> None:
        listener = self._listener
        clock = asyncio.get_running_loop().time
        quiet_since = clock()
        pieces = [_RETRY]
        while True:
            events = listener.look()
            if events is None:
                return
            pieces += events
            if not pieces and clock() - quiet_since >= KEEP_ALIVE_SECONDS:
                pieces = [_STILL_HERE]
            if pieces:
                body = b"".join(pieces)
                await send({"type": "http.response.body", "body": body, "more_body": True})
                quiet_since, pieces = clock(), []
                # many commits make one event
                await asyncio.sleep(PAUSE_SECONDS)
            while not listener.has_news() and clock() - quiet_since < KEEP_ALIVE_SECONDS:
                await listener.house.next_commit(LOOK_SECONDS)


async def _gone(receive: Receive) -> None:
    """Wait until the browser went."""
    while (await receive())["type"] != "http.disconnect":
        continue


async def _set(event: asyncio.Event) -> None:
    await event.wait()


PAGES = (Page(path="/live", get=show_live),)
