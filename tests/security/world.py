"""Worlds: some persons with everything a person can have, each thing marked as theirs; and the simple oracle of who
may see what.

Whatever belongs to a person holds that person's name, which nobody else's thing holds. Ids begin at the same high
number for every kind of thing: one that is taken for another's, or for another kind's, is met with; and an id that
stands in an answer is found there. Each item has one captured page and one job, of the item's own number.
"""

from __future__ import annotations

import gzip
import tempfile
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from poolhouse.app.data import OpenData, open_data
from poolhouse.app.house import RunningHouse
from poolhouse.rules.addresses import Addresses
from poolhouse.services.captures import record_capture
from poolhouse.services.links import mark_item, save_link
from poolhouse.services.people import add_person, end_session, set_person_disabled, start_session
from poolhouse.services.pools import add_pool, list_pools, trash_pool
from poolhouse.services.secrets import add_feed_secret, add_token, cut_off
from poolhouse.services.trash import trash_item
from poolhouse.types import Captured, CaptureMode, Mark, PoolKind, PoolRole, Principal
from tests.conftest import StillClock, principal_of
from tests.security.asking import Asker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poolhouse.ports import Transaction
    from poolhouse.rules.vault import Vault
    from poolhouse.types import ItemId, Person, Pool, PoolId, SecretId, SessionId

NAMES = ("zqanna", "zqbob", "zqcarl")
FIRST_ID = 70_000
NO_ID = 79_999
"""An id of the same length that nothing has."""
SHARED_TAG = "everybody"
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPlan:
    """`parent` is the place of an earlier pool of the plan, or None for the top."""

    parent: int | None
    is_search: bool
    is_trashed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPlan:
    """`pools` are places in the person's manual pools: 0 is Bookmarks, 1 Inbox, then those of the plan."""

    pools: frozenset[int]
    tags: frozenset[int]
    is_common: bool
    is_trashed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPlan:
    """What one person has."""

    pools: tuple[PoolPlan, ...]
    items: tuple[ItemPlan, ...]
    is_disabled: bool = False


WorldPlan = tuple[PersonPlan, ...]


@st.composite
def pool_plans(draw: st.DrawFn, most: int = 4) -> tuple[PoolPlan, ...]:
    count = draw(st.integers(0, most))
    return tuple(
        PoolPlan(
            parent=draw(st.none() | st.integers(0, place - 1)) if place else None,
            is_search=draw(st.booleans()),
            is_trashed=draw(st.integers(0, 3)) == 0,
        )
        for place in range(count)
    )


item_plans = st.builds(
    ItemPlan,
    pools=st.frozensets(st.integers(0, 5), min_size=1, max_size=3),
    tags=st.frozensets(st.integers(0, 2), max_size=2),
    is_common=st.booleans(),
    is_trashed=st.integers(0, 3).map(lambda drawn: drawn == 0),
)
person_plans = st.builds(
    PersonPlan,
    pools=pool_plans(),
    items=st.lists(item_plans, max_size=5).map(tuple),
    is_disabled=st.integers(0, 5).map(lambda drawn: drawn == 0),
)
world_plans = st.lists(person_plans, min_size=2, max_size=3).map(tuple)

RICH: WorldPlan = tuple(
    PersonPlan(
        pools=(
            PoolPlan(parent=None, is_search=False, is_trashed=False),
            PoolPlan(parent=0, is_search=False, is_trashed=False),
            PoolPlan(parent=None, is_search=True, is_trashed=False),
            PoolPlan(parent=None, is_search=False, is_trashed=True),
        ),
        items=(
            ItemPlan(pools=frozenset({0, 2, 3}), tags=frozenset({0, 1}), is_common=True, is_trashed=False),
            ItemPlan(pools=frozenset({3}), tags=frozenset({0}), is_common=False, is_trashed=False),
            ItemPlan(pools=frozenset({1}), tags=frozenset(), is_common=True, is_trashed=True),
        ),
    )
    for _ in range(2)
)
"""A world in which everything is there once."""


