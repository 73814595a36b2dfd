"""Known: the table of all mechanisms, in the order in which they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.survey.mechanisms import obstacles
from poolhouse.survey.mechanisms.mechanism import Mechanism, Transport

if TYPE_CHECKING:
    from collections.abc import Callable

_SELECT_LIMIT = 1000  # FD_SETSIZE is 1024, and a server has descriptors of its own
_THREADS_LIMIT = 20_000  # three mappings each, of the 65530 of vm.max_map_count
_FORK_LIMIT = 2000  # 0.9 MB each


def _known(
    family: str,
    name: str,
    title: str,
    adapter: str,
    note: str,
    *distributions: str,
    limit: int | None = None,
    transports: tuple[Transport, ...] = ("tcp", "unix"),
    obstacle: Callable[[], str] = lambda: "",
) -> Mechanism:
    return Mechanism(
        name=name,
        family=family,
        title=title,
        note=note,
        adapter=f"poolhouse.survey.mechanisms.{adapter}",
        distributions=distributions,
        connection_limit=limit,
        transports=transports,
        obstacle=obstacle,
    )


_C, _SELECTORS, _EPOLL, _URING = "reference", "selectors", "epoll", "io_uring"
_THREADS, _PROCESSES, _PARALLEL = "threads", "processes", "parallel loops"
_LOOP, _STRUCTURED, _GREEN, _TWISTED = "asyncio loops", "structured concurrency", "green threads", "Twisted"

# fmt: off
KNOWN: tuple[Mechanism, ...] = (
    _known(_C, "c-epoll", "C, epoll", "reference:serve",
           "The calibration, compiled on the spot: who does no better than it may be limited by the load generator.",
           obstacle=obstacles.no_compiler),
    _known(_SELECTORS, "selectors-epoll", "selectors, epoll", "selectors_:on_epoll",
           "The row that ratios refer to: the standard library's loop with nothing above it.",
           obstacle=obstacles.no_epoll),
    _known(_SELECTORS, "selectors-poll", "selectors, poll", "selectors_:on_poll",
           "Hands every descriptor to the kernel at each call, so that idle connections cost time.",
           obstacle=obstacles.no_poll),
    _known(_SELECTORS, "selectors-select", "selectors, select", "selectors_:on_select",
           "As poll, and ends with ValueError at descriptor 1024.", limit=_SELECT_LIMIT),
    _known(_EPOLL, "epoll-level", "epoll, level-triggered", "epoll:level",
           "The system call without the selectors module; the kernel forgets what is closed.",
           obstacle=obstacles.no_epoll),
    _known(_EPOLL, "epoll-edge", "epoll, edge-triggered", "epoll:edge",
           "Told once, it has to take all there is; an accept that failed is not told again.",
           obstacle=obstacles.no_epoll),
    _known(_URING, "io-uring", "io_uring", "io_uring:serve",
           "Completions instead of readiness: one accept for all, receives into buffers that the kernel chooses.",
           "uring-api", obstacle=obstacles.no_io_uring),
    _known(_THREADS, "threads", "thread per connection", "threads:one_each",
           "A stack for each connection, in the process and in the kernel.", limit=_THREADS_LIMIT),
    _known(_THREADS, "thread-pool", "pool of threads", "threads:pool",
           "Connections beyond the pool's 32 threads wait until others end: idle ones stop the service."),
    _known(_THREADS, "threads-accepting", "threads in accept()", "threads:accepting",
           "Each of 32 threads accepts for itself, without a queue; idle connections stop it as they stop a pool."),
    _known(_PROCESSES, "fork", "process per connection", "processes:one_each",
           "A process for each connection, as inetd had it; milliseconds and a megabyte each.",
           limit=_FORK_LIMIT, obstacle=obstacles.no_fork),
    _known(_PROCESSES, "pre-fork", "pre-forked epoll loops", "processes:pre_forked",
           "A loop for each processor on one port (SO_REUSEPORT): as many descriptors more, and no lock in common.",
           obstacle=obstacles.no_fork),
    _known(_PARALLEL, "interpreters", "epoll loops in subinterpreters", "parallel:in_interpreters",
           "A loop in each of several interpreters of one process, each with a lock of its own.",
           obstacle=obstacles.no_subinterpreters),
    _known(_PARALLEL, "free-threads", "epoll loops in free threads", "parallel:in_threads",
           "A loop in each of several threads, where the interpreter has no lock.",
           obstacle=obstacles.no_free_threads),
    _known(_LOOP, "asyncio-protocol", "asyncio protocols", "asyncio_:protocol",
           "Callbacks; a task and a future for each connection that is accepted."),
    _known(_LOOP, "asyncio-streams", "asyncio streams", "asyncio_:streams",
           "A coroutine for each connection, over a protocol that buffers."),
    _known(_LOOP, "asyncio-sockets", "asyncio bare sockets", "asyncio_:sockets",
           "A coroutine for each connection on sock_recv() and its like, which register a socket whenever they wait."),
    _known(_LOOP, "asyncio-protocol-poll", "asyncio protocols, poll", "asyncio_:protocol_on_poll",
           "The same loop on another selector.", obstacle=obstacles.no_poll),
    _known(_LOOP, "asyncio-protocol-select", "asyncio protocols, select", "asyncio_:protocol_on_select",
           "The same loop on another selector, which ends at descriptor 1024.", limit=_SELECT_LIMIT),
    _known(_LOOP, "uvloop-protocol", "uvloop protocols", "loops:uvloop_protocol",
           "Callbacks on libuv's loop.", "uvloop"),
    _known(_LOOP, "uvloop-streams", "uvloop streams", "loops:uvloop_streams",
           "The streams of asyncio on libuv's loop.", "uvloop"),
    _known(_LOOP, "rloop-protocol", "rloop protocols", "loops:rloop_protocol",
           "Callbacks on a loop in Rust, which listens on TCP only.", "rloop", transports=("tcp",)),
    _known(_LOOP, "loopmini-protocol", "loopmini protocols", "loops:loopmini_protocol",
           "Callbacks on a small loop.", "loopmini"),
    _known(_LOOP, "tornado", "tornado", "tornado_:serve",
           "Its own streams on asyncio's loop.", "tornado"),
    _known(_STRUCTURED, "trio", "trio", "trio_:serve",
           "A task for each connection in a nursery, with checkpoints and cancellation throughout.", "trio"),
    _known(_STRUCTURED, "anyio-asyncio", "anyio on asyncio", "anyio_:on_asyncio",
           "One interface over other loops; here what it costs over asyncio's.", "anyio"),
    _known(_STRUCTURED, "anyio-uvloop", "anyio on uvloop", "anyio_:on_uvloop",
           "The same over libuv's loop.", "anyio", "uvloop"),
    _known(_STRUCTURED, "anyio-trio", "anyio on trio", "anyio_:on_trio",
           "The same over trio.", "anyio", "trio"),
    _known(_STRUCTURED, "curio", "curio", "curio_:serve",
           "The line from which trio came; dormant since 2022.", "curio", obstacle=obstacles.curio_is_of_old),
    _known(_GREEN, "gevent", "gevent", "gevent_:serve",
           "Blocking style on green threads that libev switches.", "gevent"),
    _known(_GREEN, "eventlet", "eventlet", "eventlet_:serve",
           "Blocking style on green threads; its authors advise against new uses.", "eventlet"),
    _known(_TWISTED, "twisted-epoll", "Twisted, epoll", "twisted_:on_epoll",
           "Protocols of callbacks on the reactor for epoll.", "twisted", obstacle=obstacles.no_epoll),
    _known(_TWISTED, "twisted-poll", "Twisted, poll", "twisted_:on_poll",
           "The same on the reactor for poll.", "twisted", obstacle=obstacles.no_poll),
    _known(_TWISTED, "twisted-select", "Twisted, select", "twisted_:on_select",
           "The same on the reactor for select, which falls silent at descriptor 1024.", "twisted",
           limit=_SELECT_LIMIT),
    _known(_TWISTED, "twisted-asyncio", "Twisted on asyncio", "twisted_:on_asyncio",
           "The same on asyncio's loop.", "twisted"),
    _known(_TWISTED, "twisted-uvloop", "Twisted on uvloop", "twisted_:on_uvloop",
           "The same on libuv's loop.", "twisted", "uvloop"),
)
# fmt: on
