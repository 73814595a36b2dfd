"""Answering a message: an address that the person's own mail program opens (RFC 6068)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from poolhouse.types import MessageFacts

_REFERENCES_LIMIT: Final = 10
_SUBJECT_LIMIT: Final = 300
_ANSWERS: Final = re.compile(r"(?:re|aw|sv|antw)\s*(?:\[\d+\])?:", re.IGNORECASE)
_SPACES: Final = re.compile(r"\s+")


def reply_url(facts: MessageFacts) -> str:
    """The `mailto:` that answers a message within its conversation; "" where there is nobody to answer to."""
    people = [each.address for each in facts.reply_to or facts.senders if "@" in each.address]
    if not people:
        return ""
    fields = {"subject": _answer(facts.subject)}
    if facts.message_id:
        fields["in-reply-to"] = _name(facts.message_id)
        # the first began the conversation, the last are the nearest (RFC 5322 §3.6.4)
        parents = list(dict.fromkeys((*facts.references, facts.message_id)))
        if len(parents) > _REFERENCES_LIMIT:
            parents = [parents[0], *parents[1 - _REFERENCES_LIMIT :]]
        fields["references"] = " ".join(map(_name, parents))
    to = ",".join(_quoted(each, "@") for each in people)
    return f"mailto:{to}?" + "&".join(f"{name}={_quoted(value)}" for name, value in fields.items())


def _answer(subject: str) -> str:
    subject = _SPACES.sub(" ", subject).strip()[:_SUBJECT_LIMIT]
    return subject if _ANSWERS.match(subject) else f"Re: {subject}".strip()


def _name(message_id: str) -> str:
    return f"<{_SPACES.sub('', message_id)}>"


def _quoted(text: str, safe: str = "") -> str:
    return quote(text.encode("utf-8", "replace"), safe=safe)
