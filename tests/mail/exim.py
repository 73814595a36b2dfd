"""An Exim of our own (tools/need-exim): its configuration, queue and log in one directory, relaying one domain by LMTP.

It insists on an account Debian-exim: the programs see one in files of ours, mounted over the system's for them alone.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.mail.postfix import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2] / ".venv" / "programs" / "exim"
_PROGRAM = ROOT / "usr" / "sbin" / "exim4"
_ACCOUNT = 64_991
_CONFIGURATION = """
exim_path = {program}
keep_environment = LD_LIBRARY_PATH
spool_directory = {place}/spool
log_file_path = {place}/%slog
primary_hostname = mx.example
domainlist pool_domains = {domain}
message_size_limit = 40M
queue_only
acl_smtp_rcpt = acl_rcpt
begin acl
acl_rcpt:
  deny    domains = +pool_domains
          ! verify = recipient/callout=30s,defer_ok
  accept  domains = +pool_domains
begin routers
poolhouse:
  driver = manualroute
  domains = +pool_domains
  transport = poolhouse
  route_list = * 127.0.0.1
  self = send
begin transports
poolhouse:
  driver = smtp
  protocol = lmtp
  port = {port}
  max_rcpt = 100
  message_linelength_limit = 1000000000
begin retry
* * F,1h,1s
"""
_LINE = re.compile(r"^\S+ \S+ \S+ (=>|->|\*\*|==) (\S+) ", re.MULTILINE)
_STATUSES = {"=>": "sent", "->": "sent", "**": "bounced", "==": "deferred"}


def why_not() -> str | None:
    """Why Exim cannot be started here; None where it can."""
    if os.geteuid() != 0:
        return "Exim is started by root"
    if not _PROGRAM.exists():
        return "Exim is not here: tools/need-exim"
    is_alone = (
        subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0
    )
    return None if is_alone else "no files can be mounted here"


@dataclass
class Exim:
    """In `place`, a directory that others may look into; hands mail to a port by LMTP, whenever its queue is run."""

    place: Path
    port: int

    def start(self) -> Self:
        """Write what it needs."""
        spool = self.place / "spool"
        spool.mkdir(parents=True)
        for path in (self.place, spool):
            os.chown(path, _ACCOUNT, _ACCOUNT)
        values = {"program": _PROGRAM, "place": self.place, "domain": DOMAIN, "port": self.port}
        (self.place / "exim.conf").write_text(_CONFIGURATION.format(**values), "utf-8")
        account = f"Debian-exim:x:{_ACCOUNT}:"
        own = {"passwd": f"{account}{_ACCOUNT}::/nonexistent:/usr/sbin/nologin\n", "group": f"{account}\n"}
        for name, line in own.items():
            (self.place / name).write_text(Path("/etc", name).read_text("utf-8") + line, "utf-8")
        return self

    def send(self, recipients: Sequence[str], content: bytes) -> None:
        """Put a message into its queue, and run that."""
        self._exim("-oi", "-odq", "-f", "sender@elsewhere.example", *recipients, stdin=content)
        self.run_queue()

    def run_queue(self) -> None:
        """Have it try everything that waits; returns once it did."""
        self._exim("-qff")

    def conversation(self, *lines: str) -> str:
        """What it answers to these lines of SMTP."""
        return self._exim("-bs", stdin="".join(f"{line}\r\n" for line in lines).encode())

    def statuses(self) -> list[tuple[str, str]]:
        """What became of each delivery so far, in order: the recipient, and sent, bounced or deferred."""
        return [(to, _STATUSES[sign]) for sign, to in _LINE.findall(self.log())]

    def log(self) -> str:
        """All it said."""
        path = self.place / "mainlog"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def _exim(self, *words: str, stdin: bytes = b"") -> str:
        mounts = "".join(
            f"mount --bind '{self.place}/{name}' /etc/{name} && " for name in ("passwd", "group")
        )
        done = subprocess.run(
            [
                *("unshare", "--mount", "sh", "-c", f'{mounts}exec "$@"', "sh"),
                *(str(_PROGRAM), "-C", str(self.place / "exim.conf"), *words),
            ],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=120,
            env={
                "PATH": os.defpath,
                "LD_LIBRARY_PATH": ":".join(str(path) for path in ROOT.glob("usr/lib/*-linux-gnu")),
            },
        )
        assert done.returncode == 0, f"{done.stderr.decode()}\n{self.log()}"
        return done.stdout.decode()
