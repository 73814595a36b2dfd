"""What is asked, and what the goals are: every question is a sentence, requests and a bound."""

from __future__ import annotations

import itertools
import json
from base64 import b64encode
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bench.client import get, head_of, post_json
from bench.stores import COMMON_WORD, PERSON, RARE_WORD, links

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.stores import Store

CONNECTIONS = 16
DISTINCT = 20_000
"""So many different requests are more than the server remembers answers to."""
FIRST_NEW_LINK = 10_000_000
ENTRIES = 50
LEAST_SIZE_UNKEPT = 20_000
"""In a smaller pool the server keeps every entry."""
FORMATS = (("atom", "Atom"), ("rss", "RSS"), ("json", "JSON Feed"))


class Unit(StrEnum):
    """In what a figure is told."""

    RATIO = "of nginx"
    MILLISECONDS = "ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A running server and the store that it serves."""

    port: int
    store: Store
    seed: int

    @property
    def secret_path(self) -> str:
        """The feed's address in the form with the secret in it, without its suffix."""
        return f"/s/{self.store.secret}{self.pool_path}"

    @property
    def pool_path(self) -> str:
        """The feed's address for who gives a password, without its suffix."""
        return f"/pools/{self.store.pool_id}"

    @property
    def basic(self) -> str:
        """The header of a reader that sends name and secret."""
        pair = b64encode(f"{PERSON}:{self.store.secret}".encode()).decode("ascii")
        return f"Authorization: Basic {pair}"

    @property
    def bearer(self) -> str:
        """The header of a script."""
        return f"Authorization: Bearer {self.store.token}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One kind of request, for stores of `least_size` or more. `goal` bounds the median; None is for information."""

    name: str
    sentence: str
    requests: Callable[[Asked], Iterator[bytes]]
    status: bytes = b"200"
    unit: Unit = Unit.RATIO
    goal: float | None = None
    has_writer: bool = False
    least_size: int = 0


def etag_of(port: int, path: str, *headers: str) -> str:
    """The ETag that a server gives a document."""
    head = head_of(port, get(path, *headers))
    for line in head.split("\r\n"):
        name, _, value = line.partition(": ")
        if name.lower() == "etag":
            return value
    raise LookupError(f"{path} has no ETag: {head}")


def poll_by_secret(asked: Asked) -> Iterator[bytes]:
    """The newest entries, with the ETag they have."""
    path = f"{asked.secret_path}.atom"
    return itertools.repeat(get(path, f"If-None-Match: {etag_of(asked.port, path)}"))


def poll_by_password(asked: Asked) -> Iterator[bytes]:
    """The same by HTTP Basic."""
    path = f"{asked.pool_path}.atom"
    etag = etag_of(asked.port, path, asked.basic)
    return itertools.repeat(get(path, asked.basic, f"If-None-Match: {etag}"))


def poll_as_somebody_new(asked: Asked) -> Iterator[bytes]:
    """Polls that differ in a header, so that no remembered answer fits."""
    path = f"{asked.secret_path}.atom"
    etag = f"If-None-Match: {etag_of(asked.port, path)}"
    return itertools.cycle([get(path, etag, f"Accept: a/{number}") for number in range(DISTINCT)])


def fetch(asked: Asked) -> Iterator[bytes]:
    """The newest 50 entries."""
    return itertools.repeat(get(f"{asked.secret_path}.atom"))


def fetch_as_somebody_new(asked: Asked) -> Iterator[bytes]:
    """The newest 50 entries, asked so that no remembered answer fits; the document itself is there."""
    path = f"{asked.secret_path}.atom"
    return itertools.cycle([get(path, f"Accept: a/{number}") for number in range(DISTINCT)])


def fetch_anew(suffix: str, *, step: int) -> Callable[[Asked], Iterator[bytes]]:
    """Fifty entries below another position each time: more documents than the server keeps.

    Each document has `step` entries that the last one had not: one is what a save does to a feed, and fifty are a
    feed that was never asked for.
    """

    def requests(asked: Asked) -> Iterator[bytes]:
        path = f"{asked.secret_path}.{suffix}"
        return itertools.cycle(
            [get(f"{path}?before={number}") for number in range(asked.store.size, 51, -step)]
        )

    return requests


