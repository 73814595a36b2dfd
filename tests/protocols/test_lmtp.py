"""The conversation, by transcripts; and that it is the same however its bytes come."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import InvalidInputError
from poolhouse.protocols.lmtp import (
    LINE_BYTES,
    RECIPIENT_OK,
    SENDER_OK,
    Content,
    Conversation,
    Event,
    MessageBegun,
    MessageEnded,
    RecipientGiven,
    Reply,
    SenderGiven,
    State,
    Withdrawn,
)
from tests.protocols.transcripts import DATA, GREETING, HELLO, LETTER, MAIL, TRANSCRIPTS

UNKNOWN = Reply(550, "5.1.1", "no such recipient here")
TOO_LARGE = Reply(552, "5.3.4", "message too large")
KEPT = Reply(250, "2.1.5", "kept")


class Peer:
    """A conversation with a server that knows everybody but nobody@, and what happened in it."""

    def __init__(self) -> None:
        self.conversation = Conversation("mx.example", message_bytes=1000, recipients=3)
        self.events: list[Event] = []
        self.output = b""
        self._accepted = 0

    def hear(self, data: bytes) -> None:
        """What is said, and answers to all that comes of it."""
        self.conversation.receive(data)
        while (event := self.conversation.next_event()) is not None:
            self._answer(event)
        self.output += self.conversation.take_output()

    def _answer(self, event: Event) -> None:
        last = self.events[-1] if self.events else None
        if isinstance(event, Content) and isinstance(last, Content):
            self.events[-1] = Content(last.data + event.data)
        else:
            self.events.append(event)
        match event:
            case SenderGiven():
                self._accepted = 0
                self.conversation.answer(SENDER_OK)
            case RecipientGiven(address):
                is_known = not address.startswith("nobody@")
                self._accepted += is_known
                self.conversation.answer(RECIPIENT_OK if is_known else UNKNOWN)
            case MessageEnded(is_too_large):
                self.conversation.answer(*[TOO_LARGE if is_too_large else KEPT] * self._accepted)


def said(transcript: str) -> bytes:
    """All that the client says."""
    return b"".join(_lines(transcript, "C"))


def told(transcript: str) -> bytes:
    """All that it is told, the greeting first."""
    return b"".join(_lines(GREETING + "\n" + transcript, "S"))


def _lines(transcript: str, who: str) -> list[bytes]:
    lines = transcript.split("\n")
    return [line[2:].encode() + b"\r\n" for line in lines if line == who or line.startswith(who + " ")]


@pytest.mark.parametrize("transcript", TRANSCRIPTS.values(), ids=TRANSCRIPTS.keys())
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_it_says_what_it_should(transcript: str, size: int) -> None:
    peer = Peer()
    data = said(transcript)
    for place in range(0, len(data), size):
        peer.hear(data[place : place + size])
    assert peer.output.decode() == (told(transcript) or b"").decode()


@given(
    st.lists(st.sampled_from([*TRANSCRIPTS.values(), HELLO, MAIL, LETTER, DATA]), max_size=4).map("".join),
    st.binary(max_size=20),
    st.lists(st.integers(0, 10_000), max_size=30),
)
def test_the_same_happens_however_the_bytes_come(transcript: str, noise: bytes, places: list[int]) -> None:
    data = said(transcript) + noise
    at_once, in_pieces = Peer(), Peer()
    at_once.hear(data)
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    for start, end in itertools.pairwise(edges):
        in_pieces.hear(data[start:end])
    assert in_pieces.events == at_once.events
    assert in_pieces.output == at_once.output
    assert in_pieces.conversation.state is at_once.conversation.state


@pytest.mark.parametrize("length", range(LINE_BYTES - 2, LINE_BYTES + 4))
def test_how_long_a_line_may_be_does_not_depend_on_how_it_comes(length: int) -> None:
    line = b"NOOP " + b"x" * (length - 5)
    outputs = set()
    for pieces in (
        [line + b"\r\n"],
        [line, b"\r\n"],
        [line + b"\r", b"\n"],
        [line[:100], line[100:] + b"\r", b"\n"],
    ):
        peer = Peer()
        for piece in pieces:
            peer.hear(piece)
        outputs.add(peer.output)
    assert len(outputs) == 1
    assert (b"too long" in outputs.pop()) is (length > LINE_BYTES)


def test_what_happens_is_told_in_order() -> None:
    peer = Peer()
    peer.hear(said(TRANSCRIPTS["one recipient"]))
    assert peer.events == [
        SenderGiven("sender@elsewhere.example", 0),
        RecipientGiven("anna@pools.example"),
        MessageBegun(),
        Content(b"Subject: one\r\n\r\n.two\r\n"),
        MessageEnded(is_too_large=False),
    ]
    assert peer.conversation.state is State.OVER


def test_what_was_begun_is_withdrawn_once() -> None:
    peer = Peer()
    peer.hear(said(HELLO + MAIL) + b"RSET\r\nRSET\r\n")
    assert peer.events == [SenderGiven("sender@elsewhere.example", 0), Withdrawn()]


def test_of_a_message_that_is_too_large_no_more_is_told_than_may_be() -> None:
    peer = Peer()
    peer.hear(said(HELLO + MAIL) + b"RCPT TO:<anna@pools.example>\r\nDATA\r\n")
    for _ in range(50):
        peer.hear(b"x" * 90)
    peer.hear(b"\r\n.\r\n")
    assert sum(len(event.data) for event in peer.events if isinstance(event, Content)) <= 1000
    assert peer.events[-1] == MessageEnded(is_too_large=True)


def test_an_event_that_wants_an_answer_gets_it_first() -> None:
    conversation = Conversation("mx.example")
    conversation.receive(said(HELLO + MAIL) + b"RCPT TO:<anna@pools.example>\r\n")
    assert conversation.next_event() == SenderGiven("sender@elsewhere.example", 0)
    with pytest.raises(InvalidInputError):
        conversation.next_event()
    conversation.answer(SENDER_OK)
    assert conversation.next_event() == RecipientGiven("anna@pools.example")


def test_a_sender_that_is_refused_may_be_followed_by_another() -> None:
    conversation = Conversation("mx.example")
    conversation.receive(said(HELLO + MAIL + MAIL))
    conversation.next_event()
    conversation.answer(Reply(452, "4.3.1", "the disk is full"))
    assert conversation.next_event() == SenderGiven("sender@elsewhere.example", 0)


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_answered_or_waited_for(data: bytes) -> None:
    peer = Peer()
    peer.hear(data + b"\r\nQUIT\r\n")
    assert peer.conversation.state is State.OVER
    assert all(line[:3].isdigit() for line in peer.output.split(b"\r\n")[:-1])
