"""Looking whether a link still leads anywhere."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from poolhouse.errors import FetchError, NoSuchHostError
from poolhouse.fetch.status import status_in_words
from poolhouse.types import CheckOutcome, CheckResult

if TYPE_CHECKING:
    from poolhouse.fetch.fetcher import Fetcher

CHECK_TIMEOUT_SECONDS: Final = 20.0

_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
# GET and not HEAD: many a server answers HEAD wrongly or not at all. The body is left unread.
_LIMIT_BYTES: Final = 1


async def check_link(fetcher: Fetcher, url: str) -> CheckOutcome:
    """Ask for the page at `url`, and say what that tells of it; never raises. One request, and one a redirect."""
    try:
        found = await fetcher.fetch(
            url, limit_bytes=_LIMIT_BYTES, accept="*/*", timeout_seconds=CHECK_TIMEOUT_SECONDS
        )
    except NoSuchHostError as error:
        return CheckOutcome(result=CheckResult.GONE, reason=error.reason)
    except FetchError as error:
        return CheckOutcome(result=CheckResult.UNSURE, reason=error.reason)
    if 200 <= found.status <= 299:
        return CheckOutcome(result=CheckResult.ALIVE)
    reason = f"the site answered {status_in_words(found.status)}"
    return CheckOutcome(
        result=CheckResult.GONE if found.status in _GONE else CheckResult.UNSURE, reason=reason
    )