@dataclass(slots=True, kw_only=True)
class PoolThere:
    """A pool as it came to be; `titles` are those of the entries that are to be seen in it."""

    id: PoolId
    name: str
    is_live: bool
    titles: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class ItemThere:
    """An item as it came to be."""

    id: ItemId
    title: str
    url: str
    tags: tuple[str, ...]
    is_live: bool


@dataclass(slots=True, kw_only=True)
class Home:
    """One person's things, and the secrets that open them."""

    person: Person
    is_disabled: bool
    pools: list[PoolThere] = field(default_factory=list)
    items: list[ItemThere] = field(default_factory=list)
    jobs: list[int] = field(default_factory=list)
    feed_secrets: list[tuple[PoolThere, SecretId, str]] = field(default_factory=list)
    dead_feed_secret: tuple[PoolThere, str] | None = None
    token: str = ""
    dead_token: str = ""
    session: str = ""
    session_id: SessionId | None = None
    dead_session: str = ""

    @property
    def name(self) -> str:
        return self.person.name

    @property
    def mark(self) -> bytes:
        """What stands in everything of this person's."""
        return self.person.name.encode()

    @property
    def me(self) -> Principal:
        return principal_of(self.person)

    @property
    def live_items(self) -> list[ItemThere]:
        return [item for item in self.items if item.is_live]

    @property
    def secrets(self) -> list[str]:
        """Every secret text, none of which may ever stand in an answer."""
        texts = [self.token, self.dead_token, self.session, self.dead_session]
        dead = [self.dead_feed_secret[1]] if self.dead_feed_secret else []
        return [*texts, *dead, *(text for _, _, text in self.feed_secrets)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who asks, with what they show; and as whom each door shall take them, None for nobody.

    `feed_of` is the one pool whose feed a reader's secret opens; `path` is the secret as it stands in an address.
    """

    name: str
    headers: dict[str, str]
    path: str = ""
    web: Home | None = None
    api: Home | None = None
    feeds: Home | None = None
    feed_of: PoolThere | None = None

    def homes(self) -> list[Home]:
        return [home for home in (self.web, self.api, self.feeds) if home]


@dataclass(slots=True)
class World:
    """A running house with its homes."""

    house: RunningHouse
    asker: Asker
    homes: list[Home]

    def strangers_marks(self, home: Home | None) -> list[bytes]:
        """What must not be seen by this person, or by nobody at all."""
        return [each.mark for each in self.homes if each is not home]

    def callers(self) -> list[Caller]:
        """Everybody there is to ask, the disabled and those cut off too."""
        return [
            Caller(name="nobody", headers={}),
            *(each for home in self.homes for each in callers_of(home)),
        ]

    def contents(self) -> bytes:
        """All that is kept, to see whether anything changed."""
        reading = self.house.data.database.open_reading()
        try:
            tables = [
                row[0]
                for row in reading.execute(
                    "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
                )
                if not str(row[0]).startswith("sqlite_")
            ]
            rows = [list(reading.execute(f'SELECT * FROM "{table}"')) for table in tables]
        finally:
            reading.close()
        return repr(rows).encode()


def basic(name: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{name}:{secret}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def cookie(session: str) -> dict[str, str]:
    return {"cookie": f"poolhouse_session={session}"}


def callers_of(home: Home) -> list[Caller]:
    """Everything that is or was this person's key, used rightly and wrongly."""
    live = None if home.is_disabled else home
    found = [
        Caller(name=f"{home.name}: session", headers=cookie(home.session), web=live, feeds=live),
        Caller(name=f"{home.name}: session ended", headers=cookie(home.dead_session)),
        Caller(name=f"{home.name}: token", headers=bearer(home.token), api=live, feeds=live),
        Caller(name=f"{home.name}: token cut off", headers=bearer(home.dead_token)),
        Caller(name=f"{home.name}: token as password", headers=basic(home.name, home.token)),
        Caller(name=f"{home.name}: token as cookie", headers=cookie(home.token)),
        Caller(name=f"{home.name}: token in the path", headers={}, path=home.token),
        Caller(name=f"{home.name}: session as token", headers=bearer(home.session)),
        Caller(
            name=f"{home.name}: session beside a wrong password",
            headers={**cookie(home.session), **basic(home.name, "wrong")},
            web=live,
        ),
    ]
    for pool, _, text in home.feed_secrets[:2]:
        opened = {"feeds": live, "feed_of": pool}
        found += [
            Caller(name=f"{home.name}: reader of {pool.name}", headers=basic(home.name, text), **opened),  # type: ignore[arg-type]  # a dict of keywords
            Caller(name=f"{home.name}: path reader of {pool.name}", headers={}, path=text, **opened),  # type: ignore[arg-type]  # a dict of keywords
            Caller(name=f"{home.name}: reader as another", headers=basic("zqnobody", text)),
            Caller(name=f"{home.name}: reader as script", headers=bearer(text)),
            Caller(name=f"{home.name}: reader as browser", headers=cookie(text)),
            Caller(name=f"{home.name}: reader in capitals", headers={}, path=text.swapcase()),
        ]
    if home.dead_feed_secret:
        dead = home.dead_feed_secret[1]
        found += [
            Caller(name=f"{home.name}: reader cut off", headers=basic(home.name, dead)),
            Caller(name=f"{home.name}: path reader cut off", headers={}, path=dead),
        ]
    return found


@contextmanager
def made_world(plan: Sequence[PersonPlan], base_url: str = "http://pools.test") -> Iterator[World]:
    """The world of a plan, in a directory that goes with it."""
    clock = StillClock()
    with tempfile.TemporaryDirectory() as directory:
        data = open_data(Path(directory) / "data", clock)
        try:
            homes = data.database.write(lambda tx: _build(tx, data, plan))
            clock.pass_seconds(100)  # so that feeds are settled
            house = RunningHouse(data, clock, Addresses(base_url))
            try:
                with Asker(house) as asker:
                    yield World(house, asker, homes)
            finally:
                house.close()
        finally:
            data.close()


def _build(tx: Transaction, data: OpenData, plan: Sequence[PersonPlan]) -> list[Home]:
    for table in ("person", "pool", "item", "secret", "session", "tag", "capture", "tuple"):
        data.database.writing.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        data.database.writing.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, FIRST_ID)
        )
    homes = [_build_home(tx, data, name, each) for name, each in zip(NAMES, plan, strict=False)]
    for home, each in zip(homes, plan, strict=True):
        if each.is_disabled:
            set_person_disabled(tx, home.name, is_disabled=True)
    return homes


