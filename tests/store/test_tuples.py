"""The shelf of durable jobs: against a plain list (hypothesis), and what a person sees of it."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from poolhouse.app.data import open_data
from poolhouse.services.people import add_person
from poolhouse.space.entries import encode, kind_of, look_into
from poolhouse.space.shelf import key_of, wanted
from poolhouse.space.templates import is_same, template
from poolhouse.store.backup import back_up
from poolhouse.store.restore import restore
from poolhouse.store.verify import verify
from poolhouse.types import JobState, Person, PersonId
from tests.conftest import StillClock, open_new
from tests.space.model import Model, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.app.data import OpenData

ATTEMPT_LIMIT = 2
LEASE_SECONDS = 60
OWNERS = ("one", "two")


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


KINDS = st.sampled_from([Fetch, Parse])
HOSTS = st.sampled_from(["a", "b"])
SIZES = st.integers(0, 2)
OWNER = st.sampled_from(OWNERS)
PICK = st.integers(0, 1_000)
WANTED = st.fixed_dictionaries(
    {},
    optional={
        "host": HOSTS | st.just(str),
        "size": SIZES | st.just(int) | st.just(str),
        "is_new": st.booleans() | st.just(bool),
    },
)


class ShelfMachine(RuleBasedStateMachine):
    """Every rule is done to both, and both must say the same. Two servers take; either may die, or only sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="poolhouse-test-"))
        self.clock = StillClock()
        self.data = open_new(self.directory / "data", self.clock)
        self.people = [
            self.write(lambda tx, name=name: add_person(tx, name, None)).id for name in ("anna", "bert")
        ]
        self.model = Model(ATTEMPT_LIMIT)
        self.leases: dict[int, tuple[str, float]] = {}
        self.last_id = 0

    def write(self, change: Any) -> Any:
        return self.data.database.write(change)

    def read(self, ask: Any) -> Any:
        return self.data.database.read(lambda tx: ask(tx.tuples))

    def row(self, number: int) -> Row:
        return next(row for row in self.model.rows if row.number == number)

    def held(self, pick: int) -> Row:
        held = self.model.held()
        return held[pick % len(held)]

    def has_held(self) -> bool:
        return bool(self.model.held())

    def has_dead(self) -> bool:
        return bool(self.model.dead())

    @rule(cls=KINDS, host=HOSTS, size=SIZES, is_new=st.booleans(), who=st.sampled_from([None, 0, 1]))
    def put(self, cls: type[Any], host: str, size: int, is_new: bool, who: int | None) -> None:
        person = None if who is None else self.people[who]
        number = self.write(lambda tx: tx.tuples.put(cls(host, size, is_new), person_id=person, label=host))
        fields = {"host": host, "size": size, "is_new": is_new}
        assert self.model.put(kind_of(cls), fields, person).number == number
        self.last_id = number

    @rule(cls=KINDS, fields=WANTED, owner=OWNER, limit=st.integers(1, 3))
    def lease(self, cls: type[Any], fields: dict[str, Any], owner: str, limit: int) -> None:
        sought = wanted(cls, fields)
        first = self.read(lambda shelf: shelf.find(sought))
        leased = self.write(lambda tx: tx.tuples.lease(sought, owner, LEASE_SECONDS, limit))
        rows: list[Row] = []
        while len(rows) < limit and (row := self.model.next(kind_of(cls), fields)) is not None:
            self.model.take(row)
            self.leases[row.number] = (owner, self.clock.now().timestamp() + LEASE_SECONDS)
            rows.append(row)
        assert [(kept.id, kept.person, kept.attempts) for kept in leased] == [
            (row.number, row.person, row.attempts) for row in rows
        ]
        assert [look_into(kept.body) for kept in leased] == [row.fields for row in rows]
        assert (None if first is None else first.id) == (rows[0].number if rows else None)

    @precondition(has_held)
    @rule(pick=PICK, owner=OWNER)
    def commit(self, pick: int, owner: str) -> None:
        row = self.held(pick)
        is_held = self.leases[row.number][0] == owner
        assert self.write(lambda tx: tx.tuples.commit(row.number, owner)) == is_held
        if is_held:
            self.model.commit(row)
            del self.leases[row.number]

    @precondition(has_held)
    @rule(pick=PICK, owner=OWNER, is_failure=st.booleans())
    def put_back(self, pick: int, owner: str, is_failure: bool) -> None:
        row = self.held(pick)
        is_held = self.leases[row.number][0] == owner
        reason = "it failed" if is_failure else None
        assert self.write(lambda tx: tx.tuples.put_back(row.number, owner, reason, ATTEMPT_LIMIT)) == is_held
        if is_held:
            self.model.put_back(row, is_failure=is_failure)
            del self.leases[row.number]

    @rule(owner=OWNER)
    def a_server_starts(self, owner: str) -> None:
        """The one before it of that name was killed."""
        lost = self.give_up(lambda name, _: name == owner)
        assert self.write(lambda tx: tx.tuples.reclaim(owner, ATTEMPT_LIMIT, "it ended")) == lost

    @rule(owner=OWNER)
    def a_server_looks_after_the_others(self, owner: str) -> None:
        now = self.clock.now().timestamp()
        has_expired = self.read(lambda shelf: shelf.has_expired(owner))
        lost = self.give_up(lambda name, until: name != owner and until < now)
        assert has_expired == (lost > 0)
        assert self.write(lambda tx: tx.tuples.reclaim_expired(owner, ATTEMPT_LIMIT, "it ended")) == lost

    @rule(owner=OWNER)
    def a_server_lives(self, owner: str) -> None:
        self.write(lambda tx: tx.tuples.extend(owner, LEASE_SECONDS))
        until = self.clock.now().timestamp() + LEASE_SECONDS
        for number, (name, _) in self.leases.items():
            if name == owner:
                self.leases[number] = (owner, until)

    @rule(seconds=st.sampled_from([1, LEASE_SECONDS // 2, LEASE_SECONDS]))
    def time_passes(self, seconds: int) -> None:
        self.clock.pass_seconds(seconds)

    def give_up(self, is_lost: Any) -> int:
        """What those leases held goes back, last first, so that it ends in the order it had."""
        lost = [self.row(number) for number, lease in self.leases.items() if is_lost(*lease)]
        for row in sorted(lost, key=lambda row: (row.turn, row.number), reverse=True):
            self.model.put_back(row, is_failure=True)
            del self.leases[row.number]
        return len(lost)

    @precondition(has_dead)
    @rule(pick=PICK, is_dropped=st.booleans())
    def see_to_the_dead(self, pick: int, is_dropped: bool) -> None:
        dead = self.model.dead()
        row = dead[pick % len(dead)]
        if is_dropped:
            self.model.commit(row)
            assert self.write(lambda tx: tx.tuples.drop(row.number))
        else:
            self.model.retry(row)
            assert self.write(lambda tx: tx.tuples.retry(row.number))

    @precondition(lambda self: self.model.rows)
    @rule(pick=PICK)
    def withdraw(self, pick: int) -> None:
        row = self.model.rows[pick % len(self.model.rows)]
        is_ready = row.state == "ready"
        assert self.write(lambda tx: tx.tuples.cancel(row.number)) == is_ready
        if is_ready:
            self.model.commit(row)

    @rule(cls=KINDS, fields=WANTED, behind=st.integers(0, 5))
    def listen(self, cls: type[Any], fields: dict[str, Any], behind: int) -> None:
        since = max(0, self.last_id - behind)
        found = self.read(lambda shelf: shelf.put_since(wanted(cls, fields), since))
        sought = template(cls, fields)
        assert [kept.id for kept in found] == [
            row.number
            for row in self.model.rows
            if row.number > since and row.kind == sought.kind and sought.matches(dict(row.fields))
        ]

    @invariant()
    def they_hold_the_same(self) -> None:
        states = self.data.database.writing.execute(
            "SELECT id, state, attempts FROM tuple ORDER BY id"
        ).fetchall()
        assert states == [(row.number, row.state, row.attempts) for row in self.model.rows]
        assert self.read(lambda shelf: shelf.last_id()) == self.last_id
        dead = self.read(lambda shelf: shelf.dead())
        assert [(each.id, each.kind, each.person) for each in dead] == [
            (row.number, row.kind, row.person) for row in self.model.dead()
        ]
        assert all(each.reason in {"it failed", "it ended"} for each in dead)

    def teardown(self) -> None:
        self.data.close()
        report = verify(self.directory / "data")
        shutil.rmtree(self.directory)
        assert report.faults == ()


TestShelf = ShelfMachine.TestCase
TestShelf.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers(-(2**70), 2**70)
    | st.floats(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([1e22, 0.1, 5e-324, -0.0, 2.0**53, 2**53 + 1, 2**63])
    | st.text(max_size=3)
    | st.text(st.sampled_from('\x00"\\$é\U0001f9ea.'), max_size=3)
    | st.text(min_size=250, max_size=260),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=1), inner, max_size=2),
    max_leaves=4,
)


@given(PLAIN, PLAIN)
@example(one=1, other=1.0)
@example(one={"a": [1.0], "b": 2}, other={"b": 2, "a": [1]})
@example(one=[True], other=[1])
@example(one="1", other=1)
def test_two_values_have_one_key_if_and_only_if_they_are_the_same(one: object, other: object) -> None:
    plain = look_into(encode({"one": one, "other": other}))
    assert (key_of(plain["one"]) == key_of(plain["other"])) == is_same(plain["one"], plain["other"])


@dataclass(frozen=True)
class Anything:
    """An entry of whatever JSON can say, the same in the field that has an index and in one that has none."""

    first: Any
    second: Any


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenData]:
    data = open_data(tmp_path_factory.mktemp("tuples") / "data", StillClock())
    yield data
    data.close()


