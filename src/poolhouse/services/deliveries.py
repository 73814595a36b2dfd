"""Addresses that mail is sent to: whom one stands for, and the secret ones that people make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from poolhouse.rules.access import Verb, allows
from poolhouse.rules.names import clean_title
from poolhouse.rules.recipients import (
    SAVE_DETAIL,
    clean_senders,
    detail_key,
    is_allowed,
    is_secret,
    readings,
    split_address,
)
from poolhouse.services._access import require_own
from poolhouse.services.links import target_pool
from poolhouse.types import DeliveryPurpose, PoolKind, Recipient

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poolhouse.ports import Transaction
    from poolhouse.rules.vault import Vault
    from poolhouse.types import DeliveryAddress, DeliveryAddressId, Person, PoolId, Principal

LABEL_LENGTH = 200
ADDRESS_LIMIT = 1_000
SENDER_LIMIT = 100
POSTMASTER = "postmaster"
"""Always there, without a domain too (RFC 5321 §4.5.1); the first account's that is not disabled."""


def resolve_recipient(
    tx: Transaction, address: str, *, sender: str = "", domains: Sequence[str] = ()
) -> Recipient:
    """Whom an address stands for; `domains` are ours, none: any. One look-up for most.

    A detail that names none of the person's pools leads to the Inbox: mail is not lost for a typing error. Raises
    NotFoundError (nobody, disabled, another's domain), ForbiddenError (that sender may not send there).
    """
    local_part, domain = split_address(address)
    is_bare_postmaster = local_part == POSTMASTER and not domain
    if domains and domain not in domains and not is_bare_postmaster:
        raise NotFoundError("address")
    if is_secret(local_part) and (found := tx.deliveries.by_local_part(local_part)):
        return _secret(tx, found, address, sender)
    person, detail = _person(tx, local_part)
    if detail == SAVE_DETAIL:
        if not is_allowed(sender, tx.deliveries.own_addresses(person.id)):
            raise ForbiddenError("only its person may send there")
        return Recipient(address=address, person_id=person.id, purpose=DeliveryPurpose.SAVE)
    pool_id = _pool_of(tx, person, detail) if detail else None
    return Recipient(address=address, person_id=person.id, purpose=DeliveryPurpose.KEEP, pool_id=pool_id)


def _secret(tx: Transaction, found: DeliveryAddress, address: str, sender: str) -> Recipient:
    person = tx.persons.get(found.person_id)
    if found.disabled_at is not None or person is None or person.is_disabled:
        raise NotFoundError("address")
    if found.allowed_senders and not is_allowed(sender, found.allowed_senders):
        raise ForbiddenError("this sender may not send there")
    return Recipient(
        address=address,
        person_id=person.id,
        purpose=found.purpose,
        pool_id=found.pool_id,
        address_id=found.id,
    )


def _person(tx: Transaction, local_part: str) -> tuple[Person, str]:
    for name, detail in readings(local_part):
        person = tx.persons.by_name(name)
        if name == POSTMASTER and (person is None or person.is_disabled):
            able = [each for each in tx.persons.all() if not each.is_disabled]
            person = min(able, key=lambda each: each.id, default=None)
        if person is not None:
            if person.is_disabled:  # their mail is nobody else's, whose name may be the beginning of theirs
                break
            return person, detail
    raise NotFoundError("address")


def _pool_of(tx: Transaction, person: Person, detail: str) -> PoolId | None:
    wanted = detail_key(detail)
    pools = [pool for pool in tx.pools.of(person.id) if pool.kind is PoolKind.MANUAL]
    return next((pool.id for pool in pools if detail_key(pool.path) == wanted), None)


