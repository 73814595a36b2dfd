"""LMTP, the server's side of the conversation: bytes in, events out, replies as bytes; no I/O (RFC 2033, RFC 5321).

    conversation = Conversation("mail.example.org")
    conversation.receive(b"LHLO client\\r\\nMAIL FROM:<a@example.org>\\r\\n")
    while event := conversation.next_event():
        ...                     # SenderGiven: conversation.answer(SENDER_OK)
    transport.write(conversation.take_output())

`next_event` returns None where it needs more bytes. An event that wants an answer must get it before the next one is
asked for; the end of a message wants one for each recipient that was accepted, in their order (RFC 2033 §4.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar

from poolhouse.errors import InvalidInputError
from poolhouse.protocols.lmtp_commands import parse_line, parse_path
from poolhouse.protocols.lmtp_content import ContentReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.protocols.lmtp_commands import Path

LINE_BYTES = 4_096
"""Longer commands are refused: 512 (RFC 5321 §4.5.3.1.4), and room for parameters and addresses in UTF-8."""

BAD_COMMANDS = 20
"""So many are answered; then the conversation is over."""


class State(Enum):
    """Where the conversation is."""

    START = auto()
    READY = auto()
    MAIL = auto()
    RECIPIENTS = auto()
    CONTENT = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """One line: code, enhanced code (RFC 3463; "" for none) and words in ASCII."""

    code: int
    enhanced: str
    text: str

    def __bytes__(self) -> bytes:
        between = f" {self.enhanced} " if self.enhanced else " "
        return f"{self.code}{between}{self.text}\r\n".encode("ascii", "replace")

    @property
    def is_positive(self) -> bool:
        """Whether what was asked is done."""
        return self.code < 400


@dataclass(frozen=True, slots=True)
class SenderGiven:
    """MAIL: wants an answer. `size_bytes` is what the client says of its message; 0 where it says nothing."""

    address: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class RecipientGiven:
    """RCPT: wants an answer."""

    address: str


@dataclass(frozen=True, slots=True)
class MessageBegun:
    """DATA: the content follows. Wants no answer."""


@dataclass(frozen=True, slots=True)
class Content:
    """A piece of the message, as it is to be kept. Wants no answer."""

    data: bytes


@dataclass(frozen=True, slots=True)
class MessageEnded:
    """The end of the message: wants an answer for each recipient. `is_too_large`: not all of it was told."""

    is_too_large: bool


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """RSET, or a new LHLO: nothing becomes of what was begun. Wants no answer."""


class _Nothing:
    """Something was dealt with that is nobody else's business."""


_NOTHING = _Nothing()

Event = SenderGiven | RecipientGiven | MessageBegun | Content | MessageEnded | Withdrawn
_Step = Event | _Nothing

SENDER_OK = Reply(250, "2.1.0", "sender ok")
RECIPIENT_OK = Reply(250, "2.1.5", "recipient ok")
_OK = Reply(250, "2.0.0", "ok")
_GO_ON = Reply(354, "", "end with a period on a line of its own")
_BYE = Reply(221, "2.0.0", "bye")
_UNKNOWN = Reply(500, "5.5.1", "command not known")
_NOT_LMTP = Reply(500, "5.5.1", "this is LMTP: say LHLO")
_UNAVAILABLE = Reply(502, "5.5.1", "command not available")
_OUT_OF_PLACE = Reply(503, "5.5.1", "command out of place")
_NO_RECIPIENTS = Reply(503, "5.5.1", "no valid recipients")
_TOO_LONG = Reply(500, "5.5.2", "line too long")
_BAD_LINE = Reply(500, "5.5.2", "this is not UTF-8")
_BAD_PATH = Reply(501, "5.1.3", "syntax: an address in angle brackets is wanted")
_BAD_PARAMETER = Reply(555, "5.5.4", "parameter not known")
_VERIFY = Reply(252, "2.0.0", "cannot verify, but will take mail for known users")
_TOO_MANY = Reply(452, "4.5.3", "too many recipients")
_TOO_LARGE = Reply(552, "5.3.4", "message too large")
_ENOUGH = Reply(421, "4.7.0", "too many errors, closing")
_MAIL_PARAMETERS = frozenset({"SIZE", "BODY", "SMTPUTF8"})
_NONE: frozenset[str] = frozenset()
_LIVE = (State.START, State.READY, State.MAIL, State.RECIPIENTS)


