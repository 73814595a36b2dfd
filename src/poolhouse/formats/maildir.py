"""Maildir: a file a message, whose name says what was done with it (cr.yp.to/proto/maildir.html, Maildir++)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import Final

# Where a colon cannot stand in a name, programs put another sign in its place.
_FLAGS: Final = re.compile(r"[:;!]2,([A-Za-z]*)$")
_BASE64_RUN: Final = re.compile(r"&([A-Za-z0-9+,]*)-")
MESSAGE_DIRECTORIES: Final = ("cur", "new")


@dataclass(frozen=True, slots=True)
class MaildirFlags:
    """What a message's name says of it."""

    is_read: bool = False
    is_starred: bool = False
    is_deleted: bool = False


def read_flags(name: str) -> MaildirFlags:
    """Return what the name of a file in `cur` says: seen, flagged, to be deleted. One without says nothing was done."""
    found = _FLAGS.search(name)
    flags = found[1] if found else ""
    return MaildirFlags(is_read="S" in flags, is_starred="F" in flags, is_deleted="T" in flags)


def folder_names(directory: str) -> tuple[str, ...]:
    """Return the folders that a Maildir++ directory stands for: ".Work.Old" is Old in Work.

    Names beyond ASCII are in the UTF-7 of IMAP (RFC 3501 §5.1.3), or UTF-8. "INBOX" in front names no folder.
    """
    names = tuple(decode_utf7(name) for name in directory.strip(".").split(".") if name)
    return names[1:] if names[:1] and names[0].upper() == "INBOX" else names


def decode_utf7(name: str) -> str:
    """Return a mailbox name out of IMAP's modified UTF-7 (RFC 3501 §5.1.3); what is none of it stays as it is."""
    return _BASE64_RUN.sub(_run, name)


def _run(found: re.Match[str]) -> str:
    run = found[1].replace(",", "/")
    if not run:
        return "&"
    try:
        return binascii.a2b_base64(run + "=" * (-len(run) % 4)).decode("utf-16-be")
    except ValueError:
        return found[0]
