"""Service: what an adapter is given beside the listening socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from poolhouse.survey.conversation import Conversation, Manner

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

RECEIVE_BYTES = 4096  # as much as a request may be; all adapters that choose ask for the same


class Service:
    """Makes a conversation for each connection, and hears when the adapter serves.

    `backlog` is for libraries that call listen(2) themselves. `workers` is how many threads or processes an adapter
    with a fixed number shall have, 0 for what it thinks right.
    """

    def __init__(
        self,
        manner: Manner,
        ready: Callable[[], None],
        *,
        backlog: int = 4096,
        heavy_us: int = 0,
        workers: int = 0,
    ) -> None:
        self.manner = manner
        self.ready = ready
        self.backlog = backlog
        self.heavy_us = heavy_us
        self.workers = workers

    def conversation(self) -> Conversation:
        """A new connection's conversation."""
        return Conversation(self.manner)


class Adapter(Protocol):
    """Serves all clients of `listener`, for ever. Calls `service.ready` once, right before it begins."""

    def __call__(self, listener: socket.socket, service: Service) -> None:
        """Serve; ends only with the process."""
