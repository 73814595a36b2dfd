"""Maildirs: what names say of messages, and of folders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.maildir import MaildirFlags, decode_utf7, folder_names, read_flags


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("1700000000.M1P2.host,S=120,W=125:2,FRS", MaildirFlags(is_read=True, is_starred=True)),
        ("1700000000.M1P2.host:2,", MaildirFlags()),
        ("1700000000.M1P2.host", MaildirFlags()),
        ("1700000000.M1P2.host:2,ST", MaildirFlags(is_read=True, is_deleted=True)),
        ("1700000000.M1P2.host;2,Sab", MaildirFlags(is_read=True)),
        ("1700000000.S:1,S", MaildirFlags()),
    ],
)
def test_flags(name: str, flags: MaildirFlags) -> None:
    assert read_flags(name) == flags


@pytest.mark.parametrize(
    ("directory", "names"),
    [
        (".Work.Old", ("Work", "Old")),
        (".INBOX.Work", ("Work",)),
        (".Entw&APw-rfe", ("Entwürfe",)),
        (".R&-D", ("R&D",)),
        (".&zz-.&AP8", ("&zz-", "&AP8")),
        (".&U,BTFw-", ("台北",)),
        (".Größe", ("Größe",)),
        ("..", ()),
    ],
)
def test_folders(directory: str, names: tuple[str, ...]) -> None:
    assert folder_names(directory) == names


@given(st.text())
def test_any_name_is_decoded_without_an_error(name: str) -> None:
    assert isinstance(decode_utf7(name), str)
    if "&" not in name:
        assert decode_utf7(name) == name
