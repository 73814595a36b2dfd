"""`poolhouse pool`: make, rename, nest, delete and bring back pools."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command, group
from poolhouse.cli._shared import opened, output_of, pool_named, principal_named
from poolhouse.errors import InvalidInputError
from poolhouse.services.pools import add_pool, edit_pool, find_pool, list_pools, restore_pool, trash_pool
from poolhouse.types import CaptureMode, PoolId

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.types import Pool


def add(commands: Any) -> None:
    """Declare the commands."""
    pools = group(commands, "pool", "pools: list, add, edit, delete, restore")
    command(pools, "list", run_list, "list a person's pools", "poolhouse pool list anna").add_argument(
        "person", metavar="NAME"
    )
    parser = command(
        pools,
        "add",
        run_add,
        "make a pool, or a saved search with --query",
        "poolhouse pool add anna Reading/Python --query 'tag:python is:unread'",
    )
    parser.add_argument("person", metavar="NAME")
    parser.add_argument("path", metavar="PATH", help="the pools above it must be there")
    parser.add_argument("--query", help="fill it with what this search finds, now and later")
    _add_capture(parser)
    parser = command(
        pools,
        "edit",
        run_edit,
        "rename or move a pool, change its search or what it keeps of pages",
        "poolhouse pool edit anna Old --to A/New --capture full",
    )
    parser.add_argument("person", metavar="NAME")
    parser.add_argument("path", metavar="PATH")
    parser.add_argument("--to", metavar="PATH", help="its new path")
    parser.add_argument("--query", help="the new search of a saved search")
    _add_capture(parser)
    parser = command(
        pools,
        "delete",
        run_delete,
        "move a pool and what is only in it to the trash",
        "poolhouse pool delete anna Old",
    )
    parser.add_argument("person", metavar="NAME")
    parser.add_argument("path", metavar="PATH")
    parser = command(
        pools, "restore", run_restore, "bring back a deleted pool", "poolhouse pool restore anna 7"
    )
    parser.add_argument("person", metavar="NAME")
    parser.add_argument("id", type=int, metavar="ID")


def _add_capture(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--capture",
        choices=[mode.value for mode in CaptureMode],
        help="what is kept of the pages of links saved into it. off: title, description and icon; text: the readable"
        " text and a picture, too (as a new pool does); full: the whole page in one file, too",
    )
    parser.add_argument(
        "--feed-text",
        action=argparse.BooleanOptionalAction,
        help="whether the entries of its feed carry the captured text",
    )
    parser.add_argument(
        "--skips-inbox",
        action=argparse.BooleanOptionalAction,
        help="of a saved search: whether messages that it finds when they come go to the Archive, not to the Inbox",
    )


def run_list(arguments: argparse.Namespace) -> int:
    """List the pools by path."""
    with opened(arguments) as data:
        for pool in data.database.read(lambda tx: list_pools(tx, principal_named(tx, arguments.person))):
            search = f"\tsearch: {pool.query}" if pool.query else ""
            output_of(arguments).say(f"{pool.id}\t{pool.path}\t{pool.entry_count:,}{search}", pool_data(pool))
    return 0


def _split(path: str) -> tuple[str | None, str]:
    parent, _, name = path.strip("/").rpartition("/")
    return parent or None, name


def run_add(arguments: argparse.Namespace) -> int:
    """Make a pool."""

    def make(tx: Transaction) -> Pool:
        principal = principal_named(tx, arguments.person)
        parent_path, name = _split(arguments.path)
        parent = pool_named(tx, principal, parent_path)
        return add_pool(
            tx,
            principal,
            name,
            parent_id=parent.id if parent else None,
            query=arguments.query,
            capture=_capture(arguments),
            feed_text=bool(arguments.feed_text),
            skips_inbox=bool(arguments.skips_inbox),
        )

    with opened(arguments) as data:
        return _say(arguments, "Made", data.database.write(make))


def run_edit(arguments: argparse.Namespace) -> int:
    """Rename, move, change the search."""
    names = ("to", "query", "capture", "feed_text", "skips_inbox")
    if all(getattr(arguments, name) is None for name in names):
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in names)
        raise InvalidInputError("--to", f"say what shall change, by one of {flags}")

    def edit(tx: Transaction) -> Pool:
        principal = principal_named(tx, arguments.person)
        pool = find_pool(tx, principal, arguments.path)
        parent_path, name = (None, None) if arguments.to is None else _split(arguments.to)
        parent = pool_named(tx, principal, parent_path)
        return edit_pool(
            tx,
            principal,
            pool.id,
            name=name,
            parent_id=parent.id if parent else None,
            is_moved=arguments.to is not None,
            query=arguments.query,
            capture=_capture(arguments),
            feed_text=arguments.feed_text,
            skips_inbox=arguments.skips_inbox,
        )

    with opened(arguments) as data:
        return _say(arguments, "Changed", data.database.write(edit))


def _capture(arguments: argparse.Namespace) -> CaptureMode | None:
    return None if arguments.capture is None else CaptureMode(arguments.capture)


def run_delete(arguments: argparse.Namespace) -> int:
    """Move to the trash."""

    def delete(tx: Transaction) -> Pool:
        principal = principal_named(tx, arguments.person)
        return trash_pool(tx, principal, find_pool(tx, principal, arguments.path).id)

    with opened(arguments) as data:
        pool = data.database.write(delete)
    undo = f" Undo: poolhouse pool restore {arguments.person} {pool.id}"
    output_of(arguments).say(f"Deleted {pool.path}.{undo}", pool_data(pool))
    return 0


def run_restore(arguments: argparse.Namespace) -> int:
    """Bring back."""
    with opened(arguments) as data:
        pool = data.database.write(
            lambda tx: restore_pool(tx, principal_named(tx, arguments.person), PoolId(arguments.id))
        )
        return _say(arguments, "Brought back", pool)


def _say(arguments: argparse.Namespace, verb: str, pool: Pool) -> int:
    output_of(arguments).say(f"{verb} {pool.path} (number {pool.id}).", pool_data(pool))
    return 0


def pool_data(pool: Pool) -> dict[str, Any]:
    """A pool for programs."""
    return {
        "id": pool.id,
        "path": pool.path,
        "kind": pool.kind.value,
        "role": pool.role.value if pool.role else None,
        "query": pool.query,
        "capture": pool.capture.value,
        "feed_text": pool.feed_text,
        "skips_inbox": pool.skips_inbox,
        "entry_count": pool.entry_count,
        "version": pool.version,
    }
