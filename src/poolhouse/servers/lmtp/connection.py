"""One connection: bytes to the conversation, its events to the letterbox, replies back.

While a message is being kept nothing is read from its client: what was sent ahead (RFC 2920) waits in the kernel.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from poolhouse.errors import PoolhouseError
from poolhouse.protocols.lmtp import (
    RECIPIENT_OK,
    SENDER_OK,
    Content,
    Conversation,
    MessageBegun,
    MessageEnded,
    RecipientGiven,
    SenderGiven,
    State,
    Withdrawn,
)
from poolhouse.servers.lmtp.replies import (
    CROWDED,
    KEPT,
    NO_ROOM,
    OUR_FAULT,
    STOPPING,
    TIMED_OUT,
    TOO_LARGE,
    reply_to,
)

if TYPE_CHECKING:
    from poolhouse.ports import Arrival
    from poolhouse.protocols.lmtp import Event
    from poolhouse.servers.lmtp.door import LmtpDoor
    from poolhouse.types import Recipient

TURN_BYTES = 256 * 1024
"""So much is taken from a client before others have their turn: about a millisecond's work."""

_log = logging.getLogger("poolhouse.lmtp")


class LmtpConnection(asyncio.Protocol):
    """Speaks for `door`."""

    def __init__(self, door: LmtpDoor) -> None:
        self._door = door
        self._letterbox = door.letterbox
        self._conversation = Conversation(
            door.host, message_bytes=door.message_bytes, recipients=door.recipient_limit
        )
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._delivering: asyncio.Task[None] | None = None
        self._heard_at = 0.0
        self._taken_bytes = 0
        self._is_full = False
        self._sender = ""
        self._recipients: list[Recipient] = []
        self._arrival: Arrival | None = None
        self._fault: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._heard_at = self._door.loop.time()
        self._door.enter(self)
        self._arm(self._door.idle_seconds)
        if len(self._door.connections) > self._door.connection_limit:
            self._conversation.take_output()
            self._conversation.end(CROWDED)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._door.loop.time()
        self._conversation.receive(data)
        self._go_on()
        self._taken_bytes += len(data)
        if self._taken_bytes > TURN_BYTES:
            self._give_way()

    def _give_way(self) -> None:
        """Let others have their turn: whoever sends tens of megabytes would otherwise be read all at once."""
        self._taken_bytes = 0
        if self._transport is not None and self._delivering is None:
            self._transport.pause_reading()
            self._door.loop.call_soon(self._listen)

    def eof_received(self) -> bool:
        """Whoever hangs up in a message has sent none; one that is being kept is kept."""
        return self._delivering is not None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._door.leave(self)
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        if self._delivering is None:
            self._withdraw()

    def pause_writing(self) -> None:
        """A client that reads no replies is asked for no more."""
        self._is_full = True
        self._listen()

    def resume_writing(self) -> None:
        """It reads again."""
        self._is_full = False
        self._listen()

    def _listen(self) -> None:
        """Read from the client, but not while its message is being kept, nor while it leaves replies unread."""
        if self._transport is None:
            return
        if self._is_full or self._delivering is not None:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def stop(self) -> None:
        """End the conversation, once the message that is being kept is answered."""
        if self._delivering is None and self._conversation.state is not State.OVER:
            self._withdraw()
            self._conversation.end(STOPPING)
            self._send()

    def cut_off(self) -> None:
        """End the connection as it is."""
        if self._transport is not None:
            self._transport.abort()

    def _go_on(self) -> None:
        """Deal with what came, up to the next message's end."""
        while self._delivering is None and (event := self._conversation.next_event()) is not None:
            self._deal_with(event)
        self._send()

    def _deal_with(self, event: Event) -> None:
        match event:
            case Content(data):
                self._take(data)
            case SenderGiven(address, size_bytes):
                self._sender = address
                self._recipients = []
                has_room = self._letterbox.has_room(size_bytes)
                self._conversation.answer(SENDER_OK if has_room else NO_ROOM)
            case RecipientGiven(address):
                self._look_up(address)
            case MessageBegun():
                self._arrival, self._fault = self._letterbox.arrival(), None
            case MessageEnded(is_too_large):
                self._end_message(is_too_large=is_too_large)
            case Withdrawn():
                self._withdraw()

    def _look_up(self, address: str) -> None:
        try:
            recipient = self._letterbox.recipient(self._sender, address)
        except PoolhouseError as error:
            self._conversation.answer(reply_to(error))
        except Exception:  # noqa: BLE001 - our bug is loud here and a "later" there
            _log.exception("a recipient could not be looked up")
            self._conversation.answer(OUR_FAULT)
        else:
            self._recipients.append(recipient)
            self._conversation.answer(RECIPIENT_OK)

    def _take(self, data: bytes) -> None:
        """Add to the message. Once that failed, the rest of it is read and thrown away: its end wants an answer."""
        if self._fault is not None or self._arrival is None:
            return
        try:
            self._arrival.write(data)
        except PoolhouseError as error:
            _log.warning("a message could not be taken: %s", error)
            self._fault = error
            self._arrival.discard()

    def _end_message(self, *, is_too_large: bool) -> None:
        arrival, self._arrival = self._arrival, None
        recipients, self._recipients = self._recipients, []
        assert arrival is not None
        if is_too_large or self._fault is not None:
            arrival.discard()
            reply = TOO_LARGE if self._fault is None else reply_to(self._fault)
            self._conversation.answer(*[reply] * len(recipients))
            return
        self._delivering = self._door.loop.create_task(self._deliver(arrival, self._sender, recipients))
        self._listen()

    async def _deliver(self, arrival: Arrival, sender: str, recipients: list[Recipient]) -> None:
        try:
            outcomes = await self._letterbox.deliver(arrival, sender, recipients)
            replies = [KEPT if outcome is None else reply_to(outcome) for outcome in outcomes]
        except Exception as error:  # noqa: BLE001 - whatever it is, the message was not kept
            if not isinstance(error, PoolhouseError):
                _log.exception("a message could not be kept")
            replies = [reply_to(error)] * len(recipients)
        finally:
            self._delivering = None
        self._heard_at = self._door.loop.time()
        self._conversation.answer(*replies)
        if self._door.is_stopping:
            self.stop()
        else:
            self._go_on()
        self._listen()

    def _withdraw(self) -> None:
        if self._arrival is not None:
            self._arrival.discard()
            self._arrival = None
        self._recipients = []

    def _send(self) -> None:
        output = self._conversation.take_output()
        if self._transport is None:
            return
        if output:
            self._transport.write(output)
        if self._conversation.state is State.OVER and self._delivering is None:
            self._transport.close()

    def _arm(self, seconds: float) -> None:
        self._timer = self._door.loop.call_later(seconds, self._look_at_clock)

    def _look_at_clock(self) -> None:
        """One timer a connection, not one for each piece that comes."""
        left = self._heard_at + self._door.idle_seconds - self._door.loop.time()
        if self._delivering is not None:
            left = self._door.idle_seconds
        if left > 0:
            self._arm(left)
        elif self._conversation.state is State.OVER:
            self.cut_off()  # it was told goodbye and does not hear
        else:
            self._withdraw()
            self._conversation.end(TIMED_OUT)
            self._send()
            self._arm(self._door.idle_seconds)
