"""Facets: made-up words in the search index, so that a condition costs what a word costs."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from poolhouse.rules.query import split_words
from poolhouse.rules.urls import site_of


def owner_facet(owner_id: int) -> str:
    """Stands in every item of that person."""
    return f"o{owner_id}"


def tag_facet(tag_id: int) -> str:
    """Stands in every item that bears the tag."""
    return f"t{tag_id}"


def pool_facet(pool_id: int) -> str:
    """Stands in every item of the pool."""
    return f"p{pool_id}"


def kind_facet(kind: str) -> str:
    """Stands in every item of the kind."""
    return f"k{kind}"


UNTAGGED_FACET = "untagged"
# no words of any text: FTS5 walks through every place of a word, whichever column is asked for
CAPTURED_FACET = "iscaptured"
DEAD_FACET = "isdead"
ATTACHMENT_FACET = "hasattachment"
FROM_MARK = "mf"
TO_MARK = "mt"
LIST_MARK = "ml"
"""Stand before the words of a message's senders, recipients and list: no other facet begins so."""


@lru_cache(maxsize=4096)
def site_facet(host: str) -> str:
    """Stands in every item whose host is `host` or beneath it; hashed, because a host is not one word to FTS5."""
    return "h" + blake2b(host.encode("utf-8", "replace"), digest_size=8).hexdigest()


def facets_of(
    owner_id: int, kind: str, url: str, tag_ids: str, pool_ids: str, *, is_captured: bool, is_dead: bool
) -> str:
    """All facets of an item; `tag_ids` and `pool_ids` are joined by commas, as SQL gives them."""
    words = [owner_facet(owner_id), kind_facet(kind)]
    words += [CAPTURED_FACET] * is_captured + [DEAD_FACET] * is_dead
    words += [f"t{tag_id}" for tag_id in tag_ids.split(",") if tag_id] or [UNTAGGED_FACET]
    words += [f"p{pool_id}" for pool_id in pool_ids.split(",") if pool_id]
    labels = site_of(url).split(".")
    words += [site_facet(".".join(labels[start:])) for start in range(len(labels))]
    return " ".join(words)


def mail_facets(senders: str, recipients: str, list_id: str, *, has_attachment: bool) -> list[str]:
    """The facets of a message: its correspondents' words in their order, so that phrases and beginnings are found."""
    words = [ATTACHMENT_FACET] * has_attachment
    for mark, text in ((FROM_MARK, senders), (TO_MARK, recipients), (LIST_MARK, list_id)):
        words += [f"{mark}{word}" for word in split_words(text.lower())]
    return words
