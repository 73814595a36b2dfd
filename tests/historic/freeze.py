"""Makes the frozen data directory of a release: a little of everything that a store can hold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.services.links import mark_item, save_link
from poolhouse.services.passwords import hash_password
from poolhouse.services.people import add_person
from poolhouse.services.pools import add_pool, trash_pool
from poolhouse.services.secrets import add_feed_secret, add_token, cut_off
from poolhouse.services.trash import trash_item
from poolhouse.types import Mark, Principal, Scope

if TYPE_CHECKING:
    from poolhouse.ports import Transaction
    from poolhouse.rules.vault import Vault

PERSON, PASSWORD, SECRET_FILE = "anna", "correct horse battery", "secret-of-a-reader.txt"


def fill(tx: Transaction, vault: Vault) -> str:
    """A person, pools, links, tags, marks, a saved search, trash, and secrets; returns a reader's secret."""
    person = add_person(tx, PERSON, hash_password(PASSWORD))
    add_person(tx, "bob", None)
    principal = Principal(person_id=person.id, scope=Scope.PERSON)
    reading = add_pool(tx, principal, "Reading")
    python = add_pool(tx, principal, "Python", parent_id=reading.id)
    add_pool(tx, principal, "Tagged", query="tag:kept")
    save_link(tx, principal, "https://example.org/1", title="A page", tags=["kept"], pool_id=python.id)
    save_link(
        tx,
        principal,
        "https://example.org/2",
        title="Ünïcode & <markup>",
        note="x\n\ny",
        tags=["kept", "b c"],
    )
    starred = save_link(tx, principal, "https://example.org/3").item
    mark_item(tx, principal, starred.id, Mark.STARRED, is_on=True)
    trash_item(tx, principal, save_link(tx, principal, "https://example.org/4", tags=["kept"]).item.id)
    trash_pool(tx, principal, add_pool(tx, principal, "Gone").id)
    add_token(tx, vault, principal, "script")
    old, _ = add_feed_secret(tx, vault, principal, python.id, "old reader")
    cut_off(tx, principal, old.id)
    return add_feed_secret(tx, vault, principal, python.id, "reader")[1]


def main(version: str) -> None:
    """Write tests/historic/VERSION/; refuses to write over one that is there."""
    directory = Path(__file__).parent / version
    directory.mkdir()
    data = open_data(directory, SystemClock())
    secret = data.database.write(lambda tx: fill(tx, data.vault))
    data.close()
    (directory / SECRET_FILE).write_text(secret + "\n", "ascii")


if __name__ == "__main__":
    main(sys.argv[1])
