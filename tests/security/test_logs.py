"""The log: no secret in it, and no line that a request wrote."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import StoreError
from poolhouse.servers.feeds import PREFIXES, FeedDoor
from poolhouse.servers.feeds.files import period_of
from poolhouse.servers.http.serve import serve
from poolhouse.servers.site import build_site
from tests.security.callers import basic, bearer, cookie
from tests.security.plans import RICH
from tests.security.world import World, made_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from poolhouse.app.house import RunningHouse

from tests.security.test_secrets import spellings

HTML = {"accept": "text/html"}
TYPED = "zq a password that was typed"


class Visitor:
    """Asks on real sockets, one request a connection."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def ask(self, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            lines = [f"{method} {target} HTTP/1.1", "host: pools.test", "connection: close"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            lines.append(f"content-length: {len(body)}")
            writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
            return await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(house: RunningHouse) -> AsyncIterator[Visitor]:
    """The whole server on a free port, with its access log."""
    door = FeedDoor(house)
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            serve(
                build_site(house, door),
                host="127.0.0.1",
                port=0,
                shortcut=door.answer,
                prefixes=PREFIXES,
                has_access_log=True,
                started=lambda addresses: listening.set_result(int(addresses[0].rpartition(":")[2])),
                stop=stop,
            )
        )
        try:
            yield Visitor(await listening)
        finally:
            stop.set()


def file_key(world: World) -> str:
    """A key for files that a reader of the first home has."""
    pool, secret_id, _ = world.homes[0].feed_secrets[0]
    return world.house.vault.file_key(secret_id, pool.id, period_of(world.house.clock.now()))


async def visit_with_every_key(world: World) -> list[bytes]:
    """Every key at the doors, in the right places and in wrong ones."""
    home = world.homes[0]
    pool, _, secret = home.feed_secrets[0]
    key = file_key(world)
    file = f"/files/{pool.id}/{home.letters[0]}/1"
    feed = f"/pools/{pool.id}.atom"
    asked: list[tuple[str, str, dict[str, str], bytes]] = []
    for method in ("GET", "HEAD", "POST", "BREW"):
        asked += [
            (method, f"/s/{secret}{feed}", {}, b""),
            (method, f"/s/{secret}/nothing?x={secret}", {}, b""),
            (method, f"//s//{secret}{feed}", {}, b""),
            (method, f"/%73/{secret}{feed}", {}, b""),
            (method, f"/welcome/{secret}", HTML, b""),
            (method, feed, basic(home.name, secret), b""),
            (method, f"{feed}?token={secret}", bearer(home.token), b""),
            (method, "/account", {**cookie(home.session), **HTML, "referer": f"http://x/s/{secret}"}, b""),
            (method, "/api/v1/links", bearer(home.token), b""),
            (method, f"{file}?key={key}", {}, b""),
            (
                method,
                f"{file}%3fkey={key}?x=1&key={key}&key={key}",
                {"referer": f"http://x{file}?key={key}"},
                b"",
            ),
            (method, f"http://pools.test{file}/nothing?key={key}#{key}", {}, b""),
            (method, f"{feed}?key={key}", {}, b""),
            (method, f"/api/v1/links?access_token={home.token}", {"user-agent": secret}, b""),
        ]
    form = {"content-type": "application/x-www-form-urlencoded", **HTML}
    asked.append(("POST", "/login", form, f"name={TYPED}&password={TYPED}".replace(" ", "+").encode()))
    asked.append(("GET", f"/s/{secret}{feed}", {"x": secret * 3_000}, b""))
    asked.append(("GET", f"/s/{secret}{feed}\x01{secret}", {}, b""))
    async with serving(world.house) as visitor:
        return [await visitor.ask(*each) for each in asked]


@pytest.mark.parametrize("is_broken", [False, True], ids=["whole", "broken"])
def test_no_secret_is_written_to_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, *, is_broken: bool
) -> None:
    """With the access log on and everything else at its loudest; also where every request fails in us."""
    caplog.set_level(logging.DEBUG)
    with made_world(RICH) as world:
        if is_broken:
            monkeypatch.setattr(world.house, "glance", _fail)
            monkeypatch.setattr(world.house, "read", _fail)
        answers = asyncio.run(visit_with_every_key(world))
        assert (b" 500 " in b"".join(answer[:20] for answer in answers)) == is_broken
        log = caplog.text
        assert "/s/***" in log
        assert "/files/" in log
        assert ("Traceback" in log) == is_broken
        secrets = [
            TYPED,
            TYPED.replace(" ", "+"),
            file_key(world),
            *(text for home in world.homes for text in home.secrets),
        ]
        for secret in secrets:
            assert not [each for each in spellings(secret) if each.decode() in log]
        for answer in answers:
            assert b"Traceback" not in answer
            assert b"poolhouse/" not in answer.lower().replace(b"http://pools.test/poolhouse/", b"")


def _fail(*_: object) -> None:
    raise RuntimeError("made to fail")


@pytest.mark.parametrize(
    "target", ["/api/v1/links/1%0d%0aINFO forged", "/x%0d%0aINFO forged%1b[2J", "/pools/%0aINFO forged/edit"]
)
def test_no_request_writes_a_line_of_its_own_to_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    caplog.set_level(logging.DEBUG)

    def refuse(*_: object) -> None:
        raise StoreError("the disk does not answer")

    async def visit(world: World) -> None:
        async with serving(world.house) as visitor:
            for broken in (None, refuse, _fail):
                if broken:
                    monkeypatch.setattr(world.house, "glance", broken)
                for key in (bearer(world.homes[0].token), cookie(world.homes[0].session), {}):
                    await visitor.ask("GET", target.replace(" ", "%20"), {**key, **HTML})

    with made_world(RICH) as world:
        asyncio.run(visit(world))
    assert "forged" in caplog.text
    for record in caplog.records:
        assert not re.search(r"[\r\n\x1b]", record.getMessage()), record.name
