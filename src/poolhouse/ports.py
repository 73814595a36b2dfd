"""What the rest of the program needs of the store, the clock and chance: Protocols, with their contracts.

Services are plain functions of an open `Transaction`. Everything in one transaction is seen by others at once or not
at all, and is on the disk before the caller hears of it. Times that go in and come out are aware UTC datetimes in
whole seconds. A method that names an id which is not there returns None or changes nothing; it never raises for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from poolhouse.types import (
        Capture,
        Captured,
        CaptureId,
        CaptureMode,
        Change,
        ChangeKind,
        Entry,
        Item,
        ItemId,
        ItemKind,
        Job,
        JobId,
        JobState,
        LinkHealth,
        Mark,
        Membership,
        PageState,
        Person,
        PersonId,
        Pool,
        PoolId,
        PoolKind,
        PoolRole,
        Query,
        ReaderUse,
        Secret,
        SecretId,
        SecretKind,
        Seq,
        Session,
        SessionId,
    )


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""


class Blobs(Protocol):
    """Immutable bytes, kept under their SHA-256 (hex)."""

    def put(self, content: bytes | memoryview) -> str:
        """Keep `content` durably and return its address; putting it twice keeps it once."""

    def get(self, address: str) -> bytes | None:
        """The bytes at `address`, or None."""


class Persons(Protocol):
    """Accounts."""

    def add(self, name: str, password_hash: str | None) -> Person:
        """Add an account; the name is free (ask `by_name` first; compared without case)."""

    def get(self, person_id: PersonId) -> Person | None: ...
    def by_name(self, name: str) -> Person | None: ...
    def all(self) -> Sequence[Person]: ...
    def password_hash(self, person_id: PersonId) -> str | None: ...
    def set_password_hash(self, person_id: PersonId, password_hash: str) -> None: ...
    def set_disabled(self, person_id: PersonId, at: datetime | None) -> None: ...


class Sessions(Protocol):
    """Browsers that are logged in, found by the keyed hash of their cookie."""

    def add(
        self, person_id: PersonId, token_hash: bytes, expires_at: datetime, user_agent: str
    ) -> Session: ...
    def by_hash(self, token_hash: bytes) -> tuple[Session, Person] | None:
        """The session that has not expired, with its person, who is not disabled."""

    def of(self, person_id: PersonId) -> Sequence[Session]: ...
    def remove(self, session_id: SessionId) -> None: ...
    def remove_all(self, person_id: PersonId, *, but: SessionId | None = None) -> int:
        """Log out everywhere, or everywhere else; returns how many sessions ended."""

    def remove_expired(self) -> int: ...


class Secrets(Protocol):
    """Readers' secrets and API tokens, found by their keyed hash. One index look-up each."""

    def add(
        self, person_id: PersonId, kind: SecretKind, secret_hash: bytes, label: str, pool_id: PoolId | None
    ) -> Secret: ...
    def get(self, secret_id: SecretId) -> Secret | None: ...
    def by_hash(self, secret_hash: bytes) -> tuple[Secret, Person] | None:
        """The secret if it is not cut off and its person is not disabled, with that person."""

    def of(self, person_id: PersonId) -> Sequence[Secret]: ...
    def cut_off(self, secret_id: SecretId) -> None: ...
    def record_uses(self, uses: Iterable[tuple[SecretId, ReaderUse]]) -> None: ...


class Pools(Protocol):
    """Pools of all people; a trashed pool is found only by `get` and `trashed`."""

    def add(
        self,
        owner_id: PersonId,
        name: str,
        *,
        kind: PoolKind,
        parent_id: PoolId | None = None,
        role: PoolRole | None = None,
        query: str | None = None,
        capture: CaptureMode = ...,
        feed_text: bool = False,
    ) -> Pool:
        """Add a pool; its path is free (ask `by_path` first). A computed one captures nothing, whatever is asked."""

    def get(self, pool_id: PoolId) -> Pool | None: ...
    def by_path(self, owner_id: PersonId, path: str) -> Pool | None:
        """The live pool of that path, compared without case."""

    def by_role(self, owner_id: PersonId, role: PoolRole) -> Pool: ...
    def of(self, owner_id: PersonId) -> Sequence[Pool]:
        """Every live pool, by path."""

    def trashed(self, owner_id: PersonId) -> Sequence[Pool]: ...
    def computed(self, owner_id: PersonId) -> Sequence[tuple[PoolId, str]]:
        """The live computed pools with their queries: what every save asks, so no more than that."""

    def under(self, pool_id: PoolId) -> Sequence[Pool]:
        """The pool and everything beneath it, parents first."""

    def place(self, pool_id: PoolId, *, name: str, parent_id: PoolId | None) -> None:
        """Rename and move; the paths beneath follow."""

    def set_query(self, pool_id: PoolId, query: str) -> None: ...
    def set_capture(self, pool_id: PoolId, mode: CaptureMode) -> None: ...
    def set_feed_text(self, pool_id: PoolId, *, is_on: bool) -> None: ...
    def set_trashed(self, pool_ids: Sequence[PoolId], at: datetime | None) -> None: ...
    def touch(self, pool_id: PoolId, version: Seq) -> None:
        """Say that a reader could see a change: sets `version` and moves `changed_at` on."""