FORMALS = st.sampled_from([str, int, float, bool, type(None), list, dict])


@settings(max_examples=300)
@given(values=st.lists(PLAIN, min_size=1, max_size=6), formal=FORMALS)
def test_the_store_finds_what_the_one_rule_says(shared: OpenData, values: list[Any], formal: type) -> None:
    templates: list[dict[str, Any]] = [{"first": formal}, {"second": formal}]
    for value in values:
        templates += [{"first": value}, {"second": value}, {"first": value, "second": formal}]

    def compare(tx: Any) -> None:
        tx._connection.execute("DELETE FROM tuple")
        bodies = {tx.tuples.put(Anything(value, value)): encode(Anything(value, value)) for value in values}
        for fields in templates:
            sought = wanted(Anything, fields)
            right = [number for number, body in bodies.items() if sought.template.matches(look_into(body))]
            assert [kept.id for kept in tx.tuples.put_since(sought, 0)] == right
            found = tx.tuples.find(sought)
            assert (None if found is None else found.id) == (right[0] if right else None)

    shared.database.write(compare)


@dataclass(frozen=True)
class Import:
    """A long job."""

    name: str


@dataclass(frozen=True)
class Nothing:
    """An entry without fields."""


@pytest.fixture
def anna(data: OpenData) -> Person:
    return data.database.write(lambda tx: add_person(tx, "anna", None))


