"""Load: what one client process is asked to do, and what came of it. Both travel as one line of JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

DESCRIPTORS = 19_900
"""What one client process opens at most: a little under the 20,000 that systems of today allow."""
CLIENT_LATE = "client_late_p99_us"
"""The figure that of several processes is the worst one's; all others are added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to do. `address` is a host and a port, or the path of a socket.

    `connections` are active ones, or of a burst all; `idle` ones only wait. `seconds` is what counts, after at least
    `warm_up` requests that do not. `rate_per_s` is of requests (open) or of sessions of `session_requests` (churn).
    `client` of `clients` is this process. What does not move for `patience_seconds` has failed. `spin_us` is time that
    the client wastes at each request: where it slows the rate down, the client was the limit and not the server.
    """

    scenario: str
    address: tuple[str, int] | str
    connections: int
    is_one_shot: bool = False
    greets: bool = False
    seconds: float = 1.0
    warm_up: int = 500
    rate_per_s: float = 0.0
    session_requests: int = 4
    idle: int = 0
    seed: int = 1
    client: int = 0
    clients: int = 1
    processor: int | None = None
    patience_seconds: float = 5.0
    spin_us: float = 0.0

    def to_json(self) -> str:
        """As text for a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` made."""
        asked = json.loads(text)
        if not isinstance(asked["address"], str):
            asked["address"] = tuple(asked["address"])
        return cls(**asked)

    def share(self, count: int) -> int:
        """How many of `count` connections are this process's."""
        return count // self.clients + (self.client < count % self.clients)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of it. `requests` and `sessions` are all that the server did from when the measuring began.

    `earlier_requests` are those before, the warm-up's.

    `figures` are worked out by the client. `marks_ms` has, for each thing waited for, the time at which each connection
    had it, ascending. `cpu_seconds` is the client's own, of `seconds`; `delay_seconds` how long it waited for its
    processor. `alive_count` is how many connections were served, of `wanted_count`.
    """

    requests: int = 0
    sessions: int = 0
    earlier_requests: int = 0
    seconds: float = 0.0
    figures: dict[str, float] = field(default_factory=dict)
    latency: dict[str, int] = field(default_factory=dict)
    marks_ms: dict[str, list[float]] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    censored: int = 0
    alive_count: int = 0
    wanted_count: int = 0
    cpu_seconds: float = 0.0
    delay_seconds: float = 0.0
    failure: str = ""

    def to_json(self) -> str:
        """As a line of text without its end."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` made."""
        return cls(**json.loads(text))

    @property
    def utilisation(self) -> float:
        """The share of the time in which the client computed, or wanted to."""
        if not self.seconds:
            return 0.0
        return min((self.cpu_seconds + self.delay_seconds) / self.seconds, 1.0)


def merged(outcomes: Sequence[Outcome]) -> tuple[Outcome, float]:
    """One outcome of several processes that worked at a time, and the utilisation of the busiest of them."""
    whole = Outcome(
        requests=sum(each.requests for each in outcomes),
        sessions=sum(each.sessions for each in outcomes),
        earlier_requests=sum(each.earlier_requests for each in outcomes),
        seconds=max(each.seconds for each in outcomes),
        censored=sum(each.censored for each in outcomes),
        alive_count=sum(each.alive_count for each in outcomes),
        wanted_count=sum(each.wanted_count for each in outcomes),
        cpu_seconds=sum(each.cpu_seconds for each in outcomes),
        delay_seconds=sum(each.delay_seconds for each in outcomes),
        failure=next((each.failure for each in outcomes if each.failure), ""),
    )
    figures, latency, errors = Counter[str](), Counter[str](), Counter[str]()
    for each in outcomes:
        figures.update(each.figures)
        latency.update(each.latency)
        errors.update(each.errors)
        for name, marks in each.marks_ms.items():
            whole.marks_ms[name] = sorted(whole.marks_ms.get(name, []) + marks)
    late = [each.figures[CLIENT_LATE] for each in outcomes if CLIENT_LATE in each.figures]
    whole.figures = {**figures, **({CLIENT_LATE: max(late)} if late else {})}
    whole.latency, whole.errors = dict(latency), dict(errors)
    return whole, max(each.utilisation for each in outcomes)
