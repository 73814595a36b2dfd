"""An address typed before another, and every address where nothing is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from poolhouse.errors import NotFoundError
from poolhouse.servers.web.door import Page, sign_in
from poolhouse.servers.web.saving import confirm

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.servers.web.visit import Visit

# browsers and proxies may make one slash of two
_ADDRESS = re.compile(r"/+(https?):/+(.+)", re.IGNORECASE | re.DOTALL)


async def answer(visit: Visit) -> Response:
    """`/https://…`: the form that saves that address. Anything else is not there."""
    scope = visit.request.scope
    raw_path = (scope.get("raw_path") or visit.request.url.path.encode()).partition(b"?")[0].decode("latin-1")
    typed = _ADDRESS.fullmatch(raw_path)
    if typed is None:
        raise NotFoundError
    if visit.signed_in is None:
        return sign_in(visit, visit.here)
    query = scope["query_string"].decode("latin-1")
    return confirm(visit, url=f"{typed[1].lower()}://{typed[2]}" + (f"?{query}" if query else ""))


PAGES = (Page(path="/{rest:path}", get=answer, is_open=True),)
