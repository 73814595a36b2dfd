"""The contract of every tuple space, whatever backs it: `Space`, and what its calls give back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import TracebackType
    from typing import Self

E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
R = TypeVar("R")


class Taking(Protocol[E_co]):
    """A take under way: a transaction.

    `async with taking as entry:` commits on leaving the block and puts the entry back, in front, where the block
    raises; cancelling it puts it back without counting an attempt. `await taking` takes for good at once. One use.
    """

    def __await__(self) -> Generator[object, None, E_co]: ...
    async def __aenter__(self) -> E_co: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def out(self, *entries: object) -> None:
        """Put entries with the commit, in the same step: others see them if and only if the take is committed."""

    @property
    def attempts(self) -> int:
        """How often the entry was taken, this time included. 0 before it is."""


class Notices(Protocol[E_co]):
    """What `Space.notify` tells, in order. What is not read on is remembered: close it, or use it as a context manager.

    Reading on raises SpaceClosedError once the space is closed.
    """

    def __aiter__(self) -> Self: ...
    async def __anext__(self) -> E_co: ...
    def close(self) -> None:
        """Hear nothing more."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An entry that failed too often; `reason` is the last failure's, a short sentence, `body` its fields as JSON."""

    id: int
    kind: str
    body: bytes
    attempts: int
    reason: str
    person: int | None


class Space(Protocol):
    """A bag of entries that many share (Gelernter 1985; JavaSpaces). Entries are frozen dataclasses of plain data.

    A template is a class with field values, or types for any value of that type. What is put first is taken first,
    for each class; persons take turns. Raises NotAnEntryError, SpaceClosedError.
    """

    async def out(self, *entries: object, person: int | None = None) -> None:
        """Put entries, all at once; waits while the space is full."""

    def take(self, cls: type[E], /, **wanted: object) -> Taking[E]:
        """Take the next entry that matches, waiting for one."""

    def try_take(self, cls: type[E], /, **wanted: object) -> Taking[E | None]:
        """Take the next entry that matches, or None where there is none now."""

    async def rd(self, cls: type[E], /, **wanted: object) -> E:
        """Read an entry that matches and leave it there, waiting for one."""

    async def try_rd(self, cls: type[E], /, **wanted: object) -> E | None:
        """Read an entry that matches, or None where there is none now."""

    def notify(self, cls: type[E], /, **wanted: object) -> Notices[E]:
        """Every matching entry that is put from this call on, in order; what is taken meanwhile is told too."""

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """What failed too often, oldest first."""

    async def retry(self, dead_letter_id: int) -> bool:
        """Give a dead letter all its attempts again; False where there is none of that id."""

    async def drop(self, dead_letter_id: int) -> bool:
        """Forget a dead letter; False where there is none of that id."""


class Active(Generic[R]):
    """An active tuple (Linda's `eval`): a call that a worker makes, and that becomes its result."""

    def __init__(self, take: Callable[[], Taking[R]], cancel: Callable[[], None], active_id: int) -> None:
        self.id = active_id
        self._take = take
        self._cancel = cancel

    def take(self) -> Taking[R]:
        """Take what it became. Raises DeadLetterError, with the reason, where the call failed too often."""
        return self._take()

    def cancel(self) -> None:
        """Call it off: withdrawn where it waits; where it runs the worker is asked, then told, then killed."""
        self._cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nobody waits for it any more."""
        self._cancel()