def add_delivery_address(
    tx: Transaction,
    vault: Vault,
    principal: Principal,
    *,
    label: str,
    pool_id: PoolId | None = None,
    purpose: DeliveryPurpose = DeliveryPurpose.KEEP,
    allowed_senders: Iterable[str] = (),
) -> DeliveryAddress:
    """Make a secret address. Raises InvalidInputError, NotFoundError (the pool), ConflictError (too many)."""
    require_own(principal, Verb.WRITE)
    if len(tx.deliveries.of(principal.person_id)) >= ADDRESS_LIMIT:
        raise ConflictError("address", f"there are {ADDRESS_LIMIT:,} addresses already")
    return tx.deliveries.add(
        principal.person_id,
        vault.new_local_part(),
        purpose=purpose,
        label=_label(label),
        pool_id=_target(tx, principal, pool_id),
        allowed_senders=_senders(allowed_senders),
    )


def edit_delivery_address(
    tx: Transaction,
    principal: Principal,
    address_id: DeliveryAddressId,
    *,
    label: str,
    pool_id: PoolId | None,
    allowed_senders: Iterable[str],
) -> DeliveryAddress:
    """Change what is said of a secret address. Raises InvalidInputError, NotFoundError."""
    get_delivery_address(tx, principal, address_id, Verb.WRITE)
    tx.deliveries.edit(
        address_id,
        label=_label(label),
        pool_id=_target(tx, principal, pool_id),
        allowed_senders=_senders(allowed_senders),
    )
    return get_delivery_address(tx, principal, address_id)


def disable_delivery_address(
    tx: Transaction, principal: Principal, address_id: DeliveryAddressId
) -> DeliveryAddress:
    """Refuse what is sent there, from the next message on. Raises NotFoundError."""
    get_delivery_address(tx, principal, address_id, Verb.WRITE)
    tx.deliveries.set_disabled(address_id, tx.now)
    return get_delivery_address(tx, principal, address_id)


def enable_delivery_address(
    tx: Transaction, principal: Principal, address_id: DeliveryAddressId
) -> DeliveryAddress:
    """Take mail there again. Raises NotFoundError."""
    get_delivery_address(tx, principal, address_id, Verb.WRITE)
    tx.deliveries.set_disabled(address_id, None)
    return get_delivery_address(tx, principal, address_id)


def get_delivery_address(
    tx: Transaction, principal: Principal, address_id: DeliveryAddressId, verb: Verb = Verb.READ
) -> DeliveryAddress:
    """One secret address. Raises NotFoundError."""
    found = tx.deliveries.get(address_id)
    if found is None or not allows(principal, verb, found.person_id):
        raise NotFoundError("address")
    return found


def list_delivery_addresses(tx: Transaction, principal: Principal) -> Sequence[DeliveryAddress]:
    """The person's secret addresses, newest first."""
    require_own(principal, Verb.READ)
    return tx.deliveries.of(principal.person_id)


def own_addresses(tx: Transaction, principal: Principal) -> Sequence[str]:
    """The addresses that the person writes from."""
    require_own(principal, Verb.READ)
    return tx.deliveries.own_addresses(principal.person_id)


def set_own_addresses(tx: Transaction, principal: Principal, addresses: Iterable[str]) -> Sequence[str]:
    """Say which addresses the person writes from: what comes from there to the save address saves its link.

    Raises InvalidInputError.
    """
    require_own(principal, Verb.WRITE)
    cleaned = _senders(addresses)
    for each in cleaned:
        if "@" not in each:
            raise InvalidInputError("addresses", f"{each!r} is not an address such as me@example.org")
    tx.deliveries.set_own_addresses(principal.person_id, cleaned)
    return own_addresses(tx, principal)


def _label(text: str) -> str:
    label = clean_title(text, LABEL_LENGTH, "label")
    if not label:
        raise InvalidInputError("label", "Say who will write there, so that you know it again.")
    return label


def _target(tx: Transaction, principal: Principal, pool_id: PoolId | None) -> PoolId | None:
    return None if pool_id is None else target_pool(tx, principal, pool_id).id


def _senders(senders: Iterable[str]) -> tuple[str, ...]:
    try:
        cleaned = clean_senders(senders)
    except ValueError as error:
        raise InvalidInputError(
            "senders", f"{str(error)[:80]!r} is neither an address nor a domain"
        ) from None
    if len(cleaned) > SENDER_LIMIT:
        raise InvalidInputError("senders", f"More than {SENDER_LIMIT} senders are given.")
    return cleaned