def save(asked: Asked) -> Iterator[bytes]:
    """A link that was not there before, each time; it goes to Bookmarks."""
    first = FIRST_NEW_LINK + next(_SLICES) * 1_000_000
    for link in links(1_000_000, asked.seed, first=first):
        body = {"url": link.url, "title": link.title, "note": link.note, "tags": list(link.tags)}
        yield post_json("/api/v1/links", json.dumps(body).encode(), asked.bearer)


_SLICES = itertools.count()


def search(word: str) -> Callable[[Asked], Iterator[bytes]]:
    """The newest 50 items with a word."""
    return lambda asked: itertools.repeat(get(f"/api/v1/search?q={word}&limit=50", asked.bearer))


def list_by_api(asked: Asked) -> Iterator[bytes]:
    """The newest 50 of a pool, as JSON."""
    return itertools.repeat(get(f"/api/v1/links?pool={asked.store.pool_id}&limit=50", asked.bearer))


def list_as_page(asked: Asked) -> Iterator[bytes]:
    """A pool as a person sees it."""
    return itertools.repeat(get(asked.pool_path, f"Cookie: poolhouse_session={asked.store.cookie}"))


NGINX_FILE = "nginx: its 20 KiB file"

QUESTIONS: tuple[Question, ...] = (
    Question(
        name="poll",
        sentence="unchanged poll, secret in the address → 304",
        requests=poll_by_secret,
        status=b"304",
        goal=3,
    ),
    Question(
        name="poll-basic",
        sentence="unchanged poll, HTTP Basic → 304",
        requests=poll_by_password,
        status=b"304",
        goal=3,
    ),
    Question(
        name="poll-writer",
        sentence="unchanged poll while another pool changes every 50 ms → 304",
        requests=poll_by_secret,
        status=b"304",
        goal=3,
        has_writer=True,
    ),
    Question(
        name="poll-new",
        sentence="unchanged poll, no answer remembered → 304",
        requests=poll_as_somebody_new,
        status=b"304",
    ),
    Question(name="feed", sentence="newest 50 as Atom, from memory → 200", requests=fetch, goal=4),
    Question(
        name="feed-new",
        sentence="newest 50 as Atom, document kept but no answer remembered → 200",
        requests=fetch_as_somebody_new,
    ),
    *(
        Question(
            name=f"render-{suffix}",
            sentence=f"50 entries as {name} after one of them changed → 200",
            requests=fetch_anew(suffix, step=1),
            goal=60,
        )
        for suffix, name in FORMATS
    ),
    *(
        Question(
            name=f"render-{suffix}-new",
            sentence=f"50 entries as {name}, none of them kept → 200",
            requests=fetch_anew(suffix, step=ENTRIES),
            least_size=LEAST_SIZE_UNKEPT,
        )
        for suffix, name in FORMATS
    ),
    Question(
        name="save",
        sentence=f"durable save by the API, {CONNECTIONS} at a time",
        requests=save,
        status=b"201",
        unit=Unit.MILLISECONDS,
        goal=1,
    ),
    Question(
        name="search-rare",
        sentence="search for a word of three items",
        requests=search(RARE_WORD),
        unit=Unit.MILLISECONDS,
        goal=2,
    ),
    Question(
        name="search-common",
        sentence="search for a word in a tenth of the items, newest 50",
        requests=search(COMMON_WORD),
        unit=Unit.MILLISECONDS,
        goal=2,
    ),
    Question(
        name="list-api",
        sentence="newest 50 of a pool by the API",
        requests=list_by_api,
        unit=Unit.MILLISECONDS,
    ),
    Question(name="list-page", sentence="a pool's page", requests=list_as_page, unit=Unit.MILLISECONDS),
)
