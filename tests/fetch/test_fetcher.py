"""The fetcher against real servers: what it sends, how much it takes, and how long it waits."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import subprocess
from contextlib import AsyncExitStack
from shutil import which
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import FetchError, RefusedAddressError
from poolhouse.fetch.fetcher import Fetched, Fetcher

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fetch.conftest import Lab


async def fetch(
    fetcher: Fetcher, url: str, *, limit_bytes: int = 1_000, timeout_seconds: float = 5.0
) -> Fetched:
    return await fetcher.fetch(
        url, limit_bytes=limit_bytes, accept="text/html", timeout_seconds=timeout_seconds
    )


async def test_a_page_comes_back_as_it_was_sent(lab: Lab) -> None:
    site = await lab.site(lab.reply(b"hello", headers=['Content-Type: Text/HTML; Charset="KOI8-R"']))
    fetched = await fetch(lab.fetcher(), f"http://page.example:{site.port}/a?b=c#d")
    assert fetched == Fetched(
        url=f"http://page.example:{site.port}/a?b=c",
        status=200,
        media_type="text/html",
        charset="KOI8-R",
        body=b"hello",
        is_truncated=False,
    )


async def test_a_request_says_who_asks_and_nothing_else(lab: Lab) -> None:
    site = await lab.site(lab.reply(headers=["Set-Cookie: id=1; Path=/"]))
    fetcher = lab.fetcher()
    for _ in range(2):
        await fetch(fetcher, f"http://alice:secret@page.example:{site.port}/")
    assert site.requests[0] == site.requests[1]
    lines = site.requests[0].decode().split("\r\n")
    assert lines[0] == "GET / HTTP/1.1"
    assert sorted(line.lower() for line in lines[1:] if line) == [
        "accept-encoding: gzip",
        "accept: text/html",
        "connection: close",
        f"host: page.example:{site.port}",
        "user-agent: poolhouse/test (+https://example.org/)",
    ]


async def test_a_proxy_and_a_netrc_of_the_environment_are_not_used(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine page.example login alice password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    site = await lab.site(lab.reply(b"direct"))
    fetched = await fetch(lab.fetcher(), f"http://page.example:{site.port}/")
    assert fetched.body == b"direct"
    assert b"authorization" not in site.requests[0].lower()


async def test_any_status_is_an_answer(lab: Lab) -> None:
    site = await lab.site(lab.reply(b"gone", status="410 Gone"))
    fetched = await fetch(lab.fetcher(), f"http://page.example:{site.port}/")
    assert (fetched.status, fetched.media_type, fetched.charset, fetched.body) == (410, "", None, b"gone")


async def test_a_redirect_without_a_target_is_an_answer(lab: Lab) -> None:
    site = await lab.site(lab.reply(b"here", status="302 Found"))
    assert (await fetch(lab.fetcher(), f"http://page.example:{site.port}/")).body == b"here"


async def test_a_longer_body_is_cut_at_the_limit(lab: Lab) -> None:
    site = await lab.site(lab.reply(b"x" * 1_001))
    fetched = await fetch(lab.fetcher(), f"http://page.example:{site.port}/")
    assert fetched.is_truncated
    assert fetched.body == b"x" * 1_000


async def test_a_body_of_the_limit_is_whole(lab: Lab) -> None:
    site = await lab.site(lab.reply(b"x" * 1_000))
    fetched = await fetch(lab.fetcher(), f"http://page.example:{site.port}/")
    assert not fetched.is_truncated
    assert len(fetched.body) == 1_000


@pytest.mark.parametrize(
    "framing", ["", "Content-Length: 1000000000000\r\n", "Transfer-Encoding: chunked\r\n"]
)
async def test_an_endless_body_is_left_at_the_limit(lab: Lab, framing: str) -> None:
    async def pour(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{framing}\r\n".encode())
        while True:
            writer.write(b"2000\r\n" + b"x" * 8_192 + b"\r\n")
            await writer.drain()

    site = await lab.site(pour)
    fetched = await fetch(lab.fetcher(), f"http://page.example:{site.port}/", limit_bytes=100_000)
    assert fetched.is_truncated
    assert len(fetched.body) == 100_000
    await asyncio.wait_for(site.gone.wait(), 5)


async def test_a_packed_page_is_unpacked(lab: Lab) -> None:
    site = await lab.site(lab.reply(gzip.compress(b"hello"), headers=["Content-Encoding: gzip"]))
    assert (await fetch(lab.fetcher(), f"http://page.example:{site.port}/")).body == b"hello"


async def test_a_bomb_is_cut_at_the_limit(lab: Lab) -> None:
    bomb = gzip.compress(bytes(50_000_000), 9)
    site = await lab.site(lab.reply(bomb, headers=["Content-Encoding: gzip"]))
    fetched = await fetch(lab.fetcher(), f"http://page.example:{site.port}/", limit_bytes=50_000)
    assert fetched.is_truncated
    assert fetched.body == bytes(50_000)


async def test_packing_that_was_not_asked_for(lab: Lab) -> None:
    site = await lab.site(lab.reply(b"?", headers=["Content-Encoding: br"]))
    with pytest.raises(FetchError, match="not asked for"):
        await fetch(lab.fetcher(), f"http://page.example:{site.port}/")


async def test_a_body_shorter_than_it_claims(lab: Lab) -> None:
    site = await lab.site(lab.reply(b"half", length=100))
    with pytest.raises(FetchError, match=r"page\.example broke the connection off"):
        await fetch(lab.fetcher(), f"http://page.example:{site.port}/")


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 " + b"x" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x" * 20_000 + b": y\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=[
        "ssh",
        "status",
        "header",
        "negative",
        "two lengths",
        "long value",
        "long reason",
        "long name",
        "many",
    ],
)
async def test_what_is_not_http_or_too_much_of_it(lab: Lab, answer: bytes) -> None:
    site = await lab.site(answer)
    with pytest.raises(FetchError, match="not HTTP"):
        await fetch(lab.fetcher(), f"http://page.example:{site.port}/")


async def test_chunks_that_are_none(lab: Lab) -> None:
    site = await lab.site(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")
    with pytest.raises(FetchError, match=r"broke the connection off|not HTTP"):
        await fetch(lab.fetcher(), f"http://page.example:{site.port}/")


@pytest.mark.parametrize(
    ("start", "line"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
    ],
    ids=["headers", "one header", "interim answers", "trailers", "chunk extension"],
)
async def test_headers_without_end(lab: Lab, start: bytes, line: bytes) -> None:
    async def pour(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(line * 1_000)
            await writer.drain()

    site = await lab.site(pour)
    with pytest.raises(FetchError):
        await fetch(lab.fetcher(), f"http://page.example:{site.port}/", timeout_seconds=0.5)
    await asyncio.wait_for(site.gone.wait(), 5)


async def test_no_answer(lab: Lab) -> None:
    site = await lab.site(b"")
    with pytest.raises(FetchError, match="broke the connection off"):
        await fetch(lab.fetcher(), f"http://page.example:{site.port}/")


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\nhello"])
async def test_a_site_that_keeps_us_waiting(lab: Lab, start: bytes) -> None:
    async def stall(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await asyncio.Event().wait()

    site = await lab.site(stall)
    with pytest.raises(FetchError, match=r"page\.example did not answer within 0\.1 seconds"):
        await fetch(lab.fetcher(), f"http://page.example:{site.port}/", timeout_seconds=0.1)


async def test_a_name_server_that_keeps_us_waiting() -> None:
    async def stall(_: str) -> list[str]:
        await asyncio.Event().wait()
        return []

    fetcher = Fetcher(user_agent="x", resolve=stall)
    with pytest.raises(FetchError, match="did not answer within"):
        await fetch(fetcher, "http://page.example/", timeout_seconds=0.1)
    await fetcher.aclose()


async def test_the_time_is_that_of_all_redirects_together(lab: Lab) -> None:
    hops = 0

    async def slow(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal hops
        hops += 1
        if hops == 3:
            await asyncio.Event().wait()
        writer.write(lab.redirect("/"))

    site = await lab.site(slow)
    with pytest.raises(FetchError, match="did not answer within"):
        await fetch(lab.fetcher(), f"http://page.example:{site.port}/", timeout_seconds=0.3)


async def test_a_name_that_nobody_knows(lab: Lab) -> None:
    with pytest.raises(FetchError, match=r"no address was found for page\.example"):
        await fetch(lab.fetcher({}), "http://page.example/")


@pytest.mark.parametrize("host", ["a" * 64 + ".example", ".".join(["a" * 60] * 5), "a..example", "-", "_"])
async def test_a_name_that_cannot_be(host: str) -> None:
    fetcher = Fetcher(user_agent="x")
    with pytest.raises(FetchError):
        await fetch(fetcher, f"http://{host}.invalid/")
    await fetcher.aclose()


async def test_nobody_listens(lab: Lab) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(FetchError, match=r"page\.example could not be reached"):
            await fetch(lab.fetcher(), f"http://page.example:{port}/")


async def test_https_that_is_none(lab: Lab) -> None:
    site = await lab.site(lab.reply(), speaks_first=True)
    with pytest.raises(FetchError, match=r"no secure connection to page\.example"):
        await fetch(lab.fetcher(), f"https://page.example:{site.port}/")


@pytest.fixture
def untrusted_tls(tmp_path: Path) -> ssl.SSLContext:
    if which("openssl") is None:
        pytest.skip("needs the openssl program to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(
        ["openssl", "req", *kind, "-subj", "/CN=page.example", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return tls


async def test_a_certificate_that_nobody_vouches_for(lab: Lab, untrusted_tls: ssl.SSLContext) -> None:
    site = await lab.site(lab.reply(b"trust me"), tls=untrusted_tls)
    with pytest.raises(FetchError, match=r"the certificate of page\.example is not valid"):
        await fetch(lab.fetcher(), f"https://page.example:{site.port}/")
    assert not site.requests


async def test_one_fetch_at_a_time_for_each_host_and_four_in_all(lab: Lab) -> None:
    under_way: list[bytes] = []
    most = 0
    go_on = asyncio.Event()

    async def count(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal most
        host = request.split(b"Host: ")[1].split(b":")[0]
        assert host not in under_way
        under_way.append(host)
        most = max(most, len(under_way))
        if most == 4:
            go_on.set()
        await go_on.wait()
        under_way.remove(host)
        writer.write(lab.reply())

    site = await lab.site(count)
    fetcher = lab.fetcher()
    urls = [f"http://{name}.example:{site.port}/{path}" for name in "abcdef" for path in "12"]
    answers = await asyncio.gather(*(fetch(fetcher, url) for url in urls))
    assert [answer.status for answer in answers] == [200] * 12
    assert most == 4


async def test_waiting_for_a_turn_is_not_counted(lab: Lab) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def first_waits(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.startswith(b"GET /slow"):
            arrived.set()
            await go_on.wait()
        writer.write(lab.reply())

    site = await lab.site(first_waits)
    fetcher = lab.fetcher()
    slow = asyncio.create_task(fetch(fetcher, f"http://page.example:{site.port}/slow"))
    await arrived.wait()
    quick = asyncio.create_task(fetch(fetcher, f"http://page.example:{site.port}/quick", timeout_seconds=0.2))
    done, _ = await asyncio.wait([quick], timeout=0.4)
    assert not done
    go_on.set()
    assert ((await slow).status, (await quick).status) == (200, 200)


async def test_a_cancelled_fetch_lets_the_next_one_in(lab: Lab) -> None:
    arrived = asyncio.Event()

    async def stall_first(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.startswith(b"GET /stall"):
            arrived.set()
            await asyncio.Event().wait()
        writer.write(lab.reply())

    site = await lab.site(stall_first)
    fetcher = lab.fetcher()
    stalled = asyncio.create_task(fetch(fetcher, f"http://page.example:{site.port}/stall"))
    await arrived.wait()
    stalled.cancel()
    assert (await fetch(fetcher, f"http://page.example:{site.port}/")).status == 200
    with pytest.raises(asyncio.CancelledError):
        await stalled


@pytest.mark.parametrize(
    "url", ["", "page.example", "//page.example/", "http://", "http://a b/", "http://1.2.3.4.5/"]
)
async def test_what_is_no_address(lab: Lab, url: str) -> None:
    with pytest.raises(FetchError, match="not an address"):
        await fetch(lab.fetcher(), url)


@given(
    st.text(max_size=40), st.sampled_from(["", "http://", "http://page.example/", "https://[", "http://a@:"])
)
async def test_any_address_is_fetched_or_refused_in_words(text: str, prefix: str) -> None:
    async with AsyncExitStack() as stack:
        fetcher = Fetcher(user_agent="x", resolve=_nowhere)
        stack.push_async_callback(fetcher.aclose)
        with pytest.raises(FetchError) as caught:
            await fetch(fetcher, prefix + text)
        assert caught.value.reason.isprintable()


async def _nowhere(_: str) -> list[str]:
    return []


async def test_schemes_that_are_not_the_web(lab: Lab) -> None:
    for url in (
        "file:///etc/passwd",
        "ftp://a.example/",
        "gopher://a.example/",
        "httpoxy://a.example/",
        "data:,x",
    ):
        with pytest.raises(RefusedAddressError, match="are not fetched"):
            await fetch(lab.fetcher(), url)
