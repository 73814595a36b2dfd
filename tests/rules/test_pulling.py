"""What to fetch, what to leave, when to ask again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.pulling import (
    BATCH_BYTES,
    BATCH_SIZE,
    LONGEST_WAIT_SECONDS,
    PASSING_CODES,
    back_off,
    begin_folder,
    changed_marks,
    count_refusals,
    folder_path,
    is_inbox,
    marks_of,
    new_uids,
    plan_batches,
)
from poolhouse.types import FolderProgress, Mark, RemoteFlags

LIMIT = 20 * 1024 * 1024
uids = st.integers(1, 2**32 - 1)
sizes = st.dictionaries(uids, st.integers(0, 2 * LIMIT), max_size=300).map(
    lambda found: sorted(found.items())
)
flags = st.builds(RemoteFlags, is_read=st.booleans(), is_starred=st.booleans())
progresses = st.builds(
    FolderProgress, uid_validity=st.integers(1, 5), last_uid=st.integers(0, 50), mod_seq=st.integers(0, 50)
)


@given(sizes)
def test_every_message_is_in_one_batch_in_order(found: list[tuple[int, int]]) -> None:
    batches = list(plan_batches(iter(found), message_bytes=LIMIT))
    assert [uid for batch in batches for uid in sorted(batch.uids + batch.too_large)] == [
        uid for uid, _ in found
    ]
    size_of = dict(found)
    for batch in batches:
        assert 1 <= len(batch.uids) + len(batch.too_large) <= BATCH_SIZE
        assert batch.last_uid == max(batch.uids + batch.too_large)
        assert all(size_of[uid] > LIMIT for uid in batch.too_large)
        assert batch.size_bytes == sum(size_of[uid] for uid in batch.uids)
        assert batch.size_bytes <= BATCH_BYTES or len(batch.uids) == 1
        assert all(size_of[uid] <= LIMIT for uid in batch.uids)


@given(sizes)
def test_batches_are_planned_while_sizes_come(found: list[tuple[int, int]]) -> None:
    """Not all sizes of a large folder are asked for before anything is fetched."""
    asked = []

    def ask() -> object:
        for each in found:
            asked.append(each)
            yield each

    batches = plan_batches(ask(), message_bytes=LIMIT)  # type: ignore[arg-type]  # a generator of pairs
    if next(batches, None) is not None:
        assert len(asked) <= BATCH_SIZE + 1


@given(st.lists(uids), uids)
def test_only_later_messages_are_new(found: list[int], last_uid: int) -> None:
    new = new_uids([*found, last_uid], last_uid)  # the last one is always found
    assert list(new) == sorted(set(new))
    assert set(new) == {uid for uid in found if uid > last_uid}


codes = st.sampled_from(["", "NONEXISTENT", *PASSING_CODES])


@given(st.dictionaries(uids, codes, min_size=1), st.lists(st.none() | st.booleans(), max_size=20))
def test_an_outage_counts_for_no_message(refused: dict[int, str], tries: list[bool | None]) -> None:
    counts: dict[int, int] = {}
    for is_another_given in tries:
        counts = count_refusals(counts, refused.items(), is_another_given=is_another_given)
    for uid, code in refused.items():
        own = tries.count(True) + tries.count(None) * (code not in PASSING_CODES)
        assert counts.get(uid, 0) == own


def test_only_refusals_in_a_row_count() -> None:
    counts = count_refusals({1: 5, 2: 5}, [(2, "")], is_another_given=True)
    assert counts == {2: 6}
    assert count_refusals(counts, [(1, "")], is_another_given=True) == {1: 1}


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_waits_grow_to_a_quarter_of_an_hour(failures: int, chance: float) -> None:
    wait = back_off(failures, chance)
    assert 7.5 <= wait <= LONGEST_WAIT_SECONDS
    assert back_off(failures + 1, 0.0) >= back_off(failures, 0.0) >= wait >= back_off(failures, 1.0)


@given(progresses, st.integers(1, 5), st.integers(0, 50))
def test_a_folder_begins_anew_only_with_other_uids(
    known: FolderProgress, uid_validity: int, mod_seq: int
) -> None:
    begun = begin_folder(known, uid_validity, mod_seq)
    assert begun.uid_validity == uid_validity
    assert begun.last_uid == (known.last_uid if known.uid_validity == uid_validity else 0)
    assert begun.mod_seq <= mod_seq  # nothing that changed after is passed over
    assert begin_folder(begun, uid_validity, mod_seq) == begun


@given(flags, flags, st.booleans(), st.booleans())
def test_only_what_changed_there_and_is_wanted_is_done_here(
    known: RemoteFlags, now: RemoteFlags, read: bool, starred: bool
) -> None:
    changes = dict(changed_marks(known, now, mirrors_read=read, mirrors_starred=starred))
    assert (Mark.READ in changes) == (read and known.is_read != now.is_read)
    assert (Mark.STARRED in changes) == (starred and known.is_starred != now.is_starred)
    assert all((mark in marks_of(now)) == is_on for mark, is_on in changes.items())


@pytest.mark.parametrize(
    ("name", "delimiter", "path"),
    [
        ("Lists/python", "/", ("Work", "Lists", "python")),
        ("INBOX.Sent.2025", ".", ("Work", "Sent", "2025")),
        ("INBOX", ".", ("Work", "INBOX")),
        ("a/b", ".", ("Work", "a/b")),
        ("flat", "", ("Work", "flat")),
        ("//odd/ /x", "/", ("Work", "odd", "x")),
    ],
)
def test_folders_are_pools_beneath_their_account(name: str, delimiter: str, path: tuple[str, ...]) -> None:
    assert folder_path("Work", name, delimiter) == path


def test_an_inbox_is_one_however_it_is_written() -> None:
    assert is_inbox("inbox")
    assert not is_inbox("INBOX.Sent")
