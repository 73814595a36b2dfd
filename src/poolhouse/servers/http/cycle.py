"""One request in the application's hands: uvicorn's cycle, with its rough edges taken off."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from poolhouse.servers.http.journal import logger, note_access, shown_client
from poolhouse.servers.http.writing import FAILED, answering

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send
    from uvicorn._types import ASGISendEvent, HTTPResponseStartEvent


def forgiving(app: ASGIApp) -> ASGIApp:
    """The application, for which a client that went away is no fault of its own.

    What was not said yet is nobody's to hear: the cycle knows that its client is gone. A cycle that is cut off
    must be marked `disconnected` before its task is cancelled.
    """

    async def ask(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ClientDisconnect:
            logger.debug("%s went away before all was said", shown_client(scope["client"]))
        except asyncio.CancelledError:
            # the task ends right here, as whoever cancelled it wants
            logger.warning("%s was cut off while it was answered", shown_client(scope["client"]))

    return ask


class FrontCycle(RequestResponseCycle):
    """A request and its answer, where a failure is told in a plain sentence."""

    async def send_500_response(self) -> None:
        """Say that we failed, and nothing of how."""
        self.keep_alive = False
        await answering(FAILED)(self.scope, self.receive, self.send)


class CarefulCycle(FrontCycle):
    """What few requests need, so that the others do not pay for it:

    - HTTP/1.0 never gets chunks (RFC 9112 §6.1);
    - nobody waits for a body that was never asked for (RFC 9110 §10.1.1);
    - the access log.
    """

    is_journalled = False
    is_unframed = False

    async def send(self, message: ASGISendEvent) -> None:
        """The application's side of the answer (ASGI)."""
        if message["type"] == "http.response.start" and not self.response_started:
            self._prepare(message)
        elif self.is_unframed and message["type"] == "http.response.body":
            # the end of the connection is the end of the body: any length is as expected
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)

    def _prepare(self, message: HTTPResponseStartEvent) -> None:
        if self.waiting_for_100_continue and self.more_body:
            # the client may now send its body or leave it out: only closing tells both of us where we are
            self.keep_alive = False
        if self.scope["http_version"] == "1.0":
            self._unframe(message)
        if self.is_journalled:
            scope = self.scope
            note_access(scope["client"], scope["method"], scope["raw_path"], int(message["status"]))

    def _unframe(self, message: HTTPResponseStartEvent) -> None:
        headers = [field for field in message.get("headers", []) if field[0].lower() != b"transfer-encoding"]
        message["headers"] = headers
        if all(name.lower() != b"content-length" for name, _ in headers):
            self.is_unframed = True
            self.chunked_encoding = False
