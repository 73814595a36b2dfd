"""`python -m poolhouse.survey.loads LOAD`: one client process.

It prints the name of each phase that it comes to and waits for a line before it goes on, so that whoever started it can
look at the server meanwhile. The last phase is "end": all has come, and every connection is still open, so that closing
them is nobody's cost. After it comes the outcome. It ends where nobody waits for it any more.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from typing import TYPE_CHECKING

from poolhouse.survey.loads.arrivals import arrivals
from poolhouse.survey.loads.burst import burst
from poolhouse.survey.loads.closed import closed
from poolhouse.survey.loads.idle import idle
from poolhouse.survey.loads.load import Load, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCENARIOS: dict[str, Callable[[Load], Iterator[str | Outcome]]] = {
    "burst": burst,
    "idle": idle,
    "closed": closed,
    "heavy": closed,
    "open": arrivals,
    "churn": arrivals,
}


def main() -> None:
    """Do what the first argument asks for."""
    load = Load.from_json(sys.argv[1])
    if load.processor is not None:
        os.sched_setaffinity(0, [load.processor])
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.disable()  # nothing here goes in circles, and a collection would be a stall of the client's own
    for step in SCENARIOS[load.scenario](load):
        sys.stdout.write((step if isinstance(step, str) else step.to_json()) + "\n")
        sys.stdout.flush()
        if isinstance(step, Outcome) or not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
