"""FrontProtocol: the parser's callbacks; bounds what a client may send, and answers feed polls then and there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

from poolhouse.servers.http.connection import BODY, HEAD, REST, Connection
from poolhouse.servers.http.head import METHODS, Head, too_large
from poolhouse.servers.http.journal import logger, note_access, shown_path
from poolhouse.servers.http.limits import FrontLimits
from poolhouse.servers.http.message import Reply, Request
from poolhouse.servers.http.refusal import RefusedRequestError, from_parser
from poolhouse.servers.http.writing import FAILED, answering, encode_reply

if TYPE_CHECKING:
    from poolhouse.servers.http.cycle import FrontCycle
    from poolhouse.servers.http.front import Front
    from poolhouse.servers.http.message import Shortcut

__all__ = ["FrontLimits", "FrontProtocol"]

_OPTIONS = answering(Reply(204, ((b"allow", b", ".join(METHODS)),), b""))
_FAILED = RefusedRequestError(500, "The server failed at this request; its log says how.")


class FrontProtocol(Connection):
    """One client's connection: bytes in, whole requests to the short cut or to the application."""

    def __init__(self, front: Front) -> None:
        super().__init__(front)
        self.head = Head(self.limits)
        self._body_bytes = 0
        self._idle_bytes = 0
        self._has_grown = False

    def data_received(self, data: bytes) -> None:
        """Parse what came. Whatever is wrong with it is answered, and nothing after it is read."""
        if self.is_refused:
            return
        self._has_grown = False
        try:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as pause:
                self._parse_rest(memoryview(data)[pause.args[0] :])
        except HttpParserCallbackError as error:
            cause = error.__context__
            if not isinstance(cause, RefusedRequestError):
                logger.error("the HTTP front failed", exc_info=cause)
                cause = _FAILED
            self.refuse(cause)
        except HttpParserError as error:
            self.refuse(from_parser(error))
        else:
            if self.phase is not REST:
                self._count(len(data))

    def _parse_rest(self, rest: memoryview) -> None:
        """A wish to switch protocols may be ignored (RFC 9110 §7.8); the parser stops behind it all the same."""
        while rest:
            try:
                self.parser.feed_data(rest)
            except HttpParserUpgrade as pause:
                rest = rest[pause.args[0] :]
            else:
                return

    def _count(self, size_bytes: int) -> None:
        """Bound what the parser keeps or drops without telling us: unfinished fields, chunk extensions, trailers."""
        self.received_bytes += size_bytes
        self._idle_bytes = 0 if self._has_grown else self._idle_bytes + size_bytes
        if self._idle_bytes > self.limits.head_bytes:
            self.refuse(RefusedRequestError(431, "The header fields of the request are too large."))
        elif self.received_bytes > 2 * (self.limits.body_bytes + self.limits.head_bytes):
            self.refuse(too_large(self.limits))

    # the parser's callbacks

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self.phase = HEAD
        self.head = Head(self.limits)
        self.began_at = self.loop.time()
        self.received_bytes = self._step_bytes = self._body_bytes = 0
        self._has_grown = True

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        self.head.add_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field, or a trailer: those would be fields that nobody checked, and are dropped."""
        if self.phase is HEAD:
            self.head.add_field(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole: answer at once, or ask the application."""
        self.phase = BODY
        self._has_grown = True
        head, parser = self.head, self.parser
        method, version = parser.get_method(), parser.get_http_version()
        path, query = head.check(method, version)
        if self.transport.is_closing():
            return
        if head.has_body:
            self.began_at = self.loop.time()
            if parser.should_upgrade():
                raise RefusedRequestError(501, "This server does not switch to another protocol.")
        front = self.front
        keep_alive = version == "1.1" and parser.should_keep_alive() and not front.is_draining
        if (
            front.shortcut is not None
            and path.startswith(front.prefixes)
            and (method == b"GET" or method == b"HEAD")  # noqa: PLR1714 - in every request, and a set is slower
            and not (head.has_body or self.flow.write_paused)
            and (self.latest is None or self.latest.response_complete)
            and self._answer_at_once(front.shortcut, Request(method, path, query, head.fields), keep_alive)
        ):
            return
        self._ask(
            self.make_cycle(
                method,
                version,
                path,
                query,
                head.fields,
                keep_alive=keep_alive,
                expects_100=head.expects_100,
            )
        )

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._has_grown = True
        self._body_bytes += len(body)
        if self._body_bytes > self.limits.body_bytes:
            raise too_large(self.limits)
        cycle = self.current
        if cycle is None or cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        self.phase = REST
        self.has_asked = True
        cycle, self.current = self.current, None
        if cycle is not None and not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    # answering

    def _answer_at_once(self, shortcut: Shortcut, request: Request, keep_alive: bool) -> bool:
        """Whether the short cut had an answer; it is one write."""
        is_head, date_line = request.method == b"HEAD", self.front.date_line
        try:
            reply = shortcut(request)
            if reply is None:
                return False
            answer = encode_reply(reply, date_line, is_head=is_head, keep_alive=keep_alive)
        except Exception:  # noqa: BLE001 - whatever it is, this client gets an answer and the others go on
            logger.exception("the short cut failed at %s", shown_path(request.path))
            reply = FAILED
            answer = encode_reply(reply, date_line, is_head=is_head, keep_alive=keep_alive)
        self.transport.write(answer)
        if self.front.has_access_log:
            note_access(self.client, request.method.decode("ascii"), request.path, reply.status)
        if not keep_alive:
            self.transport.close()
        return True

    def _ask(self, cycle: FrontCycle) -> None:
        """Ask the application, now or after what was asked before on this connection."""
        is_answering = self.is_answering
        if is_answering and len(self.pipeline) >= self.limits.pipelined:
            raise RefusedRequestError(429, "Too many requests wait on this connection.")
        self.latest = self.current = self.cycle = cycle
        app = _OPTIONS if cycle.scope["path"] == "*" else self.app
        if is_answering:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, app))
        else:
            self.active = cycle
            self._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """An answer is whole: on to the next request that waits, or rest."""
        if self.transport.is_closing():
            return
        if self.phase is REST:
            self.began_at = self.loop.time()
        self.flow.resume_reading()
        if self.pipeline:
            self.active, app = self.pipeline.pop()
            self._start_asgi_task(self.active, app)
