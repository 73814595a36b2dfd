"""FeedDoor: answers a feed request at once, in the loop, without a task, a template or the router.

Order matters: who is asking, whether they may, and only then whether anything is new. An unchanged poll costs two
index look-ups (of who has attachments, the rows of its document: whether it names files), or none while nobody writes
to the store.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from poolhouse.errors import NotFoundError, StoreError
from poolhouse.rules.access import Verb, allows
from poolhouse.servers.feeds import credentials
from poolhouse.servers.feeds.documents import Documents
from poolhouse.servers.feeds.files import period_of
from poolhouse.servers.feeds.memo import PollMemo
from poolhouse.servers.feeds.validators import (
    Validators,
    http_time,
    is_settled,
    is_unchanged,
    last_modified,
    time_headers,
)
from poolhouse.servers.http.message import Reply, Request
from poolhouse.services.feeds import FeedBuilder, FeedView, get_feed_pool, has_files
from poolhouse.types import FeedFormat, PoolId, ReaderUse, SecretId

if TYPE_CHECKING:
    from datetime import datetime

    from poolhouse.ports import Transaction
    from poolhouse.servers.feeds.memo import Key
    from poolhouse.servers.house import House
    from poolhouse.types import Pool, Principal, Seq

RENDERER_REVISION = "3"
USER_AGENT_LENGTH = 200

_ADDRESS = re.compile(rb"(?:/s/([A-Za-z0-9_-]{1,100}))?/pools/([0-9]{1,15})\.(atom|rss|json)")
_PAGE = re.compile(rb"(?:^|&)(before|archive)=([0-9]{1,15})(?:&|$)")
# feedparser asks for deltas in rss2email's name, but rss2email 3.14 takes a 226 for an error: tests/peers
_REFUSES_DELTAS = (b"rss2email/",)
_FORMATS = {str(each).encode(): each for each in FeedFormat}
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_PRIVATE = (
    (b"cache-control", b"private, max-age=60"),
    (b"vary", b"Authorization, Cookie"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
    (b"x-content-type-options", b"nosniff"),
)
_NOT_FOUND = Reply(404, (_TEXT, *_PRIVATE), b"There is no such feed, or this secret does not open it.\n")
_UNKNOWN = Reply(
    401,
    (_TEXT, (b"www-authenticate", b'Basic realm="Poolhouse", charset="UTF-8"'), *_PRIVATE),
    b"This feed is private. Give a reader's name and secret (HTTP Basic), or use its secret address.\n",
)
_BUSY = Reply(
    503,
    (_TEXT, (b"retry-after", b"60"), *_PRIVATE),
    b"The store cannot be read at the moment. Nothing is lost; try again later.\n",
)


class FeedDoor:
    """The feeds of a house. `answer` is a `Shortcut` of the HTTP front and serves the router as well."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._memo = PollMemo()
        # nobody knows it: a message that held it would get its reader's key put into an address of its own
        self._key_mark = house.vault.new_secret().encode()
        self._documents: Documents | None = None
        self._validators: Validators | None = None

    def answer(self, request: Request) -> Reply | None:
        """The reply to a request for a feed; None for any other address."""
        try:
            now = self._house.clock.now()
            version = (self._house.version(), period_of(now))
            known = self._memo.get(key := self._memo.key(request), version)
            if known is not None:
                self._note(request, now, *known)
                return known[1]
            view = _view(request)
            if view is None:
                # nothing else lives under /s/, and nobody shall learn there which secrets are near the mark
                return _NOT_FOUND if request.path.startswith(b"/s/") else None
            return self._open(request, view, key, version)
        except StoreError:
            return _BUSY

    def _open(self, request: Request, view: FeedView, key: Key, version: tuple[int, int]) -> Reply:
        tx = self._house.glance()
        vault = self._house.vault
        if view.secret is not None:
            principal = credentials.from_path(tx, vault, view.secret)
        else:
            principal = credentials.from_headers(tx, vault, request)
        if principal is None:
            return _UNKNOWN if view.secret is None else _NOT_FOUND
        pool = tx.pools.get(view.pool_id)
        if pool is None or pool.trashed_at or not allows(principal, Verb.FEED, pool.owner_id, pool.id):
            reply = _NOT_FOUND
        else:
            reply = self._document(request, view, tx, principal, pool)
            if reply.status in {200, 304} and principal.secret_id is not None and is_settled(pool, tx.now):
                self._memo.put(key, version, principal.secret_id, reply)
        if principal.secret_id is not None:
            self._note(request, tx.now, principal.secret_id, reply)
        return reply

    def _note(self, request: Request, now: datetime, secret_id: SecretId, reply: Reply) -> None:
        user_agent = (request.header(b"user-agent") or b"").decode("latin-1")[:USER_AGENT_LENGTH]
        self._house.used(secret_id, ReaderUse(at=now, user_agent=user_agent, status=reply.status))

    def _document(
        self, request: Request, view: FeedView, tx: Transaction, principal: Principal, pool: Pool
    ) -> Reply:
        _, validators = self._tools()
        etag = validators.etag(pool, view, _keys_of(tx, principal, pool, view))
        if is_unchanged(request.header(b"if-none-match"), request.header(b"if-modified-since"), etag, pool):
            return Reply(
                304,
                ((b"etag", etag), (b"last-modified", http_time(last_modified(pool, tx.now))), *_PRIVATE),
                b"",
            )
        try:
            # one snapshot, so that the ETag is the one of these bytes
            return self._house.read(lambda tx: self._changed(request, view, tx, principal))
        except NotFoundError:
            return _NOT_FOUND

    def _changed(self, request: Request, view: FeedView, tx: Transaction, principal: Principal) -> Reply:
        documents, validators = self._tools()
        pool = get_feed_pool(tx, principal, view.pool_id)
        keys = _keys_of(tx, principal, pool, view)
        etag = validators.etag(pool, view, keys)
        headers = (
            (b"content-type", view.format.media_type.encode()),
            (b"etag", etag),
            *time_headers(pool, tx.now, request.header(b"if-modified-since")),
            *_PRIVATE,
        )
        since = self._known_version(request, view, validators)
        delta = None if since is None else documents.delta(tx, principal, view, since)
        if delta is not None:
            # RFC 3229 §10.5.1: a cache that does not know `im` must not take this for the whole
            return Reply(
                226, ((b"im", b"feed"), *_uncached(headers)), self._with_keys(delta, tx, principal, keys)
            )
        body = documents.whole(tx, principal, view, etag)
        return Reply(200, headers, self._with_keys(body, tx, principal, keys))

    def _with_keys(self, body: bytes, tx: Transaction, principal: Principal, keys: str) -> bytes:
        """Put the reader's key where a document names files; who needs none finds them without."""
        if self._key_mark not in body:
            return body
        key = ""
        if keys and principal.secret_id is not None and principal.pool_id is not None:
            period = period_of(tx.now)
            key = self._house.vault.file_key(principal.secret_id, principal.pool_id, period)
        return body.replace(self._key_mark, key.encode())

    @staticmethod
    def _known_version(request: Request, view: FeedView, validators: Validators) -> Seq | None:
        """The version that a reader has and wants only the difference to (RFC 3229)."""
        shown = request.header(b"if-none-match")
        manipulations = (request.header(b"a-im") or b"").lower().split(b",")
        if shown is None or view.page or b"feed" not in [each.strip() for each in manipulations]:
            return None
        if (request.header(b"user-agent") or b"").startswith(_REFUSES_DELTAS):
            return None
        return validators.version_of(shown)

    def _tools(self) -> tuple[Documents, Validators]:
        # made at the first request: a server that takes a free port knows its base URL only then
        if self._documents is None or self._validators is None:
            house = self._house
            mark = self._key_mark.decode()
            self._documents = Documents(FeedBuilder(house.server_id, house.addresses, house.blobs, mark))
            revision = f"{RENDERER_REVISION} {house.addresses.base_url}"
            self._validators = Validators(house.server_id, revision)
        return self._documents, self._validators


def _view(request: Request) -> FeedView | None:
    """The document that a request names; None where it names none."""
    asked = _ADDRESS.fullmatch(request.path)
    if asked is None:
        return None
    secret, pool_id, suffix = asked.groups()
    page = dict(_PAGE.findall(request.query))
    return FeedView(
        pool_id=PoolId(int(pool_id)),
        format=_FORMATS[suffix],
        secret=None if secret is None else secret.decode(),
        before=int(page[b"before"]) if b"before" in page and b"archive" not in page else None,
        archive=int(page[b"archive"]) if b"archive" in page else None,
    )


def _keys_of(tx: Transaction, principal: Principal, pool: Pool, view: FeedView) -> str:
    """What tells one reader's keys from another's, and this week's from the last; "" where it has none or no files."""
    is_reader = principal.secret_id is not None and principal.pool_id is not None
    if not is_reader or not has_files(tx, pool, view):
        return ""
    return f" {principal.secret_id} {period_of(tx.now)}"


def _uncached(headers: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple(
        (name, b"private, no-store, im" if name == b"cache-control" else value) for name, value in headers
    )
