"""Authentication-Results: whose word counts, and what a sender cannot have it say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.authentication import Verdict, results_of, verdict_of
from poolhouse.types import Mailbox, MessageFacts

OURS = "mx.pools.test"
FROM = "anna@own.example"
_PIECES = st.sampled_from(
    [
        *'"();\\= \t',
        "dmarc=pass",
        "dkim=pass",
        "spf=pass",
        "header.d=own.example",
        "smtp.mailfrom=",
        "a@e.example",
    ]
)


def verdict(*headers: str, sender: str = FROM, authserv: str = OURS) -> Verdict:
    return verdict_of(MessageFacts(senders=(Mailbox("", sender),), authentication=headers), authserv)


@pytest.mark.parametrize(
    ("said", "results"),
    [
        ("", {}),
        ("none", {}),
        ("spf=pass smtp.mailfrom=own.example", {"spf": "pass"}),
        ("SPF = Pass; DKIM/1=FAIL", {"spf": "pass", "dkim": "fail"}),
        ("dkim=fail header.d=a.example; dkim=pass header.d=b.example", {"dkim": "pass"}),
        ("spf=none smtp.helo=h; spf=pass smtp.mailfrom=b.example", {"spf": "none"}),
        ("dmarc=none; dmarc=fail; dmarc=pass", {"dmarc": "fail"}),
        ("spf=pass\r\n\tsmtp.mailfrom=a.example;\r\n\tdmarc=pass (p=none)", {"spf": "pass", "dmarc": "pass"}),
        ("dkim (one (in) another; dmarc=pass) = pass", {"dkim": "pass"}),
        ('spf=fail smtp.mailfrom="x; dmarc=pass "@e.example', {"spf": "fail"}),
        ('spf=fail smtp.mailfrom="x\\"; dmarc=pass "@e.example', {"spf": "fail"}),
        ("spf=fail smtp.mailfrom=dmarc=pass@e.example", {"spf": "fail"}),
        ("spf=fail (why; dmarc=pass", {"spf": "fail"}),
        ('spf=fail (a quote " opens nothing); dmarc=fail', {"spf": "fail", "dmarc": "fail"}),
        ("x-spf=pass; iprev=pass; auth=pass", {}),
    ],
)
def test_what_is_said_of_each_method(said: str, results: dict[str, str]) -> None:
    assert results_of([f"{OURS}; {said}"], OURS) == results


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("dmarc=pass", Verdict.PASSED),
        ("dmarc=pass header.from=own.example", Verdict.PASSED),
        ("dmarc=pass header.from=another.example", Verdict.NOT_CHECKED),
        ("dmarc=fail; dkim=pass header.d=own.example", Verdict.FAILED),
        ("dmarc=none; dkim=pass header.d=own.example", Verdict.PASSED),
        ("dkim=pass header.i=@mail.own.example", Verdict.PASSED),
        ("dkim=pass header.d=e.example", Verdict.NOT_CHECKED),
        ("dkim=pass header.d=notown.example", Verdict.NOT_CHECKED),
        ("dkim=pass header.d=example", Verdict.NOT_CHECKED),
        ("dkim=pass", Verdict.NOT_CHECKED),
        ('dkim=pass header.i="x header.d=own.example "@e.example', Verdict.NOT_CHECKED),
        ("spf=pass smtp.mailfrom=bounce@own.example", Verdict.PASSED),
        ("spf=pass smtp.mailfrom=e.example; dkim=fail header.d=own.example", Verdict.NOT_CHECKED),
        ("spf=fail smtp.mailfrom=own.example; dkim=pass header.d=e.example", Verdict.FAILED),
        ("spf=softfail smtp.mailfrom=own.example; dkim=pass header.d=own.example", Verdict.PASSED),
        ("dkim=fail header.d=own.example", Verdict.FAILED),
        ("spf=neutral; dkim=temperror", Verdict.NOT_CHECKED),
        ("none", Verdict.NOT_CHECKED),
    ],
)
def test_one_word_for_it(said: str, expected: Verdict) -> None:
    assert verdict(f"{OURS}; {said}") is expected


def test_only_the_topmost_of_the_trusted_server_count() -> None:
    ours, theirs = f"{OURS} 1; dmarc=fail", "e.example; dmarc=pass"
    assert verdict(ours, theirs) is Verdict.FAILED
    assert verdict(f"{OURS}; spf=pass", f"{OURS}; dmarc=fail", theirs) is Verdict.FAILED
    assert verdict(theirs, ours) is Verdict.NOT_CHECKED
    assert verdict(f"{OURS}.e.example; dmarc=pass") is Verdict.NOT_CHECKED
    assert verdict(ours, authserv="") is Verdict.NOT_CHECKED
    assert verdict(ours.upper()) is Verdict.FAILED
    assert verdict() is Verdict.NOT_CHECKED


@pytest.mark.parametrize(
    "said",
    [
        "dkim=pass header.d=e.example",
        "dmarc=pass",
        "dmarc=pass header.from=e.example; spf=fail",
        "dmarc=pass; spf=fail",
    ],
)
def test_several_senders_are_none_that_a_result_is_about(said: str) -> None:
    several = (Mailbox("", "x@e.example"), Mailbox("", FROM))
    for senders in (several, several[::-1], ()):
        facts = MessageFacts(senders=senders, authentication=(f"{OURS}; {said}",))
        assert verdict_of(facts, OURS) is Verdict.NOT_CHECKED


@given(st.text(max_size=60) | st.lists(_PIECES, max_size=12).map("".join))
def test_nothing_in_a_quoted_address_counts(local_part: str) -> None:
    quoted = local_part.replace("\\", "\\\\").replace('"', '\\"')
    said = f'{OURS}; spf=fail smtp.mailfrom="{quoted}"@e.example; dmarc=fail header.from=own.example'
    assert results_of([said], OURS) == {"spf": "fail", "dmarc": "fail"}
    assert verdict(said) is Verdict.FAILED


@given(st.text(max_size=60) | st.lists(_PIECES, max_size=12).map("".join))
def test_whatever_stands_there_is_read(text: str) -> None:
    assert set(results_of([text, f"{OURS};{text}"], OURS)) <= {"spf", "dkim", "dmarc"}
    assert verdict(f"{OURS};{text}") in Verdict
