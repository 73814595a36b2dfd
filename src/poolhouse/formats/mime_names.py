"""Names of attachments made fit for a file: no path, no controls, no marks that turn it round (RFC 2183)."""

from __future__ import annotations

import re
from typing import Final

from poolhouse.formats.text import clean

NAME_BYTES: Final = 200
_ENDING_LENGTH: Final = 16
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff]"
)
_UNFIT: Final = re.compile(r'[<>:"|?*]')
_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def clean_file_name(name: str) -> str:
    """Return a name that can be a file's on any system, or "" where nothing of it can; at most 200 bytes of UTF-8.

    What stands before the last slash or backslash is left out (RFC 2183 §2.3). The ending stays where the rest is cut.
    """
    if not name:
        return ""
    name = re.split(r"[/\\]", name)[-1]
    name = clean(_UNSEEN.sub("", name).replace("\t", " ").replace("\n", " ").replace("\r", " "))
    name = " ".join(_UNFIT.sub("_", name).split()).strip(". ")
    if _DEVICE.fullmatch(name):
        name = f"_{name}"
    if len(name.encode()) <= NAME_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > _ENDING_LENGTH:
        stem, ending = name, ""
    room = NAME_BYTES - len(ending.encode()) - 1
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ")
    return f"{stem}.{ending}" if ending else stem
