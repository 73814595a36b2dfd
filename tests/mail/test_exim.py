"""Exim hands mail to our port: each recipient has its own result, and our being down is waited out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mail.exim import Exim, why_not
from tests.mail.postfix import DOMAIN
from tests.mail.server import letter

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mail.server import MailServer

pytestmark = [pytest.mark.slow, pytest.mark.skipif(why_not() is not None, reason=str(why_not()))]

ANNA, BEN, NOBODY = f"anna@{DOMAIN}", f"ben+reading@{DOMAIN}", f"nobody@{DOMAIN}"


@pytest.fixture
def exim(place: Path, server: MailServer) -> Exim:
    """An Exim that relays to the server's port."""
    return Exim(place / "exim", server.port).start()


def test_each_recipient_has_a_result_of_its_own(exim: Exim, server: MailServer) -> None:
    exim.send([ANNA, NOBODY, BEN], letter("three"))
    found = [each for each in exim.statuses() if each[0].endswith(DOMAIN)]
    assert sorted(found) == sorted([(ANNA, "sent"), (NOBODY, "bounced"), (BEN, "sent")]), exim.log()
    assert "550 5.1.1" in exim.log()
    assert [b"Subject: three" in each for each in server.kept("anna")] == [True]
    assert server.kept("anna") == server.kept("ben")


def test_long_lines_and_bytes_come_as_they_were_sent(exim: Exim, server: MailServer) -> None:
    body = "x" * 70_000 + "\n.\n..two ä\n"
    exim.send([ANNA], letter("long", body).replace(b"\r\n", b"\n"))
    assert exim.statuses() == [(ANNA, "sent")], exim.log()
    assert server.kept()[0].rstrip().endswith(body.replace("\n", "\r\n").rstrip().encode())


def test_what_comes_while_we_are_down_is_delivered_once_when_we_are_back(
    place: Path, server: MailServer
) -> None:
    exim = Exim(place / "exim", server.port).start()
    server.kill()
    exim.send([ANNA, BEN], letter("patience"))
    assert sorted(exim.statuses()) == sorted([(ANNA, "deferred"), (BEN, "deferred")]), exim.log()
    server.start()
    configuration = place / "exim" / "exim.conf"  # we are back at another port
    text = configuration.read_text("utf-8").replace(f"port = {exim.port}\n", f"port = {server.port}\n")
    configuration.write_text(text, "utf-8")
    exim.run_queue()
    exim.run_queue()
    assert sorted(exim.statuses()[2:]) == sorted([(ANNA, "sent"), (BEN, "sent")]), exim.log()
    assert len(server.kept("anna")) == len(server.kept("ben")) == 1


def test_an_unknown_address_is_refused_at_the_door_where_exim_asks_first(exim: Exim) -> None:
    told = exim.conversation(
        "EHLO client.example",
        "MAIL FROM:<a@elsewhere.example>",
        f"RCPT TO:<{NOBODY}>",
        f"RCPT TO:<{ANNA}>",
        "RCPT TO:<else@other.example>",
        "QUIT",
    )
    codes = [line[:3] for line in told.splitlines() if line[3:4] == " "]
    assert codes == ["220", "250", "250", "550", "250", "550", "221"], told
