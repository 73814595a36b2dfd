"""`poolhouse message`: read mail, take it out byte for byte, set it aside."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command, group
from poolhouse.cli._shared import opened, output_of, principal_named
from poolhouse.cli.link import item_data
from poolhouse.errors import InvalidInputError, NotFoundError
from poolhouse.formats.dates import rfc3339
from poolhouse.services.messages import (
    get_message,
    mailing_lists,
    message_bodies,
    save_found_link,
    thread_of,
)
from poolhouse.services.reading import get_item
from poolhouse.services.setting_aside import archive_item, defer_item, unarchive_item, undefer_item
from poolhouse.types import ItemId, MessageFacts

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

    from poolhouse.ports import Transaction
    from poolhouse.types import Item, Mailbox, Message, MessageBodies, Principal

_NOTHING = MessageFacts()


def add(commands: Any) -> None:
    """Declare the commands."""
    messages = group(
        commands, "message", "mail: show, raw, thread, lists, save-link, archive, defer; list it with `link`"
    )
    _add(messages, "show", run_show, "show what a message says", "poolhouse message show anna 12")
    _add(
        messages,
        "raw",
        run_raw,
        "write a message byte for byte as it came",
        "poolhouse message raw anna 12 > message.eml",
    )
    _add(
        messages,
        "thread",
        run_thread,
        "list its conversation, oldest first",
        "poolhouse message thread anna 12",
    )
    parser = command(
        messages,
        "lists",
        run_lists,
        "list the mailing lists that mail came from",
        "poolhouse message lists anna",
    )
    parser.add_argument("person", metavar="NAME")
    parser = _add(
        messages,
        "save-link",
        run_save_link,
        "save a link that stands in a message",
        "poolhouse message save-link anna 12 https://example.org/",
    )
    parser.add_argument("url", metavar="URL")
    parser = _add(
        messages,
        "archive",
        run_archive,
        "put a message or link into the Archive",
        "poolhouse message archive anna 12",
    )
    parser.add_argument("--undo", action="store_true", help="take it out again")
    parser = _add(
        messages,
        "defer",
        run_defer,
        "put a message or link into Later until a time",
        "poolhouse message defer anna 12 --until 2036-01-31T08:00",
    )
    until = parser.add_mutually_exclusive_group(required=True)
    until.add_argument(
        "--until", metavar="TIME", help="a day, or a day and a time, in UTC unless it says otherwise"
    )
    until.add_argument("--undo", action="store_true", help="bring it back now")


def _add(
    messages: Any, name: str, run: Callable[[argparse.Namespace], int], summary: str, example: str
) -> argparse.ArgumentParser:
    parser = command(messages, name, run, summary, example)
    parser.add_argument("person", metavar="NAME")
    parser.add_argument("id", type=int, metavar="ID", help="the item's number, as `link list` prints it")
    return parser


def run_show(arguments: argparse.Namespace) -> int:
    """Show a message."""

    def ask(tx: Transaction) -> tuple[Item, Message, MessageBodies | None]:
        principal, item_id = principal_named(tx, arguments.person), ItemId(arguments.id)
        message = get_message(tx, principal, item_id)
        return get_item(tx, principal, item_id), message, message_bodies(tx, principal, item_id)

    with opened(arguments) as data:
        item, message, bodies = data.database.read(ask)
    facts = message.facts or _NOTHING
    text = bodies.text if bodies else item.page_error or "It was not read yet."
    lines = [
        f"From: {_names(facts.senders)}",
        f"To: {_names((*facts.to, *facts.cc))}",
        f"Subject: {item.title}",
        f"Received: {rfc3339(message.received_at)}",
        *(f"Attachment: {part.path} {part.name} ({part.size_bytes:,} bytes)" for part in facts.attachments),
        *(f"Beware: {warning}" for warning in facts.warnings),
        "",
        text,
    ]
    output_of(arguments).say(
        "\n".join(lines), {**item_data(item), "text": text, "warnings": list(facts.warnings)}
    )
    return 0


def run_raw(arguments: argparse.Namespace) -> int:
    """Write the bytes of a message."""
    with opened(arguments) as data:
        item = data.database.read(
            lambda tx: get_item(tx, principal_named(tx, arguments.person), ItemId(arguments.id))
        )
        content = data.blobs.get(item.blob) if item.blob else None
    if content is None:
        raise NotFoundError("message")
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
    return 0


def run_thread(arguments: argparse.Namespace) -> int:
    """List a conversation."""
    with opened(arguments) as data:
        for item in data.database.read(
            lambda tx: thread_of(tx, principal_named(tx, arguments.person), ItemId(arguments.id))
        ):
            _say(arguments, item)
    return 0


def run_lists(arguments: argparse.Namespace) -> int:
    """List mailing lists."""
    with opened(arguments) as data:
        found = data.database.read(lambda tx: mailing_lists(tx, principal_named(tx, arguments.person)))
    for list_id, name, count in found:
        output_of(arguments).say(
            f"{count}\t{list_id}\t{name}", {"list_id": list_id, "name": name, "count": count}
        )
    return 0


def run_save_link(arguments: argparse.Namespace) -> int:
    """Save a link of a message."""
    with opened(arguments) as data:
        saved = data.database.write(
            lambda tx: save_found_link(
                tx, principal_named(tx, arguments.person), ItemId(arguments.id), arguments.url
            )
        )
    _say(arguments, saved.item)
    return 0


def run_archive(arguments: argparse.Namespace) -> int:
    """Archive, or undo that."""
    return _change(arguments, unarchive_item if arguments.undo else archive_item)


def run_defer(arguments: argparse.Namespace) -> int:
    """Defer, or undo that."""
    if arguments.undo:
        return _change(arguments, undefer_item)
    until = _time(arguments.until)
    return _change(arguments, lambda tx, me, item_id: defer_item(tx, me, item_id, until))


def _change(arguments: argparse.Namespace, change: Callable[[Transaction, Principal, ItemId], Item]) -> int:
    with opened(arguments) as data:
        item = data.database.write(
            lambda tx: change(tx, principal_named(tx, arguments.person), ItemId(arguments.id))
        )
    _say(arguments, item)
    return 0


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInputError("until", f"{text!r} is no time such as 2036-01-31T08:00") from None


def _say(arguments: argparse.Namespace, item: Item) -> None:
    sender = f"  ({item.author})" if item.author else ""
    output_of(arguments).say(f"{item.id}\t{item.title}{sender}", item_data(item))


def _names(mailboxes: Iterable[Mailbox]) -> str:
    return ", ".join(f"{each.name} <{each.address}>" if each.name else each.address for each in mailboxes)
