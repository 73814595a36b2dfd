"""Bodies are read and unpacked no further than their limit."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import FetchError
from poolhouse.fetch.bodies import PACKED_SLACK_BYTES, BoundedBody


def read(data: bytes, *, limit_bytes: int, coding: str, chunk_bytes: int = 1_000) -> BoundedBody:
    body = BoundedBody(limit_bytes=limit_bytes, coding=coding)
    for start in range(0, len(data), chunk_bytes):
        if not body.feed(data[start : start + chunk_bytes]):
            break
    return body


@given(st.binary(max_size=3_000), st.integers(1, 3_000), st.integers(1, 500), st.sampled_from(["", "gzip"]))
def test_any_chunking_gives_the_same_prefix(
    content: bytes, limit_bytes: int, chunk_bytes: int, coding: str
) -> None:
    sent = gzip.compress(content) if coding else content
    body = read(sent, limit_bytes=limit_bytes, coding=coding, chunk_bytes=chunk_bytes)
    assert body.finish() == content[:limit_bytes]
    assert body.is_truncated == (len(content) > limit_bytes)


@given(st.binary(max_size=300))
def test_what_is_not_gzip_is_a_fetch_error_or_a_body(data: bytes) -> None:
    try:
        body = read(data, limit_bytes=100, coding="gzip").finish()
    except FetchError:
        return
    assert len(body) <= 100


def test_a_bomb_takes_no_more_memory_than_the_limit() -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    tracemalloc.start()
    try:
        body = read(bomb, limit_bytes=100_000, coding="gzip", chunk_bytes=65_536)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert body.is_truncated
    assert len(body.finish()) == 100_000
    assert peak_bytes < 1_000_000


def test_a_packed_body_that_never_says_anything_ends() -> None:
    # An endless file name in the header of the member unpacks to nothing, for ever.
    body = BoundedBody(limit_bytes=1_000, coding="gzip")
    body.feed(b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03")
    fed_bytes = 0
    while body.feed(b"x" * 1_000):
        fed_bytes += 1_000
        assert fed_bytes < 10 * PACKED_SLACK_BYTES
    assert body.is_truncated
    assert body.finish() == b""


def test_what_follows_the_packed_page_is_ignored() -> None:
    body = read(
        gzip.compress(b"page") + b"\x00" * 50 + gzip.compress(b"more"), limit_bytes=100, coding="x-gzip"
    )
    assert body.finish() == b"page"


def test_a_packed_body_that_ends_half_way() -> None:
    body = read(gzip.compress(b"a page of some length")[:-9], limit_bytes=100, coding="gzip")
    with pytest.raises(FetchError, match="half way"):
        body.finish()


def test_an_empty_body_may_be_called_packed() -> None:
    assert BoundedBody(limit_bytes=10, coding="gzip").finish() == b""


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip", "compress"])
def test_codings_that_were_not_asked_for(coding: str) -> None:
    with pytest.raises(FetchError, match="not asked for"):
        BoundedBody(limit_bytes=10, coding=coding)
