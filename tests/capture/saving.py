"""Saves pages in a real server as a program would, and asks it what became of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from aiohttp import ClientSession

from tests.capture.processes import Seen, children_of, inet_sockets, look_at
from tests.running import RunningServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from tests.capture.pages import Page
    from tests.capture.site import Site

PATIENCE_SECONDS = 240.0
"""When a test gives up; it is done in a fifth of that."""

TICK_SECONDS = 0.1
POOL = "Whole"
_NOT_OVER = ("waiting", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the server knows of one page in the end: the link and its captures as JSON, and the newest one's parts.

    `found` are the ids of the links that a search for the page's mark finds.
    """

    link: dict[str, Any]
    captures: list[dict[str, Any]]
    text: str = ""
    reader: str = ""
    whole: str = ""
    thumbnail: bytes = b""
    found: tuple[int, ...] = ()


@dataclass
class Saver:
    """Anna's script at a server of her own, with a pool that keeps whole pages. Use it with `async with`.

    `polls` counts the statuses that a feed reader was answered with all the while; `workers` is what was seen of the
    server's subprocesses, and `inet_sockets` the sockets of this machine that spoke IP at the same time.
    """

    data: Path
    networks: str
    polls: Counter[int] = field(default_factory=Counter)
    workers: dict[int, Seen] = field(default_factory=dict)
    inet_sockets: set[int] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self.server = RunningServer(self.data, ("--fetch-networks", self.networks))
        await asyncio.to_thread(self._set_up)
        self._session = ClientSession(headers={"Authorization": f"Bearer {self._token}"})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        await asyncio.to_thread(self.server.stop)

    def _set_up(self) -> None:
        self.server.command("person", "add", "anna", "--password-stdin", stdin="correct horse battery\n")
        self.server.start()
        self._token = self.server.command("token", "add", "anna", "--label", "script")[0]["token"]

    def _make_feed(self) -> None:
        made = self.server.command("secret", "add", "anna", "--pool", POOL, "--label", "ticking")[0]
        self._feed = made["path"]["atom"]

    async def api(self, method: str, path: str, body: object = None) -> Any:
        """Ask the API, and return the JSON it answers; fails where it refuses."""
        async with self._session.request(method, f"{self.server.url}/api/v1{path}", json=body) as answer:
            assert answer.status < 300, (method, path, await answer.text())
            return await answer.json()

    async def save(self, urls: Sequence[str]) -> list[int]:
        """Save pages into a pool that keeps them whole, and return the links' ids."""
        pool = await self.api("POST", "/pools", {"name": POOL, "capture": "full"})
        await asyncio.to_thread(self._make_feed)
        links = [await self.api("POST", "/links", {"url": url, "pool": pool["id"]}) for url in urls]
        return [link["id"] for link in links]

    async def wait(self) -> None:
        """Until no job waits or runs; meanwhile a feed reader polls, and somebody watches the workers."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self._count_jobs():
                await self._poll()
                await asyncio.to_thread(self._look)
                await asyncio.sleep(TICK_SECONDS)

    async def outcome(self, link_id: int, page: Page) -> Outcome:
        """What is known of a page."""
        link = await self.api("GET", f"/links/{link_id}")
        found = await self.api("GET", f"/search?q={page.mark}")
        captures = (await self.api("GET", f"/links/{link_id}/captures"))["items"]
        made = Outcome(link=link, captures=captures, found=tuple(each["id"] for each in found["items"]))
        if not captures:
            return made
        newest = await self.api("GET", f"/links/{link_id}/captures/{captures[0]['id']}")
        return Outcome(
            link=link,
            captures=captures,
            text=newest["text"],
            reader=(await self._part(newest, "html_url")).decode(),
            whole=(await self._part(newest, "page_url")).decode(),
            thumbnail=await self._part(newest, "thumbnail_url"),
            found=made.found,
        )

    async def _part(self, capture: Mapping[str, Any], name: str) -> bytes:
        if capture[name] is None:
            return b""
        async with self._session.get(capture[name]) as answer:
            assert answer.status == 200, (capture[name], answer.status)
            return await answer.read()

    async def _count_jobs(self) -> int:
        counts = (await self.api("GET", "/jobs?limit=1"))["counts"]
        return sum(counts[state] for state in _NOT_OVER)

    async def _poll(self) -> None:
        async with self._session.get(self._feed, headers={"Authorization": ""}) as answer:
            await answer.read()
            self.polls[answer.status] += 1

    def _look(self) -> None:
        assert self.server.process is not None
        self.inet_sockets |= inet_sockets()
        for pid in children_of(self.server.process.pid):
            look_at(pid, self.workers.setdefault(pid, Seen()))


async def save_all(pages: Sequence[Page], site: Site, saver: Saver) -> dict[str, Outcome]:
    """Save every page, wait until all were read, and return what became of each by its name."""
    ids = await saver.save([site.url_of(page) for page in pages])
    await saver.wait()
    return {page.name: await saver.outcome(link_id, page) for page, link_id in zip(pages, ids, strict=True)}
