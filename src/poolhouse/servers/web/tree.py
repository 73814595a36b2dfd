"""The tree of pools at the left of every page: what is in them, and who reads them as a feed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from poolhouse.services.pools import list_pools
from poolhouse.services.secrets import list_secrets
from poolhouse.types import PoolKind, PoolRole, SecretKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.ports import Transaction
    from poolhouse.types import Pool, PoolId, Principal

_ROLES = (PoolRole.BOOKMARKS, PoolRole.INBOX, PoolRole.LATER, PoolRole.ARCHIVE)


@dataclass(frozen=True, slots=True)
class Node:
    """A pool, the names of its readers, and the pools in it."""

    pool: Pool
    readers: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tree:
    """All pools of a person: as a tree, and in its order as a list."""

    roots: Sequence[Node]
    nodes: Sequence[Node]

    @property
    def pools(self) -> list[Pool]:
        """Every pool."""
        return [node.pool for node in self.nodes]

    @property
    def manual(self) -> list[Pool]:
        """The pools that links can be put into."""
        return [pool for pool in self.pools if pool.kind is PoolKind.MANUAL]


def read_tree(tx: Transaction, principal: Principal) -> Tree:
    """The person's pools: those with a role first, the others by name. Two look-ups."""
    nodes = {pool.id: Node(pool) for pool in list_pools(tx, principal)}
    for secret in list_secrets(tx, principal, kind=SecretKind.FEED):
        if secret.pool_id in nodes and secret.cut_off_at is None:
            nodes[secret.pool_id].readers.append(secret.label)
    roots: list[Node] = []
    for node in nodes.values():
        _siblings(nodes, node, roots).append(node)
    for siblings in (roots, *(node.children for node in nodes.values())):
        siblings.sort(key=_order)
    return Tree(roots, _flat(roots))


def _siblings(nodes: dict[PoolId, Node], node: Node, roots: list[Node]) -> list[Node]:
    parent = None if node.pool.parent_id is None else nodes.get(node.pool.parent_id)
    return parent.children if parent else roots


def _order(node: Node) -> tuple[int, str]:
    role = node.pool.role
    return (_ROLES.index(role) if role else len(_ROLES), node.pool.name.casefold())


def _flat(nodes: Sequence[Node]) -> list[Node]:
    return [each for node in nodes for each in (node, *_flat(node.children))]
