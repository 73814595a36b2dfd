"""A tuple space: work is put out, taken, and done by worker subprocesses, and nothing of it is lost or done twice.

The words are Linda's (Gelernter 1985) and JavaSpaces': `out`, `take`, `rd`, `eval`, `notify`. A library of its own
worth: it imports nothing of Poolhouse but `errors`, and only `store`, `app`, `workers` and `survey` import it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolhouse.space.blocks import Block, BlockRef
    from poolhouse.space.entries import kind_of
    from poolhouse.space.memory import MemorySpace
    from poolhouse.space.pool import WorkerPool
    from poolhouse.space.taking import Active, DeadLetter, Notices, Space, Taking

__all__ = [
    "Active",
    "Block",
    "BlockRef",
    "DeadLetter",
    "MemorySpace",
    "Notices",
    "Space",
    "Taking",
    "WorkerPool",
    "kind_of",
]

_ROOMS = {
    "Active": "taking",
    "Block": "blocks",
    "BlockRef": "blocks",
    "DeadLetter": "taking",
    "MemorySpace": "memory",
    "Notices": "taking",
    "Space": "taking",
    "Taking": "taking",
    "WorkerPool": "pool",
    "kind_of": "entries",
}


if not TYPE_CHECKING:  # or every name would be one to the type checker

    def __getattr__(name: str) -> object:
        """Import what is asked for when it is (PEP 562): a worker has no use for an event loop, and starts without."""
        if name not in _ROOMS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
