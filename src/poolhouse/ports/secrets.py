"""Secrets: what readers and scripts show instead of a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poolhouse.types import Person, PersonId, PoolId, ReaderUse, Secret, SecretId, SecretKind


class Secrets(Protocol):
    """Readers' secrets and API tokens, found by their keyed hash, or their number. One index look-up each."""

    def add(
        self, person_id: PersonId, kind: SecretKind, secret_hash: bytes, label: str, pool_id: PoolId | None
    ) -> Secret: ...
    def get(self, secret_id: SecretId) -> Secret | None: ...
    def by_hash(self, secret_hash: bytes) -> tuple[Secret, Person] | None:
        """The secret if it is not cut off and its person is not disabled, with that person."""

    def by_id(self, secret_id: SecretId) -> tuple[Secret, Person] | None:
        """As `by_hash`, for what was made of a secret and names it."""

    def of(self, person_id: PersonId) -> Sequence[Secret]: ...
    def cut_off(self, secret_id: SecretId) -> None: ...
    def record_uses(self, uses: Iterable[tuple[SecretId, ReaderUse]]) -> None: ...