def test_a_person_sees_what_runs_then_what_failed_then_what_waits(
    data: OpenData, anna: Person, clock: StillClock
) -> None:
    def put(tx: Any) -> None:
        for number in range(5):
            tx.tuples.put(Import(str(number)), person_id=anna.id, label=f"file {number}", total=100)
        tx.tuples.put(Nothing(), label="the server's own")

    data.database.write(put)
    clock.pass_seconds(10)

    def work(tx: Any) -> None:
        failed, running = tx.tuples.lease(wanted(Import, {}), "one", LEASE_SECONDS, 2)
        assert tx.tuples.put_back(failed.id, "one", "no such file", 1)
        tx.tuples.progress(running.id, "one", 30, 100)
        tx.tuples.progress(running.id, "another", 99, 100)

    data.database.write(work)
    jobs = data.database.read(lambda tx: tx.tuples.of(anna.id, limit=4))
    assert [(job.label, job.state, job.attempts, job.reason) for job in jobs] == [
        ("file 1", JobState.RUNNING, 1, ""),
        ("file 0", JobState.FAILED, 1, "no such file"),
        ("file 2", JobState.WAITING, 0, ""),
        ("file 3", JobState.WAITING, 0, ""),
    ]
    assert [(job.done, job.total) for job in jobs] == [(30, 100), (None, 100), (None, 100), (None, 100)]
    assert {(job.kind, job.person_id) for job in jobs} == {("Import", anna.id)}
    assert {job.changed_at - job.created_at for job in jobs} == {timedelta(0), timedelta(seconds=10)}
    assert data.database.read(lambda tx: tx.tuples.get(jobs[0].id)) == jobs[0]
    assert data.database.read(lambda tx: tx.tuples.counts(anna.id)) == {
        JobState.RUNNING: 1,
        JobState.FAILED: 1,
        JobState.WAITING: 3,
    }


