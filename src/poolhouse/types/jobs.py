"""What is to be done about items, as entries of the tuple space: a service puts them, a worker of `app` takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Read the page at `url` for an item, where that is still the item's address; `is_again`: somebody asked for it."""

    KIND: ClassVar[str] = "read-page"
    item_id: int
    url: str
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class CheckLink:
    """Look whether `url` still leads anywhere."""

    KIND: ClassVar[str] = "check-link"
    item_id: int
    url: str


@dataclass(frozen=True, slots=True)
class ImportFile:
    """Save the bookmarks of a file that somebody sent: the blob `blob`, called `name`, into a pool or each its own."""

    KIND: ClassVar[str] = "import-file"
    blob: str
    pool_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class ReadMail:
    """Read what those of a person's messages say that this reader has not read: new ones, and all after an upgrade."""

    KIND: ClassVar[str] = "read-mail"
    person_id: int


@dataclass(frozen=True, slots=True)
class ImportMail:
    """Keep the messages of a file that somebody sent, an mbox or one message: the blob `blob`, called `name`."""

    KIND: ClassVar[str] = "import-mail"
    blob: str
    pool_id: int
    name: str