def _build_home(tx: Transaction, data: OpenData, name: str, plan: PersonPlan) -> Home:
    home = Home(person=add_person(tx, name, None), is_disabled=plan.is_disabled)
    manual, planned = _build_pools(tx, home, plan)
    items = [_build_item(tx, data, home, number, each, manual) for number, each in enumerate(plan.items)]
    home.jobs = [job.id for job in tx.tuples.of(home.person.id, limit=100)]
    assert home.jobs == [item.id for item, _ in items]
    # the first of them failed
    data.database.writing.execute(
        "UPDATE tuple SET state = 'dead', reason = ? WHERE id = ?",
        (f"{home.name} reason", min(home.jobs, default=0)),
    )
    _build_keys(tx, data.vault, home, [*manual, *planned])
    for each, pool in zip(plan.pools, planned, strict=True):
        if each.is_trashed and (found := tx.pools.get(pool.id)) and found.trashed_at is None:
            trash_pool(tx, home.me, pool.id)
    _foresee(tx, home, plan, [*manual[:2], *planned], items)
    return home


def _build_pools(tx: Transaction, home: Home, plan: PersonPlan) -> tuple[list[Pool], list[Pool]]:
    """The manual pools, Bookmarks and Inbox first; and those of the plan."""
    roles = {pool.role: pool for pool in list_pools(tx, home.me) if pool.role}
    planned: list[Pool] = []
    for number, each in enumerate(plan.pools):
        parent_id = None if each.parent is None else planned[each.parent].id
        query = f"tag:{home.name}tag0" if each.is_search else None
        planned.append(add_pool(tx, home.me, f"{home.name} pool {number}", parent_id=parent_id, query=query))
    return [
        roles[PoolRole.BOOKMARKS],
        roles[PoolRole.INBOX],
        *(pool for pool in planned if pool.kind is PoolKind.MANUAL),
    ], planned