class Items(Protocol):
    """Items. The search index follows every change in the same transaction."""

    def add(
        self,
        owner_id: PersonId,
        kind: ItemKind,
        *,
        url: str,
        url_key: str,
        title: str,
        note: str,
        author: str,
        description: str,
        created_at: datetime,
        page_state: PageState,
        check_at: datetime | None = None,
    ) -> ItemId: ...
    def get(self, item_id: ItemId, reader_id: PersonId) -> Item | None:
        """The item with its tags and `reader_id`'s marks, trashed or not."""

    def by_key(self, owner_id: PersonId, url_key: str) -> ItemId | None:
        """The item with that normalised address, trashed or not; at most one."""

    def edit(
        self,
        item_id: ItemId,
        *,
        url: str | None = None,
        url_key: str | None = None,
        title: str | None = None,
        note: str | None = None,
        author: str | None = None,
        description: str | None = None,
        saved_at: datetime | None = None,
        favicon: str | None = None,
        page_state: PageState | None = None,
        page_error: str | None = None,
    ) -> None:
        """Set what is given; `changed_at` becomes the transaction's time, unless only the page's state is given."""

    def forget_page(self, item_id: ItemId, page_state: PageState) -> None:
        """Drop what the page at its former address said of itself: description, author, icon, error.

        Its captures stay, but the item shows none of them while it has another address."""

    def set_tags(self, item_id: ItemId, tags: Sequence[str]) -> None: ...
    def set_mark(self, item_id: ItemId, person_id: PersonId, mark: Mark, *, is_on: bool) -> None: ...
    def set_trashed(self, item_id: ItemId, at: datetime | None) -> None: ...
    def trashed(self, owner_id: PersonId, *, before: int | None, limit: int) -> Sequence[Item]: ...
    def remove(self, item_id: ItemId) -> None:
        """Delete for good what is in the trash."""

    def index(self, item_id: ItemId) -> None:
        """Bring the search index up to date with the item, its tags, its pools and the text of its capture."""

    def tags_of(self, owner_id: PersonId) -> Sequence[tuple[str, int]]:
        """Each tag in use with the number of items that bear it, by name."""


class Memberships(Protocol):
    """Places of items in pools."""

    def put(self, pool_id: PoolId, item_id: ItemId, version: Seq) -> Membership:
        """Put the item on top of the pool, or move it there: a new number only where it was not in the pool."""

    def remove(self, pool_id: PoolId, item_id: ItemId, version: Seq) -> int | None:
        """Take the item out; returns the number it had."""

    def get(self, pool_id: PoolId, item_id: ItemId) -> Membership | None: ...
    def touch(self, item_id: ItemId, version: Seq) -> None:
        """The item changed visibly: its entries and the pools they are in get this version."""

    def touch_all(self, pool_id: PoolId, version: Seq) -> None:
        """All entries of the pool changed visibly. Costs a write for each."""

    def of_item(self, item_id: ItemId) -> Sequence[Pool]:
        """The live pools the item is in, by path."""

    def paths_of(self, item_ids: Iterable[ItemId]) -> Mapping[ItemId, Sequence[tuple[PoolId, str]]]:
        """The live pools of many items, each with its path, by path: one statement. Items in none are left out."""

    def places(self, item_id: ItemId) -> Sequence[tuple[PoolId, PoolKind]]:
        """Every pool the item is in, trashed ones too: it keeps its place in those until it is trashed itself."""

    def item_ids(self, pool_id: PoolId) -> Sequence[ItemId]:
        """Every item of the pool, bottom first. Reads the whole pool."""

    def newest(
        self, pool_id: PoolId, reader_id: PersonId, *, before: int | None = None, limit: int
    ) -> Sequence[Entry]:
        """At most `limit` entries below position `before`, topmost first. Cost does not grow with the pool."""

    def block(self, pool_id: PoolId, reader_id: PersonId, first: int, last: int) -> Sequence[Entry]:
        """Entries with first ≤ position ≤ last, topmost first."""

    def span(self, pool_id: PoolId, first: int, last: int, *, limit: int) -> Sequence[Membership]:
        """At most `limit` places with first ≤ position ≤ last, topmost first, without what is in them."""

    def changed_since(
        self, pool_id: PoolId, reader_id: PersonId, version: Seq, *, limit: int
    ) -> Sequence[Entry]:
        """At most `limit` entries with a later version, topmost first."""

    def top_position(self, pool_id: PoolId) -> int:
        """The highest position given so far; 0 for a pool that never held anything."""


class Trash(Protocol):
    """Where trashed items were, so that undo can put them back."""

    def keep_places(self, item_id: ItemId, pool_ids: Sequence[PoolId]) -> None: ...
    def take_places(self, item_id: ItemId) -> Sequence[PoolId]: ...
    def items_of(self, pool_id: PoolId) -> Sequence[ItemId]:
        """The trashed items that were in the pool, oldest first."""


