"""What about the sender of a message looks like deceit, each as a sentence for its reader."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from poolhouse.formats.mail_addresses import domain_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poolhouse.types.message import Mailbox

_ADDRESS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_LABEL_LENGTH: Final = 63
# Alphabets whose letters look like those of another (UTS #39 §5.1); Japanese and Korean mix theirs as they should.
_ALPHABETS: Final = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "GEORGIAN"})


def sender_warnings(senders: Sequence[Mailbox], reply_to: Sequence[Mailbox], list_id: str) -> Iterator[str]:
    """Yield what is odd about who sent a message and who would get the answer."""
    for sender in senders[:1]:
        yield from _name_warnings(sender)
        yield from _domain_warnings(domain_of(sender.address))
    own = domain_of(senders[0].address) if senders else ""
    for mailbox in reply_to[:1]:
        domain = domain_of(mailbox.address)
        # a list may have its answers
        if own and domain and not _is_related(own, domain) and not (list_id and _is_related(domain, list_id)):
            yield f"An answer would go to {mailbox.address}, not to where it says it comes from."


def _name_warnings(sender: Mailbox) -> Iterator[str]:
    for found in _ADDRESS.finditer(sender.name) if "@" in sender.name else ():
        if found[0].casefold() != sender.address.casefold():
            address = sender.address or "no address"
            yield f"The sender's name says {found[0]}, but the message says it is from {address}."
            return


def _domain_warnings(domain: str) -> Iterator[str]:
    if domain.isascii() and "xn--" not in domain:
        return
    shown = ".".join(_shown(label) for label in domain.split("."))
    if any(len(_alphabets(label)) > 1 for label in shown.split(".")):
        yield f"The sender's domain {shown} mixes letters of several alphabets that look alike ({_ascii(domain)})."
    elif not shown.isascii():
        yield f"The sender's domain {shown} has letters that may look like others ({_ascii(domain)})."
    else:
        yield f"The sender's domain {domain} is written in a way that nothing can read."


def _shown(label: str) -> str:
    """A label of a domain as programs show it (RFC 3492), or as it is."""
    if not label.startswith("xn--") or len(label) > _LABEL_LENGTH:
        return label
    try:
        shown = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError, ValueError):
        return label
    return shown if shown.isprintable() and "." not in shown else label


def _ascii(domain: str) -> str:
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
        for label in domain.split(".")
    )


def _alphabets(label: str) -> set[str]:
    return {
        name
        for letter in label[:_LABEL_LENGTH]
        if letter.isalpha() and (name := unicodedata.name(letter, "").split(" ")[0]) in _ALPHABETS
    }


def _is_related(one: str, other: str) -> bool:
    """Whether two domains are the same, or one lies in the other, or both within one of two names or more."""
    if one == other or one.endswith(f".{other}") or other.endswith(f".{one}"):
        return True
    ours, theirs = one.split("."), other.split(".")
    shared = 0
    while shared < min(len(ours), len(theirs)) and ours[-1 - shared] == theirs[-1 - shared]:
        shared += 1
    # `co.uk` is no one's: without the list of such, two short labels do not count
    return shared > 2 or (shared == 2 and len(ours[-2]) > 3)
