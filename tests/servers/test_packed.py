"""Captured pages as documents: who is sent them packed, what is not unpacked, and that they are shut in either way."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from poolhouse.errors import NotFoundError
from poolhouse.servers import packed
from poolhouse.servers.packed import accepts_gzip, packed_document, unpack
from poolhouse.store.blobs import BlobFiles
from tests.security.inert import check_policy_of_stored, policy_of

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.responses import Response

HTML = b"<p>Words.</p>"
OWN = {
    "vary": "Accept-Encoding",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src *",
}


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFiles:
    return BlobFiles(tmp_path)


async def ask(blobs: BlobFiles, address: str | None, accept_encoding: str = "") -> Response:
    """The answer to a request of one header."""
    headers = [(b"accept-encoding", accept_encoding.encode())]
    return await packed_document(Request({"type": "http", "headers": headers}), blobs, address, OWN)


@pytest.mark.parametrize("accept_encoding", ["gzip", "", "br"])
async def test_either_way_it_is_shut_in(blobs: BlobFiles, accept_encoding: str) -> None:
    answer = await ask(blobs, blobs.put(gzip.compress(HTML)), accept_encoding)
    content = bytes(answer.body)
    assert (gzip.decompress(content) if answer.headers.get("content-encoding") == "gzip" else content) == HTML
    policy = policy_of(answer.headers["content-security-policy"])
    check_policy_of_stored(policy)
    assert (policy["sandbox"], policy["frame-ancestors"]) == ("", "'none'")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(content)


async def test_it_is_packed_only_for_whoever_takes_that(blobs: BlobFiles) -> None:
    packed_html = gzip.compress(HTML)
    address = blobs.put(packed_html)
    assert (await ask(blobs, address, "gzip")).body == packed_html
    assert (await ask(blobs, address, "gzip;q=0, *")).body == HTML


async def test_what_is_gone_damaged_or_too_large_is_not_there(
    blobs: BlobFiles, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(packed, "DOCUMENT_LIMIT_BYTES", 1_000)
    for address in (None, "0" * 64):
        with pytest.raises(NotFoundError):
            await ask(blobs, address)
    assert not caplog.records
    for content in (gzip.compress(HTML)[:-4], b"<p>not packed", gzip.compress(b"x" * 1_001)):
        address = blobs.put(content)
        caplog.clear()
        with pytest.raises(NotFoundError):
            await ask(blobs, address)
        assert address in caplog.text
        assert "poolhouse verify" in caplog.text
    assert (await ask(blobs, blobs.put(gzip.compress(b"x" * 1_000)))).body == b"x" * 1_000


@given(st.binary(max_size=200), st.integers(0, 250))
def test_as_much_is_unpacked_as_the_limit_says(content: bytes, limit_bytes: int) -> None:
    if len(content) <= limit_bytes:
        assert unpack(gzip.compress(content), limit_bytes) == content
    else:
        with pytest.raises(NotFoundError):
            unpack(gzip.compress(content), limit_bytes)


@given(st.binary(max_size=200), st.data())
def test_what_breaks_off_is_damaged(content: bytes, data: st.DataObject) -> None:
    whole = gzip.compress(content)
    with pytest.raises(NotFoundError):
        unpack(whole[: data.draw(st.integers(0, len(whole) - 1))], 1_000)


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        ("gzip", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("br, GZIP;q=0.001", True),
        ("x-gzip", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip ; q=0.0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("gzip;q=", False),
        ("gzip;q=nan", False),
        ("identity, gzipped", False),
        ("", False),
    ],
)
def test_who_takes_gzip(accept_encoding: str, expected: bool) -> None:
    assert accepts_gzip(accept_encoding) is expected


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["gzip", "*", ";", "q=", "0", "1", ",", " "])).map("".join)
)
def test_any_header_is_understood_or_not_taken(accept_encoding: str) -> None:
    assert not accepts_gzip(accept_encoding) or "gzip" in accept_encoding.lower() or "*" in accept_encoding
