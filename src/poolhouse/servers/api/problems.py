"""Every way in which the API says no: one table from our errors to RFC 9457 problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.errors import (
    ConflictError,
    FetchError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    PoolhouseError,
    SignInError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
    ThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem: the fragment of its address at /api, its status, its title, and what to do about it."""

    slug: str
    status: int
    title: str
    advice: str


MALFORMED = ProblemKind(
    "malformed", 400, "The request cannot be read", "Send one JSON object in UTF-8, or a valid query string."
)
UNAUTHORISED = ProblemKind(
    "unauthorised",
    401,
    "A token is needed",
    "Send `Authorization: Bearer TOKEN` with an API token that is not cut off; a reader's secret opens feeds only.",
)
FORBIDDEN = ProblemKind("forbidden", 403, "That is not yours to do", "Ask whoever it belongs to.")
NOT_FOUND = ProblemKind(
    "not-found",
    404,
    "There is no such thing",
    "Look at the address; what belongs to others is not there either.",
)
METHOD_NOT_ALLOWED = ProblemKind(
    "method-not-allowed", 405, "That cannot be done here", "Use one of the methods in the Allow header."
)
CONFLICT = ProblemKind(
    "conflict", 409, "It clashes with what is there", "Look at what is there, and decide which shall stay."
)
TOO_LARGE = ProblemKind("too-large", 413, "The body is too large", "Send less at a time.")
UNSUPPORTED_MEDIA_TYPE = ProblemKind(
    "unsupported-media-type", 415, "The body is of another type", "Say the type in the Content-Type header."
)
INVALID_INPUT = ProblemKind(
    "invalid-input",
    422,
    "What was given cannot be accepted",
    "`field` names it; nothing of the request was kept.",
)
THROTTLED = ProblemKind("throttled", 429, "Too many attempts", "Wait as long as Retry-After says.")
INTERNAL = ProblemKind(
    "internal", 500, "That is our fault", "The server's log says more; nothing of the request was kept."
)
PAGE_UNREACHABLE = ProblemKind("page-unreachable", 502, "A page could not be fetched", "Try again later.")
UNAVAILABLE = ProblemKind("unavailable", 503, "The store cannot do it now", "Try again as Retry-After says.")
READ_ONLY = ProblemKind("read-only", 503, "The store cannot be written", "Its owner must make it writable.")
FULL = ProblemKind("full", 507, "No room is left", "Its owner must make room on the disk.")

KINDS = (
    MALFORMED,
    UNAUTHORISED,
    FORBIDDEN,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    CONFLICT,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID_INPUT,
    THROTTLED,
    INTERNAL,
    PAGE_UNREACHABLE,
    UNAVAILABLE,
    READ_ONLY,
    FULL,
)

_KIND_OF: tuple[tuple[type[PoolhouseError], ProblemKind], ...] = (
    (InvalidInputError, INVALID_INPUT),
    (NotFoundError, NOT_FOUND),
    (ForbiddenError, FORBIDDEN),
    (SignInError, UNAUTHORISED),
    (ThrottledError, THROTTLED),
    (ConflictError, CONFLICT),
    (FetchError, PAGE_UNREACHABLE),
    (StoreFullError, FULL),
    (StoreReadOnlyError, READ_ONLY),
    (StoreBusyError, UNAVAILABLE),
    (StoreError, UNAVAILABLE),
)
_RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One refusal as it goes out; `field` names what was wrong where one thing was."""

    kind: ProblemKind
    detail: str
    field: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


class ProblemError(PoolhouseError):
    """What only this door knows to be wrong: the request itself."""

    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(kind=kind, detail=detail, field=field, headers=tuple((headers or {}).items()))


def problem_of(error: PoolhouseError) -> Problem:
    """What the API says of an error. What the store says of its own files stays in the log."""
    if isinstance(error, ProblemError):
        return error.problem
    kind = next((kind for known, kind in _KIND_OF if isinstance(error, known)), INTERNAL)
    match error:
        case InvalidInputError() | ConflictError():
            return Problem(kind=kind, detail=error.reason, field=error.field)
        case ThrottledError():
            headers = (("Retry-After", str(error.retry_after_seconds)),)
            return Problem(kind=kind, detail=str(error), headers=headers)
        case StoreError() | FetchError():
            retry = (("Retry-After", str(_RETRY_SECONDS)),) if kind is UNAVAILABLE else ()
            return Problem(kind=kind, detail=kind.advice, headers=retry)
        case _:
            return Problem(kind=kind, detail=str(error))
