"""Who waits for what in a memory space, and what is on its way in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from poolhouse.space.bag import Holder, Stored
    from poolhouse.space.templates import Template


class Out(NamedTuple):
    """An entry on its way in: its kind, its JSON, the object where it is of this process, the blocks it names."""

    kind: str
    body: bytes
    entry: object = None
    blocks: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)
class Waiter:
    """Somebody who waits for an entry that one of `templates` matches, or for the result of the call `made_by`.

    One of `deliver` and `fail` is called, once, within the call that made it happen; neither after it was withdrawn.
    What is delivered to who does not read is held: commit it or put it back. `holder` can be asked to stop then.
    `is_gone` says that it was cancelled and could not say so yet.
    """

    templates: Sequence[Template]
    deliver: Callable[[Stored], None]
    fail: Callable[[Exception], None]
    is_reading: bool = False
    made_by: int | None = None
    holder: Holder | None = None
    is_gone: Callable[[], bool] = field(default=bool)


class Listener(Protocol):
    """Somebody who is told of what is put. Known by identity."""

    def hear(self, stored: Stored) -> None:
        """It was put."""

    def fail(self, error: Exception) -> None:
        """Nothing more will be put."""


class Waiters:
    """Everybody who waits, first come first served for each kind, and who listens to what is put."""

    def __init__(self) -> None:
        self._by_kind: dict[str, dict[Waiter, None]] = {}
        self._callers: dict[int, Waiter] = {}
        self._listeners: dict[str, dict[Listener, Template]] = {}

    def add(self, waiter: Waiter) -> None:
        """It waits, behind those who do already."""
        if waiter.made_by is not None:
            self._callers[waiter.made_by] = waiter
        for template in waiter.templates:
            self._by_kind.setdefault(template.kind, {})[waiter] = None

    def remove(self, waiter: Waiter) -> None:
        """It does not wait, or not any more."""
        if waiter.made_by is not None and self._callers.get(waiter.made_by) is waiter:
            del self._callers[waiter.made_by]
        for template in waiter.templates:
            waiting = self._by_kind.get(template.kind)
            if waiting is not None:
                waiting.pop(waiter, None)
                if not waiting:
                    del self._by_kind[template.kind]

    def readers_of(self, stored: Stored) -> Sequence[Waiter]:
        """Those who wait to read that entry."""
        return [waiter for waiter in self._of(stored) if waiter.is_reading]

    def taker_of(self, stored: Stored) -> Waiter | None:
        """Who gets that entry to take: the caller it is the result for, else the first who waits for its like."""
        caller = None if stored.made_by is None else self._callers.get(stored.made_by)
        if caller is not None and not caller.is_gone():
            return caller
        return next((waiter for waiter in self._of(stored) if not waiter.is_reading), None)

    def listen(self, template: Template, listener: Listener) -> None:
        """Tell `listener` of every matching entry that is put from now on."""
        self._listeners.setdefault(template.kind, {})[listener] = template

    def unlisten(self, template: Template, listener: Listener) -> None:
        """Tell it nothing more."""
        listeners = self._listeners.get(template.kind, {})
        listeners.pop(listener, None)
        if not listeners:
            self._listeners.pop(template.kind, None)

    def tell(self, stored: Stored) -> None:
        """An entry was put."""
        for listener, template in list(self._listeners.get(stored.kind, {}).items()):
            if template.is_open or template.matches(stored.plain):
                listener.hear(stored)

    def fail_caller(self, call_id: int, error: Exception) -> bool:
        """There will be no result of that call; False where nobody waits for it."""
        waiter = self._callers.get(call_id)
        if waiter is None or waiter.is_gone():
            return False
        self.remove(waiter)
        waiter.fail(error)
        return True

    def fail_all(self, error: Exception) -> None:
        """Nothing will ever come."""
        everybody = {waiter for waiting in self._by_kind.values() for waiter in waiting}
        for waiter in everybody | set(self._callers.values()):
            self.remove(waiter)
            if not waiter.is_gone():
                waiter.fail(error)
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.fail(error)
        self._listeners.clear()

    def _of(self, stored: Stored) -> Iterator[Waiter]:
        for waiter in list(self._by_kind.get(stored.kind, ())):
            if not waiter.is_gone() and any(_wants(template, stored) for template in waiter.templates):
                yield waiter


def _wants(template: Template, stored: Stored) -> bool:
    return template.kind == stored.kind and (template.is_open or template.matches(stored.plain))


class BlockKeeper:
    """Keeps the shared-memory blocks that entries name for as long as they do; this one has none to keep."""

    def named_in(self, entry: object) -> tuple[int, ...]:  # noqa: ARG002 - the ones with blocks look into it
        """The ids of the blocks that an entry names. Raises StaleBlockError."""
        return ()

    def keep(self, blocks: Iterable[int]) -> None:
        """An entry names them now."""

    def let_go(self, blocks: Iterable[int]) -> None:
        """An entry that named them is gone."""
