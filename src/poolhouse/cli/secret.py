"""`poolhouse secret`: one named secret for every reader of a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.cli._parser import command, group
from poolhouse.cli._shared import addresses_of, opened, output_of, pool_named, principal_named
from poolhouse.errors import NotFoundError
from poolhouse.services.secrets import add_feed_secret, cut_off, list_secrets
from poolhouse.types import FeedFormat, SecretId, SecretKind

if TYPE_CHECKING:
    import argparse

    from poolhouse.ports import Transaction
    from poolhouse.types import Secret


def add(commands: Any) -> None:
    """Declare the commands."""
    secrets = group(commands, "secret", "readers' secrets: add, list, cut-off")
    parser = command(
        secrets,
        "add",
        run_add,
        "make a secret for one reader and print the pool's addresses with it, once",
        "poolhouse secret add anna --pool Bookmarks --label newsboat",
    )
    parser.add_argument("name", metavar="NAME", help="the person whose pool it is")
    parser.add_argument("--pool", required=True, help="the pool's path, such as Reading/Python")
    parser.add_argument("--label", required=True, help="which reader it is for")
    parser = command(
        secrets, "list", run_list, "list readers, with their last use", "poolhouse secret list anna"
    )
    parser.add_argument("name", metavar="NAME")
    add_cut_off(secrets, "secret")


def add_cut_off(commands: Any, what: str) -> None:
    """Declare `cut-off`, which tokens share."""
    parser = command(
        commands,
        "cut-off",
        run_cut_off,
        f"stop a {what} for good, at once",
        f"poolhouse {what} cut-off anna 3",
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("id", type=int, metavar="ID", help="its number in the list")


def run_add(arguments: argparse.Namespace) -> int:
    """Print a new secret and the addresses it opens."""

    def make(tx: Transaction) -> tuple[Secret, str]:
        principal = principal_named(tx, arguments.name)
        pool = pool_named(tx, principal, arguments.pool)
        if pool is None:
            raise NotFoundError("pool")
        return add_feed_secret(tx, data.vault, principal, pool.id, arguments.label)

    with opened(arguments) as data:
        secret, text = data.database.write(make)
        person = data.database.read(lambda tx: tx.persons.get(secret.person_id))
    assert person is not None
    assert secret.pool_id is not None
    addresses = addresses_of(arguments)
    path = {each.value: addresses.feed(secret.pool_id, each, text) for each in FeedFormat}
    basic = {each.value: addresses.basic_feed(secret.pool_id, each, person.name, text) for each in FeedFormat}
    lines = [f"Secret for {secret.label}, shown this once: {text}", ""]
    lines += ["For any reader (secret in the address):", *(f"  {url}" for url in path.values()), ""]
    lines += ["For readers that know HTTP Basic:", *(f"  {url}" for url in basic.values())]
    output_of(arguments).say(
        "\n".join(lines),
        {**secret_data(secret), "name": person.name, "secret": text, "path": path, "basic": basic},
    )
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    """List the readers, one a line."""
    with opened(arguments) as data:
        secrets = data.database.read(
            lambda tx: list_secrets(tx, principal_named(tx, arguments.name), kind=SecretKind.FEED)
        )
    for secret in secrets:
        use = secret.last_use
        last = f"last asked {use.at:%Y-%m-%d %H:%M} UTC, answered {use.status}" if use else "never used"
        state = "cut off" if secret.cut_off_at else last
        output_of(arguments).say(
            f"{secret.id}\t{secret.label}\tpool {secret.pool_id}\t{state}", secret_data(secret)
        )
    return 0


def run_cut_off(arguments: argparse.Namespace) -> int:
    """Stop a secret or token."""
    with opened(arguments) as data:
        secret = data.database.write(
            lambda tx: cut_off(tx, principal_named(tx, arguments.name), SecretId(arguments.id))
        )
    output_of(arguments).say(f"{secret.label} is cut off.", {"id": secret.id, "label": secret.label})
    return 0


def secret_data(secret: Secret) -> dict[str, Any]:
    """A secret for programs, without the secret."""
    use = secret.last_use
    return {
        "id": secret.id,
        "label": secret.label,
        "kind": secret.kind.value,
        "pool_id": secret.pool_id,
        "created_at": secret.created_at.isoformat(),
        "last_used_at": use.at.isoformat() if use else None,
        "last_used_by": use.user_agent if use else None,
        "last_status": use.status if use else None,
        "cut_off_at": secret.cut_off_at.isoformat() if secret.cut_off_at else None,
    }
