"""The files that a feed's entries name: attachments of messages in its pool, for who shows the key in their address.

A key opens the files of one pool for one reader, for a week or two, and stops at once when that reader is cut off, or
the message leaves the pool. Whoever reads the feed by session, password or token opens them by the same.
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from poolhouse.errors import NotFoundError, StoreError
from poolhouse.servers.attached import part_answer, part_at, read_part
from poolhouse.servers.feeds import credentials
from poolhouse.servers.http.message import Request
from poolhouse.services.feeds import get_feed_pool
from poolhouse.services.secrets import open_with_key_of
from poolhouse.types import ItemId, PoolId, Scope, SecretId

if TYPE_CHECKING:
    from starlette.requests import Request as WebRequest
    from starlette.routing import BaseRoute

    from poolhouse.ports import Transaction
    from poolhouse.rules.vault import Vault
    from poolhouse.servers.house import House
    from poolhouse.types import Item, Part, Principal

PERIOD: Final = timedelta(days=7)
"""A key is valid in its own period and the next: for one week at least."""

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ID: Final = re.compile(r"[0-9]{1,15}")
_KEY: Final = re.compile(r"([0-9]{1,15})\.([0-9]{1,6})\.[A-Za-z0-9_-]{24}")
_HEADERS: Final = {
    "cache-control": "private, max-age=3600",
    "vary": "Authorization, Cookie",
    "x-robots-tag": "noindex",
}


def period_of(now: datetime) -> int:
    """The number of the period of a time."""
    return (now - _EPOCH) // PERIOD


def open_key(tx: Transaction, vault: Vault, key: str, pool_id: PoolId, now: datetime) -> Principal | None:
    """The reader whose key it is, while it is valid for that pool."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    secret_id, period = SecretId(int(found[1])), int(found[2])
    if not hmac.compare_digest(vault.file_key(secret_id, pool_id, period), key):
        return None
    if not 0 <= period_of(now) - period <= 1:
        return None
    opened = open_with_key_of(tx, secret_id)
    return opened[0] if opened and opened[0].scope is Scope.FEED else None


def routes(house: House) -> list[BaseRoute]:
    """Where files are."""

    async def answer(request: WebRequest) -> Response:
        try:
            item, part = house.read(lambda tx: _find(tx, house.vault, request))
            response = part_answer(part, await read_part(house.blobs, item.blob, part))
        except (NotFoundError, ValueError):
            return PlainTextResponse("There is no such file, or it is not for you.\n", 404, _HEADERS)
        except StoreError:
            return PlainTextResponse("The store cannot be read at the moment.\n", 503, {"retry-after": "60"})
        for name, value in _HEADERS.items():
            response.headers[name] = value
        return response

    return [
        Route("/files/{pool_id}/{item_id}/{path}", answer, methods=["GET", "HEAD"], name="file"),
    ]


def _find(tx: Transaction, vault: Vault, request: WebRequest) -> tuple[Item, Part]:
    """The part that is asked for, if whoever asks may read the pool and it stands there. Raises NotFoundError."""
    pool_id, item_id = PoolId(_number(request, "pool_id")), ItemId(_number(request, "item_id"))
    key = request.query_params.get("key", "")
    principal = open_key(tx, vault, key, pool_id, tx.now) if key else _from_headers(tx, vault, request)
    if principal is None:
        raise NotFoundError("file")
    pool = get_feed_pool(tx, principal, pool_id)
    item = tx.items.get(item_id, pool.owner_id)
    if item is None or item.trashed_at is not None or item.owner_id != pool.owner_id:
        raise NotFoundError("file")
    if tx.memberships.get(pool.id, item_id) is None:
        raise NotFoundError("file")
    message = tx.messages.get(item_id)
    attachments = message.facts.attachments if message and message.facts else ()
    return item, part_at(attachments, request.path_params["path"])


def _number(request: WebRequest, name: str) -> int:
    """A number that fits the store's. Raises NotFoundError."""
    text = request.path_params[name]
    if _ID.fullmatch(text) is None:
        raise NotFoundError("file")
    return int(text)


def _from_headers(tx: Transaction, vault: Vault, request: WebRequest) -> Principal | None:
    scope = request.scope
    asked = Request(method=b"GET", path=b"", query=b"", headers=scope["headers"])
    return credentials.from_headers(tx, vault, asked)
