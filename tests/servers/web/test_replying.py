"""The address that answers a message, taken apart again as a mail program does it (RFC 6068)."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from poolhouse.servers.web.replying import reply_url
from poolhouse.types import Mailbox, MessageFacts

ROBIN = Mailbox("Robin", "robin@example.org")


def opened(url: str) -> tuple[list[str], dict[str, str]]:
    parts = urlsplit(url)
    assert parts.scheme == "mailto"
    fields = parse_qsl(parts.query.replace("+", "%2B"), strict_parsing=True, keep_blank_values=True)
    assert len(dict(fields)) == len(fields)
    return [unquote(each) for each in parts.path.split(",")], dict(fields)


def test_answers_within_the_conversation() -> None:
    facts = MessageFacts(
        subject="Beds & borders: 100 %?",
        senders=(ROBIN,),
        message_id="c@x.example",
        references=("a@x.example", "b@x.example"),
    )
    to, fields = opened(reply_url(facts))
    assert to == ["robin@example.org"]
    assert fields == {
        "subject": "Re: Beds & borders: 100 %?",
        "in-reply-to": "<c@x.example>",
        "references": "<a@x.example> <b@x.example> <c@x.example>",
    }


def test_answers_where_the_sender_wants_it() -> None:
    facts = MessageFacts(senders=(ROBIN,), reply_to=(Mailbox("", "list@example.org"), ROBIN))
    assert opened(reply_url(facts))[0] == ["list@example.org", "robin@example.org"]


def test_an_answer_is_not_answered_twice() -> None:
    for subject in ("Re: x", "RE: x", "Aw: x", "re[2]: x"):
        assert opened(reply_url(MessageFacts(subject=subject, senders=(ROBIN,))))[1]["subject"] == subject
    assert opened(reply_url(MessageFacts(subject="Rest", senders=(ROBIN,))))[1]["subject"] == "Re: Rest"
    assert opened(reply_url(MessageFacts(senders=(ROBIN,))))[1]["subject"] == "Re:"


def test_nobody_to_answer_to() -> None:
    assert reply_url(MessageFacts()) == ""
    assert reply_url(MessageFacts(senders=(Mailbox("undisclosed", ""),))) == ""


def test_a_long_conversation_keeps_its_beginning_and_its_end() -> None:
    names = tuple(f"{number}@x.example" for number in range(40))
    fields = opened(reply_url(MessageFacts(senders=(ROBIN,), message_id="me@x", references=names)))[1]
    assert fields["references"].split() == [f"<{each}>" for each in (names[0], *names[-8:], "me@x")]


words = st.text(max_size=60)


@given(address=words, subject=words, message_id=words, references=st.lists(words, max_size=4))
def test_nobody_gets_a_field_of_their_own_in(
    address: str, subject: str, message_id: str, references: list[str]
) -> None:
    facts = MessageFacts(
        subject=subject,
        senders=(Mailbox("", f"{address}@x.example"),),
        message_id=message_id,
        references=tuple(references),
    )
    url = reply_url(facts)
    assert url.isascii()
    assert not set(url) & set(" \r\n\t\"<>'")
    to, fields = opened(url)
    assert [each.encode("utf-8", "replace") for each in to] == [
        f"{address}@x.example".encode("utf-8", "replace")
    ]
    assert set(fields) <= {"subject", "in-reply-to", "references"}
    assert not any(set(value) & set("\r\n") for value in fields.values())
