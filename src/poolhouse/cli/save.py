"""`poolhouse save`: keep a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command
from poolhouse.cli._shared import opened, output_of, pool_named, principal_named
from poolhouse.cli.link import item_data
from poolhouse.services.links import Saved, save_link

if TYPE_CHECKING:
    import argparse

    from poolhouse.ports import Transaction


def add(commands: Any) -> None:
    """Declare the command."""
    parser = command(
        commands,
        "save",
        run,
        "keep a link; the same page saved again is refreshed, not doubled",
        "poolhouse save https://example.org --person anna --pool Bookmarks --tag python",
    )
    parser.add_argument("url", metavar="URL")
    parser.add_argument("--person", required=True, metavar="NAME")
    parser.add_argument("--pool", help="the pool's path (default: Bookmarks)")
    parser.add_argument("--title", default="", help="default: the page's own, fetched by the server")
    parser.add_argument("--note", default="")
    parser.add_argument("--tag", action="append", default=[], help="may be given more than once")


def run(arguments: argparse.Namespace) -> int:
    """Save."""

    def save(tx: Transaction) -> Saved:
        principal = principal_named(tx, arguments.person)
        pool = pool_named(tx, principal, arguments.pool)
        return save_link(
            tx,
            principal,
            arguments.url,
            pool_id=pool.id if pool else None,
            title=arguments.title,
            note=arguments.note,
            tags=arguments.tag,
        )

    with opened(arguments) as data:
        saved = data.database.write(save)
    words = "Saved" if saved.is_new else "Saved again"
    output_of(arguments).say(f"{words}: {saved.item.url}", {**item_data(saved.item), "is_new": saved.is_new})
    return 0
