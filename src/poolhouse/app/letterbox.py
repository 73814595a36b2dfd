"""Letterbox: keeps the mail that comes in by the door, as much of it at a time as waits.

What comes while others are being kept goes together next: their files with one flush, their rows with one commit. There
is no timer, so a single message waits for nobody.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from poolhouse.errors import PoolhouseError, StoreError
from poolhouse.services.deliveries import resolve_recipient
from poolhouse.services.messages import deliver_message
from poolhouse.types import Envelope, MessageSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Arrival, Transaction
    from poolhouse.types import Recipient

    Outcomes = Sequence[Exception | None]

GROUP_LIMIT = 100
HANDOVER_TURNS = 2
"""Turns of the loop from a client's bytes to `deliver`: one reads them, the next begins its task."""

LULL_SECONDS = 0.05
LULL_LIMIT_SECONDS = 1.0
_log = logging.getLogger("poolhouse.lmtp")


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A message that waits, and who waits for it."""

    arrival: Arrival
    sender: str
    recipients: Sequence[Recipient]
    done: asyncio.Future[Outcomes]


class HouseLetterbox:
    """`servers.lmtp.Letterbox` of a house. Mail comes for its domains; where it has none, for any."""

    def __init__(self, house: RunningHouse) -> None:
        self._house = house
        self._waiting: list[_Delivery] = []
        self._keeping: asyncio.Task[None] | None = None
        self._came_at = float("-inf")

    def has_room(self, size_bytes: int) -> bool:
        return self._house.blobs.has_room(size_bytes)

    def recipient(self, sender: str, address: str) -> Recipient:
        domains = self._house.addresses.mail_domains
        return self._house.read(lambda tx: resolve_recipient(tx, address, sender=sender, domains=domains))

    def arrival(self) -> Arrival:
        return self._house.blobs.arrival()

    async def lull(self) -> None:
        """Wait for a moment in which no mail comes, but not for long: what comes is acknowledged before it is read."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LULL_LIMIT_SECONDS
        while loop.time() < end:
            left = self._came_at + LULL_SECONDS - loop.time()
            if self._keeping is None and left <= 0:
                return
            await asyncio.sleep(max(left, 0.01))

    async def deliver(self, arrival: Arrival, sender: str, recipients: Sequence[Recipient]) -> Outcomes:
        loop = asyncio.get_running_loop()
        self._came_at = loop.time()
        done: asyncio.Future[Outcomes] = loop.create_future()
        self._waiting.append(_Delivery(arrival, sender, recipients, done))
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep())
        return await done

    async def _keep(self) -> None:
        """Keep what waits, group after group, until nothing does."""
        try:
            while self._waiting:
                await self._look_for_more()
                group, self._waiting = self._waiting[:GROUP_LIMIT], self._waiting[GROUP_LIMIT:]
                try:
                    outcomes = await self._keep_group(group)
                except Exception as error:  # noqa: BLE001 - each who waits is told, and the next group is kept
                    if not isinstance(error, StoreError):
                        _log.exception("mail could not be kept")
                    outcomes = [[error] * len(each.recipients) for each in group]
                for each, outcome in zip(group, outcomes, strict=True):
                    if not each.done.cancelled():
                        each.done.set_result(outcome)
        finally:
            self._keeping = None

    async def _look_for_more(self) -> None:
        """Take in what was heard already: who was answered together sends together. Turns of the loop, no timer."""
        count = 0
        while count < len(self._waiting) < GROUP_LIMIT:
            count = len(self._waiting)
            for _ in range(HANDOVER_TURNS):
                await asyncio.sleep(0)

    async def _keep_group(self, group: Sequence[_Delivery]) -> Sequence[Outcomes]:
        arrivals = [each.arrival for each in group]
        sizes = [arrival.size_bytes for arrival in arrivals]
        # in a thread: it waits for the disk
        blobs = await asyncio.to_thread(self._house.blobs.keep_all, arrivals)
        kept = list(zip(group, blobs, sizes, strict=True))
        try:
            await self._house.write(lambda tx: _deliver_all(tx, kept))
        except Exception as error:
            # a full disk is full for each; a statement that the store refuses (StoreError itself) is one's
            if isinstance(error, StoreError) and type(error) is not StoreError:
                raise
            return [await self._one_by_one(*each) for each in kept]
        return [[None] * len(each.recipients) for each in group]

    async def _one_by_one(self, delivery: _Delivery, blob: str, size_bytes: int) -> Outcomes:
        outcomes: list[Exception | None] = []
        for recipient in delivery.recipients:
            alone = _Delivery(delivery.arrival, delivery.sender, (recipient,), delivery.done)
            try:
                await self._house.write(partial(_deliver, delivery=alone, blob=blob, size_bytes=size_bytes))
            except Exception as error:  # noqa: BLE001 - told to the one it is about
                if not isinstance(error, PoolhouseError):
                    _log.exception("a message could not be kept")
                outcomes.append(error)
            else:
                outcomes.append(None)
        return outcomes


def _deliver_all(tx: Transaction, kept: Sequence[tuple[_Delivery, str, int]]) -> None:
    for delivery, blob, size_bytes in kept:
        _deliver(tx, delivery, blob, size_bytes)


def _deliver(tx: Transaction, delivery: _Delivery, blob: str, size_bytes: int) -> None:
    for recipient in delivery.recipients:
        envelope = Envelope(source=MessageSource.LMTP, sender=delivery.sender, recipient=recipient.address)
        deliver_message(tx, recipient, blob=blob, size_bytes=size_bytes, envelope=envelope)
