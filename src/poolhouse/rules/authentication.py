"""Authentication-Results: what the mail server that we trust says of a message's sender (RFC 8601).

Anybody can write such a header. The server that hands us mail puts its own on top and takes those away that claim to be
its own (RFC 8601 §5), so only the topmost ones with its name count, and only where that name was configured. What
stands in them is partly the sender's choice all the same, such as the address behind `smtp.mailfrom=`: a result counts
only where a statement begins, and nothing counts in quotes or comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from poolhouse.types import MessageFacts

_OUTSIDE: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[();]|[^"();]+', re.DOTALL)
_IN_COMMENT: Final = re.compile(r"[^()\\]+|\\.?|[()]", re.DOTALL)
_RESULT: Final = re.compile(r"\s*(dmarc|dkim|spf)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY: Final = re.compile(r"(?<!\S)(header\.(?:d|i|from)|smtp\.mailfrom)\s*=\s*(\S+)", re.IGNORECASE)
BAD: Final = frozenset({"fail", "permerror", "softfail", "policy"})
"""The results that speak against a sender; the others say nothing."""


class Verdict(StrEnum):
    """Whether a message's sender was checked, and what came of it."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not-checked"


@dataclass(frozen=True, slots=True)
class _Statement:
    """One method's result, and the domains that it is about."""

    method: str
    result: str
    domains: tuple[str, ...]

    def is_about(self, domain: str) -> bool:
        """Whether it is about that domain, one beneath or one above it (much as DMARC relaxed, RFC 7489 §3.1)."""
        return any(
            each == domain != "" or _is_beneath(each, domain) or _is_beneath(domain, each)
            for each in self.domains
        )


def results_of(headers: Sequence[str], authserv: str) -> dict[str, str]:
    """What the trusted server found, by method (spf, dkim, dmarc), in lower case.

    `headers` are the values, topmost first. Of several signatures one that passes counts; of several results of another
    method the worst. Empty where the server says nothing, or none is trusted.
    """
    return _summed(_statements(headers, authserv))


def verdict_of(facts: MessageFacts, authserv: str) -> Verdict:
    """One word for it, about the From that people see.

    DMARC's word, where there is one. Else a signature or an SPF result counts for it only if it is about the domain in
    From: everybody can sign with a domain of their own.
    """
    statements = tuple(_statements(facts.authentication, authserv))
    found = _summed(statements)
    domain = _domain_in(facts.senders[0].address) if len(facts.senders) == 1 else ""
    dmarc = [each for each in statements if each.method == "dmarc"]
    if found.get("dmarc") == "pass":
        is_ours = len(facts.senders) == 1 and all(each.is_about(domain) for each in dmarc if each.domains)
        return Verdict.PASSED if is_ours else Verdict.NOT_CHECKED
    if found.get("dmarc") in BAD:
        return Verdict.FAILED
    if any(each.result == "pass" and each.is_about(domain) for each in statements):
        return Verdict.PASSED
    is_bad = found.get("spf") in BAD or (found.get("dkim") in BAD and found.get("spf") != "pass")
    return Verdict.FAILED if is_bad else Verdict.NOT_CHECKED


def _summed(statements: Iterable[_Statement]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in statements:
        if each.method not in found or _weight(each.method, each.result) > _weight(
            each.method, found[each.method]
        ):
            found[each.method] = each.result
    return found


def _weight(method: str, result: str) -> int:
    if method == "dkim":
        return result == "pass"
    return (result != "pass") + (result in BAD)


def _statements(headers: Sequence[str], authserv: str) -> Iterator[_Statement]:
    for header in headers if authserv else ():
        name, *rest = _split(header)
        words = name.split()
        if not words or words[0].lower() != authserv.lower():
            return
        for text in rest:
            if found := _RESULT.match(text):
                domains = [_domain_in(value) for _, value in _PROPERTY.findall(text, found.end())]
                yield _Statement(found[1].lower(), found[2].lower(), tuple(domains))


def _split(header: str) -> list[str]:
    """What stands between the semicolons, without comments and what is quoted. Linear in the length."""
    pieces = [""]
    position = depth = 0
    while position < len(header):
        token = (_IN_COMMENT if depth else _OUTSIDE).match(header, position)
        assert token is not None
        position, text = token.end(), token[0]
        if text == "(":
            depth += 1
            pieces[-1] += " "
        elif text == ")":
            depth = max(depth - 1, 0)
        elif depth:
            continue
        elif text == ";":
            pieces.append("")
        else:
            pieces[-1] += '""' if text[0] == '"' else text
    return pieces


def _is_beneath(domain: str, other: str) -> bool:
    return "." in other and domain.endswith(f".{other}")


def _domain_in(value: str) -> str:
    return value.rpartition("@")[2].lower().rstrip(".")
