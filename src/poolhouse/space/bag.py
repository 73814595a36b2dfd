"""Bag: what is in a memory space, without I/O, clock or waiting: put, take, read, commit, put back.

First in, first out for each kind; where several persons want the same kind, they take turns. An entry has a *turn*
when it is put: one later than the last of its person's, and never earlier than what is next. The lowest turn goes
first (start-time fair queueing, Goyal, Vin and Cheng 1996), so one person's thousand entries hold nobody else up.

Every look-up by a field's value goes through an index that is made when a template first asks for that field: putting
and taking cost O(log n) for templates with an actual, and O(n) only for those with formals alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, Protocol

from poolhouse.space.entries import look_into

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from poolhouse.space.entries import Plain
    from poolhouse.space.templates import Template

ATTEMPT_LIMIT = 3


class Holder(Protocol):
    """Whoever works on held entries for a process that cannot be reached by cancelling a task."""

    def stop(self, stored: Stored) -> None:
        """Stop the work on an entry that was called off, gently and then not so."""


@dataclass(slots=True, kw_only=True, eq=False)
class Stored:
    """One entry in a bag. `entry` is the object itself where it was put in this process, `blocks` those it names.

    `made_by` is the id of the active tuple whose result it is. `attempts` counts the times it was taken, and
    `attempt_limit` is its own where it is not the bag's. `holder` is who can be asked to stop working on it.
    """

    id: int
    kind: str
    body: bytes
    person: int | None = None
    blocks: tuple[int, ...] = ()
    made_by: int | None = None
    entry: object = None
    turn: int = 0
    attempts: int = 0
    state: str = "ready"
    reason: str = ""
    attempt_limit: int | None = None
    holder: Holder | None = None
    is_called_off: bool = False
    _plain: Plain | None = field(default=None, repr=False)

    @property
    def plain(self) -> Plain:
        """Its fields, looked into once. An active tuple has none that can be asked for."""
        if self._plain is None:
            self._plain = {} if self.kind.startswith("eval ") else look_into(self.body)
        return self._plain

    @property
    def is_ready(self) -> bool:
        """Whether it can be taken and read."""
        return self.state == "ready"


class _Queue:
    """Entries by turn and then by id, lowest turn first (or highest); who left otherwise is passed over when met."""

    __slots__ = ("_count", "_heap", "_sign")

    def __init__(self, *, highest_first: bool = False) -> None:
        self._count = 0
        self._heap: list[tuple[int, int]] = []
        self._sign = -1 if highest_first else 1

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, stored: Stored) -> None:
        self._count += 1
        heappush(self._heap, (self._sign * stored.turn, stored.id))

    def first(self, ready: dict[int, Stored]) -> Stored | None:
        while self._heap:
            stored = self._at(self._heap[0], ready)
            if stored is not None:
                return stored
            heappop(self._heap)
        return None

    def all(self, ready: dict[int, Stored]) -> Iterator[Stored]:
        found = (self._at(place, ready) for place in sorted(set(self._heap)))
        return (stored for stored in found if stored is not None)

    def forget(self, ready: dict[int, Stored]) -> bool:
        """One left. Drop those who did, once that is most of it; False where nobody is left. O(1) on the whole."""
        self._count -= 1
        if len(self._heap) > 64 and len(self._heap) > 2 * self._count:
            self._heap = [place for place in set(self._heap) if self._at(place, ready) is not None]
            heapify(self._heap)
        return self._count > 0

    def _at(self, place: tuple[int, int], ready: dict[int, Stored]) -> Stored | None:
        stored = ready.get(place[1])
        return stored if stored is not None and stored.turn == self._sign * place[0] else None


class _Shelf:
    """The entries of one kind that are ready: all of them in a queue, and in one for each person and indexed value."""

    def __init__(self) -> None:
        self.ready: dict[int, Stored] = {}
        self._queue = _Queue()
        self._persons: dict[int | None, _Queue] = {}  # the last first
        self._indexes: dict[str, dict[object, _Queue]] = {}

    def next_turn(self, person: int | None) -> int:
        first = self._queue.first(self.ready)
        if first is None:
            return 0
        own = self._persons.get(person)
        last = None if own is None else own.first(self.ready)
        return first.turn if last is None else max(first.turn, last.turn + 1)

    def front_turn(self) -> int:
        first = self._queue.first(self.ready)
        return 0 if first is None else first.turn - 1

    def add(self, stored: Stored) -> None:
        self.ready[stored.id] = stored
        self._queue.add(stored)
        self._persons.setdefault(stored.person, _Queue(highest_first=True)).add(stored)
        for name, index in self._indexes.items():
            index.setdefault(_hashable(stored.plain.get(name)), _Queue()).add(stored)

    def remove(self, stored: Stored) -> None:
        del self.ready[stored.id]
        self._queue.forget(self.ready)
        if not self._persons[stored.person].forget(self.ready):
            del self._persons[stored.person]
        for name, index in self._indexes.items():
            value = _hashable(stored.plain.get(name))
            if not index[value].forget(self.ready):
                del index[value]

    def find(self, template: Template) -> Stored | None:
        candidates = self._queue
        if template.actuals:
            name, value = template.actuals[0]
            found = self._index(name).get(_hashable(value))
            if found is None:
                return None
            candidates = found
        first = candidates.first(self.ready)
        if first is None or template.is_open or template.matches(first.plain):
            return first
        return next((each for each in candidates.all(self.ready) if template.matches(each.plain)), None)

    def _index(self, name: str) -> dict[object, _Queue]:
        if name not in self._indexes:
            index: dict[object, _Queue] = {}
            for stored in self.ready.values():
                index.setdefault(_hashable(stored.plain.get(name)), _Queue()).add(stored)
            self._indexes[name] = index
        return self._indexes[name]


def _hashable(value: Any) -> object:
    """A plain value as a key of an index: equal where `templates.is_same` says so."""
    if isinstance(value, list):
        return ("list", *map(_hashable, value))
    if isinstance(value, dict):
        return ("dict", *((name, _hashable(value[name])) for name in sorted(value)))
    return ("bool", value) if isinstance(value, bool) else value


class Bag:
    """All entries of a space, whoever has them. Not thread-safe: one loop owns it."""

    def __init__(self, *, attempt_limit: int = ATTEMPT_LIMIT) -> None:
        self.attempt_limit = attempt_limit
        self.size_bytes = 0
        self._entries: dict[int, Stored] = {}
        self._shelves: dict[str, _Shelf] = {}
        self._last_id = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, stored_id: int) -> Stored | None:
        """The entry of that id, in whatever state, while it is in the bag."""
        return self._entries.get(stored_id)

    def all(self) -> Sequence[Stored]:
        """Every entry, oldest first."""
        return list(self._entries.values())

    def new_id(self) -> int:
        """An id that no entry of this bag has or had."""
        self._last_id += 1
        return self._last_id

    def put(self, stored: Stored) -> None:
        """Put an entry in; its id is from `new_id`."""
        shelf = self._shelf(stored.kind)
        stored.turn = shelf.next_turn(stored.person)
        self._entries[stored.id] = stored
        self.size_bytes += len(stored.body)
        shelf.add(stored)

    def find(self, templates: Iterable[Template]) -> Stored | None:
        """The entry that is next among those that any template matches, without touching it."""
        found: Stored | None = None
        for template in templates:
            shelf = self._shelves.get(template.kind)
            first = shelf.find(template) if shelf is not None else None
            if first is not None and (found is None or first.id < found.id):
                found = first
        return found

    def hold(self, stored: Stored) -> None:
        """Take a ready entry: nobody else finds it until it is put back."""
        self._shelf(stored.kind).remove(stored)
        stored.state = "held"
        stored.attempts += 1

    def remove(self, stored: Stored) -> None:
        """Forget an entry: its work is done, or given up."""
        if stored.is_ready:
            self._shelf(stored.kind).remove(stored)
        stored.state = "gone"
        del self._entries[stored.id]
        self.size_bytes -= len(stored.body)

    def put_back(self, stored: Stored, reason: str | None) -> bool:
        """Put a held entry back in front; None: through no fault of its own, so that the attempt does not count.

        Returns False where it failed too often, and is a dead letter now."""
        if reason is None:
            stored.attempts -= 1
        else:
            stored.reason = reason
        limit = self.attempt_limit if stored.attempt_limit is None else stored.attempt_limit
        if reason is not None and stored.attempts >= limit:
            stored.state = "dead"
            return False
        self._make_ready(stored)
        return True

    def bury(self, stored: Stored, reason: str) -> None:
        """Make a held entry a dead letter at once."""
        stored.reason = reason
        stored.state = "dead"

    def revive(self, stored: Stored) -> None:
        """Give a dead letter all its attempts anew."""
        stored.attempts = 0
        self._make_ready(stored)

    def dead(self) -> Sequence[Stored]:
        """The dead letters, oldest first."""
        return [stored for stored in self._entries.values() if stored.state == "dead"]

    def _make_ready(self, stored: Stored) -> None:
        shelf = self._shelf(stored.kind)
        stored.turn = shelf.front_turn()
        stored.state = "ready"
        shelf.add(stored)

    def _shelf(self, kind: str) -> _Shelf:
        return self._shelves.setdefault(kind, _Shelf())
