"""Folders of other programs as pools: made where they are missing, whatever they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.rules.names import POOL_NAME_LENGTH_LIMIT, clean_pool_name, clean_title
from poolhouse.services.pools import DEPTH_LIMIT, add_pool
from poolhouse.types import PoolKind

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import Pool, PoolId, Principal


class FolderPools:
    """The pools that folders are, beneath `base` or at the top; remembers them for the length of a transaction."""

    def __init__(self, tx: Transaction, principal: Principal, base: Pool | None) -> None:
        self._tx = tx
        self._principal = principal
        self._base = base
        self._pools: dict[tuple[str, ...], Pool] = {}

    def pool_id(self, folders: tuple[str, ...]) -> PoolId | None:
        """The pool of a path of folders, made where it is missing; for none that of `base`.

        What is deeper than pools can be goes into the last that can. Raises ConflictError.
        """
        room = DEPTH_LIMIT - (self._base.path.count("/") + 1 if self._base else 0)
        pool = self._pool(folders[: max(room, 0)])
        return pool.id if pool else None

    def _pool(self, folders: tuple[str, ...]) -> Pool | None:
        if not folders:
            return self._base
        if folders not in self._pools:
            parent = self._pool(folders[:-1])
            self._pools[folders] = self._find_or_add(parent, _pool_name(folders[-1]))
        return self._pools[folders]

    def _find_or_add(self, parent: Pool | None, name: str) -> Pool:
        """The manual pool of that name there; a saved search of the same name stays what it is."""
        for candidate in (name, *(f"{name} ({copy})" for copy in range(2, 100))):
            path = f"{parent.path}/{candidate}" if parent else candidate
            found = self._tx.pools.by_path(self._principal.person_id, path)
            if found is None:
                return add_pool(self._tx, self._principal, candidate, parent_id=parent.id if parent else None)
            if found.kind is PoolKind.MANUAL:
                return found
        raise ConflictError("pool", f"there are too many saved searches called {name}")


def _pool_name(folder: str) -> str:
    """A folder's name as a pool can have it: other programs allow what would break a path."""
    name = clean_title(folder.replace("/", "-"), limit=len(folder))[: POOL_NAME_LENGTH_LIMIT - 5].strip()
    try:
        return clean_pool_name(name)
    except InvalidInputError:
        return "Unnamed"  # "", "." or ".."
