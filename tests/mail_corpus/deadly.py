"""A reader that a message can kill: what becomes of the others that it was to read with it?"""

from __future__ import annotations

import os
import signal

from poolhouse.space.declared import declared
from poolhouse.space.remote import space
from poolhouse.workers.messages import MessageBatch, MessageReadings, read_messages

DEADLY = b"dies here"


@declared(attempts=1)
def read_deadly(batch: MessageBatch) -> MessageReadings:
    """Read messages by a worker that dies of some."""
    if batch.content is not None:
        with space().blocks.open(batch.content) as content:
            is_deadly = DEADLY in bytes(content.view)
        if is_deadly:
            os.kill(os.getpid(), signal.SIGKILL)
    return read_messages(batch)