class Conversation:
    """One connection's conversation. `message_bytes` and `recipients` are the most of each that are taken."""

    def __init__(self, host: str, *, message_bytes: int = 50 * 1024 * 1024, recipients: int = 100) -> None:
        self._host = host
        self._message_bytes = message_bytes
        self._recipient_limit = recipients
        self._buffer = bytearray()
        self._output = bytearray(bytes(Reply(220, "", f"{host} LMTP Poolhouse")))
        self._content = ContentReader()
        self._content_bytes = 0
        self._accepted = 0
        self._bad = 0
        self._is_long = False
        self._asked: Event | None = None
        self.state = State.START

    def receive(self, data: bytes) -> None:
        """Take what came from the client."""
        self._buffer += data

    def take_output(self) -> bytes:
        """What is to be sent by now."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def next_event(self) -> Event | None:
        """What happened next; None where more bytes are needed, or the conversation is over."""
        if self._asked is not None:
            raise InvalidInputError("event", "the one before was not answered")
        while self.state is not State.OVER:
            event = self._content_event() if self.state is State.CONTENT else self._command_event()
            if event is None:
                return None
            if not isinstance(event, _Nothing):
                if isinstance(event, SenderGiven | RecipientGiven | MessageEnded):
                    self._asked = event
                return event
        return None

    def answer(self, *replies: Reply) -> None:
        """Answer the event that wants it: one reply, or after a message one for each accepted recipient."""
        asked, self._asked = self._asked, None
        for reply in replies:
            self._say(reply)
        match asked:
            case SenderGiven():
                self.state = State.MAIL if replies[0].is_positive else State.READY
            case RecipientGiven():
                if replies[0].is_positive:
                    self._accepted += 1
                    self.state = State.RECIPIENTS
            case MessageEnded():
                assert len(replies) == self._accepted
                self._begin_anew()

    def end(self, reply: Reply) -> None:
        """Say something and be over: the server stops, or waited too long."""
        self._say(reply)
        self.state = State.OVER

    def _say(self, reply: Reply) -> None:
        self._output += bytes(reply)

    def _begin_anew(self) -> None:
        self._accepted = 0
        self.state = State.READY

    def _content_event(self) -> _Step | None:
        if self._content.is_over:
            return MessageEnded(is_too_large=self._content_bytes > self._message_bytes)
        if not self._buffer:
            return None
        data = self._content.feed(bytes(self._buffer))
        self._buffer[:] = self._content.rest or b""
        room = max(self._message_bytes - self._content_bytes, 0)
        self._content_bytes += len(data)
        return Content(data[:room]) if data and room else _NOTHING

    def _command_event(self) -> _Step | None:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > LINE_BYTES + 1:  # its last byte may be half of the end of the line
                self._is_long = True
                del self._buffer[:-1]
            return None
        line, self._is_long = bytes(self._buffer[:end]), self._is_long or end > LINE_BYTES
        del self._buffer[: end + 2]
        if self._is_long:
            self._is_long = False
            return self._refuse(_TOO_LONG)
        try:
            verb, rest = parse_line(line)
        except InvalidInputError:
            return self._refuse(_BAD_LINE)
        handler = self.COMMANDS.get((self.state, verb))
        if handler is not None:
            return handler(self, rest)
        return self._refuse(_OTHERS.get(verb, _OUT_OF_PLACE if verb in _VERBS else _UNKNOWN))

    def _refuse(self, reply: Reply) -> _Step:
        self._bad += 1
        self._say(reply)
        if self._bad >= BAD_COMMANDS:
            self.end(_ENOUGH)
        return _NOTHING

    def _hello(self, rest: str) -> _Step:
        if not rest:
            return self._refuse(Reply(501, "5.5.4", "say who you are"))
        lines = (
            self._host,
            "PIPELINING",
            "ENHANCEDSTATUSCODES",
            "8BITMIME",
            "SMTPUTF8",
            f"SIZE {self._message_bytes}",
        )
        for line in lines[:-1]:
            self._output += f"250-{line}\r\n".encode("ascii", "replace")
        self._output += f"250 {lines[-1]}\r\n".encode("ascii")
        was_begun = self.state in {State.MAIL, State.RECIPIENTS}
        self._begin_anew()
        return Withdrawn() if was_begun else _NOTHING

    def _mail(self, rest: str) -> _Step:
        path = self._path(rest, "FROM:", _MAIL_PARAMETERS)
        if path is None:
            return _NOTHING
        size = path.parameters.get("SIZE", "0")
        if not (size.isascii() and size.isdigit() and len(size) <= 20):
            return self._refuse(Reply(501, "5.5.4", "SIZE is a number"))
        if path.parameters.get("BODY", "7BIT").upper() not in {"7BIT", "8BITMIME"}:
            return self._refuse(_BAD_PARAMETER)
        if int(size) > self._message_bytes:
            self._say(_TOO_LARGE)
            return _NOTHING
        return SenderGiven(path.address, int(size))

    def _rcpt(self, rest: str) -> _Step:
        path = self._path(rest, "TO:", _NONE)
        if path is None:
            return _NOTHING
        if not path.address:
            return self._refuse(_BAD_PATH)
        if self._accepted >= self._recipient_limit:
            self._say(_TOO_MANY)
            return _NOTHING
        return RecipientGiven(path.address)

    def _path(self, rest: str, keyword: str, known: frozenset[str]) -> Path | None:
        try:
            return parse_path(rest, keyword, known)
        except InvalidInputError as error:
            self._refuse(_BAD_PATH if error.field == "path" else _BAD_PARAMETER)
            return None

    def _data(self, _rest: str) -> _Step:
        self._say(_GO_ON)
        self._content = ContentReader()
        self._content_bytes = 0
        self.state = State.CONTENT
        return MessageBegun()

    def _data_for_nobody(self, _rest: str) -> _Step:
        return self._refuse(_NO_RECIPIENTS)

    def _reset(self, _rest: str) -> _Step:
        self._say(_OK)
        was_begun = self.state in {State.MAIL, State.RECIPIENTS}
        if self.state is not State.START:
            self._begin_anew()
        return Withdrawn() if was_begun else _NOTHING

    def _noop(self, _rest: str) -> _Step:
        self._say(_OK)
        return _NOTHING

    def _vrfy(self, _rest: str) -> _Step:
        self._say(_VERIFY)
        return _NOTHING

    def _quit(self, _rest: str) -> _Step:
        self.end(_BYE)
        return _NOTHING

    COMMANDS: ClassVar[dict[tuple[State, str], Callable[[Conversation, str], _Step]]] = {
        **dict.fromkeys([(state, "LHLO") for state in _LIVE], _hello),
        **dict.fromkeys([(state, "RSET") for state in _LIVE], _reset),
        **dict.fromkeys([(state, "NOOP") for state in _LIVE], _noop),
        **dict.fromkeys([(state, "VRFY") for state in _LIVE], _vrfy),
        **dict.fromkeys([(state, "QUIT") for state in _LIVE], _quit),
        (State.READY, "MAIL"): _mail,
        (State.MAIL, "RCPT"): _rcpt,
        (State.RECIPIENTS, "RCPT"): _rcpt,
        (State.MAIL, "DATA"): _data_for_nobody,
        (State.RECIPIENTS, "DATA"): _data,
    }
    """What may be said where, and what becomes of it."""


_VERBS = frozenset(verb for _, verb in Conversation.COMMANDS)
_OTHERS = {
    # RFC 2033 §4.1: these must not be answered as if this were SMTP
    "HELO": _NOT_LMTP,
    "EHLO": _NOT_LMTP,
    **dict.fromkeys(("STARTTLS", "AUTH", "EXPN", "HELP", "BDAT", "ETRN", "TURN"), _UNAVAILABLE),
}
