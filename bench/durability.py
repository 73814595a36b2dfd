"""How many times the disk is asked to be sure: fsyncs a save, and a group of saves, seen by strace."""

from __future__ import annotations

import re
import shutil
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import apsw

from bench.client import Client
from bench.questions import CONNECTIONS, Asked, save
from bench.servers import start_poolhouse
from poolhouse.store.database import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from bench.stores import Store

_SYNC = re.compile(r"^\d+\s+(?:fsync|fdatasync)\(\d+<([^>]*)>\)\s+= 0$", re.MULTILINE)
_TRACE = ("strace", "-f", "--seccomp-bpf", "-y", "-e", "trace=fsync,fdatasync", "-e", "signal=none")
_WAL_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Durability:
    """Of `saves` links saved at `concurrent` at a time: groups committed, and fsyncs that it took.

    `checkpointed_fsyncs` is for as many saves again, with SQLite copying its log into the database when it will.
    """

    concurrent: int
    saves: int
    groups: int
    fsyncs: int
    checkpointed_fsyncs: int

    @property
    def fsyncs_a_group(self) -> float:
        """What a commit asks of the disk."""
        return self.fsyncs / self.groups

    @property
    def fsyncs_a_save(self) -> float:
        """What a save asks of the disk, its share of the checkpoints included."""
        return self.checkpointed_fsyncs / self.saves


def measure_durability(store: Store, place: Path, core: int, *, saves: int, seed: int) -> Durability | None:
    """Save under strace; None where strace is not here. Groups are the commits in the write-ahead log."""
    if shutil.which("strace") is None:
        return None
    log = place / "strace.log"
    wal = store.data / f"{FILE_NAME}-wal"
    with start_poolhouse(store.data, core, under=(*_TRACE, "-o", str(log))) as server:
        asked = Asked(port=server.port, store=store, seed=seed)
        with Client(server.port, save(asked), connections=CONNECTIONS, status=b"201") as client:
            client.ask()
            # somebody who reads an old moment keeps SQLite from starting the log anew: every commit stays in it
            reader = apsw.Connection(str(store.data / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)
            reader.execute("BEGIN; SELECT count(*) FROM meta").fetchall()
            groups, fsyncs = commits(wal.read_bytes()), syncs(log.read_text("utf-8"))
            asked_for = client.ask(at_least=saves)
            groups = commits(wal.read_bytes()) - groups
            fsyncs = syncs(log.read_text("utf-8")) - fsyncs
            reader.close()
            before = syncs(log.read_text("utf-8"))
            again = client.ask(at_least=saves)
            checkpointed = syncs(log.read_text("utf-8")) - before
    return Durability(
        concurrent=CONNECTIONS,
        saves=asked_for,
        groups=groups,
        fsyncs=fsyncs,
        checkpointed_fsyncs=round(checkpointed * asked_for / again),
    )


def syncs(log: str) -> int:
    """The fsyncs of database files in strace's words."""
    return sum(FILE_NAME in path for path in _SYNC.findall(log))


def commits(wal: bytes) -> int:
    """How many commits stand in a write-ahead log: frames that name the database's size (SQLite file format §4.1)."""
    if len(wal) < _WAL_HEADER_BYTES:
        return 0
    (page_bytes,) = struct.unpack_from(">8xI", wal)
    salts = wal[16:24]
    found = 0
    for at in range(_WAL_HEADER_BYTES, len(wal) - _FRAME_HEADER_BYTES, _FRAME_HEADER_BYTES + page_bytes):
        if wal[at + 8 : at + 16] != salts:
            break  # left from before the log was last started anew
        found += struct.unpack_from(">I", wal, at + 4) != (0,)
    return found
