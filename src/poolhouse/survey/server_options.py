"""Server options: what a server process is asked to do. They travel to it as one JSON argument."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

Transport = Literal["tcp", "unix"]
Mode = Literal["one-shot", "keep-alive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What to serve, and how.

    `mechanism` is a name in the catalogue, or `module:function`. `backlog` is listen(2)'s. Each answer costs `heavy_us`
    microseconds of processor time in Python (`heavy_turns`, where they have been counted already). `processor` is the
    only one that the server may run on, `descriptor_limit` the most descriptors that it may have open; None leaves both
    as they are. `workers` are the threads or processes of mechanisms that have a fixed number, 0 their own default.
    """

    mechanism: str
    transport: Transport = "tcp"
    backlog: int = 4096
    mode: Mode = "one-shot"
    greets: bool = False
    heavy_us: int = 0
    heavy_turns: int = 0
    processor: int | None = None
    descriptor_limit: int | None = None
    workers: int = 0
    path: str = ""

    def to_json(self) -> str:
        """The options as a JSON object."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ServerOptions:
        """The options again. Raises ValueError or TypeError where they are none."""
        return cls(**json.loads(text))
