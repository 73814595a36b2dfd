"""Serving: the server process. `python -m poolhouse.survey.serving '{"mechanism": "threads"}'` serves until ended.

The one argument is a `ServerOptions` as JSON. When it serves it prints a line, the address as JSON: a path, or
`["127.0.0.1", 23456]`. It leads a process group of its own, in which all that it starts stays, and dies with whoever
started it.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import secrets
import socket
import sys
from typing import TYPE_CHECKING, cast

from poolhouse.survey.conversation import Manner, turns_for
from poolhouse.survey.lifetime import die_with_parent
from poolhouse.survey.mechanisms.catalogue import mechanism
from poolhouse.survey.mechanisms.service import Service
from poolhouse.survey.server_options import ServerOptions

if TYPE_CHECKING:
    from poolhouse.survey.mechanisms.service import Adapter

_FIRST_PORT, _LAST_PORT = 20_000, 32_767  # below Linux's ephemeral ports, which a client may hold at any time
_PORT_TRIES = 100


def main() -> None:
    """Serve as the only argument says."""
    options = ServerOptions.from_json(sys.argv[1])
    if os.getpgrp() != os.getpid():
        os.setpgrp()
    die_with_parent()
    if options.processor is not None:
        os.sched_setaffinity(0, {options.processor})
    adapter = load(mechanism(options.mechanism).adapter)
    listener = listen(options)
    if options.descriptor_limit is not None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (options.descriptor_limit, most))
    address = json.dumps(listener.getsockname())  # now, since there are loops that close what they are given
    manner = Manner(
        is_one_shot=options.mode == "one-shot",
        greets=options.greets,
        turns=options.heavy_turns or turns_for(options.heavy_us),
    )
    adapter(
        listener,
        Service(
            manner,
            lambda: print(address, flush=True),
            backlog=options.backlog,
            heavy_us=options.heavy_us,
            workers=options.workers,
        ),
    )


def load(adapter: str) -> Adapter:
    """The function that `module:function` names. Raises ImportError or AttributeError where there is none."""
    module, _, function = adapter.partition(":")
    return cast("Adapter", getattr(importlib.import_module(module), function))


def listen(options: ServerOptions) -> socket.socket:
    """A listening socket, on a free port or on the path of the options. Raises OSError where there is none."""
    if options.transport == "unix":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(options.path)
        listener.listen(options.backlog)
        return listener
    for _ in range(_PORT_TRIES):
        listener = socket.socket(socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", _FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT + 1)))
            listener.listen(options.backlog)
        except OSError:
            listener.close()
        else:
            return listener
    raise OSError(f"no free port between {_FIRST_PORT} and {_LAST_PORT}")


if __name__ == "__main__":
    main()
