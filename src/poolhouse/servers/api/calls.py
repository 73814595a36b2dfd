"""Call: one authorised request, as the functions that answer it see it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl

from poolhouse.errors import InvalidInputError, NotFoundError
from poolhouse.servers.api.bodies import read_json
from poolhouse.servers.api.problems import MALFORMED, UNAUTHORISED, ProblemError
from poolhouse.services.pools import find_pool, get_pool
from poolhouse.services.secrets import open_with_secret
from poolhouse.types import Person, Pool, PoolId, Principal, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.requests import Request

    from poolhouse.ports import Transaction
    from poolhouse.servers.api.fields import Body, PoolRef
    from poolhouse.servers.house import House

Made = TypeVar("Made")

API_PATH: Final = "/api"
BASE_PATH: Final = "/api/v1"
PAGE_SIZE: Final = 50
PAGE_LIMIT: Final = 100
_LARGEST_ID: Final = 2**63 - 1


class PageAsked(NamedTuple):
    """Which page of a list: below the place `before` (None: from the top), at most `limit`."""

    before: int | None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: who asks, and what for. `query` holds declared parameters only, each once."""

    house: House
    request: Request
    principal: Principal
    person: Person
    query: Mapping[str, str]

    @property
    def base_url(self) -> str:
        """The address of the API, without a slash at the end."""
        return self.house.addresses.base_url + BASE_PATH

    @property
    def url(self) -> str:
        """The address that was asked, without its query, as people reach us."""
        return self.house.addresses.base_url + str(self.request.scope["path"])

    def id(self, name: str) -> int:
        """A number in the path. Raises NotFoundError for what is no number of ours."""
        number = as_number(self.request.path_params[name])
        if number is None:
            raise NotFoundError(name.removesuffix("_id"))
        return number

    def page(self) -> PageAsked:
        """The page asked for. Raises InvalidInputError."""
        before = self.query.get("before")
        if before is not None and as_number(before) is None:
            raise InvalidInputError("before", "Take this from the address of the next page.")
        limit = as_number(self.query.get("limit", str(PAGE_SIZE)))
        if limit is None or not 1 <= limit <= PAGE_LIMIT:
            raise InvalidInputError("limit", f"Ask for 1 to {PAGE_LIMIT} at a time.")
        return PageAsked(None if before is None else as_number(before), limit)

    async def body(self, body: Body[Made]) -> Made:
        """The decoded body. Raises ProblemError, InvalidInputError."""
        return body.decode(await read_json(self.request))


def as_number(text: str) -> int | None:
    """A decimal number that an id or position can be, or None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def authenticate(house: House, request: Request) -> tuple[Principal, Person]:
    """Who asks: the person of the bearer token (RFC 6750 §2.1). Nothing else opens the API: no cookie, no reader's
    secret, no password.

    Raises ProblemError (401). One look-up, at every request: a token that is cut off stops at once.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = None
    if scheme.lower() == "bearer" and token.strip():
        found = open_with_secret(house.glance(), house.vault, token.strip())
    if found is None or found[0].scope is not Scope.PERSON:
        challenge = 'Bearer realm="Poolhouse"' + (', error="invalid_token"' if scheme else "")
        raise ProblemError(UNAUTHORISED, UNAUTHORISED.advice, headers={"WWW-Authenticate": challenge})
    return found


def read_query(request: Request, known: Sequence[str]) -> dict[str, str]:
    """The query's parameters. Raises ProblemError (400), InvalidInputError for one unknown or given twice."""
    try:
        query = request.scope["query_string"].decode("ascii")
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise ProblemError(MALFORMED, "The query is not UTF-8, percent-encoded.", field="query") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            there = f"there are {', '.join(known)}" if known else "there are none here"
            raise InvalidInputError(name[:100], f"There is no such parameter; {there}.")
        if name in found:
            raise InvalidInputError(name, "This is given twice.")
        found[name] = value
    return found


@contextmanager
def speaking_of(field: str, *, for_field: str) -> Iterator[None]:
    """Call a service's field what the request calls it."""
    try:
        yield
    except InvalidInputError as error:
        raise InvalidInputError(field if error.field == for_field else error.field, error.reason) from error


def named_pool(tx: Transaction, principal: Principal, pool: PoolRef, field: str = "pool") -> Pool:
    """The pool that a request names. Raises InvalidInputError with the field's name."""
    try:
        if isinstance(pool, str):
            return find_pool(tx, principal, pool)
        if 0 < pool <= _LARGEST_ID:
            return get_pool(tx, principal, PoolId(pool))
    except NotFoundError:
        pass  # said of the field, below: 404 is for what the address names
    raise InvalidInputError(field, "There is no such pool.")
