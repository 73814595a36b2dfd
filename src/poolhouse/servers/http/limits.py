"""FrontLimits: how much, how long and how many; every bound of the HTTP front in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontLimits:
    """The bounds of one server. The defaults suit a person's own server on a small machine.

    `head_bytes` counts the target and the header fields; `url_bytes` the target alone. `pipelined` is how many
    requests may wait on one connection. Deadlines are looked at every `sweep_seconds`, so they are exact to
    that much.
    """

    url_bytes: int = 16 * 1024
    head_bytes: int = 64 * 1024
    header_count: int = 256
    body_bytes: int = 16 * 1024 * 1024
    pipelined: int = 64
    connections: int = 1000

    head_seconds: float = 20.0
    """From the first byte of a request, or from connecting, until its head is complete."""
    body_seconds: float = 30.0
    """In every such span at least `body_step_bytes` of a body must arrive."""
    body_step_bytes: int = 1024
    send_seconds: float = 30.0
    """How long a client may read nothing of an answer that waits for it."""
    keep_alive_seconds: float = 75.0
    """How long a connection may rest between two requests."""
    linger_seconds: float = 2.0
    """How long we listen to a client that we refused, so that it reads why before the connection is reset."""
    drain_seconds: float = 5.0
    """How long answers that are under way may take to end once the server stops."""
    sweep_seconds: float = 1.0
