"""Postfix hands mail to our socket: each recipient has its own result, nothing twice, our being down is waited out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mail.postfix import DOMAIN, Postfix, why_not
from tests.mail.server import letter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.mail.server import MailServer

pytestmark = [pytest.mark.slow, pytest.mark.skipif(why_not() is not None, reason=str(why_not()))]

ANNA, BEN, NOBODY = f"anna@{DOMAIN}", f"ben+reading@{DOMAIN}", f"nobody@{DOMAIN}"


@pytest.fixture
def postfix(place: Path, server: MailServer) -> Iterator[Postfix]:
    """A Postfix that relays to the server's socket."""
    with Postfix(place / "postfix", f"unix:{server.socket_path}") as running:
        yield running


def test_each_recipient_has_a_result_of_its_own(postfix: Postfix, server: MailServer) -> None:
    postfix.send([ANNA, NOBODY, BEN], letter("three"))
    postfix.wait_for([(ANNA, "sent"), (NOBODY, "bounced"), (BEN, "sent")])
    assert sorted(postfix.statuses()) == sorted([(ANNA, "sent"), (NOBODY, "bounced"), (BEN, "sent")])
    assert [b"Subject: three" in each for each in server.kept("anna")] == [True]
    assert server.kept("anna") == server.kept("ben")


def test_long_lines_and_bytes_come_as_they_were_sent(postfix: Postfix, server: MailServer) -> None:
    body = "x" * 70_000 + "\r\n.\r\n..two\r\n"
    postfix.send([ANNA], letter("long", body))
    postfix.wait_for([(ANNA, "sent")])
    assert server.kept()[0].endswith(body.encode() + b"\r\n")


def test_what_comes_while_we_are_down_is_delivered_once_when_we_are_back(
    postfix: Postfix, server: MailServer
) -> None:
    server.kill()
    postfix.send([ANNA, BEN], letter("patience"))
    postfix.wait_for([(ANNA, "deferred"), (BEN, "deferred")])
    server.start()
    postfix.wait_until_empty()
    assert postfix.statuses()[-2:] == [(ANNA, "sent"), (BEN, "sent")]
    assert len(server.kept("anna")) == len(server.kept("ben")) == 1


def test_an_unknown_address_is_refused_at_the_door_where_postfix_asks_first(
    place: Path, server: MailServer
) -> None:
    postfix = Postfix(place / "asking", f"unix:{server.socket_path}", asks_first=True)
    with postfix:
        refused = postfix.refusal_of(NOBODY)
        postfix.send([ANNA], letter("known"))
        postfix.wait_for([(ANNA, "sent")])
    assert refused is not None
    assert refused[0] == 550
