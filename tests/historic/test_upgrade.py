"""Every release's database opens in this one, whole: the frozen files are kept for ever and never made anew.

`python -m tests.historic.freeze VERSION` makes the file of a release, once, when it is released.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.services.passwords import is_password
from poolhouse.services.reading import list_entries, search_items
from poolhouse.services.secrets import open_with_secret
from poolhouse.store.database import FILE_NAME, migrations
from poolhouse.store.verify import verify
from poolhouse.types import Principal, Scope
from tests.historic.freeze import PASSWORD, PERSON, SECRET_FILE

RELEASES = sorted(path for path in Path(__file__).parent.iterdir() if (path / FILE_NAME).exists())


def test_there_is_one() -> None:
    assert RELEASES


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_release_upgrades_whole(release: Path, tmp_path: Path) -> None:
    directory = tmp_path / "data"
    shutil.copytree(release, directory)
    directory.chmod(0o700)
    for path in directory.iterdir():
        path.chmod(0o600)
    data = open_data(directory, SystemClock())
    try:
        assert data.database.writing.pragma("user_version") == migrations()[-1][0]
        person = data.database.read(lambda tx: tx.persons.by_name(PERSON))
        assert person is not None
        principal = Principal(person_id=person.id, scope=Scope.PERSON)
        password_hash = data.database.read(lambda tx: tx.persons.password_hash(person.id))
        assert is_password(password_hash, PASSWORD)
        pools = {pool.path: pool for pool in data.database.read(lambda tx: tx.pools.of(person.id))}
        assert {"Bookmarks", "Inbox", "Reading", "Reading/Python", "Tagged"} <= set(pools)
        entries = data.database.read(lambda tx: list_entries(tx, principal, pools["Tagged"].id))
        assert [entry.item.title for entry in entries] == ["Ünïcode & <markup>", "A page"]
        found = data.database.read(lambda tx: search_items(tx, principal, "unicode"))
        assert [item.title for item in found] == ["Ünïcode & <markup>"]
        secret = (release / SECRET_FILE).read_text("ascii").strip()
        assert data.database.read(lambda tx: open_with_secret(tx, data.vault, secret)) is not None
    finally:
        data.close()
    assert verify(directory).faults == ()
