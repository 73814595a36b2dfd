"""Subscribing: a pool's readers, each with a secret of its own, shown once, in the form that this reader can use."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from poolhouse.errors import InvalidInputError
from poolhouse.servers.web.door import Page
from poolhouse.services.pools import get_pool
from poolhouse.services.secrets import add_feed_secret, list_secrets
from poolhouse.types import FeedFormat, Pool, Secret, SecretKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.visit import Visit

_LOCAL_ENDINGS = (".local", ".lan", ".home.arpa", ".internal", ".localhost", ".home")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderKind:
    """What a feed reader can do with a secret; observed, see docs/reference/readers.md.

    Every one of them takes the secret within the path. `takes_pair`: also `name:secret@` before the host.
    `has_fields`: has fields of its own for name and password. `private_setting`: what must be set before it
    asks a server in a private network.
    """

    key: str
    name: str
    takes_pair: bool = False
    has_fields: bool = False
    private_setting: str = ""
    format: FeedFormat = FeedFormat.ATOM


READER_KINDS = (
    ReaderKind(key="newsboat", name="newsboat", takes_pair=True),
    ReaderKind(key="thunderbird", name="Thunderbird"),
    ReaderKind(
        key="miniflux",
        name="Miniflux",
        has_fields=True,
        private_setting="FETCHER_ALLOW_PRIVATE_NETWORKS=1",
    ),
    ReaderKind(key="freshrss", name="FreshRSS", has_fields=True, private_setting="INTERNAL_HOST_ALLOWLIST"),
    ReaderKind(key="netnewswire", name="NetNewsWire"),
    ReaderKind(key="sfeed", name="sfeed", takes_pair=True),
    ReaderKind(key="rss2email", name="rss2email", takes_pair=True),
    ReaderKind(key="liferea", name="Liferea", has_fields=True),
    ReaderKind(key="browser", name="A browser", takes_pair=True, format=FeedFormat.RSS),
    ReaderKind(key="script", name="A script (curl)", takes_pair=True, format=FeedFormat.JSON),
    ReaderKind(key="other", name="Another reader"),
)


async def show_readers(visit: Visit) -> Response:
    """The form for a new reader, and who reads already."""
    return _show(visit, None)


def _show(visit: Visit, error: InvalidInputError | None) -> Response:
    me, pool_id = visit.me, visit.pool_id()

    def look(tx: Transaction) -> tuple[Pool, Sequence[Secret]]:
        return get_pool(tx, me, pool_id), list_secrets(tx, me, pool_id=pool_id, kind=SecretKind.FEED)

    pool, secrets = visit.house.read(look)
    return visit.page(
        "readers.html",
        400 if error else 200,
        at=pool.id,
        pool=pool,
        live=[secret for secret in secrets if secret.cut_off_at is None],
        past=[secret for secret in secrets if secret.cut_off_at is not None],
        kinds=READER_KINDS,
        chosen=visit.form.text("reader", READER_KINDS[0].key),
        label=visit.form.text("label"),
        formats=list(FeedFormat),
        error=error,
    )


async def add_reader(visit: Visit) -> Response:
    """Make a secret for one reader and show its address, this once."""
    me, pool_id, vault = visit.me, visit.pool_id(), visit.house.vault
    wanted = visit.form.text("reader")
    kind = next((kind for kind in READER_KINDS if kind.key == wanted), READER_KINDS[-1])
    label = visit.form.text("label").strip() or kind.name
    try:
        pool, (secret, text) = await visit.house.write(
            lambda tx: (get_pool(tx, me, pool_id), add_feed_secret(tx, vault, me, pool_id, label))
        )
    except InvalidInputError as error:
        return _show(visit, InvalidInputError("label", error.reason))
    addresses = visit.house.addresses
    assert visit.signed_in is not None
    name = visit.signed_in.person.name
    return visit.page(
        "reader_made.html",
        at=pool.id,
        pool=pool,
        kind=kind,
        label=secret.label,
        person_name=name,
        secret=text,
        url=addresses.feed(pool.id, kind.format, text),
        plain_url=addresses.feed(pool.id, kind.format),
        pair_url=addresses.basic_feed(pool.id, kind.format, name, text),
        others=[(each, addresses.feed(pool.id, each, text)) for each in FeedFormat],
        is_private=is_private(addresses.base_url),
    )


def is_private(base_url: str) -> bool:
    """Whether the address is one that only a home or a machine knows, and careful readers refuse to ask."""
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_LOCAL_ENDINGS)


PAGES = (Page(path="/pools/{id}/subscribe", get=show_readers, post=add_reader),)
