"""Whoever sends a large message is read a piece at a time: others have their turns between."""

from __future__ import annotations

import asyncio
from typing import cast

from poolhouse.servers.lmtp.connection import TURN_BYTES, LmtpConnection
from poolhouse.servers.lmtp.door import LmtpDoor
from tests.servers.lmtp.letterboxes import MemoryLetterbox


class Wire(asyncio.Transport):
    """A client that has all of its bytes ready, and sends for as long as it is read: as a socket of the kernel does."""

    def __init__(self, ready: bytes, piece_bytes: int = 65_536) -> None:
        super().__init__()
        self._ready = ready
        self._piece_bytes = piece_bytes
        self.reads = True
        self.sent = b""

    def flood(self, connection: LmtpConnection) -> int:
        """Hand over what is ready in one turn of the loop; how many bytes were taken in it."""
        before = len(self._ready)
        while self.reads and self._ready:
            piece, self._ready = self._ready[: self._piece_bytes], self._ready[self._piece_bytes :]
            connection.data_received(piece)
        return before - len(self._ready)

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        """It stays open: nothing is left to be told."""


async def test_no_turn_of_the_loop_takes_more_than_its_share() -> None:
    size = 20 * TURN_BYTES
    said = (
        b"LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<anna@x.example>\r\nDATA\r\n"
        + b"x" * size
        + b"\r\n.\r\n"
    )
    door = LmtpDoor(MemoryLetterbox(), (), host="x.example", message_bytes=2 * size)
    connection, wire = LmtpConnection(door), Wire(said)
    connection.connection_made(wire)
    taken = []
    while wire.sent.count(b"\r\n250 2.1.5") < 2:
        taken.append(wire.flood(connection))
        await asyncio.sleep(0)
    assert max(taken) <= TURN_BYTES + 65_536
    assert len([each for each in taken if each]) >= 15
    connection.connection_lost(None)
    assert len(cast("MemoryLetterbox", door.letterbox).kept) == 1


async def test_who_reads_no_replies_is_read_no_more() -> None:
    letter = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<anna@x.example>\r\nDATA\r\nx\r\n.\r\n"
    said = b"LHLO x\r\n" + letter + b"NOOP\r\n" * TURN_BYTES
    letterbox = MemoryLetterbox()
    door = LmtpDoor(letterbox, (), host="x.example", message_bytes=1_000)
    connection, wire = LmtpConnection(door), Wire(said, piece_bytes=2 * TURN_BYTES)
    connection.connection_made(wire)
    wire.flood(connection)
    connection.pause_writing()  # as asyncio says once, while what is to be written is above its mark
    for _ in range(20):  # neither the message that was kept nor the turn of others begins it anew
        assert wire.flood(connection) == 0
        await asyncio.sleep(0)
    assert len(letterbox.kept) == 1
    connection.resume_writing()
    assert wire.flood(connection) > 0
    connection.connection_lost(None)
