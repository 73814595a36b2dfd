"""Saving by mail: the link in what a person sends to their own save address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from poolhouse.rules.authentication import BAD, Verdict, results_of, verdict_of
from poolhouse.rules.names import clean_title
from poolhouse.rules.recipients import SAVE_DETAIL, is_secret, split_address
from poolhouse.rules.tags import clean_tags
from poolhouse.services.deliveries import resolve_recipient
from poolhouse.services.links import mark_item, save_link
from poolhouse.services.setting_aside import archive_item
from poolhouse.types import DeliveryPurpose, Mark, Principal, Scope

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import Envelope, Item, MessageFacts

_TAG = re.compile(r"(?:^|\s)#([^\s#]+)")


def save_from_mail(
    tx: Transaction, item: Item, envelope: Envelope, facts: MessageFacts, *, authserv: str
) -> bool:
    """Save the first link of a message that was sent to a save address; the message is then read and archived.

    Its subject is the title, but for `#tags`. Whether it did: a message without a link, to another address, or whose
    sender the trusted mail server found to be false, stays an ordinary one.
    """
    if not _is_to_save(tx, envelope) or _is_false(tx, item, facts, authserv):
        return False
    principal = Principal(person_id=item.owner_id, scope=Scope.PERSON)
    for link in facts.links:
        try:
            save_link(
                tx,
                principal,
                link.url,
                title=clean_title(_TAG.sub(" ", facts.subject)[:500]),
                tags=_tags(facts.subject),
                found_in=item.id,
            )
        except InvalidInputError:
            continue
        mark_item(tx, principal, item.id, Mark.READ, is_on=True)
        archive_item(tx, principal, item.id)
        return True
    return False


def _is_to_save(tx: Transaction, envelope: Envelope) -> bool:
    """Whether what the message was sent to saves links, as it does now. A look-up or two, for few messages."""
    local_part, _ = split_address(envelope.recipient)
    if not (is_secret(local_part) or local_part.endswith(SAVE_DETAIL)):
        return False
    try:
        recipient = resolve_recipient(tx, envelope.recipient, sender=envelope.sender)
    except (NotFoundError, ForbiddenError, ConflictError):
        return False
    return recipient.purpose is DeliveryPurpose.SAVE


def _is_false(tx: Transaction, item: Item, facts: MessageFacts, authserv: str) -> bool:
    """Whether the trusted server found the sender to be false.

    It is the envelope that says who may send there, and SPF that speaks of it, so that is asked first. What passes for
    the From counts against it only where that is one and the person's own (mail of theirs that was forwarded).
    """
    verdict = verdict_of(facts, authserv)
    if results_of(facts.authentication, authserv).get("spf") not in BAD:
        return verdict is Verdict.FAILED
    own = tx.deliveries.own_addresses(item.owner_id)
    return verdict is not Verdict.PASSED or facts.senders[0].address.lower() not in own


def _tags(subject: str) -> tuple[str, ...]:
    try:
        return clean_tags(_TAG.findall(subject))
    except InvalidInputError:
        return ()
