"""One named secret for every reader and every script, cut off one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import InvalidInputError, NotFoundError
from poolhouse.rules.access import Verb, allows
from poolhouse.rules.names import clean_title
from poolhouse.services._access import require_own, require_pool
from poolhouse.types import ChangeKind, Principal, Scope, SecretKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.ports import Transaction
    from poolhouse.rules.vault import Vault
    from poolhouse.types import Person, PoolId, Secret, SecretId

LABEL_LENGTH = 100


def add_feed_secret(
    tx: Transaction, vault: Vault, principal: Principal, pool_id: PoolId, label: str
) -> tuple[Secret, str]:
    """A new secret for one reader of one pool; the second value is the secret, shown now and never again."""
    pool = require_pool(tx, principal, Verb.WRITE, pool_id)
    return _add(tx, vault, principal, SecretKind.FEED, label, pool.id)


def add_token(tx: Transaction, vault: Vault, principal: Principal, label: str) -> tuple[Secret, str]:
    """A new API token, which may do what its person may; the second value is the token, shown now and never again."""
    require_own(principal, Verb.WRITE)
    return _add(tx, vault, principal, SecretKind.TOKEN, label, None)


def _add(
    tx: Transaction, vault: Vault, principal: Principal, kind: SecretKind, label: str, pool_id: PoolId | None
) -> tuple[Secret, str]:
    label = clean_title(label, LABEL_LENGTH, "label")
    if not label:
        raise InvalidInputError(
            "label", "name the reader or script, so that you can tell it from others later"
        )
    text = vault.new_secret()
    secret = tx.secrets.add(principal.person_id, kind, vault.hash(text), label, pool_id)
    tx.changes.add(ChangeKind.SECRET_ADDED, principal.person_id, pool_id=pool_id)
    return secret, text


def list_secrets(
    tx: Transaction, principal: Principal, *, pool_id: PoolId | None = None, kind: SecretKind | None = None
) -> Sequence[Secret]:
    """The person's secrets, those cut off too; of one pool or kind where that is given."""
    require_own(principal, Verb.READ)
    return [
        secret
        for secret in tx.secrets.of(principal.person_id)
        if pool_id in (None, secret.pool_id) and kind in (None, secret.kind)
    ]


def cut_off(tx: Transaction, principal: Principal, secret_id: SecretId) -> Secret:
    """Stop a secret for good, from the next request on. Raises NotFoundError."""
    secret = tx.secrets.get(secret_id)
    if secret is None or not allows(principal, Verb.WRITE, secret.person_id):
        raise NotFoundError("secret")
    if secret.cut_off_at is None:
        tx.secrets.cut_off(secret_id)
        tx.changes.add(ChangeKind.SECRET_CUT_OFF, principal.person_id, pool_id=secret.pool_id)
    return secret


def open_with_secret(tx: Transaction, vault: Vault, text: str) -> tuple[Principal, Person] | None:
    """Who is behind a secret or token, or None if there is none such or it is cut off. One look-up."""
    return _opened(tx.secrets.by_hash(vault.hash(text)))


def open_with_key_of(tx: Transaction, secret_id: SecretId) -> tuple[Principal, Person] | None:
    """As `open_with_secret`, for whoever showed a key that was made of that secret, and was found good. One look-up."""
    return _opened(tx.secrets.by_id(secret_id))


def _opened(found: tuple[Secret, Person] | None) -> tuple[Principal, Person] | None:
    if found is None:
        return None
    secret, person = found
    scope = Scope.FEED if secret.kind is SecretKind.FEED else Scope.PERSON
    principal = Principal(person_id=person.id, scope=scope, pool_id=secret.pool_id, secret_id=secret.id)
    return principal, person
