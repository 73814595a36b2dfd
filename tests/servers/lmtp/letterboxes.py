"""A letterbox in memory, which keeps or fails as it is told, and a client that speaks line by line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from poolhouse.errors import ForbiddenError, NotFoundError, StoreError, StoreFullError
from poolhouse.types import DeliveryPurpose, PersonId, PoolId, Recipient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.ports import Arrival

LOOK_UPS: dict[str, Exception] = {
    "nobody": NotFoundError("address: top secret"),
    "closed": ForbiddenError("only some may write there: top secret"),
    "broken": StoreError("/var/lib/poolhouse/poolhouse.db: Input/output error"),
    "bug": KeyError("top secret"),
}
"""What comes of asking for these names; everybody else is known."""


@dataclass
class MemoryArrival:
    """`ports.Arrival` in memory."""

    letterbox: MemoryLetterbox
    content: bytes = b""
    is_discarded: bool = False

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        if self.letterbox.is_full_meanwhile:
            raise StoreFullError("/var/lib/poolhouse: No space left on device")
        self.content += bytes(chunk)

    def discard(self) -> None:
        self.is_discarded = True


@dataclass
class MemoryLetterbox:
    """`servers.lmtp.Letterbox`; while `gate` is closed, what is delivered waits."""

    has_space: bool = True
    is_full_meanwhile: bool = False
    outcomes: dict[str, Exception] = field(default_factory=dict)
    fault: Exception | None = None
    arrivals: list[MemoryArrival] = field(default_factory=list)
    kept: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    waiting: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def has_room(self, size_bytes: int) -> bool:
        return self.has_space and size_bytes < 900

    def recipient(self, sender: str, address: str) -> Recipient:
        assert sender != "bug"
        if (fault := LOOK_UPS.get(address.partition("@")[0])) is not None:
            raise fault
        return Recipient(
            address=address, person_id=PersonId(1), pool_id=PoolId(1), purpose=DeliveryPurpose.KEEP
        )

    def arrival(self) -> MemoryArrival:
        self.arrivals.append(MemoryArrival(self))
        return self.arrivals[-1]

    async def deliver(
        self, arrival: Arrival, sender: str, recipients: Sequence[Recipient]
    ) -> Sequence[Exception | None]:
        assert isinstance(arrival, MemoryArrival)
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1
        if self.fault is not None:
            raise self.fault
        self.kept.append((sender, [each.address for each in recipients], arrival.content))
        return [self.outcomes.get(each.address) for each in recipients]


@dataclass
class Client:
    """Speaks LMTP; every answer is awaited."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, *lines: str) -> str:
        """Say these lines and hear one answer."""
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        return await self.hear()

    async def hear(self) -> str:
        """One answer, without its end; "" where the connection is over."""
        async with asyncio.timeout(20):
            while True:
                line = (await self.reader.readline()).decode()
                if line[3:4] != "-":
                    return line.rstrip("\r\n")

    async def begin(self, *recipients: str, sender: str = "a@elsewhere.example") -> list[str]:
        """As far as the recipients; what is said of each of them."""
        await self.say("LHLO client.example")
        await self.say(f"MAIL FROM:<{sender}>")
        return [await self.say(f"RCPT TO:<{each}>") for each in recipients]

    async def send(self, *lines: str, replies: int = 1) -> list[str]:
        """A message, and what is said of it for each recipient."""
        await self.say("DATA")
        first = await self.say(*lines, ".")
        return [first] + [await self.hear() for _ in range(replies - 1)]

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return  # the server was first
