"""Passwords for elsewhere: unreadable without their key, and for any other purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.app.sealing import FileSealer
from poolhouse.errors import StoreDamagedError
from poolhouse.store.backup import back_up, restore
from poolhouse.store.verify import verify

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def sealer(tmp_path_factory: pytest.TempPathFactory) -> FileSealer:
    return FileSealer(tmp_path_factory.mktemp("keys"))


@given(secret=st.text(), purpose=st.text())
def test_what_is_sealed_opens_again_for_its_purpose_alone(
    sealer: FileSealer, secret: str, purpose: str
) -> None:
    sealed = sealer.seal(secret, purpose)
    assert sealer.unseal(sealed, purpose) == secret
    assert sealer.unseal(sealed, purpose + "x") is None
    assert sealer.seal(secret, purpose) != sealed


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_what_was_tampered_with_opens_nothing(sealer: FileSealer, place: int, bit: int) -> None:
    sealed = bytearray(sealer.seal("a password", "account"))
    sealed[place % len(sealed)] ^= 1 << bit
    assert sealer.unseal(bytes(sealed), "account") is None
    assert sealer.unseal(bytes(sealed[: place % len(sealed)]), "account") is None


def test_the_key_is_its_owners_and_made_once(tmp_path: Path) -> None:
    sealed = FileSealer(tmp_path).seal("a", "b")
    key = tmp_path / "credentials.key"
    assert key.stat().st_mode & 0o777 == 0o600
    FileSealer(tmp_path).seal("c", "d")
    assert FileSealer(tmp_path).unseal(sealed, "b") == "a"
    assert [path.name for path in tmp_path.iterdir()] == ["credentials.key"]


def test_another_key_or_none_opens_nothing(tmp_path: Path) -> None:
    sealer = FileSealer(tmp_path)
    sealed = sealer.seal("a", "b")
    key = tmp_path / "credentials.key"
    key.unlink()
    assert sealer.unseal(sealed, "b") is None
    key.write_bytes(b"k" * 32)
    assert sealer.unseal(sealed, "b") is None
    key.write_bytes(b"short")
    assert sealer.unseal(sealed, "b") is None
    with pytest.raises(StoreDamagedError):
        sealer.seal("a", "b")


def test_a_backup_has_the_key_and_a_restored_house_reads_its_passwords(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    open_data(directory, SystemClock()).close()
    sealed = FileSealer(directory).seal("a", "b")
    back_up(directory, tmp_path / "backup.tar", SystemClock(), lambda _done, _all: None)
    restore(tmp_path / "backup.tar", tmp_path / "restored")
    assert FileSealer(tmp_path / "restored").unseal(sealed, "b") == "a"
    assert verify(tmp_path / "restored").faults == ()
    (tmp_path / "restored" / "credentials.key").chmod(0o644)
    assert "credentials.key" in verify(tmp_path / "restored").faults[0]
