"""`poolhouse link`: find, change, delete and bring back what was saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command, group
from poolhouse.cli._shared import opened, output_of, pool_named, principal_named
from poolhouse.services.links import edit_link, mark_item
from poolhouse.services.reading import list_entries, list_tags, search_items
from poolhouse.services.trash import list_trash, restore_item, trash_item
from poolhouse.types import ItemId, Mark, reading_minutes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from poolhouse.ports import Transaction
    from poolhouse.types import Item


def add(commands: Any) -> None:
    """Declare the commands."""
    links = group(commands, "link", "saved links: list, search, tags, trash, edit, mark, delete, restore")
    parser = _command(
        links, "list", run_list, "list a pool, newest first", "poolhouse link list anna --pool Reading"
    )
    parser.add_argument("--pool", default="Bookmarks", help="default: %(default)s")
    _add_page(parser)
    parser = _command(
        links, "search", run_search, "search, newest first", "poolhouse link search anna 'tag:python asyncio'"
    )
    parser.add_argument("query", metavar="QUERY")
    _add_page(parser)
    _command(links, "tags", run_tags, "list the tags in use", "poolhouse link tags anna")
    _add_page(_command(links, "trash", run_trash, "list the trash", "poolhouse link trash anna"))
    parser = _command(
        links, "edit", run_edit, "change what is given", "poolhouse link edit anna 12 --title New"
    )
    _add_id(parser)
    parser.add_argument("--url")
    parser.add_argument("--title")
    parser.add_argument("--note")
    parser.add_argument("--tags", help="all its tags, separated by commas")
    parser.add_argument(
        "--pool", action="append", help="all the pools it shall be in; may be given more than once"
    )
    parser = _command(links, "mark", run_mark, "set or clear a mark", "poolhouse link mark anna 12 starred")
    _add_id(parser)
    parser.add_argument("mark", choices=[mark.value for mark in Mark])
    parser.add_argument("--off", action="store_true", help="clear it")
    _add_id(_command(links, "delete", run_delete, "move to the trash", "poolhouse link delete anna 12"))
    _add_id(
        _command(links, "restore", run_restore, "bring back from the trash", "poolhouse link restore anna 12")
    )


def _command(links: Any, name: str, run: Any, summary: str, example: str) -> argparse.ArgumentParser:
    parser = command(links, name, run, summary, example)
    parser.add_argument("person", metavar="NAME")
    return parser


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=int, metavar="ID", help="the link's number, as `list` prints it")


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=50, help="at most so many (default: %(default)s)")


def _say(arguments: argparse.Namespace, items: Sequence[Item]) -> int:
    for item in items:
        tags = f"  [{', '.join(item.tags)}]" if item.tags else ""
        where = item.url or item.author  # a message is from somebody
        output_of(arguments).say(f"{item.id}\t{item.title}{tags}\n\t{where}", item_data(item))
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    """List a pool."""

    def ask(tx: Transaction) -> list[Item]:
        principal = principal_named(tx, arguments.person)
        pool = pool_named(tx, principal, arguments.pool)
        assert pool is not None
        return [entry.item for entry in list_entries(tx, principal, pool.id, limit=arguments.limit)]

    with opened(arguments) as data:
        return _say(arguments, data.database.read(ask))


def run_search(arguments: argparse.Namespace) -> int:
    """Search."""
    with opened(arguments) as data:
        return _say(
            arguments,
            data.database.read(
                lambda tx: search_items(
                    tx, principal_named(tx, arguments.person), arguments.query, limit=arguments.limit
                )
            ),
        )


def run_tags(arguments: argparse.Namespace) -> int:
    """List tags."""
    with opened(arguments) as data:
        for tag, count in data.database.read(lambda tx: list_tags(tx, principal_named(tx, arguments.person))):
            output_of(arguments).say(f"{count}\t{tag}", {"tag": tag, "count": count})
    return 0


def run_trash(arguments: argparse.Namespace) -> int:
    """List the trash."""
    with opened(arguments) as data:
        return _say(
            arguments,
            data.database.read(
                lambda tx: list_trash(tx, principal_named(tx, arguments.person), limit=arguments.limit)
            ),
        )


def run_edit(arguments: argparse.Namespace) -> int:
    """Change a link."""

    def edit(tx: Transaction) -> Item:
        principal = principal_named(tx, arguments.person)
        pools = arguments.pool and [pool_named(tx, principal, path) for path in arguments.pool]
        return edit_link(
            tx,
            principal,
            ItemId(arguments.id),
            url=arguments.url,
            title=arguments.title,
            note=arguments.note,
            tags=None if arguments.tags is None else arguments.tags.split(","),
            pool_ids=pools and [pool.id for pool in pools if pool],
        )

    with opened(arguments) as data:
        return _say(arguments, [data.database.write(edit)])


def run_mark(arguments: argparse.Namespace) -> int:
    """Set or clear a mark."""
    with opened(arguments) as data:
        item = data.database.write(
            lambda tx: mark_item(
                tx,
                principal_named(tx, arguments.person),
                ItemId(arguments.id),
                Mark(arguments.mark),
                is_on=not arguments.off,
            )
        )
        return _say(arguments, [item])


def run_delete(arguments: argparse.Namespace) -> int:
    """Move to the trash."""
    with opened(arguments) as data:
        item = data.database.write(
            lambda tx: trash_item(tx, principal_named(tx, arguments.person), ItemId(arguments.id))
        )
    words = f"Deleted {item.title}. Undo: poolhouse link restore {arguments.person} {item.id}"
    output_of(arguments).say(words, item_data(item))
    return 0


def run_restore(arguments: argparse.Namespace) -> int:
    """Bring back."""
    with opened(arguments) as data:
        item = data.database.write(
            lambda tx: restore_item(tx, principal_named(tx, arguments.person), ItemId(arguments.id))
        )
        return _say(arguments, [item])


def item_data(item: Item) -> dict[str, Any]:
    """An item for programs."""
    return {
        "id": item.id,
        "kind": item.kind.value,
        "url": item.url,
        "title": item.title,
        "author": item.author,
        "note": item.note,
        "description": item.description,
        "tags": list(item.tags),
        "marks": sorted(item.marks),
        "created_at": item.created_at.isoformat(),
        "saved_at": item.saved_at.isoformat(),
        "changed_at": item.changed_at.isoformat(),
        "page": item.page_state.value,
        "page_error": item.page_error,
        "capture_id": item.capture_id,
        "capture_count": item.capture_count,
        "word_count": item.word_count,
        "reading_minutes": reading_minutes(item.word_count),
        "language": item.language,
        "checked_at": item.checked_at.isoformat() if item.checked_at else None,
        "dead_since": item.dead_since.isoformat() if item.dead_since else None,
        "dead_reason": item.dead_reason,
        "found_in": item.found_in,
        "attachment_count": item.attachment_count,
        "deferred_until": item.deferred_until.isoformat() if item.deferred_until else None,
        "trashed_at": item.trashed_at.isoformat() if item.trashed_at else None,
    }
