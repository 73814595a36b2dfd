"""Connection: how long a client may take, and how it is refused and let go; the rest of it is in `protocol`."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from poolhouse.servers.http.cycle import CarefulCycle, FrontCycle
from poolhouse.servers.http.journal import access_logger, logger, shown_client
from poolhouse.servers.http.refusal import RefusedRequestError
from poolhouse.servers.http.writing import answering, encode_reply, plain_reply

if TYPE_CHECKING:
    from uvicorn._types import HTTPScope

    from poolhouse.servers.http.front import Front


class Phase(Enum):
    """What the next byte from the client belongs to."""

    REST = "rest"
    HEAD = "head"
    BODY = "body"


# looked up in every callback, where a member of an Enum costs as much as the rest of the line
REST, HEAD, BODY = Phase


class Connection(HttpToolsProtocol):
    """One client. `began_at` is when the present phase began, in the loop's time.

    `active` is the request that the application works at, `latest` the newest that waits or is worked at, and
    `current` the same while its body still comes.
    """

    def __init__(self, front: Front) -> None:
        super().__init__(front.config, front.state, {}, front.loop)
        self.logger = logger
        self.front = front
        self.limits = front.limits
        self.phase: Phase = REST
        self.began_at = self.loop.time()
        self.has_asked = False
        self.is_refused = False
        self.active: RequestResponseCycle | None = None
        self.latest: FrontCycle | None = None
        self.current: FrontCycle | None = None
        self.received_bytes = 0
        self._step_bytes = 0
        self._unsent_bytes = -1
        self._sent_at = 0.0
        self._linger_until: float | None = None

    @property
    def is_answering(self) -> bool:
        """Whether a request waits for its answer, or for the rest of it."""
        return self.latest is not None and not self.latest.response_complete

    @property
    def is_resting(self) -> bool:
        """Whether nothing is lost by closing it."""
        return (
            self.phase is REST
            and not self.is_refused
            and not self.is_answering
            and not self.transport.is_closing()
        )

    # coming and going

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take a new client in, or turn it away."""
        super().connection_made(transport)
        self.front.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone; the application learns it from `http.disconnect`."""
        super().connection_lost(exc)
        self._give_up()
        self.pipeline.clear()
        self.front.forget(self)

    def shutdown(self) -> None:
        """The server stops: answer what was asked, and nothing more. A head on its way may still come."""
        if self.latest is not None:
            self.latest.keep_alive = False
        if self.has_asked and self.is_resting:
            self.transport.close()

    def cut_off(self) -> None:
        """End it now, whatever is under way."""
        self._give_up()
        self.transport.abort()

    def _give_up(self) -> None:
        """Tell the application that nobody listens any more; uvicorn tells the newest request alone."""
        if self.active is not None and not self.active.response_complete:
            self.active.disconnected = True
            self.active.message_event.set()

    def turn_away(self) -> None:
        """There are too many connections, and no one of them rests."""
        self.is_refused = True
        reply = plain_reply(503, "Too many connections are open. Try again in a moment.")
        self.transport.write(encode_reply(reply, self.front.date_line, is_head=False, keep_alive=False))
        self.transport.close()

    # deadlines

    def pause_writing(self) -> None:
        """The client reads more slowly than we write: from now on it must read something."""
        super().pause_writing()
        self._unsent_bytes = -1

    def check(self, now: float) -> None:
        """Hold the client to its deadlines; called about once a second for every connection."""
        if self.flow.write_paused or self.transport.is_closing():
            self._check_sending(now)
        elif self._linger_until is not None:
            if now > self._linger_until:
                self.transport.abort()
        elif self.flow.read_paused:
            # it is us who do not listen
            self.began_at = now
        elif self.phase is BODY:
            self._check_body(now)
        elif self.phase is HEAD:
            if now - self.began_at > self.limits.head_seconds:
                self.refuse(RefusedRequestError(408, "The head of the request took too long to come."))
        elif not self.is_answering:
            allowed = self.limits.keep_alive_seconds if self.has_asked else self.limits.head_seconds
            if now - self.began_at > allowed:
                self.transport.close()

    def _check_body(self, now: float) -> None:
        if self.current is not None and self.current.waiting_for_100_continue:
            self.began_at = now
        elif now - self.began_at > self.limits.body_seconds:
            if self.received_bytes - self._step_bytes < self.limits.body_step_bytes:
                self.refuse(RefusedRequestError(408, "The body of the request took too long to come."))
            self.began_at, self._step_bytes = now, self.received_bytes

    def _check_sending(self, now: float) -> None:
        """While the client holds us up nothing is added to what waits, so any change is progress."""
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes != self._unsent_bytes:
            self._unsent_bytes, self._sent_at = unsent_bytes, now
        elif now - self._sent_at > self.limits.send_seconds:
            logger.info("%s reads nothing of its answer; cut off", shown_client(self.client))
            self.transport.abort()

    # refusing

    def refuse(self, refusal: RefusedRequestError) -> None:
        """Answer the request that is being received with a refusal, in its turn; nothing more is read after it."""
        if self.is_refused or self.transport.is_closing():
            return
        self.is_refused = True
        logger.info("%s refused with %d: %s", shown_client(self.client), refusal.status, refusal.sentence)
        current, self.current = self.current, None
        if current is not None and not self.pipeline:
            current.disconnected = True
            current.message_event.set()
            if current.response_started:
                # what is half said cannot be taken back
                self.transport.close()
                return
        elif current is not None:
            self.pipeline.popleft()
            self._refuse_later(refusal)
            return
        elif self.is_answering:
            self._refuse_later(refusal)
            return
        self._refuse_now(refusal)

    def _refuse_now(self, refusal: RefusedRequestError) -> None:
        reply = plain_reply(refusal.status, refusal.sentence)
        is_head = self.parser.get_method() == b"HEAD"
        self.transport.write(encode_reply(reply, self.front.date_line, is_head=is_head, keep_alive=False))
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        # closing now would reset the connection while the client still sends, and it would never read why
        self.transport.write_eof()
        self.flow.resume_reading()
        self._linger_until = self.loop.time() + self.limits.linger_seconds

    def _refuse_later(self, refusal: RefusedRequestError) -> None:
        cycle = self.make_cycle(self.parser.get_method(), "1.1", b"", b"", [], keep_alive=False)
        self.flow.pause_reading()
        self.latest = self.cycle = cycle
        self.pipeline.appendleft((cycle, answering(plain_reply(refusal.status, refusal.sentence))))

    def make_cycle(
        self,
        method: bytes,
        version: str,
        raw_path: bytes,
        query: bytes,
        fields: list[tuple[bytes, bytes]],
        *,
        keep_alive: bool,
        expects_100: bool = False,
    ) -> FrontCycle:
        """A request in the form in which applications are asked (ASGI 3.0, HTTP 2.3)."""
        path = raw_path.decode("ascii")
        scope: HTTPScope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "root_path": "",
            "method": method.decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": fields,
            # an answer that has no end of its own ends when this is set
            "state": {"stopping": self.front.stopping},
        }
        has_access_log = self.front.has_access_log
        kind = CarefulCycle if has_access_log or expects_100 or version != "1.1" else FrontCycle
        cycle = kind(
            scope,
            self.transport,
            self.flow,
            logger,
            access_logger,
            False,  # uvicorn's own access log, which shows secrets
            self.front.state.default_headers,
            asyncio.Event(),
            expects_100,
            keep_alive,
            self.on_response_complete,
        )
        if isinstance(cycle, CarefulCycle):
            cycle.is_journalled = has_access_log
        return cycle