class Captures(Protocol):
    """Versions of items' pages. What an item shows of the current one follows in the same transaction."""

    def add(self, item_id: ItemId, captured: Captured) -> CaptureId:
        """Keep one more version, of the item's address as it is now; its mode is not OFF."""

    def get(self, item_id: ItemId, capture_id: CaptureId) -> Capture | None: ...
    def of(self, item_id: ItemId) -> Sequence[Capture]:
        """Every version, newest last."""

    def text(self, capture_id: CaptureId) -> str:
        """The readable text; "" where there is none."""

    def readers(self, item_ids: Sequence[ItemId]) -> Mapping[ItemId, str]:
        """The blobs of the items' current clean HTML: one statement. Items without are left out."""

    def remove(self, item_id: ItemId, capture_id: CaptureId) -> None: ...


class Checks(Protocol):
    """When links are looked at, and what was found."""

    def due(self, limit: int) -> Sequence[tuple[ItemId, PersonId, str, str]]:
        """At most `limit` links that are to be looked at by now, longest due first: item, owner, address, title.

        Those in the trash are left out. One index look-up when none is."""

    def plan(self, item_id: ItemId, at: datetime | None) -> None:
        """Look at the link at that time; None: never."""

    def health(self, item_id: ItemId) -> LinkHealth: ...
    def record(self, item_id: ItemId, health: LinkHealth) -> None:
        """The link was looked at now, and this is what is known of it."""

    def forget(self, item_id: ItemId) -> None:
        """Nothing is known of the link: it has another address."""


class Changes(Protocol):
    """The one order of everything that happened."""

    def add(
        self,
        kind: ChangeKind,
        person_id: PersonId,
        *,
        pool_id: PoolId | None = None,
        item_id: ItemId | None = None,
        number: int | None = None,
    ) -> Seq: ...
    def last(self) -> Seq: ...
    def since(self, seq: Seq, *, limit: int) -> Sequence[Change]: ...


class Search(Protocol):
    """The search index. Newest first, so that a common word costs no more than a rare one."""

    def find(
        self, owner_id: PersonId, query: Query, *, before: ItemId | None = None, limit: int
    ) -> Sequence[Item]: ...
    def matches(self, owner_id: PersonId, query: Query, item_id: ItemId) -> bool: ...
    def merge(self, limit_pages: int) -> None:
        """Merge what many small writes left in pieces, at most so many pages: a rare word looks at each."""

    def all_matches(self, owner_id: PersonId, query: Query) -> Sequence[ItemId]:
        """Every match, oldest first. Reads all of them."""


class Tuples(Protocol):
    """Jobs: entries of the durable tuple space, there if and only if what caused them is.

    One that is done is gone, but for those that have something to report."""

    def put(
        self,
        entry: object,
        *,
        person_id: PersonId | None = None,
        label: str = "",
        total: int | None = None,
    ) -> JobId:
        """Ask for work. `entry` is a frozen dataclass of plain data, `label` what a person reads of it.

        Persons whose jobs are of one kind take turns. Raises NotAnEntryError."""

    def get(self, job_id: JobId) -> Job | None: ...
    def body(self, job_id: JobId) -> bytes | None:
        """The entry itself, as JSON: what a job says to whoever does it."""

    def of(
        self, person_id: PersonId, *, state: JobState | None = None, kind: str | None = None, limit: int
    ) -> Sequence[Job]:
        """At most `limit` jobs of a person: what runs, what failed, what is done, then what waits, next first.

        Of that state and that kind, where they are given."""

    def counts(self, person_id: PersonId) -> Mapping[JobState, int]:
        """How many jobs of a person are in each state; the states of none are left out. Looks at each of theirs."""

    def cancel(self, job_id: JobId) -> bool:
        """Withdraw a job that waits; False where it does not."""

    def retry(self, job_id: JobId) -> bool:
        """Let a job that failed begin anew, before what waits; False where it did not fail."""

    def drop(self, job_id: JobId) -> bool:
        """Forget a job that failed or is done; False where it is neither."""

    def progress(self, entry_id: int, owner: str, done: int, total: int) -> None:
        """Say how far the work on a job is that `owner` holds."""

    def remove_done(self, before: datetime) -> None:
        """Forget jobs that were done before that time."""


class Transaction(Protocol):
    """An open transaction. `now` is the same throughout."""

    @property
    def now(self) -> datetime: ...
    @property
    def persons(self) -> Persons: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def pools(self) -> Pools: ...
    @property
    def items(self) -> Items: ...
    @property
    def memberships(self) -> Memberships: ...
    @property
    def trash(self) -> Trash: ...
    @property
    def changes(self) -> Changes: ...
    @property
    def search(self) -> Search: ...
    @property
    def tuples(self) -> Tuples: ...
    @property
    def captures(self) -> Captures: ...
    @property
    def checks(self) -> Checks: ...
