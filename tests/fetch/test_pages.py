"""Fetching a page, its icon, and what else it is made of."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import FetchError, RefusedAddressError
from poolhouse.fetch import pages
from poolhouse.fetch.pages import ICON_LIMIT_BYTES, fetch_icon, fetch_page, fetch_resources

if TYPE_CHECKING:
    from tests.fetch.conftest import Lab

HTML = ["Content-Type: text/html; charset=koi8-r"]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
LIMIT = 10_000


async def test_a_page_with_what_it_was_said_to_be(lab: Lab) -> None:
    body = "Привет".encode("koi8-r")
    site = await lab.site({"/": lab.redirect("/here/"), "/here/": lab.reply(body, headers=HTML)})
    page = await fetch_page(lab.fetcher(), f"http://page.example:{site.port}/", limit_bytes=LIMIT)
    assert (page.url, page.media_type, page.charset) == (
        f"http://page.example:{site.port}/here/",
        "text/html",
        "koi8-r",
    )
    assert page.body == body


async def test_as_much_of_a_page_as_is_wanted(lab: Lab) -> None:
    site = await lab.site({"/": lab.reply(b"x" * 3 * LIMIT, headers=HTML)})
    page = await fetch_page(lab.fetcher(), f"http://page.example:{site.port}/", limit_bytes=LIMIT)
    assert page.is_truncated
    assert page.body == b"x" * LIMIT


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("404 x", r"404 \(Not Found\)"),
        ("503 x", r"503 \(Service Unavailable\)"),
        ("799 x", "799"),
        ("999 x", "999"),
    ],
)
async def test_an_error_page_is_not_the_page(lab: Lab, status: str, reason: str) -> None:
    site = await lab.site(lab.reply(b"<title>Oops</title>", status=status, headers=HTML))
    with pytest.raises(FetchError, match=f"the site answered {reason}"):
        await fetch_page(lab.fetcher(), f"http://page.example:{site.port}/", limit_bytes=LIMIT)


async def test_a_private_page_is_refused(lab: Lab) -> None:
    with pytest.raises(RefusedAddressError):
        await fetch_page(lab.fetcher(allowed=()), "http://127.0.0.1:8080/", limit_bytes=LIMIT)


ICONS = {
    "missing": b"HTTP/1.1 404 Not Found\r\nContent-Length: 108\r\n\r\n" + PNG,
    "not an image": b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n<!doctype html>",
    "svg": b"HTTP/1.1 200 OK\r\nContent-Type: image/svg+xml\r\n\r\n<svg onload='alert(1)'/>",
    "too large": b"HTTP/1.1 200 OK\r\n\r\n" + PNG + bytes(ICON_LIMIT_BYTES),
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "cut off": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + PNG,
    "not http": b"\x00\x01\x02\r\n\r\n",
    "silent": b"",
    "private": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/i\r\nContent-Length: 0\r\n\r\n",
    "a file": b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    "a loop": b"HTTP/1.1 302 Found\r\nLocation: /i\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("answer", ICONS.values(), ids=ICONS.keys())
async def test_the_next_icon_stands_in_for_one_that_is_none(lab: Lab, answer: bytes) -> None:
    site = await lab.site({"/i": answer, "/favicon.ico": lab.reply(PNG)})
    base = f"http://page.example:{site.port}"
    assert await fetch_icon(lab.fetcher(), (f"{base}/i", f"{base}/favicon.ico")) == PNG
    assert await fetch_icon(lab.fetcher(), (f"{base}/i",)) is None


async def test_an_icon_cannot_reach_where_a_page_cannot(lab: Lab) -> None:
    inside = await lab.site(lab.reply(PNG), address="127.0.0.2")
    assert await fetch_icon(lab.fetcher(), (f"http://127.0.0.2:{inside.port}/i",)) is None
    assert inside.connections == 0


async def test_what_a_page_is_made_of_comes_under_the_addresses_asked(lab: Lab) -> None:
    site = await lab.site({"/a": lab.redirect("/b"), "/b": lab.reply(b"b"), "/c": lab.reply(b"c"), "/i": b""})
    base = f"http://page.example:{site.port}"
    inside = await lab.site(lab.reply(b"secret"), address="127.0.0.2")
    urls = [
        f"{base}/a",
        f"{base}/gone",
        f"{base}/i",
        f"http://127.0.0.2:{inside.port}/",
        f"{base}/c",
        f"{base}/c",
    ]
    found = await fetch_resources(lab.fetcher(), urls)
    assert {url: each.body for url, each in found.items()} == {f"{base}/a": b"b", f"{base}/c": b"c"}
    assert inside.connections == 0
    assert sum(b"GET /c" in request for request in site.requests) == 1


async def test_nothing_more_is_asked_for_once_enough_has_come(lab: Lab) -> None:
    site = await lab.site(lab.reply(b"x" * 1_000))
    urls = [f"http://page.example:{site.port}/{n}" for n in range(20)]
    found = await fetch_resources(lab.fetcher(), urls, limit_bytes=3_000)
    assert len(found) == 3
    assert site.connections <= 3 + 4


async def test_what_is_too_large_is_left_out(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "RESOURCE_LIMIT_BYTES", 500)
    site = await lab.site({"/large": lab.reply(b"x" * 501), "/small": lab.reply(b"x" * 500)})
    base = f"http://page.example:{site.port}"
    assert set(await fetch_resources(lab.fetcher(), (f"{base}/large", f"{base}/small"))) == {f"{base}/small"}


async def test_what_has_come_when_time_is_over_is_kept(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "RESOURCES_TIMEOUT_SECONDS", 0.5)

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.startswith(b"GET /slow"):
            await asyncio.Event().wait()
        writer.write(lab.reply(b"quick"))

    site = await lab.site(answer)
    base = f"http://page.example:{site.port}"
    assert set(await fetch_resources(lab.fetcher(), (f"{base}/quick", f"{base}/slow"))) == {f"{base}/quick"}


async def test_fetching_can_be_cancelled(lab: Lab) -> None:
    is_asked = asyncio.Event()

    async def stall(request: bytes, writer: asyncio.StreamWriter) -> None:
        is_asked.set()
        await asyncio.Event().wait()

    site = await lab.site(stall)
    fetching = asyncio.create_task(fetch_resources(lab.fetcher(), (f"http://page.example:{site.port}/",)))
    await is_asked.wait()
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
