"""The feed door: one address a pool and format, opened by session, password or secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from poolhouse.servers.feeds.door import FeedDoor
from poolhouse.servers.http.message import Request

if TYPE_CHECKING:
    from starlette.requests import Request as WebRequest
    from starlette.routing import BaseRoute

__all__ = ["PREFIXES", "FeedDoor", "routes"]

PREFIXES = (b"/pools/", b"/s/")


def routes(door: FeedDoor) -> list[BaseRoute]:
    """The same door behind the router, for whatever does not come through the HTTP front's short cut."""

    async def answer(request: WebRequest) -> Response:
        scope = request.scope
        raw_path = scope.get("raw_path") or request.url.path.encode()
        reply = door.answer(
            Request(
                method=request.method.encode(),
                path=raw_path.partition(b"?")[0],
                query=scope["query_string"],
                headers=scope["headers"],
            )
        )
        if reply is None:
            return Response(status_code=404)
        response = Response(reply.body, status_code=reply.status)
        # RFC 9110 §8.6: a 304 has no length of its own to tell
        length = [] if reply.status == 304 else [(b"content-length", str(len(reply.body)).encode())]
        response.raw_headers = [*length, *reply.headers]
        return response

    methods = ["GET", "HEAD"]
    return [
        Route("/pools/{pool_id}.{suffix}", answer, methods=methods),
        Route("/s/{rest:path}", answer, methods=methods),
    ]
