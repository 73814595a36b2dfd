"""The one handler: any chunking of the same requests gives the same answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from poolhouse.survey.conversation import (
    LONGEST_REQUEST_BYTES,
    Conversation,
    Manner,
    expected_answer,
    turns_for,
    work,
)

KEEP_ALIVE = Manner(is_one_shot=False)


def test_answers_twice_and_one() -> None:
    conversation = Conversation(Manner())
    assert conversation.receive(b"20\n") == b"41\n"
    assert conversation.is_over


@given(st.lists(st.integers(-(10**30), 10**30)), st.data())
def test_chunks_do_not_matter(numbers: list[int], data: st.DataObject) -> None:
    whole = b"".join(b"%d\n" % number for number in numbers)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    conversation = Conversation(KEEP_ALIVE)
    chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert b"".join(map(conversation.receive, chunks)) == b"".join(map(expected_answer, numbers))
    assert not conversation.is_over


def test_answers_once_where_it_is_to_be_one_shot() -> None:
    conversation = Conversation(Manner())
    assert conversation.receive(b"1\n2\n") == b"3\n"
    assert conversation.is_over


@given(st.binary(min_size=1).filter(lambda line: b"\n" not in line))
def test_what_is_no_request_ends_it(line: bytes) -> None:
    conversation = Conversation(KEEP_ALIVE)
    answer = conversation.receive(b"1\n" + line + b"\n")
    assert answer.startswith(b"3\n")
    assert conversation.is_over == (answer == b"3\n")


def test_a_request_has_an_end() -> None:
    conversation = Conversation(KEEP_ALIVE)
    conversation.receive(b"1" * LONGEST_REQUEST_BYTES)
    assert not conversation.is_over
    conversation.receive(b"1")
    assert conversation.is_over


def test_greets_where_it_is_to() -> None:
    assert Conversation(Manner()).greeting() == b""
    assert Conversation(Manner(greets=True)).greeting() == b"hello\n"


def test_a_heavy_answer_is_the_same_answer() -> None:
    assert Conversation(Manner(turns=10)).receive(b"4\n") == b"9\n"
    assert work(9) == 28


def test_turns_are_counted_only_where_they_are_wanted() -> None:
    assert turns_for(0) == 0
    assert turns_for(10) > 0
