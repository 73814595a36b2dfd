"""A Postfix of our own: its configuration, queue and log in one directory, relaying one domain to an LMTP socket."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DOMAIN = "pools.example"
_START_SECONDS = 30.0
_MAIN = """
compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = {place}/log
maillog_file_prefixes = {place}
myhostname = mx.example
mydestination =
alias_maps =
local_recipient_maps =
mynetworks = 127.0.0.0/8
relay_domains = {domain}
relay_transport = lmtp:{lmtp}
default_transport = discard
recipient_delimiter = +
smtpd_recipient_restrictions = reject_unauth_destination{asking}
unverified_recipient_reject_code = 550
address_verify_map =
address_verify_poll_count = 30
address_verify_poll_delay = 1s
lmtp_line_length_limit = 0
lmtp_destination_recipient_limit = 50
lmtp_connection_cache_on_demand = no
smtpd_forbid_bare_newline = normalize
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
message_size_limit = 20480000
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_STATUS = re.compile(r"postfix/lmtp\[\d+\]: (\w+): to=<([^>]*)>.* status=(\w+)")


def why_not() -> str | None:
    """Why Postfix cannot be started here; None where it can."""
    if os.geteuid() != 0:
        return "Postfix is started by root"
    return None if shutil.which("postfix", path=f"{os.defpath}:/usr/sbin") else "postfix is not here"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def _moment() -> None:
    """Let another process do something: there is nothing of its own that would tell us."""
    threading.Event().wait(0.05)


@dataclass
class Postfix:
    """Started in `place`, a directory that others may look into; hands mail to `lmtp` (Postfix's words for a place).

    `asks_first`: it asks there for each recipient, before it takes a message (reject_unverified_recipient).
    """

    place: Path
    lmtp: str
    asks_first: bool = False
    port: int = field(default_factory=free_port)

    def start(self) -> Self:
        """Start, and return once it takes mail."""
        self.place.mkdir(parents=True, exist_ok=True)
        asking = ", reject_unverified_recipient" if self.asks_first else ""
        values: dict[str, object] = {"asking": asking}
        values |= {"place": self.place, "domain": DOMAIN, "lmtp": self.lmtp, "port": self.port}
        (self.place / "main.cf").write_text(_MAIN.format(**values), "utf-8")
        (self.place / "master.cf").write_text(_MASTER.format(**values), "utf-8")
        owner = pwd.getpwnam("postfix")
        for name in ("queue", "data"):
            (self.place / name).mkdir(exist_ok=True)
        os.chown(self.place / "data", owner.pw_uid, owner.pw_gid)
        self._postfix("start")
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert time.monotonic() < end, self.log()
            else:
                return self

    def stop(self) -> None:
        """Stop it, whatever is still in its queue."""
        self._postfix("stop")

    def send(
        self, recipients: Sequence[str], content: bytes, sender: str = "sender@elsewhere.example"
    ) -> None:
        """Hand it a message over SMTP; it has answered for it when this returns."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            client.sendmail(sender, list(recipients), content)

    def refusal_of(self, recipient: str) -> tuple[int, bytes] | None:
        """How it refuses a recipient; None where it does not."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            client.ehlo()
            client.mail("sender@elsewhere.example")
            reply = client.rcpt(recipient)
            return None if reply[0] < 300 else reply

    def flush(self) -> None:
        """Have it try again what waits in its queue."""
        self._postfix("flush")

    def statuses(self) -> list[tuple[str, str]]:
        """What became of each delivery so far, in order: the recipient, and sent, bounced or deferred."""
        return [(to, status) for _, to, status in _STATUS.findall(self.log())]

    def wait_for(self, wanted: Sequence[tuple[str, str]], seconds: float = 60.0) -> None:
        """Wait until the log tells all of these; fails with the log where it does not in time."""
        end = time.monotonic() + seconds
        while not set(wanted) <= set(self.statuses()):
            assert time.monotonic() < end, self.log()
            _moment()

    def wait_until_empty(self, seconds: float = 60.0) -> None:
        """Wait until its queue holds nothing; fails with the log where it does in the end."""
        end = time.monotonic() + seconds
        while self.queued():
            assert time.monotonic() < end, self.log()
            self.flush()
            _moment()

    def queued(self) -> int:
        """How many messages wait."""
        names = ("maildrop", "incoming", "active", "deferred")
        return sum(path.is_file() for name in names for path in (self.place / "queue" / name).rglob("*"))

    def log(self) -> str:
        """All it said."""
        path = self.place / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def _postfix(self, *words: str) -> None:
        done = subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self.place), *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{done.stderr}\n{self.log()}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
