"""Mail at the command line: read it, take it out byte for byte, set it aside, make addresses."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING

import pytest

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.cli import main
from poolhouse.services.links import edit_link
from poolhouse.services.people import add_person, find_person
from poolhouse.services.pools import add_pool
from poolhouse.services.reading import get_item
from poolhouse.types import ItemId
from tests.conftest import principal_of
from tests.letters import receive, write_letter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from poolhouse.app.data import OpenData

RAW = write_letter("Beds", "See https://example.org/page.\n\nDig none.", Message_ID="<one@x.example>")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OpenData]:
    """A store with a person who has a message."""
    data = open_data(tmp_path / "data", SystemClock())
    data.database.write(lambda tx: add_person(tx, "anna", None))
    receive(data, RAW)
    yield data
    data.close()


@pytest.fixture
def run(store: OpenData, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., bytes]:
    """Run a command; what it printed."""
    del store

    def call(*words: str, status: int = 0) -> bytes:
        assert main([*words, "--data", str(tmp_path / "data")]) == status
        return capfdbinary.readouterr().out

    return call


def test_a_message_is_shown_and_taken_out(run: Callable[..., bytes]) -> None:
    shown = run("message", "show", "anna", "1").decode()
    assert "From: Robin <robin@elsewhere.example>" in shown
    assert "Dig none." in shown
    assert run("message", "raw", "anna", "1") == RAW
    assert b"Beds" in run("message", "thread", "anna", "1")
    assert b"Robin" in run("link", "list", "anna", "--pool", "Inbox")
    assert b"Beds" in run("link", "search", "anna", "from:robin")


def test_set_aside_and_back(run: Callable[..., bytes]) -> None:
    for words in (("archive",), ("archive", "--undo"), ("defer", "--until", "2036-01-31")):
        run("message", words[0], "anna", "1", *words[1:])
    assert b"Beds" in run("link", "list", "anna", "--pool", "Later")
    run("message", "defer", "anna", "1", "--undo")
    assert b"Beds" in run("link", "list", "anna", "--pool", "Inbox")
    run("message", "defer", "anna", "1", "--until", "soon", status=1)
    run("message", "defer", "anna", "1", "--until", "9999-12-31T23:00-09:00", status=1)


def test_a_link_in_it_is_saved(run: Callable[..., bytes]) -> None:
    run("message", "save-link", "anna", "1", "https://example.org/page")
    assert b"https://example.org/page" in run("link", "list", "anna")
    run("message", "save-link", "anna", "1", "https://example.org/other", status=1)


def test_addresses(run: Callable[..., bytes], tmp_path: Path) -> None:
    made = run("address", "add", "anna", "--label", "The Post", "--from", "post.example")
    assert re.search(rb"\tn-\w+@127\.0\.0\.1\t", made)
    (tmp_path / "data" / "poolhouse.toml").write_text('mail_domains = ["pools.example"]')
    assert re.search(
        r"^n-\w+@pools\.example$", json.loads(run("address", "list", "anna", "--json"))["address"]
    )
    assert b"disabled" in run("address", "disable", "anna", "1")
    assert b"disabled" not in run("address", "enable", "anna", "1")
    assert b"The Post" in run("address", "list", "anna")
    run("address", "own", "anna", "Me@home.example")
    assert run("address", "own", "anna") == b"me@home.example\n"
    run("address", "own", "anna", "nobody", status=1)


def test_mail_is_exported_byte_for_byte(run: Callable[..., bytes], tmp_path: Path) -> None:
    run("link", "mark", "anna", "1", "read")
    run("export", "--person", "anna", "--format", "maildir", "--to", str(tmp_path / "out"))
    (file,) = (tmp_path / "out" / "cur").iterdir()
    assert file.read_bytes() == RAW
    assert file.name.endswith(":2,S")
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0, "nobody else's to read"
    run("export", "--person", "anna", "--format", "maildir", "--to", str(tmp_path / "out"), status=1)
    run("export", "--person", "anna", "--format", "maildir", status=1)
    assert b'"type":"message"' in run("export", "--person", "anna")


def test_each_pool_is_a_folder_whatever_it_is_called(
    store: OpenData, run: Callable[..., bytes], tmp_path: Path
) -> None:
    anna = principal_of(store.database.read(lambda tx: find_person(tx, "anna")))
    names = ("v1.0", "ü" * 200, "ü" * 199 + "v")
    pools = [store.database.write(partial(add_pool, principal=anna, name=name)) for name in names]
    inner = store.database.write(lambda tx: add_pool(tx, anna, "Old", parent_id=pools[0].id))
    chosen = [pool.id for pool in (inner, *pools[1:])]
    store.database.write(lambda tx: edit_link(tx, anna, ItemId(1), pool_ids=chosen))
    said = run("export", "--person", "anna", "--format", "maildir", "--to", str(tmp_path / "out"))
    assert said == f"1 messages are in {tmp_path / 'out'}.\n".encode()
    folders = [file.parents[1].name for file in (tmp_path / "out").glob("*/cur/*")]
    assert len(set(folders)) == 3
    assert ".v1_0.Old" in folders


def test_what_an_export_misses_is_named(store: OpenData, run: Callable[..., bytes], tmp_path: Path) -> None:
    receive(store, write_letter("Second"))
    anna = principal_of(store.database.read(lambda tx: find_person(tx, "anna")))
    blob = store.database.read(lambda tx: get_item(tx, anna, ItemId(1))).blob
    store.blobs.path(blob or "").unlink()
    where = str(tmp_path / "out")
    said = run("export", "--person", "anna", "--format", "maildir", "--to", where, "--json", status=1)
    assert json.loads(said) == {"messages": 1, "missing": [1]}
    assert len(list((tmp_path / "out" / "cur").iterdir())) == 1
