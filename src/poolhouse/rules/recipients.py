"""Recipients: what the local part of an address says, before anybody is looked up.

Compared without case (RFC 5321 §2.4 leaves that to whoever receives). Some senders' forms refuse `+`, so `=`, `#` and
`-` separate as well; names may hold `-` themselves, so there is more than one way to read an address: the longest name
that somebody has wins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from poolhouse.rules.names import PERSON_NAME_LENGTH_LIMIT
from poolhouse.rules.tags import tag_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SAVE_DETAIL: Final = "save"
"""`name+save@`: the link in what its person sends there is saved."""

SECRET_PREFIX: Final = "n-"
SECRET_LENGTH: Final = 16
ADDRESS_LENGTH: Final = 320
_SURE: Final = re.compile(r"[+=#]|\Z")  # no name goes on beyond one of these
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SEPARATORS: Final = re.compile(r"[\s/._-]+")
_SENDER: Final = re.compile(r"[^\s@<>,;:\"\\\x00-\x1f\x7f]{1,64}@[^\s@<>,;:\"\\\x00-\x1f\x7f]{1,255}")
_DOMAIN: Final = re.compile(r"[^\s@<>,;:\"\\/\x00-\x1f\x7f]{1,255}")


def split_address(address: str) -> tuple[str, str]:
    """The local part, unquoted and case-folded, and the domain in lower case; either may be "" where there is none."""
    local, at, domain = address.rpartition("@")
    if not at:
        local, domain = address, ""
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = _ESCAPED.sub(r"\1", local[1:-1])
    return local.casefold(), domain.lower().rstrip(".")


def is_secret(local_part: str) -> bool:
    """Whether a local part has the shape of a secret address."""
    return local_part.startswith(SECRET_PREFIX) and len(local_part) == len(SECRET_PREFIX) + SECRET_LENGTH


def readings(local_part: str) -> Iterator[tuple[str, str]]:
    """Whose it may be and for which of their pools, the longest name first: at most as many as a name has characters.

    >>> list(readings("ann-lee+news"))
    [('ann-lee', 'news'), ('ann', 'lee+news')]
    """
    found = _SURE.search(local_part)
    end = found.start() if found else len(local_part)
    for place in range(min(end, PERSON_NAME_LENGTH_LIMIT), 0, -1):
        if place == end or local_part[place] == "-":
            yield local_part[:place], local_part[place + 1 :]


def detail_key(text: str) -> str:
    """How a detail and a pool's path are compared: `reading.python`, `Reading/Python` and `reading-python` are one."""
    return _SEPARATORS.sub("-", tag_key(text)).strip("-")


def clean_senders(senders: Iterable[str]) -> tuple[str, ...]:
    """Addresses and domains in lower case, each once, sorted; a leading "@" of a domain is left out.

    Raises ValueError with the first that is neither.
    """
    found = set()
    for sender in senders:
        text = sender.strip().lower().removeprefix("@").rstrip(".")
        if not (_SENDER if "@" in text else _DOMAIN).fullmatch(text):
            raise ValueError(sender)
        found.add(text)
    return tuple(sorted(found))


def is_allowed(sender: str, allowed: Iterable[str]) -> bool:
    """Whether a sender's address is among those, or of one of those domains or beneath it."""
    address = sender.lower()
    domain = address.rpartition("@")[2].rstrip(".")
    return any(
        address == each if "@" in each else domain == each or domain.endswith(f".{each}") for each in allowed
    )
