"""kill -9 under mail, again and again: what was acknowledged is there, once, whoever sent it."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.mail.postfix import DOMAIN, Postfix, why_not
from tests.mail.server import LmtpClient, MailServer, letter

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = int(os.environ.get("POOLHOUSE_KILL_ROUNDS", "200"))  # noqa: TID251 - how long to try is the runner's to say
SENDERS = 4
SEED = 2033
MESSAGES_LIMIT = 30
"""A round is killed after 1 to so many messages that were acknowledged to direct senders."""

RECIPIENTS = (f"anna@{DOMAIN}", f"ben+later@{DOMAIN}")


@dataclass
class Senders:
    """Clients that send as fast as they are answered, and remember what was acknowledged to them."""

    server: MailServer
    acknowledged: list[str] = field(default_factory=list)
    sent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, until: int) -> None:
        """Send until so many are acknowledged in all; then the server is killed under those that are on their way."""
        enough = threading.Event()
        threads = [threading.Thread(target=self._send, args=(until, enough)) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        assert enough.wait(60)
        self.server.kill()
        for thread in threads:
            thread.join()

    def _send(self, until: int, enough: threading.Event) -> None:
        with suppress(OSError), LmtpClient(self.server.port) as client:
            while True:
                with self._lock:
                    self.sent += 1
                    name = f"direct-{self.sent}"
                codes = client.send(RECIPIENTS, letter(name, "x" * 3_000))
                assert codes == [250, 250]
                with self._lock:
                    self.acknowledged.append(name)
                    if len(self.acknowledged) >= until:
                        enough.set()


def names_of(messages: list[bytes]) -> Counter[str]:
    """How often each message is kept, by its subject."""
    return Counter(each.split(b"Subject: ", 1)[1].split(b"\r\n", 1)[0].decode() for each in messages)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_nothing_acknowledged_is_lost_or_doubled(place: Path) -> None:
    chance = random.Random(SEED)
    server = MailServer(place / "poolhouse").start()
    senders = Senders(server)
    with Postfix(place / "postfix", f"unix:{server.socket_path}") as postfix:
        relayed = []
        for number in range(ROUNDS):
            postfix.send(RECIPIENTS, letter(f"relayed-{number}"))
            relayed.append(f"relayed-{number}")
            senders.run(len(senders.acknowledged) + chance.randint(1, MESSAGES_LIMIT))
            server.start()
        postfix.wait_until_empty()
    assert server.stop() == 0
    for person in ("anna", "ben"):
        kept = names_of(server.kept(person))
        assert [name for name in (*senders.acknowledged, *relayed) if kept[name] == 0] == []
        assert [name for name, count in kept.items() if count > 1] == []
        assert len(kept) <= senders.sent + len(relayed)
    assert server.faults() == ()
