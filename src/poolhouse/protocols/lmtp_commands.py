"""The commands of LMTP as they stand on a line: RFC 2033, and what it takes from RFC 5321."""

from __future__ import annotations

import re
from dataclasses import dataclass

from poolhouse.errors import InvalidInputError

_PATH = re.compile(
    # source routes are taken and thrown away (RFC 5321 §4.1.1.3); a quoted local part may hold anything
    r"<(?:@[^<>\s:]*:)?((?:\"(?:[^\"\\]|\\.)*\"|[^<>\"\s\\])*)>(?:\s+(.*))?",
    re.DOTALL,
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
ADDRESS_LENGTH = 320
"""64 for the local part, 255 for the domain (RFC 5321 §4.5.3.1), and the "@"."""


@dataclass(frozen=True, slots=True)
class Path:
    """An address and the parameters behind it, their names in upper case; the null sender's address is ""."""

    address: str
    parameters: dict[str, str]


def parse_line(line: bytes) -> tuple[str, str]:
    """The verb, in upper case, and what follows it. Raises InvalidInputError for what is not UTF-8 (RFC 6531 §3.3)."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInputError("command", "is not UTF-8") from None
    verb, _, rest = text.strip(" \t").partition(" ")
    return verb.upper(), rest.strip(" \t")


def parse_path(text: str, keyword: str, known: frozenset[str]) -> Path:
    """What stands behind MAIL (`keyword` "FROM:") or RCPT ("TO:"). Raises InvalidInputError ("path" or "parameter")."""
    if text[: len(keyword)].upper() != keyword:
        raise InvalidInputError("path", f"{keyword}<address> is wanted")
    found = _PATH.fullmatch(text[len(keyword) :].strip())
    if found is None or _CONTROLS.search(found[1]) or len(found[1]) > ADDRESS_LENGTH:
        raise InvalidInputError("path", "is no address in angle brackets")
    parameters = {}
    for each in (found[2] or "").split():
        name, _, value = each.partition("=")
        if name.upper() not in known:
            raise InvalidInputError("parameter", f"{name.upper()[:40]} is not known")
        parameters[name.upper()] = value
    return Path(found[1], parameters)
