"""Pools: a tree for each person, by path and by role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from poolhouse.types import CaptureMode, PersonId, Pool, PoolId, PoolKind, PoolRole, Seq


class Pools(Protocol):
    """Pools of all people; a trashed pool is found only by `get` and `trashed`."""

    def add(
        self,
        owner_id: PersonId,
        name: str,
        *,
        kind: PoolKind,
        parent_id: PoolId | None = None,
        role: PoolRole | None = None,
        query: str | None = None,
        capture: CaptureMode = ...,
        feed_text: bool = False,
    ) -> Pool:
        """Add a pool; its path is free (ask `by_path` first). A computed one captures nothing, whatever is asked."""

    def get(self, pool_id: PoolId) -> Pool | None: ...
    def by_path(self, owner_id: PersonId, path: str) -> Pool | None:
        """The live pool of that path, compared without case."""

    def by_role(self, owner_id: PersonId, role: PoolRole) -> Pool:
        """The pool of a role that is there from the start."""

    def find_role(self, owner_id: PersonId, role: PoolRole) -> Pool | None:
        """The live pool of any role; None where it was not made yet."""

    def set_role(self, pool_id: PoolId, role: PoolRole) -> None: ...
    def of(self, owner_id: PersonId) -> Sequence[Pool]:
        """Every live pool, by path."""

    def trashed(self, owner_id: PersonId) -> Sequence[Pool]: ...
    def computed(self, owner_id: PersonId) -> Sequence[tuple[PoolId, str]]:
        """The live computed pools with their queries: what every save asks, so no more than that."""

    def under(self, pool_id: PoolId) -> Sequence[Pool]:
        """The pool and everything beneath it, parents first."""

    def place(self, pool_id: PoolId, *, name: str, parent_id: PoolId | None) -> None:
        """Rename and move; the paths beneath follow."""

    def set_query(self, pool_id: PoolId, query: str) -> None: ...
    def set_capture(self, pool_id: PoolId, mode: CaptureMode) -> None: ...
    def set_feed_text(self, pool_id: PoolId, *, is_on: bool) -> None: ...
    def set_skips_inbox(self, pool_id: PoolId, *, is_on: bool) -> None: ...
    def skipping(self, owner_id: PersonId) -> Sequence[PoolId]:
        """The live computed pools whose messages skip the Inbox."""

    def set_trashed(self, pool_ids: Sequence[PoolId], at: datetime | None) -> None: ...
    def touch(self, pool_id: PoolId, version: Seq) -> None:
        """Say that a reader could see a change: sets `version` and moves `changed_at` on."""
