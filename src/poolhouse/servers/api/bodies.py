"""Reading the body of a request: bounded, in the type that was said, and strict JSON (RFC 8259)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from starlette.requests import ClientDisconnect

from poolhouse.servers.api.problems import MALFORMED, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

JSON_LIMIT_BYTES = 1024 * 1024


async def read_json(request: Request) -> object:
    """The document in the body. Raises ProblemError: 400, 413, 415."""
    check_type(request, ("application/json",))
    content = await read_body(request, JSON_LIMIT_BYTES)
    return parse_json(content)


def check_type(request: Request, media_types: tuple[str, ...]) -> None:
    """That the body is of one of these types, in UTF-8, not compressed. Raises ProblemError (415)."""
    given, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(' "')
    encoding = request.headers.get("content-encoding", "identity").lower()
    if given.strip() not in media_types or charset not in ("", "utf-8", "utf8") or encoding != "identity":
        accepted = " or ".join(media_types)
        raise ProblemError(
            UNSUPPORTED_MEDIA_TYPE,
            f"Send {accepted} in UTF-8, and not compressed.",
            field="Content-Type",
            headers={"Accept": ", ".join(media_types)},
        )


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The whole body. Raises ProblemError (413) as soon as it is known to be more than `limit_bytes`."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 15 or int(length) > limit_bytes):
        raise _too_large(limit_bytes)
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > limit_bytes:
                raise _too_large(limit_bytes)
    except ClientDisconnect:
        raise ProblemError(MALFORMED, "The body ended early.", field="body") from None
    return bytes(content)


def parse_json(content: bytes) -> object:
    """The document. Refuses what programs read in different ways: names given twice, NaN, other encodings.

    Raises ProblemError (400).
    """
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise _malformed(f"The body is not UTF-8 (at byte {error.start}).") from None
    except json.JSONDecodeError as error:
        raise _malformed(
            f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from None
    except RecursionError:
        raise _malformed("The body is nested too deeply.") from None
    except ValueError:  # an integer of more digits than Python reads
        raise _malformed("The body holds a number that is too long.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _malformed(f"The field “{name[:100]}” is given twice.")
        found[name] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _malformed(f"{name} is not JSON.")


def _malformed(detail: str) -> ProblemError:
    return ProblemError(MALFORMED, detail, field="body")


def _too_large(limit_bytes: int) -> ProblemError:
    detail = f"The body is larger than {limit_bytes // 1024**2} MiB."
    # what is left of it is read and thrown away: to close now would reset the connection before the client reads why
    return ProblemError(TOO_LARGE, detail, field="body")
