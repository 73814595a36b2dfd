"""Door: what every request for a page must pass, in order: method, other sites, log in, the form's token."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from poolhouse.errors import PoolhouseError
from poolhouse.servers.web import cookies
from poolhouse.servers.web.failures import RefusedError, headers_of, kind_of, status_of
from poolhouse.servers.web.forms import FILE_LIMIT_BYTES, read_form
from poolhouse.servers.web.visit import Visit

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from poolhouse.servers.house import House
    from poolhouse.servers.web.view import View

Handler = Callable[[Visit], Awaitable[Response]]

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    # not no-referrer: with it browsers send forms with `Origin: null`, which says nothing of where they stood
    "referrer-policy": "same-origin",
    "x-robots-tag": "noindex",
    # browsers look names up before a link is followed, on pages that came without TLS: who named one would hear of it
    "x-dns-prefetch-control": "off",
    "cache-control": "private, no-store",
    "vary": "Cookie, Accept",
}
_log = logging.getLogger("poolhouse.web")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One address: who shows it, who takes its form, and whether strangers may see it.

    `takes_file`: its form may bring a file of `FILE_LIMIT_BYTES`.
    """

    path: str
    get: Handler | None = None
    post: Handler | None = None
    is_open: bool = False
    takes_file: bool = False

    @property
    def methods(self) -> str:
        """What may be asked of it, as an Allow header says it (RFC 9110 §10.2.1)."""
        return ", ".join((["GET", "HEAD"] if self.get else []) + (["POST"] if self.post else []))


class Door:
    """The ASGI application of one page."""

    def __init__(self, house: House, view: View, page: Page) -> None:
        self._house = house
        self._view = view
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        visit = Visit(self._house, self._view, request, None)
        try:
            visit = Visit.begin(self._house, self._view, request)
            response = await self._pass(visit)
        except PoolhouseError as error:
            response = self._fail(visit, status_of(error), kind_of(error), error)
        except ClientDisconnect:
            raise
        except Exception:  # noqa: BLE001 - the last door before the peer: the log gets all of it, the peer a sentence
            _log.exception("a page failed: %s %s", request.method, self._page.path)
            response = self._fail(visit, 500, "ours")
        if visit.new_form_cookie:
            cookies.set_cookie(self._house, response, cookies.FORM, visit.new_form_cookie)
        return response

    async def _pass(self, visit: Visit) -> Response:
        method = visit.request.method
        handler = {"GET": self._page.get, "HEAD": self._page.get, "POST": self._page.post}.get(method)
        if handler is None:
            raise RefusedError(405, "method")
        if method == "POST":
            if not self._is_from_here(visit.request):
                raise RefusedError(403, "cross-site")
            if self._page.takes_file and visit.signed_in is None:
                return sign_in(visit, visit.here)  # a stranger's file is not even read
            file_limit_bytes = FILE_LIMIT_BYTES if self._page.takes_file else 0
            visit.form = await read_form(visit.request, file_limit_bytes=file_limit_bytes)
        if visit.signed_in is None and not self._page.is_open:
            return sign_in(visit, visit.form.text("back") if method == "POST" else visit.here)
        if method == "POST" and not visit.is_form_ours():
            raise RefusedError(403, "old-form")
        return await handler(visit)

    def _is_from_here(self, request: Request) -> bool:
        """Whether the form stood on a page of ours, by what the browser itself says (Fetch Metadata, RFC 6454)."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in {"same-origin", "none"}
        origin = request.headers.get("origin")
        if origin is None:
            return True
        host = urlsplit(origin).netloc
        return origin == self._house.addresses.base_url or host == request.headers.get("host", "")

    def _fail(self, visit: Visit, status: int, kind: str, error: PoolhouseError | None = None) -> Response:
        headers = headers_of(error) if error else {}
        if status == 405:
            headers["allow"] = self._page.methods
        if visit.is_browser:
            values = {"visit": visit, "token": "", "status": status, "kind": kind, "error": error}
            now = self._house.clock.now()
            return HTMLResponse(self._view.render("failure.html", {"now": now, **values}), status, headers)
        words = str(error) if error and not isinstance(error, RefusedError) else "this cannot be done here"
        return PlainTextResponse(f"{words}\n", status, headers)


def sign_in(visit: Visit, then: str, status: int = 401, **values: object) -> Response:
    """The log in form, at the address that was asked for; a program is told how to say who it is."""
    if not visit.is_browser:
        words = "This page is private. Log in with a browser, or use the API.\n"
        return PlainTextResponse(words, 401, {"www-authenticate": 'Basic realm="Poolhouse", charset="UTF-8"'})
    house = visit.house
    is_new_house = house.invitation is not None and not house.glance().persons.all()
    values = {"name": "", "error": None, "wait_seconds": 0, "is_new_house": is_new_house, **values}
    return visit.bare("log_in.html", status, then=then, **values)
