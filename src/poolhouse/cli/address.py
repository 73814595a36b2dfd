"""`poolhouse address`: secret addresses that mail can be sent to, and those that a person writes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command, group
from poolhouse.cli._shared import addresses_of, opened, output_of, pool_named, principal_named
from poolhouse.services.deliveries import (
    add_delivery_address,
    disable_delivery_address,
    enable_delivery_address,
    list_delivery_addresses,
    own_addresses,
    set_own_addresses,
)
from poolhouse.types import DeliveryAddressId, DeliveryPurpose

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from poolhouse.ports import Transaction
    from poolhouse.types import DeliveryAddress, Principal


def add(commands: Any) -> None:
    """Declare the commands."""
    addresses = group(commands, "address", "addresses for mail: add, list, disable, enable, own")
    parser = command(
        addresses,
        "add",
        run_add,
        "make a secret address, one for each newsletter",
        "poolhouse address add anna --label 'The Post' --pool Newsletters",
    )
    parser.add_argument("person", metavar="NAME")
    parser.add_argument("--label", required=True, help="who will write there")
    parser.add_argument("--pool", help="the pool that it goes to (default: Inbox)")
    parser.add_argument(
        "--save", action="store_true", help="save the link in what comes, instead of keeping it"
    )
    parser.add_argument(
        "--from", action="append", default=[], dest="senders", metavar="ADDRESS|DOMAIN",
        help="only these may send there; may be given more than once",
    )  # fmt: skip
    parser = command(
        addresses, "list", run_list, "list secret addresses, newest first", "poolhouse address list anna"
    )
    parser.add_argument("person", metavar="NAME")
    for name, run, summary in (
        ("disable", run_disable, "refuse what is sent to an address"),
        ("enable", run_enable, "take mail at an address again"),
    ):
        parser = command(addresses, name, run, summary, f"poolhouse address {name} anna 3")
        parser.add_argument("person", metavar="NAME")
        parser.add_argument("id", type=int, metavar="ID", help="its number in the list")
    parser = command(
        addresses,
        "own",
        run_own,
        "say from which addresses a person writes: mail from there to NAME+save@ saves its link",
        "poolhouse address own anna me@example.org",
    )
    parser.add_argument("person", metavar="NAME")
    parser.add_argument("addresses", nargs="*", metavar="ADDRESS", help="all of them; none: show what is set")


def run_add(arguments: argparse.Namespace) -> int:
    """Make an address."""
    with opened(arguments) as data:

        def make(tx: Transaction) -> DeliveryAddress:
            principal = principal_named(tx, arguments.person)
            pool = pool_named(tx, principal, arguments.pool)
            return add_delivery_address(
                tx,
                data.vault,
                principal,
                label=arguments.label,
                pool_id=pool.id if pool else None,
                purpose=DeliveryPurpose.SAVE if arguments.save else DeliveryPurpose.KEEP,
                allowed_senders=arguments.senders,
            )

        made = data.database.write(make)
    _say(arguments, made)
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    """List addresses."""
    with opened(arguments) as data:
        found = data.database.read(
            lambda tx: list_delivery_addresses(tx, principal_named(tx, arguments.person))
        )
    _say(arguments, *found)
    return 0


def run_disable(arguments: argparse.Namespace) -> int:
    """Disable an address."""
    return _change(arguments, disable_delivery_address)


def run_enable(arguments: argparse.Namespace) -> int:
    """Enable an address."""
    return _change(arguments, enable_delivery_address)


def _change(
    arguments: argparse.Namespace,
    change: Callable[[Transaction, Principal, DeliveryAddressId], DeliveryAddress],
) -> int:
    address_id = DeliveryAddressId(arguments.id)
    with opened(arguments) as data:
        changed = data.database.write(
            lambda tx: change(tx, principal_named(tx, arguments.person), address_id)
        )
    _say(arguments, changed)
    return 0


def run_own(arguments: argparse.Namespace) -> int:
    """Set or show the addresses that a person writes from."""
    with opened(arguments) as data:
        if arguments.addresses:
            found = data.database.write(
                lambda tx: set_own_addresses(tx, principal_named(tx, arguments.person), arguments.addresses)
            )
        else:
            found = data.database.read(lambda tx: own_addresses(tx, principal_named(tx, arguments.person)))
    for address in found:
        output_of(arguments).say(address, {"address": address})
    return 0


def _say(arguments: argparse.Namespace, *found: DeliveryAddress) -> None:
    addresses, output = addresses_of(arguments), output_of(arguments)
    for each in found:
        full = addresses.mailbox(each.local_part)
        state = "  disabled" if each.disabled_at else ""
        output.say(
            f"{each.id}\t{full}\t{each.label}  ({each.use_count} came){state}",
            {
                "id": each.id,
                "address": full,
                "label": each.label,
                "purpose": each.purpose.value,
                "pool_id": each.pool_id,
                "allowed_senders": list(each.allowed_senders),
                "use_count": each.use_count,
                "is_disabled": each.disabled_at is not None,
            },
        )
