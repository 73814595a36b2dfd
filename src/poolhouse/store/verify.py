"""Verify: is the store whole? SQLite's own checks, then all we say of our tables, then the files beside.

Reads only, the database in one transaction, so it may run beside a server.
"""

from __future__ import annotations

import hashlib
import stat
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import apsw

from poolhouse.errors import NotFoundError
from poolhouse.store.blobs import BlobFiles
from poolhouse.store.database import APPLICATION_ID, FILE_NAME, migrations
from poolhouse.store.failures import disk_errors, store_errors
from poolhouse.store.invariants import (
    broken_rules,
    wrong_computed_pools,
    wrong_facets,
    wrong_job_keys,
    wrong_keys,
    wrong_texts,
)
from poolhouse.store.mail_invariants import wrong_messages
from poolhouse.store.restore import BLOBS_NAME, CREDENTIALS_NAME, KEY_NAME
from poolhouse.store.unused import NAMED_BLOBS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

FAULT_LIMIT = 100
_KEY_BYTES = 32
_PRIVATE = (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", KEY_NAME, CREDENTIALS_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What was found: `faults` in words (none: the store is whole), and how many of each thing were looked at."""

    faults: tuple[str, ...]
    counts: Mapping[str, int]


def verify(
    directory: Path, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> VerifyReport:
    """Look at everything; at most FAULT_LIMIT faults are told. `progress` is told files looked at, and files in all.

    Reads the whole store, which takes some seconds for 100,000 items. Raises NotFoundError where there is no store, and
    StoreError where it cannot be read.
    """
    path = directory / FILE_NAME
    if not path.is_file():
        raise NotFoundError(f"store in {directory}")
    blobs = BlobFiles(directory / BLOBS_NAME)
    with (
        disk_errors(),
        store_errors(),
        blobs.held(),
        closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection,
    ):
        connection.set_busy_timeout(10_000)
        faults: list[str] = []
        counts: dict[str, int] = {}
        try:
            connection.execute("BEGIN")
            faults += islice(_database_faults(connection), FAULT_LIMIT)
            counts |= _counts(connection)
            named = {row[0] for row in connection.execute(NAMED_BLOBS)}
        except (apsw.NotADBError, apsw.CorruptError) as error:
            return VerifyReport(faults=(*faults, f"the database cannot be read: {error}"), counts=counts)
        counts["blobs"] = sum(1 for _ in blobs.addresses())
        faults += islice(_file_faults(directory, blobs, named, progress), FAULT_LIMIT)
    return VerifyReport(faults=tuple(faults[:FAULT_LIMIT]), counts=counts)


def _counts(connection: apsw.Connection) -> dict[str, int]:
    tables = ("person", "pool", "item", "tag", "secret", "change", "tuple", "capture")
    return {f"{table}s": connection.execute(f"SELECT count(*) FROM {table}").get for table in tables}


def _database_faults(connection: apsw.Connection) -> Iterator[str]:
    if connection.pragma("application_id") != APPLICATION_ID:
        yield "the file is an SQLite database, but not a Poolhouse store"
        return
    version, newest = connection.pragma("user_version"), migrations()[-1][0]
    if version != newest:
        yield f"the store has schema {version} and this Poolhouse {newest}; start the server once, or use a newer one"
        return
    # since SQLite 3.44 this looks into the search index too
    broken = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    yield from broken
    for table, row_id, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
        yield f"row {row_id} of {table} speaks of a {parent} that is not there"
    if not broken:  # of a damaged file our own rules would only say the same in other words
        yield from broken_rules(connection)
        yield from wrong_keys(connection)
        yield from wrong_facets(connection)
        yield from wrong_computed_pools(connection)
        yield from wrong_job_keys(connection)
        yield from wrong_texts(connection)
        yield from wrong_messages(connection)


def _file_faults(
    directory: Path, blobs: BlobFiles, named: set[str], progress: Callable[[int, int], None]
) -> Iterator[str]:
    present = set(blobs.addresses())
    for address in sorted(named - present):
        yield f"blob {address} is missing"
    for number, address in enumerate(sorted(present)):
        progress(number, len(present))
        with blobs.path(address).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != address:
                yield f"blob {address} is not what it was"
    key = directory / KEY_NAME
    if not key.is_file() or key.stat().st_size != _KEY_BYTES:
        yield f"{KEY_NAME} is missing or is not a key of {_KEY_BYTES} bytes"
    paths = [directory / name for name in _PRIVATE] + [blobs.path(address) for address in sorted(present)]
    for path in paths:
        # SQLite's files come and go
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield f"{path.relative_to(directory)} can be read or written by others than its owner"
