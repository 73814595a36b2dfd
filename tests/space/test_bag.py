"""The bag against a plain list (hypothesis): what is next, who takes turns, what died."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from poolhouse.space.bag import Bag, Stored
from poolhouse.space.entries import encode, kind_of
from poolhouse.space.templates import is_same, template
from tests.space.model import Model, Row

ATTEMPT_LIMIT = 2


@dataclass(frozen=True)
class Fetch:
    """An entry with few values in each field, so that templates meet them."""

    host: str
    size: int
    is_new: bool


@dataclass(frozen=True)
class Parse:
    """An entry of another kind."""

    host: str
    size: int
    is_new: bool


HOSTS = st.sampled_from(["a", "b", "c"])
SIZES = st.integers(0, 2)
WANTED = st.fixed_dictionaries(
    {},
    optional={
        "host": HOSTS | st.just(str),
        "size": SIZES | st.just(int) | st.just(str),
        "is_new": st.booleans() | st.just(bool),
    },
)


class BagMachine(RuleBasedStateMachine):
    """Every rule is done to both, and both must say the same."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.bag = Bag(attempt_limit=ATTEMPT_LIMIT)
        self.model = Model(ATTEMPT_LIMIT)
        self.pairs: dict[int, tuple[Stored, Row]] = {}

    @rule(
        cls=st.sampled_from([Fetch, Parse]),
        host=HOSTS,
        size=SIZES,
        is_new=st.booleans(),
        person=st.sampled_from([None, 1, 2]),
    )
    def put(self, cls: type[Any], host: str, size: int, is_new: bool, person: int | None) -> None:
        entry = cls(host, size, is_new)
        stored = Stored(id=self.bag.new_id(), kind=kind_of(cls), body=encode(entry), person=person)
        self.bag.put(stored)
        fields = {"host": host, "size": size, "is_new": is_new}
        self.pairs[stored.id] = (stored, self.model.put(kind_of(cls), fields, person))

    @rule(target=held, cls=st.sampled_from([Fetch, Parse]), wanted=WANTED)
    def take(self, cls: type[Any], wanted: dict[str, Any]) -> Any:
        found = self.bag.find((template(cls, wanted),))
        row = self.model.next(kind_of(cls), wanted)
        assert (None if found is None else found.id) == (None if row is None else row.number)
        if found is None or row is None:
            return multiple()
        self.bag.hold(found)
        self.model.take(row)
        assert found.attempts == row.attempts
        return found.id

    @rule(number=consumes(held))
    def commit(self, number: int) -> None:
        stored, row = self.pairs.pop(number)
        self.bag.remove(stored)
        self.model.commit(row)

    @rule(number=consumes(held), is_failure=st.booleans())
    def put_back(self, number: int, is_failure: bool) -> None:
        stored, row = self.pairs[number]
        self.bag.put_back(stored, "it failed" if is_failure else None)
        self.model.put_back(row, is_failure=is_failure)

    @rule(data=st.data())
    def revive_or_drop(self, data: st.DataObject) -> None:
        dead = self.bag.dead()
        if not dead:
            return
        stored, row = self.pairs[data.draw(st.sampled_from([each.id for each in dead]))]
        if data.draw(st.booleans()):
            self.bag.revive(stored)
            self.model.retry(row)
        else:
            self.bag.remove(stored)
            self.model.commit(row)
            del self.pairs[stored.id]

    @invariant()
    def they_hold_the_same(self) -> None:
        assert len(self.bag) == len(self.model.rows)
        assert self.bag.size_bytes == sum(len(stored.body) for stored, _ in self.pairs.values())
        assert [each.id for each in self.bag.dead()] == [row.number for row in self.model.dead()]
        assert all(stored.state == row.state for stored, row in self.pairs.values())


TestBag = BagMachine.TestCase
TestBag.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=1), inner, max_size=2),
    max_leaves=4,
)


@given(PLAIN, PLAIN)
def test_sameness_is_an_equivalence_and_booleans_are_no_numbers(one: object, other: object) -> None:
    assert is_same(one, one)
    assert is_same(one, other) == is_same(other, one)
    if isinstance(one, bool) != isinstance(other, bool):
        assert not is_same(one, other)


@pytest.mark.parametrize("left", [0, 10])
def test_a_bag_that_is_used_for_long_does_not_grow(left: int) -> None:
    bag = Bag()
    for number in range(left):
        entry = Fetch("z", number, is_new=True)
        bag.put(Stored(id=bag.new_id(), kind="Fetch", body=encode(entry), person=number % 2))
    for number in range(2_000):
        entry = Fetch("abc"[number % 3], number % 5, is_new=False)
        bag.put(Stored(id=bag.new_id(), kind="Fetch", body=encode(entry), person=number % 2))
        found = bag.find((template(Fetch, {"host": "abc"[number % 3]}),))
        assert found is not None
        bag.hold(found)
        bag.remove(found)
    assert len(bag) == left
    shelf = bag._shelf("Fetch")
    queues = [shelf._queue, *shelf._persons.values(), *shelf._indexes["host"].values()]
    assert all(len(queue) < 100 for queue in queues)
    assert len(shelf._indexes["host"]) == min(left, 1)


def test_what_left_takes_no_room_however_much_is_there() -> None:
    bag = Bag()
    for person in [0] * 2_000 + [1, 2] * 4:
        _put(bag, person)
    for _ in range(2_000):
        for person in (1, 2):
            _put(bag, person)
            first = bag.find([template(Fetch, {"size": person})])
            assert first is not None
            bag.hold(first)
            bag.remove(first)
    (shelf,) = bag._shelves.values()
    assert len(bag) == 2_008
    assert sum(map(len, shelf._persons.values())) < 2 * len(bag)
    assert all(len(index) == 3 for index in shelf._indexes.values())


def _put(bag: Bag, person: int) -> None:
    body = encode(Fetch("a", person, is_new=True))
    bag.put(Stored(id=bag.new_id(), kind=kind_of(Fetch), body=body, person=person))
