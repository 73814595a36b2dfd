"""Answers: JSON, pages of a list, files and problems, all with the headers that keep them private."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from typing import IO

    from poolhouse.servers.api.problems import Problem

PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # an answer is data; whoever opens it in a browser shall not find a page in it
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
}
_CHUNK_BYTES = 64 * 1024


def json_answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`data` as JSON in UTF-8."""
    return Response(
        _encode(data),
        status_code=status,
        media_type="application/json",
        headers={**PRIVATE_HEADERS, **(headers or {})},
    )


def no_content() -> Response:
    """204: done, and nothing more to say."""
    return Response(status_code=204, headers=PRIVATE_HEADERS)


def list_answer(
    items: Sequence[Any], next_url: str | None = None, more: Mapping[str, Any] | None = None
) -> Response:
    """A page of a list; the address of the next page stands in it, and in the Link header (RFC 8288)."""
    headers = {"Link": f'<{next_url}>; rel="next"'} if next_url else None
    return json_answer({"items": items, **(more or {}), "next": next_url}, headers=headers)


def next_page_url(url: str, query: Mapping[str, str], before: int) -> str:
    """The address of the page below `before`, with all that was asked for otherwise."""
    return f"{url}?{urlencode({**query, 'before': str(before)})}"


def problem_answer(problem: Problem, api_url: str) -> Response:
    """A problem (RFC 9457 §3); its type is an address at which it is described."""
    kind = problem.kind
    data = {
        "type": f"{api_url}#{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
    }
    if problem.field is not None:
        data["field"] = problem.field
    return Response(
        _encode(data),
        status_code=kind.status,
        media_type="application/problem+json",
        headers={**PRIVATE_HEADERS, **dict(problem.headers)},
    )


def file_answer(content: IO[bytes], media_type: str, file_name: str) -> StreamingResponse:
    """A file to be kept, a chunk at a time; it is closed at the end."""
    headers = {**PRIVATE_HEADERS, "Content-Disposition": f'attachment; filename="{file_name}"'}
    return StreamingResponse(_chunks(content), media_type=media_type, headers=headers)


async def _chunks(content: IO[bytes]) -> AsyncIterator[bytes]:
    with content:
        while chunk := content.read(_CHUNK_BYTES):
            yield chunk


def _encode(data: Any) -> bytes:
    # a half of a surrogate pair from the peer's own words must not break the answer that quotes them
    return json.dumps(data, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
