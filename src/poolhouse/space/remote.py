"""Remote: the space as a declared function sees it from within a worker, in blocking calls.

    with space().take(Tile, image=7) as tile:        # waits; put back if the block raises
        with space().blocks.open(tile.block) as pixels:
            ...

A function's own entry is committed with what it returns, in one step. What it takes and puts here is done when it is
done, whatever becomes of the function's own. A pool names the classes that its functions may take and put.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from poolhouse.errors import SpaceError
from poolhouse.space import frames
from poolhouse.space.blocks import refs_in
from poolhouse.space.entries import decode, encode, kind_of
from poolhouse.space.templates import template

if TYPE_CHECKING:
    from types import TracebackType

    from poolhouse.space.frames import FromWorker, Sent, Sought, ToWorker
    from poolhouse.space.handed import Handed

E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)


class CalledOffError(Exception):
    """Nobody wants what the function does any more: let this through."""


class Asking(Protocol):
    """The worker, as far as this module reaches its pool through it."""

    handed: Handed

    def ask(self, frame: FromWorker) -> ToWorker:
        """Send a frame and wait for the answer. Raises SpaceError where it is refused, CalledOffError."""

    def is_called_off(self) -> bool:
        """Whether the pool has asked to stop."""


class RemoteTaking(Generic[E_co]):
    """A take within a job: `with` commits it on leaving, and puts the entry back where the block raises."""

    def __init__(self, asking: Asking, cls: type[Any], sought: Sought, *, waits: bool) -> None:
        self._asking = asking
        self._cls = cls
        self._sought = sought
        self._waits = waits
        self._outs: list[object] = []
        self._job: frames.Job | None = None

    @property
    def attempts(self) -> int:
        """How often the entry was taken, this time included; 0 before it is."""
        return 0 if self._job is None else self._job.attempts

    def out(self, *entries: object) -> None:
        """Put entries with the commit, in the same step."""
        self._outs += entries

    def __enter__(self) -> E_co:
        answer = self._asking.ask(frames.Take(self._sought, self._waits))
        if not isinstance(answer, frames.Job):
            return cast("E_co", None)
        self._job = answer
        try:
            return cast("E_co", decode(self._cls, answer.body))
        except SpaceError as error:
            self._asking.ask(frames.PutBack(answer.id, str(error)))
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._job is None:
            return
        if error is None:
            outs = tuple(prepare(entry) for entry in self._outs)
            self._asking.ask(frames.Commit(self._job.id, outs))
            self._asking.handed.give(outs)
        else:
            self._asking.ask(frames.PutBack(self._job.id, reason_of(error)))


class RemoteSpace:
    """What a declared function can do in the space that its pool works for. All of it raises SpaceError."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    @property
    def blocks(self) -> Handed:
        """The blocks that this job was handed, and new ones."""
        return self._asking.handed

    def take(self, cls: type[E], /, **wanted: object) -> RemoteTaking[E]:
        """Take the next entry that matches, waiting for one."""
        return RemoteTaking(self._asking, cls, _sought(cls, wanted), waits=True)

    def try_take(self, cls: type[E], /, **wanted: object) -> RemoteTaking[E | None]:
        """Take the next entry that matches, or None where there is none now."""
        return RemoteTaking(self._asking, cls, _sought(cls, wanted), waits=False)

    def rd(self, cls: type[E], /, **wanted: object) -> E:
        """Read an entry that matches and leave it there, waiting for one. Its blocks are not handed over."""
        answer = self._asking.ask(frames.Read(_sought(cls, wanted), waits=True))
        assert isinstance(answer, frames.Job)
        return decode(cls, answer.body)

    def try_rd(self, cls: type[E], /, **wanted: object) -> E | None:
        """Read an entry that matches, or None where there is none now."""
        answer = self._asking.ask(frames.Read(_sought(cls, wanted), waits=False))
        return decode(cls, answer.body) if isinstance(answer, frames.Job) else None

    def out(self, *entries: object) -> None:
        """Put entries now, all at once; waits while the space is full."""
        outs = tuple(prepare(entry) for entry in entries)
        self._asking.ask(frames.Put(outs))
        self._asking.handed.give(outs)

    def cancelled(self) -> bool:
        """Whether to stop: nobody wants the result any more, or the time is over. Costs a system call."""
        return self._asking.is_called_off()


class _Current:
    space: RemoteSpace | None = None


def space() -> RemoteSpace:
    """The space that the running function was called from. Raises SpaceError outside of a worker."""
    if _Current.space is None:
        raise SpaceError("only a function that a worker calls has a space of its own")
    return _Current.space


def use(remote: RemoteSpace) -> None:
    """Make it what `space` gives: for the worker."""
    _Current.space = remote


def prepare(entry: object) -> Sent:
    """An entry, ready to be sent. Raises NotAnEntryError, SpaceError where it is too large."""
    body = encode(entry)
    if len(body) > frames.BODY_BYTES:
        raise SpaceError(f"{type(entry).__qualname__} has {len(body)} bytes: put what is large in a block")
    return frames.Sent(kind_of(type(entry)), body, tuple(refs_in(entry)))


def reason_of(error: BaseException) -> str | None:
    """Why something was not done, in a short sentence; None where it is nobody's fault."""
    if isinstance(error, CalledOffError):
        return None
    return frames.short(f"{type(error).__name__}: {error}")


def _sought(cls: type, wanted: dict[str, object]) -> Sought:
    asked = template(cls, wanted)
    return frames.Sought(asked.kind, encode(dict(asked.actuals)), cast("Any", asked.formals))
