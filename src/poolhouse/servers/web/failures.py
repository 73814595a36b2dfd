"""What a page answers to an error: one table from error to status. The words are in `templates/failure.html`."""

from __future__ import annotations

from poolhouse.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    PoolhouseError,
    SignInError,
    StoreError,
    ThrottledError,
)

RETRY_SECONDS = 30

STATUSES: tuple[tuple[type[PoolhouseError], int], ...] = (
    (InvalidInputError, 400),
    (SignInError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (ThrottledError, 429),
    (StoreError, 503),
)


class RefusedError(PoolhouseError):
    """The request itself is not one that a page takes; `kind` names the reason for `templates/failure.html`."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(kind)
        self.status = status
        self.kind = kind


def status_of(error: PoolhouseError) -> int:
    """The status that tells of an error; 500 for one that no page should ever meet."""
    if isinstance(error, RefusedError):
        return error.status
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def kind_of(error: PoolhouseError) -> str:
    """The name by which the template knows what happened."""
    return error.kind if isinstance(error, RefusedError) else type(error).__name__


def headers_of(error: PoolhouseError) -> dict[str, str]:
    """When to try again, where that is known."""
    if isinstance(error, ThrottledError):
        return {"retry-after": str(error.retry_after_seconds)}
    if isinstance(error, StoreError):
        return {"retry-after": str(RETRY_SECONDS)}
    return {}
