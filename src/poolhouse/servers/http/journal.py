"""What of a request may stand in a log: no secret, no query, no header, nothing that ends the line."""

from __future__ import annotations

import logging
import re
from urllib.parse import unquote_to_bytes

logger = logging.getLogger("poolhouse.http")
access_logger = logging.getLogger("poolhouse.http.access")

# wherever it stands: a base address may have a path of its own before it
_SECRET = re.compile(r"(/(?:s|welcome)/+)[^/]+")


def shown_path(raw_path: bytes) -> str:
    """A raw path as a log may show it: decoded first, as the router would, then without secrets, then escaped.

    A client that encodes the question mark too sends its query, and the key of a file in it, as a part of the path.
    """
    path, mark, _ = unquote_to_bytes(raw_path).decode("utf-8", "replace").partition("?")
    return _SECRET.sub(r"\1***", path).encode("unicode_escape").decode("ascii") + (
        f"{mark}***" if mark else ""
    )


def shown_client(client: tuple[str, int] | None) -> str:
    """The address at the other end, as a log shows it."""
    if client is None:
        return "-"
    host, port = client
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def note_access(client: tuple[str, int] | None, method: str, raw_path: bytes, status: int) -> None:
    """One line of the access log."""
    access_logger.info("%s %s %s %d", shown_client(client), method, shown_path(raw_path), status)
