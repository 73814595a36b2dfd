"""How the door words what happened. The peer's mail server reads the code: 4 it tries again, 5 it gives up.

So what is our fault, or the disk's, is always a 4: a bug must not bounce anybody's mail.
"""

from __future__ import annotations

from poolhouse.errors import (
    ForbiddenError,
    NotFoundError,
    PoolhouseError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
)
from poolhouse.protocols.lmtp import Reply

KEPT = Reply(250, "2.1.5", "kept")
NO_ROOM = Reply(452, "4.3.1", "the disk is full")
TOO_LARGE = Reply(552, "5.3.4", "message too large")
STOPPING = Reply(421, "4.3.2", "the server stops")
TIMED_OUT = Reply(421, "4.4.2", "timeout")
CROWDED = Reply(421, "4.3.2", "too many connections")
OUR_FAULT = Reply(451, "4.3.0", "not kept, try again later")

_REPLIES: tuple[tuple[type[PoolhouseError], Reply], ...] = (
    (NotFoundError, Reply(550, "5.1.1", "no such recipient here")),
    (ForbiddenError, Reply(550, "5.7.1", "this sender may not send there")),
    (StoreFullError, NO_ROOM),
    (StoreReadOnlyError, Reply(451, "4.3.0", "the store cannot be written")),
    (StoreBusyError, Reply(451, "4.3.0", "the store is busy")),
    (StoreError, Reply(451, "4.3.0", "the store failed")),
)


def reply_to(error: Exception) -> Reply:
    """The reply for an error; no word of it goes out."""
    return next((reply for kind, reply in _REPLIES if isinstance(error, kind)), OUR_FAULT)
