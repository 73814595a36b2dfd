"""FrontCycle: one request in the application's hands; uvicorn's, with its rough edges taken off."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from poolhouse.servers.http.journal import logger, note_access, shown_client
from poolhouse.servers.http.writing import FAILED, answering

if TYPE_CHECKING:
    from uvicorn._types import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGISendCallable,
        ASGISendEvent,
        HTTPResponseStartEvent,
        Scope,
    )


class FrontCycle(RequestResponseCycle):
    """uvicorn's request and response, where

    - a client that went away is not a fault of the application,
    - a failure is told in a plain sentence,
    - HTTP/1.0 never gets chunks (RFC 9112 §6.1), and
    - nobody waits for a body that was never asked for (RFC 9110 §10.1.1).
    """

    is_journalled = False
    is_unframed = False

    async def run_asgi(self, app: ASGI3Application) -> None:
        """Ask the application and answer; raises nothing."""

        async def ask(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            try:
                await app(scope, receive, send)
            except ClientDisconnect:
                if not self.disconnected:
                    raise
                logger.debug("%s went away before all was said", shown_client(self.scope["client"]))
            except asyncio.CancelledError:
                # the server ends; the task does too, right here
                self.disconnected = True
                logger.warning("%s was cut off while it was answered", shown_client(self.scope["client"]))

        await super().run_asgi(ask)

    async def send_500_response(self) -> None:
        """Say that we failed, and nothing of how."""
        self.keep_alive = False
        await answering(FAILED)(self.scope, self.receive, self.send)

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
            note_access(
                self.scope["client"], self.scope["method"], self.scope["raw_path"], int(message["status"])
            )

    def _unframe(self, message: HTTPResponseStartEvent) -> None:
        headers = [field for field in message.get("headers", []) if field[0].lower() != b"transfer-encoding"]
        message["headers"] = headers
        if all(name.lower() != b"content-length" for name, _ in headers):
            self.is_unframed = True
            self.chunked_encoding = False
