"""A feed as a head, one fragment an entry, and a tail: it can be cut to size, or built from parts that were kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poolhouse.types import FeedDocument, FeedEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedWriter:
    """How one format writes.

    `head` writes all before the first entry, `entry` one entry given the address that stands in for a link it
    refuses. Every fragment is UTF-8 and safe on its own, and depends on nothing but those arguments.
    """

    head: Callable[[FeedDocument], bytes]
    entry: Callable[[FeedEntry, str], bytes]
    separator: bytes
    tail: bytes

    def fragments(self, document: FeedDocument) -> list[bytes]:
        """Return one fragment an entry, in the document's order."""
        return [self.entry(entry, document.home_url) for entry in document.entries]

    def assemble(self, head: bytes, fragments: Sequence[bytes]) -> bytes:
        """Return the document made of a head and entry fragments of this format."""
        return b"".join((head, self.separator.join(fragments), self.tail))

    def render(self, document: FeedDocument) -> bytes:
        """Return the whole document."""
        return self.assemble(self.head(document), self.fragments(document))

    def render_within(
        self,
        document: FeedDocument,
        limit_bytes: int,
        next_url_for: Callable[[int], str | None] | None = None,
    ) -> tuple[bytes, int]:
        """Return the document with as many leading entries as fit in `limit_bytes`, and how many those are.

        One entry is used even where it does not fit. Where entries are left out, `next_url_for(count)` gives the
        address of those after the first `count`; without it the document's own `next_url` stays. Each entry is
        rendered once, the head at most once a count tried.
        """
        return self.assemble_within(document, self.fragments(document), limit_bytes, next_url_for)

    def assemble_within(
        self,
        document: FeedDocument,
        fragments: Sequence[bytes],
        limit_bytes: int,
        next_url_for: Callable[[int], str | None] | None = None,
    ) -> tuple[bytes, int]:
        """As `render_within`, of fragments that are made already."""
        whole = self.assemble(self.head(document), fragments)
        if len(whole) <= limit_bytes or len(fragments) < 2:
            return whole, len(fragments)
        sizes = accumulate(len(fragment) for fragment in fragments)
        count = min(len(fragments) - 1, sum(size <= limit_bytes for size in sizes))
        while True:
            count = max(count, 1)
            next_url = next_url_for(count) if next_url_for else document.next_url
            cut = self.assemble(self.head(replace(document, next_url=next_url)), fragments[:count])
            if len(cut) <= limit_bytes or count == 1:
                return cut, count
            count -= 1
