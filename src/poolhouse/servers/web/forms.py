"""Form: what a person typed, bounded; and the local addresses a form may lead back to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from poolhouse.servers.web.failures import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

BODY_LIMIT_BYTES = 2 * 1024 * 1024
FIELD_LIMIT = 2_000
_KEPT_BACK = frozenset({"token", "password", "old_password", "back", "next"})
# a backslash or a dropped control character would make "//host" of it in a browser
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_ID = re.compile(r"[0-9]{1,15}")


class Form:
    """The fields of a form or of a query, in order."""

    __slots__ = ("_fields",)

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    def text(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return next((value for key, value in self._fields if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return [value for key, value in self._fields if key == name]

    def number(self, name: str) -> int | None:
        """The value as a whole number that can be an id or a position; None for anything else."""
        return number(self.text(name))

    def numbers(self, name: str) -> list[int]:
        """Every value that is such a number."""
        return [found for value in self.all(name) if (found := number(value)) is not None]

    def typed(self) -> list[tuple[str, str]]:
        """What may be shown again after a failure: no password, nothing that is not the person's own words."""
        return [(key, value) for key, value in self._fields if key not in _KEPT_BACK and value.strip()]


NO_FORM = Form([])


def number(text: str) -> int | None:
    """A whole number that fits the store's, or None."""
    return int(text) if _ID.fullmatch(text) else None


def read_query(request: Request) -> Form:
    """The fields of the address."""
    return Form(request.query_params.multi_items())


async def read_form(request: Request) -> Form:
    """The fields of an `application/x-www-form-urlencoded` body.

    Raises RefusedError for another type, for more than `BODY_LIMIT_BYTES` and for more than `FIELD_LIMIT` fields.
    """
    if (
        request.headers.get("content-type", "").partition(";")[0].strip()
        != "application/x-www-form-urlencoded"
    ):
        raise RefusedError(415, "not-a-form")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            raise RefusedError(413, "too-large")
    try:
        fields = parse_qsl(
            body.decode("ascii", "replace"),
            keep_blank_values=True,
            max_num_fields=FIELD_LIMIT,
            errors="replace",
        )
    except ValueError:
        raise RefusedError(413, "too-large") from None
    return Form(fields)


def local_path(text: str, default: str = "/") -> str:
    """The address if it is one of ours, written so that no browser can take it for another host's."""
    return text if _LOCAL.fullmatch(text) and len(text) <= 8_192 else default
