"""Blobs that nothing names any more: their item was deleted for good, or their capture was."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import apsw

from poolhouse.store.failures import store_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from poolhouse.store.blobs import BlobFiles

GRACE_SECONDS = 24 * 3_600.0
"""A blob is put before the row that names it is written: so long it may wait for it."""

NAMED_BLOBS = """SELECT favicon FROM item WHERE favicon IS NOT NULL
    UNION SELECT blob FROM item WHERE blob IS NOT NULL
    UNION SELECT reader_blob FROM capture WHERE reader_blob IS NOT NULL
    UNION SELECT page_blob FROM capture WHERE page_blob IS NOT NULL
    UNION SELECT thumbnail_blob FROM capture WHERE thumbnail_blob IS NOT NULL
    UNION SELECT json_extract(body, '$.blob') FROM tuple WHERE kind IN ('import-file', 'import-mail')
        AND state <> 'done' AND json_extract(body, '$.blob') IS NOT NULL
    ORDER BY 1"""
"""Every blob that the store needs, in order."""


def remove_unused_blobs(database: Path, blobs: BlobFiles, *, grace_seconds: float = GRACE_SECONDS) -> int:
    """Remove blobs that the database does not name and nobody put within the grace; returns how many.

    What was left half written goes with them, uncounted.
    Safe beside a running server and its commands: what is put again is young again, and nothing is removed while a
    backup or verify holds the blobs. What is named or not is asked once, so a change must follow its `put` within the
    grace. Reads the names and lists the files, both in order, so memory does not grow with them: some 10 µs each. For a
    thread of its own. Raises StoreError.
    """
    with (
        store_errors(),
        closing(apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)) as connection,
    ):
        connection.set_busy_timeout(10_000)
        blobs.remove_abandoned(grace_seconds)
        unnamed = _unnamed(connection, blobs)
        return sum(blobs.remove_old(address, grace_seconds) for address in unnamed)


def _unnamed(connection: apsw.Connection, blobs: BlobFiles) -> Iterator[str]:
    named = (row[0] for row in connection.execute(NAMED_BLOBS))
    next_named = next(named, None)
    for address in blobs.addresses():
        while next_named is not None and next_named < address:
            next_named = next(named, None)
        if address != next_named:
            yield address
