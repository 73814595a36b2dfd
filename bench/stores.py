"""Stores of a known size, filled by the services: synthetic, the same for the same seed, and like what people keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from poolhouse.app.data import OpenData, open_data
from poolhouse.services.links import save_link
from poolhouse.services.people import add_person, start_session
from poolhouse.services.pools import add_pool
from poolhouse.services.secrets import add_feed_secret, add_token
from poolhouse.types import Principal, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from poolhouse.ports import Transaction
    from poolhouse.types import PoolId, SecretId

PERSON = "robin"
COMMON_WORD = "kettle"  # in a tenth of the items
RARE_WORD = "zyzzyva"  # in three of them
RARE_COUNT = 3
TAG_COUNT = 200
BATCH_SIZE = 100
BATCH_TIME = timedelta(minutes=15)
WORD_COUNT = 5_000
_SYLLABLES = ("ba", "co", "de", "fi", "ga", "hu", "jo", "ka", "le", "mi", "no", "pe", "ra", "su", "ti", "vo")


class PastClock:
    """`ports.Clock` that begins days ago and goes on with every batch, so that items have times of their own."""

    def __init__(self, size: int) -> None:
        batches = size // BATCH_SIZE + 20
        present = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a shell of its own
        self._now = present - batches * BATCH_TIME

    def now(self) -> datetime:
        """A while later each time."""
        self._now += BATCH_TIME
        return self._now


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link to save."""

    url: str
    title: str
    note: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A filled data directory, and the keys to it."""

    data: Path
    size: int
    pool_id: PoolId
    pool_path: str
    secret: str
    secret_id: SecretId
    token: str
    cookie: str


def links(count: int, seed: int, *, first: int = 0) -> Iterator[Link]:
    """So many links: titles of six words, notes of 28, up to three of 200 tags."""
    random = Random(f"{seed} {first}")
    words = ["".join(random.choices(_SYLLABLES, k=random.randint(2, 4))) for _ in range(WORD_COUNT)]
    tags = [f"tag-{number}" for number in range(TAG_COUNT)]
    rare = set(random.sample(range(first, first + count), min(count, RARE_COUNT)))
    for number in range(first, first + count):
        note = random.choices(words, k=28)
        if number % 10 == 0:
            note[random.randrange(28)] = COMMON_WORD
        if number in rare:
            note[random.randrange(28)] = RARE_WORD
        yield Link(
            url=f"https://{random.choice(words)}.example/{random.choice(words)}/{number}",
            title=" ".join(random.choices(words, k=6)).capitalize(),
            note=" ".join(note).capitalize() + ".",
            tags=tuple(random.sample(tags, random.randint(0, 3))),
        )


def build_store(directory: Path, size: int, seed: int) -> Store:
    """Fill a new data directory with one pool of `size` links. Costs some 0.4 ms of processor time a link."""
    data = open_data(directory, PastClock(size))
    try:
        store, principal = data.database.write(lambda tx: _people(tx, data, directory, size))
        waiting = links(size, seed)
        for _ in range(0, size, BATCH_SIZE):
            data.database.write(lambda tx: _save(tx, principal, store.pool_id, waiting))
    finally:
        data.close()
    return store


def _people(tx: Transaction, data: OpenData, directory: Path, size: int) -> tuple[Store, Principal]:
    person = add_person(tx, PERSON, None)
    principal = Principal(person_id=person.id, scope=Scope.PERSON)
    pool = add_pool(tx, principal, "Reading")
    secret, shown = add_feed_secret(tx, data.vault, principal, pool.id, "a reader")
    _, token = add_token(tx, data.vault, principal, "a script")
    _, cookie = start_session(tx, data.vault, person.id, "a browser")
    store = Store(
        data=directory,
        size=size,
        pool_id=pool.id,
        pool_path=pool.path,
        secret=shown,
        secret_id=secret.id,
        token=token,
        cookie=cookie,
    )
    return store, principal


def _save(tx: Transaction, principal: Principal, pool_id: PoolId, waiting: Iterator[Link]) -> None:
    for number, link in zip(range(BATCH_SIZE, 0, -1), waiting, strict=False):
        save_link(
            tx,
            principal,
            link.url,
            pool_id=pool_id,
            title=link.title,
            note=link.note,
            tags=link.tags,
            created_at=tx.now - timedelta(seconds=number),
            fetch_page=False,
        )
