"""Every address of the site that can be read, made from the doors' own tables so that a new one is covered at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.servers.api.table import ENDPOINTS
from poolhouse.servers.web import PAGES
from poolhouse.types import FeedFormat
from tests.security.homes import NO_ID, Home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.security.world import World

API = "/api/v1"
# what only a message has
OF_MESSAGES = re.compile(r"/items/{id}/(?:message|raw|source|parts/{path}|links)")
EXTRA_QUERIES = {
    "/search": ("?q=common", "?q=title&before=70002", "?q=tag:everybody"),
    "/save": ("?url=https://common.example/0", "?url=https://common.example/1&window=popup"),
    f"{API}/links": ("?q=common", "?pool=Bookmarks", "?pool={pool}", "?limit=1"),
    f"{API}/links/lookup": ("?url=https://common.example/0", "?url=https://common.example/1"),
    f"{API}/search": ("?q=common", "?q=tag:everybody", "?limit=1&before=70002"),
    f"{API}/jobs": ("?state=failed", "?kind=read-page&limit=1"),
    f"{API}/export": ("?format=json", "?format=netscape", "?format=opml"),
    "/pools/{pool}": ("?before=2",),
    "/items/{message}/message": ("?images=1",),
    "/items/{message}/parts/1": ("?show=1",),
    f"{API}/pools/{{pool}}/entries": ("?limit=1", "?before=2"),
}


@dataclass(frozen=True, slots=True)
class Readable:
    """One address as a template, in which the kinds of things, `{pool}`, `{item}` and so on, stand for ids."""

    template: str
    is_api: bool
    is_open: bool

    @property
    def kind(self) -> str | None:
        """What the id in it is of."""
        kinds = ("pool", "item", "message", "address", "account", "secret", "job")
        return next((kind for kind in kinds if f"{{{kind}}}" in self.template), None)

    def at(self, identity: int) -> str:
        """The address of one's own thing. A captured page has its item's number."""
        kinds = ("pool", "item", "message", "capture", "address", "account", "secret", "job")
        return self.template.format(**dict.fromkeys(kinds, identity))


def web_template(path: str) -> str:
    """A page's path with the kind of its id said."""
    kinds = {"pools": "pool", "items": "item", "secrets": "secret", "jobs": "job"}
    kinds |= {"addresses": "address", "accounts": "account"}
    kind = "message" if OF_MESSAGES.fullmatch(path) else kinds.get(path.split("/")[1], "")
    return (
        path.replace("{id}", f"{{{kind}}}")
        .replace("{path}", "1")
        .replace("{capture_id}", "{capture}")
        .replace("{rest:path}", "https://common.example/0")
        .replace("{invitation}", "made-up")
    )


def api_template(path: str) -> str:
    """An endpoint's path with the kinds of its ids said."""
    path = path.replace("{link_id}", "{item}").replace("{mark}", "starred")
    return API + re.sub(r"{(\w+)_id}", r"{\1}", path).replace("{part}", "1")


def readables() -> list[Readable]:
    """Every page and endpoint that answers GET, with the queries that make it say more."""
    found = []
    pages = [(web_template(page.path), False, page.is_open) for page in PAGES if page.get]
    endpoints = [(api_template(each.path), True, False) for each in ENDPOINTS if each.method == "GET"]
    for template, is_api, is_open in [*pages, *endpoints]:
        queries = ("", *EXTRA_QUERIES.get(template, ()))
        found += [Readable(template + query, is_api, is_open) for query in queries]
    found += [
        Readable("/items/{message}" + rest, False, False) for rest in ("", "?as=text", "/edit", "/defer")
    ]
    return [*found, Readable("/api", True, True), Readable("/api/openapi.json", True, True)]


def ids_of(home: Home, kind: str) -> list[int]:
    """Every id of a kind that this person's things have."""
    items: list[int] = [item.id for item in home.items]
    known: dict[str, list[int]] = {
        "pool": [pool.id for pool in home.pools],
        "item": items,
        "capture": items,
        "message": [*home.letters],
        "address": [*home.addresses],
        "account": [*home.accounts],
        "job": home.jobs,
    }
    return known.get(kind, [secret_id for _, secret_id, _ in home.feed_secrets])


def all_ids(world: World, kind: str) -> list[int]:
    """Everybody's ids of a kind, and one that is nobody's."""
    return [NO_ID, *(each for home in world.homes for each in ids_of(home, kind))]


def feed_targets(pool_id: int) -> Iterator[str]:
    """The documents of a pool's feeds."""
    for each in FeedFormat:
        yield from (f"/pools/{pool_id}.{each}{query}" for query in ("", "?before=2", "?archive=1"))
