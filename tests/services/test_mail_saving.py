"""What comes to a save address saves its link, unless the mail server that we trust says that its sender is false."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.services.deliveries import set_own_addresses
from poolhouse.services.reading import search_items
from poolhouse.types import ItemKind
from tests.letters import SENDER, receive, write_letter

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.types import Principal


@pytest.mark.parametrize(
    "said",
    [
        "dmarc=pass",
        "dmarc=pass header.from=evil.example",
        "dmarc=pass header.from=elsewhere.example",
        "dkim=pass",
    ],
)
@pytest.mark.parametrize("is_second", [False, True])
def test_a_second_from_does_not_outdo_the_envelope(
    data: OpenData, principal: Principal, said: str, *, is_second: bool
) -> None:
    data.database.write(lambda tx: set_own_addresses(tx, principal, [SENDER]))
    senders = [SENDER, "x@evil.example"]
    said = f"mx.test; spf=fail smtp.mailfrom={SENDER}; {said}"
    written = write_letter("S", "https://s.example/", sender=senders[is_second], Authentication_Results=said)
    raw = f"From: {senders[not is_second]}\r\n".encode() + written
    receive(data, raw, "anna+save@pools.test", authserv="mx.test")
    kinds = [item.kind for item in data.database.read(lambda tx: search_items(tx, principal, ""))]
    assert kinds == [ItemKind.MESSAGE]


def test_a_message_from_nobody_saves_nothing(data: OpenData, principal: Principal) -> None:
    data.database.write(lambda tx: set_own_addresses(tx, principal, [SENDER]))
    written = write_letter("S", "https://s.example/", Authentication_Results="mx.test; dmarc=pass; spf=fail")
    raw = written[written.index(b"\r\n") + 2 :]
    assert b"From:" not in raw
    receive(data, raw, "anna+save@pools.test", authserv="mx.test")
    kinds = [item.kind for item in data.database.read(lambda tx: search_items(tx, principal, "s"))]
    assert kinds == [ItemKind.MESSAGE]