def _build_item(
    tx: Transaction, data: OpenData, home: Home, number: int, plan: ItemPlan, manual: list[Pool]
) -> tuple[ItemThere, set[PoolId]]:
    # the same page is kept by everybody: that it is must not show
    host = "common.example" if plan.is_common else f"{home.name}.example"
    url, title = f"https://{host}/{number}", f"{home.name} title {number} common"
    tags = (SHARED_TAG, *(f"{home.name}tag{tag}" for tag in sorted(plan.tags)))
    pool_ids = {manual[place % len(manual)].id for place in plan.pools}
    for pool_id in sorted(pool_ids):
        item = save_link(
            tx, home.me, url, pool_id=pool_id, title=title, note=f"{home.name} note", tags=tags
        ).item
    capture_id = record_capture(tx, item.id, url, _captured(data, home, url))
    assert capture_id is not None
    assert int(capture_id) == item.id
    mark_item(tx, home.me, item.id, Mark.STARRED, is_on=True)
    if plan.is_trashed:
        trash_item(tx, home.me, item.id)
    there = ItemThere(id=item.id, title=title, url=url, tags=tags, is_live=not plan.is_trashed)
    return there, pool_ids


def _captured(data: OpenData, home: Home, url: str) -> Captured:
    says, picture = f"{home.name} says", data.blobs.put(PNG + home.mark)
    html = data.blobs.put(gzip.compress(f"<p>{says} on {url}</p>".encode(), mtime=0))
    return Captured(
        url=url,
        mode=CaptureMode.FULL,
        title=says,
        description=says,
        author=says,
        language="en",
        excerpt=says,
        word_count=3,
        text=f"{says} captured",
        favicon=picture,
        reader_blob=html,
        page_blob=html,
        thumbnail_blob=picture,
        size_bytes=1_000,
    )


def _build_keys(tx: Transaction, vault: Vault, home: Home, pools: Sequence[Pool]) -> None:
    for pool in dict.fromkeys(pool.id for pool in pools):
        secret, text = add_feed_secret(tx, vault, home.me, pool, f"{home.name} reader")
        home.feed_secrets.append((PoolThere(id=pool, name="", is_live=True), secret.id, text))
    dead, text = add_feed_secret(tx, vault, home.me, pools[0].id, f"{home.name} old reader")
    cut_off(tx, home.me, dead.id)
    home.dead_feed_secret = (PoolThere(id=pools[0].id, name="", is_live=True), text)
    _, home.token = add_token(tx, vault, home.me, f"{home.name} script")
    dead, home.dead_token = add_token(tx, vault, home.me, f"{home.name} old script")
    cut_off(tx, home.me, dead.id)
    _, home.dead_session = start_session(tx, vault, home.person.id, f"{home.name} browser")
    end_session(tx, vault, home.dead_session)
    session, home.session = start_session(tx, vault, home.person.id, f"{home.name} browser")
    home.session_id = session.id


def _foresee(
    tx: Transaction,
    home: Home,
    plan: PersonPlan,
    pools: Sequence[Pool],
    items: Sequence[tuple[ItemThere, set[PoolId]]],
) -> None:
    """The oracle: what is live, and what is to be seen where, from the plan alone."""
    gone: set[int] = set()
    for number, each in enumerate(plan.pools):
        if each.is_trashed or each.parent in gone:
            gone.add(number)
    planned = list(pools[2:])
    gone_ids = {planned[number].id for number in gone}
    searches = {planned[number].id for number, each in enumerate(plan.pools) if each.is_search}
    by_id = {
        pool.id: PoolThere(id=pool.id, name=pool.name, is_live=pool.id not in gone_ids) for pool in pools
    }
    for item, pool_ids in items:
        item.is_live = item.is_live and bool(pool_ids - gone_ids)
        home.items.append(item)
        if not item.is_live:
            continue
        for pool_id in pool_ids:
            by_id[pool_id].titles.add(item.title)
        if f"{home.name}tag0" in item.tags:
            for pool_id in searches:
                by_id[pool_id].titles.add(item.title)
    home.pools = list(by_id.values())
    home.feed_secrets = [(by_id[pool.id], secret, text) for pool, secret, text in home.feed_secrets]
