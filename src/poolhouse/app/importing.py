"""Brings bookmark files in: parsed by a worker, saved here some at a time, so that nobody else has to wait."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from poolhouse.errors import DeadLetterError, InvalidInputError, NotFoundError
from poolhouse.services.imports import ImportReport, import_batch, report_json
from poolhouse.services.pools import get_pool
from poolhouse.types import JobId, PersonId, PoolId, Principal, Scope
from poolhouse.workers.bookmarks import Parsed, batches_in, parse_bookmarks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.app.house import RunningHouse
    from poolhouse.formats.netscape import NetscapeBookmark
    from poolhouse.ports import Transaction
    from poolhouse.space import MemorySpace
    from poolhouse.space.durable_taking import DurableTaking
    from poolhouse.space.keeper import Blocks
    from poolhouse.types import ImportFile

_GONE = "The file is not there any more; send it again."
_EMPTY = "The file holds no bookmarks; export as HTML and try again."


class Importing:
    """Does `ImportFile` jobs, which `owner` holds in the store. `space` is where workers take calls, with `blocks`."""

    def __init__(
        self, house: RunningHouse, space: MemorySpace, blocks: Blocks, *, owner: str, is_fetching: bool
    ) -> None:
        self._house = house
        self._space = space
        self._blocks = blocks
        self._owner = owner
        self._is_fetching = is_fetching

    async def save(self, taking: DurableTaking[Transaction, Any], job: ImportFile) -> None:
        """Save what a file holds, or report why not. One that was broken off goes on where it was."""
        try:
            taking.finish(await self._save(taking, job))
        except (InvalidInputError, NotFoundError, DeadLetterError) as error:
            taking.finish(report_json(ImportReport(), (f"Nothing was imported: {error}.",)))

    async def _save(self, taking: DurableTaking[Transaction, Any], job: ImportFile) -> str:
        file = await asyncio.to_thread(self._house.blobs.get, job.blob)
        if not file:
            return report_json(ImportReport(), (_EMPTY if file is not None else _GONE,))
        async with AsyncExitStack() as stack:
            shared = stack.enter_context(await self._blocks.freeze_in_turns(file))
            call = await stack.enter_async_context(await self._space.eval(parse_bookmarks, shared.ref))
            parsed = await stack.enter_async_context(call.take())
            if parsed.batches is None:
                return report_json(ImportReport(), (*parsed.problems, _EMPTY))
            batches = stack.enter_context(self._blocks.open(parsed.batches)).view
            return report_json(await self._save_batches(taking, job, parsed, batches), parsed.problems)

    async def _save_batches(
        self, taking: DurableTaking[Transaction, Any], job: ImportFile, parsed: Parsed, batches: memoryview
    ) -> ImportReport:
        """Save batch after batch, each with how far that is: a server that starts anew leaves out what is saved."""
        assert taking.id is not None
        assert taking.person is not None
        job_id = JobId(taking.id)
        principal = Principal(person_id=PersonId(taking.person), scope=Scope.PERSON)
        before = self._house.read(lambda tx: tx.tuples.get(job_id))
        saved = (before.done or 0) if before is not None else 0
        report, count = ImportReport(), 0
        for batch in batches_in(batches):
            count += len(batch)
            if count > saved:
                report = report + await self._save_batch(job, job_id, principal, batch, count, parsed.count)
        return report

    async def _save_batch(
        self,
        job: ImportFile,
        job_id: JobId,
        principal: Principal,
        batch: Sequence[NetscapeBookmark],
        count: int,
        total: int,
    ) -> ImportReport:
        def save(tx: Transaction) -> ImportReport:
            base_pool = None if job.pool_id is None else get_pool(tx, principal, PoolId(job.pool_id))
            tx.tuples.progress(job_id, self._owner, count, total)
            return import_batch(tx, principal, batch, base_pool=base_pool, fetch_pages=self._is_fetching)

        return await self._house.write(save)
