"""Form: what a person typed or sent as a file, bounded; and the local addresses a form may lead back to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from poolhouse.servers.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request

BODY_LIMIT_BYTES = 2 * 1024 * 1024
FIELD_LIMIT = 2_000
FILE_LIMIT_BYTES: Final = 64 * 1024 * 1024
_URLENCODED: Final = "application/x-www-form-urlencoded"
_KEPT_BACK = frozenset({"token", "password", "old_password", "back", "next"})
# a backslash or a dropped control character would make "//host" of it in a browser
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_ID = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as a form sent it; `name` is what its sender calls it, and says nothing of what it is."""

    name: str
    content: bytes


class Form:
    """The fields of a form or of a query, in order, and the file that came with them."""

    __slots__ = ("_fields", "file")

    def __init__(self, fields: list[tuple[str, str]], file: SentFile | None = None) -> None:
        self._fields = fields
        self.file = file

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


async def read_form(request: Request, *, file_limit_bytes: int = 0) -> Form:
    """The fields of an `application/x-www-form-urlencoded` body, or with a limit for it one file and some fields.

    Raises RefusedError for another type, for more than `BODY_LIMIT_BYTES` and for more than `FIELD_LIMIT` fields.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "multipart/form-data" and file_limit_bytes:
        return await _read_parts(request, file_limit_bytes)
    if kind != _URLENCODED:
        raise RefusedError(415, "not-a-form")
    body = b"".join([chunk async for chunk in _bounded(request, BODY_LIMIT_BYTES, "too-large")])
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


async def _bounded(request: Request, limit_bytes: int, kind: str) -> AsyncGenerator[bytes, None]:
    """The body as it comes. Raises RefusedError once it is more than the limit."""
    size_bytes = 0
    async for chunk in request.stream():
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            raise RefusedError(413, kind)
        yield chunk


async def _read_parts(request: Request, limit_bytes: int) -> Form:
    """A `multipart/form-data` body (RFC 7578); what is large goes through a file without a name."""
    stream = _bounded(request, limit_bytes, "file-too-large")
    parser = MultiPartParser(request.headers, stream, max_files=1, max_fields=20, max_part_size=65_536)
    try:
        parts = (await parser.parse()).multi_items()
    except MultiPartException:
        raise RefusedError(415, "not-a-form") from None
    file = None
    for _, value in parts:
        if isinstance(value, UploadFile):
            file = SentFile(value.filename or "", await value.read())
            await value.close()
    return Form([(name, value) for name, value in parts if isinstance(value, str)], file)


def local_path(text: str, default: str = "/") -> str:
    """The address if it is one of ours, written so that no browser can take it for another host's."""
    return text if _LOCAL.fullmatch(text) and len(text) <= 8_192 else default
