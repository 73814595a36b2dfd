"""Puller: pulls from every mail account there is, each by a task of its own, as their persons say."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING

from poolhouse.app.account_pull import AccountPull
from poolhouse.app.house import PAUSE_SECONDS
from poolhouse.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from poolhouse.app.house import RunningHouse
    from poolhouse.fetch.imap import Conversation
    from poolhouse.types import AccountId, AccountPlace

_log = logging.getLogger("poolhouse.pulling")


class Puller:
    """The pulls of one server, from the start of `run` to its end.

    `message_bytes` is the largest message that is taken; `pause` waits so many seconds, `chance` is a number from 0 to
    1, `connect` a conversation that is to come.
    """

    def __init__(
        self,
        house: RunningHouse,
        *,
        message_bytes: int,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        connect: Callable[[AccountPlace], Conversation] | None = None,
    ) -> None:
        self._house = house
        self._message_bytes = message_bytes
        self._pause = pause
        self._chance = chance
        self._connect = connect or self._conversation
        self._pulls: dict[AccountId, tuple[int, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Pull until cancelled. What commands beside the server say is heard within a second."""
        try:
            await self._house.watch(self._follow, pause=self._pause)
        finally:
            await self._end(list(self._pulls))

    async def _follow(self) -> None:
        """Have a task for each account that is to be pulled from, begun with what was said of it last."""
        wanted = dict(self._house.read(lambda tx: tx.accounts.active()))
        await self._end([each for each, (revision, _) in self._pulls.items() if wanted.get(each) != revision])
        for account_id, revision in wanted.items():
            if account_id not in self._pulls:
                task = asyncio.create_task(self._pull(account_id))
                self._pulls[account_id] = (revision, task)

    async def _end(self, account_ids: list[AccountId]) -> None:
        tasks = [self._pulls.pop(each)[1] for each in account_ids]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _conversation(self, place: AccountPlace) -> Conversation:
        from poolhouse.fetch.imap import Conversation  # 6 MiB that a server without accounts spares

        return Conversation(place, self._house.networks)

    async def _pull(self, account_id: AccountId) -> None:
        pull = AccountPull(
            self._house,
            account_id,
            message_bytes=self._message_bytes,
            pause=self._pause,
            chance=self._chance,
            connect=self._connect,
        )
        while True:
            try:
                return await pull.run()
            except StoreError as error:
                _log.warning("account %d could not be begun with: %s", account_id, error)
                await self._pause(PAUSE_SECONDS)
            except Exception:  # noqa: BLE001 - a fault of ours with one account is told, and the others are pulled
                _log.exception("pulling from account %d failed", account_id)
                await self._pause(PAUSE_SECONDS)
