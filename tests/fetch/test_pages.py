"""Reading a page through the whole of it: page, head, icon."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import FetchError, RefusedAddressError
from poolhouse.fetch.pages import ICON_LIMIT_BYTES, PAGE_LIMIT_BYTES, PageReading, read_page

if TYPE_CHECKING:
    from tests.fetch.conftest import Lab

HTML = ["Content-Type: text/html; charset=koi8-r"]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


async def test_a_page_with_its_icon(lab: Lab) -> None:
    page = "<title>Привет</title><meta name=description content=d><meta name=author content=a><link rel=icon href=/i>"
    site = await lab.site(
        {
            "/": lab.redirect("/here/"),
            "/here/": lab.reply(page.encode("koi8-r"), headers=HTML),
            "/i": lab.reply(PNG, headers=["Content-Type: text/plain"]),
        }
    )
    assert await read_page(lab.fetcher(), f"http://page.example:{site.port}/") == PageReading(
        title="Привет", description="d", author="a", icon=PNG, icon_type="image/png"
    )


async def test_a_page_without_title_or_icon(lab: Lab) -> None:
    site = await lab.site({"/": lab.reply(b"<p>hello", headers=HTML)})
    assert await read_page(lab.fetcher(), f"http://page.example:{site.port}/") == PageReading(title=None)


@pytest.mark.parametrize(
    "media_type", ["application/pdf", "image/svg+xml", "text/plain", "application/xml", ""]
)
async def test_what_is_not_html_has_no_title_but_may_have_the_icon_of_its_site(
    lab: Lab, media_type: str
) -> None:
    headers = [f"Content-Type: {media_type}"] if media_type else []
    site = await lab.site(
        {
            "/a/b": lab.reply(b"<title>no</title><link rel=icon href=/i>", headers=headers),
            "/favicon.ico": lab.reply(PNG),
        }
    )
    reading = await read_page(lab.fetcher(), f"http://page.example:{site.port}/a/b")
    assert reading == PageReading(title=None, icon=PNG, icon_type="image/png")


async def test_xhtml_is_html(lab: Lab) -> None:
    site = await lab.site(
        {"/": lab.reply(b"<title>x</title>", headers=["Content-Type: application/xhtml+xml"])}
    )
    assert (await read_page(lab.fetcher(), f"http://page.example:{site.port}/")).title == "x"


async def test_a_page_longer_than_the_limit_still_has_its_title(lab: Lab) -> None:
    body = b"<title>long</title>" + b" " * (2 * PAGE_LIMIT_BYTES)
    site = await lab.site({"/": lab.reply(body, headers=HTML)})
    assert (await read_page(lab.fetcher(), f"http://page.example:{site.port}/")).title == "long"


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
        await read_page(lab.fetcher(), f"http://page.example:{site.port}/")


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
async def test_whatever_is_wrong_with_the_icon_the_page_is_read(lab: Lab, answer: bytes) -> None:
    page = lab.reply(b"<title>fine</title><link rel=icon href=/i>", headers=HTML)
    site = await lab.site({"/": page, "/i": answer})
    reading = await read_page(lab.fetcher(), f"http://page.example:{site.port}/")
    assert reading == PageReading(title="fine")
    assert b"GET /favicon.ico" in site.requests[-1]


async def test_the_next_icon_stands_in_for_one_that_fails(lab: Lab) -> None:
    page = lab.reply(b"<title>fine</title><link rel=icon href=/i>", headers=HTML)
    site = await lab.site({"/": page, "/i": ICONS["svg"], "/favicon.ico": lab.reply(PNG)})
    assert (await read_page(lab.fetcher(), f"http://page.example:{site.port}/")).icon == PNG


async def test_an_icon_cannot_reach_where_a_page_cannot(lab: Lab) -> None:
    inside = await lab.site(lab.reply(PNG), address="127.0.0.2")
    page = f"<title>spy</title><link rel=icon href=http://127.0.0.2:{inside.port}/i>"
    site = await lab.site({"/": lab.reply(page.encode(), headers=HTML)})
    assert (await read_page(lab.fetcher(), f"http://page.example:{site.port}/")).icon is None
    assert inside.connections == 0


async def test_a_private_page_is_refused(lab: Lab) -> None:
    with pytest.raises(RefusedAddressError):
        await read_page(lab.fetcher(allowed=()), "http://127.0.0.1:8080/")


async def test_reading_a_page_can_be_cancelled_at_the_icon(lab: Lab) -> None:
    at_icon = asyncio.Event()

    async def stall_at_icon(request: bytes, writer: asyncio.StreamWriter) -> None:
        if not request.startswith(b"GET / "):
            at_icon.set()
            await asyncio.Event().wait()
        writer.write(lab.reply(b"<title>x</title>", headers=HTML))

    site = await lab.site(stall_at_icon)
    reading = asyncio.create_task(read_page(lab.fetcher(), f"http://page.example:{site.port}/"))
    await at_icon.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
