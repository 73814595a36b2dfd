"""Leasing: the takers that wait in a durable space. All that ask in one turn of the loop are served by one commit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.space.durable import DurableSpace
    from poolhouse.space.shelf import Kept, Wanted


@dataclass(slots=True, eq=False)
class Taker:
    """Somebody who wants an entry; `waits` until there is one."""

    arrived: asyncio.Future[Kept | None]
    waits: bool


class Leasing:
    """First come first served, for each template."""

    def __init__(self, space: DurableSpace[Any]) -> None:
        self._space = space
        self._takers: dict[Wanted, dict[Taker, None]] = {}
        self._is_looking = False
        self._looks_again = False

    async def lease(self, sought: Wanted, *, waits: bool) -> Kept | None:
        """Hold the next entry that is wanted."""
        taker = Taker(asyncio.get_running_loop().create_future(), waits)
        self._takers.setdefault(sought, {})[taker] = None
        self.look()
        try:
            return await taker.arrived
        except asyncio.CancelledError:
            self._remove(sought, taker)
            if taker.arrived.done() and not taker.arrived.cancelled() and not taker.arrived.exception():
                kept = taker.arrived.result()
                if kept is not None:
                    self._space.spawn(self._space.put_back(kept.id, None))
            raise

    def look(self) -> None:
        """There may be something for those who wait."""
        if self._is_looking:
            self._looks_again = True
        elif self._takers:
            self._is_looking = True
            self._space.spawn(self._look())

    def fail_all(self, error: Exception) -> None:
        """Nothing will ever come."""
        self._fail([(sought, list(takers)) for sought, takers in self._takers.items()], error)

    async def _look(self) -> None:
        try:
            self._looks_again = True
            while self._looks_again and self._takers:
                self._looks_again = False
                await self._serve([(sought, list(takers)) for sought, takers in self._takers.items()])
        finally:
            self._is_looking = False

    async def _serve(self, asked: Sequence[tuple[Wanted, list[Taker]]]) -> None:
        try:
            leased = await self._space.lease_all([(sought, len(takers)) for sought, takers in asked])
        except Exception as error:  # noqa: BLE001 - whoever waits is told of it, whatever it is
            self._fail(asked, error)
            return
        for (sought, takers), found in zip(asked, leased, strict=True):
            for kept in found:
                self._deliver(sought, kept)
            for taker in takers:
                if not taker.waits and not taker.arrived.done():
                    self._remove(sought, taker)
                    taker.arrived.set_result(None)

    def _deliver(self, sought: Wanted, kept: Kept) -> None:
        """To the first who still wants it; where they all went away meanwhile, it goes back."""
        while takers := self._takers.get(sought):
            taker = next(iter(takers))
            self._remove(sought, taker)
            if not taker.arrived.done():
                taker.arrived.set_result(kept)
                return
        self._space.spawn(self._space.put_back(kept.id, None))

    def _fail(self, asked: Sequence[tuple[Wanted, list[Taker]]], error: Exception) -> None:
        for sought, takers in asked:
            for taker in takers:
                self._remove(sought, taker)
                if not taker.arrived.done():
                    taker.arrived.set_exception(error)

    def _remove(self, sought: Wanted, taker: Taker) -> None:
        takers = self._takers.get(sought, {})
        takers.pop(taker, None)
        if not takers:
            self._takers.pop(sought, None)
