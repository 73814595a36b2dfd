"""Labels of Gmail's: split, and understood in the languages that are known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.formats.takeout import Labels, read_labels, split_labels


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Inbox,Unread", Labels(is_in_inbox=True, is_read=False)),
        ("Archiviert,Geöffnet,Markiert", Labels(is_starred=True)),
        ("Messages envoyés,Ouvert", Labels(folders=(("Sent",),))),
        ("Enviados", Labels(folders=(("Sent",),))),
        ("Verzonden", Labels(folders=(("Sent",),))),
        ("Posteingang,Ungelesen,Wichtig", Labels(is_in_inbox=True, is_read=False, tags=("important",))),
        ("Work/Clients,Inbox", Labels(is_in_inbox=True, folders=(("Work", "Clients"),))),
        ('"Bills, old",Opened', Labels(folders=(("Bills, old",),))),
        ("Category Promotions,Opened", Labels(tags=("promotions",))),
        ("Kategorie „Werbung“", Labels(tags=("werbung",))),
        ("Chat", Labels(is_chat=True)),
        ("Spam,Trash,Drafts", Labels(folders=(("Drafts",), ("Spam",), ("Trash",)))),
        ("受信トレイ", Labels(folders=(("受信トレイ",),))),
        ("/,//", Labels()),
        ("", Labels()),
    ],
)
def test_labels(text: str, labels: Labels) -> None:
    assert read_labels(text) == labels


def test_quoted_labels() -> None:
    assert split_labels('a, "b, \\"c\\"" ,,d,a') == ("a", 'b, "c"', "d")
    assert split_labels('"never closed, b') == ('"never closed', "b")


@given(st.text(alphabet='a",\\ é/', max_size=60))
def test_any_text_gives_labels_without_commas_outside_quotes(text: str) -> None:
    labels = split_labels(text)
    assert len(set(labels)) == len(labels)
    assert "" not in labels
    if '"' not in text:
        assert labels == tuple(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))


def test_no_more_than_can_be_labels() -> None:
    assert len(split_labels(",".join(map(str, range(10_000))))) == 200