def test_only_what_waits_is_cancelled(data: OpenData, anna: Person) -> None:
    ids = data.database.write(lambda tx: [tx.tuples.put(Import(name), person_id=anna.id) for name in "ab"])
    data.database.write(lambda tx: tx.tuples.lease(wanted(Import, {}), "one", LEASE_SECONDS, 1))
    assert data.database.write(lambda tx: [tx.tuples.cancel(each) for each in ids]) == [False, True]
    assert [job.id for job in data.database.read(lambda tx: tx.tuples.of(anna.id, limit=9))] == ids[:1]


def test_what_is_done_is_forgotten_after_a_while(data: OpenData, anna: Person, clock: StillClock) -> None:
    data.database.write(lambda tx: [tx.tuples.put(Import(name), person_id=anna.id) for name in "abc"])
    one, two = data.database.write(lambda tx: tx.tuples.lease(wanted(Import, {}), "one", LEASE_SECONDS, 2))
    assert data.database.write(lambda tx: tx.tuples.commit(one.id, "one", "1"))
    clock.pass_seconds(10)
    assert data.database.write(lambda tx: tx.tuples.commit(two.id, "one", "2"))
    data.database.write(lambda tx: tx.tuples.remove_done(clock.now()))
    left = data.database.read(lambda tx: tx.tuples.of(anna.id, limit=9))
    assert [(job.state, job.report) for job in left] == [(JobState.DONE, "2"), (JobState.WAITING, None)]


def test_who_leaves_takes_their_jobs_along_and_a_held_one_comes_to_nothing(
    data: OpenData, anna: Person
) -> None:
    data.database.write(lambda tx: [tx.tuples.put(Import(name), person_id=anna.id) for name in "ab"])
    data.database.write(lambda tx: tx.tuples.put(Import("the server's")))
    (held,) = data.database.write(lambda tx: tx.tuples.lease(wanted(Import, {}), "one", LEASE_SECONDS, 1))
    data.database.writing.execute("DELETE FROM person WHERE id = ?", (anna.id,))
    assert not data.database.write(lambda tx: tx.tuples.commit(held.id, "one"))
    left = data.database.write(lambda tx: tx.tuples.lease(wanted(Import, {}), "one", LEASE_SECONDS, 9))
    assert [look_into(kept.body) for kept in left] == [{"name": "the server's"}]
    assert verify(data.database.path.parent).faults == ()


def test_a_job_of_nobody_there_is_not_put(data: OpenData) -> None:
    with pytest.raises(apsw.ConstraintError):
        data.database.write(lambda tx: tx.tuples.put(Import("a"), person_id=PersonId(99)))


def test_an_entry_without_fields_can_be_kept(data: OpenData) -> None:
    data.database.write(lambda tx: tx.tuples.put(Nothing()))
    assert verify(data.database.path.parent).faults == ()
    (kept,) = data.database.write(lambda tx: tx.tuples.lease(wanted(Nothing, {}), "one", LEASE_SECONDS, 9))
    assert kept.body == b"{}"


def test_a_backup_restored_elsewhere_keeps_no_lease_of_a_dead_server(
    data: OpenData, anna: Person, tmp_path: Path
) -> None:
    """The next server has the same name and takes all of it back; what it waited for is there."""
    data.database.write(lambda tx: [tx.tuples.put(Import(name), person_id=anna.id) for name in "ab"])
    data.database.write(lambda tx: tx.tuples.lease(wanted(Import, {}), "server", LEASE_SECONDS, 1))
    back_up(
        data.database.path.parent, tmp_path / "pools.tar", data.database.clock, lambda _done, _total: None
    )
    restore(tmp_path / "pools.tar", tmp_path / "elsewhere")
    assert verify(tmp_path / "elsewhere").faults == ()
    with closing(open_data(tmp_path / "elsewhere", StillClock())) as restored:
        assert restored.database.write(lambda tx: tx.tuples.reclaim("server", 3, "it ended")) == 1
        left = restored.database.write(lambda tx: tx.tuples.lease(wanted(Import, {}), "server", 60, 9))
        assert [(look_into(kept.body), kept.attempts) for kept in left] == [
            ({"name": "a"}, 2),
            ({"name": "b"}, 1),
        ]
