"""Dovecot's LMTP server, as careful as ours (every message flushed before it is acknowledged), for the comparison."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from typing import TYPE_CHECKING

from bench.processes import on_core, tree
from bench.servers import Server, free_port, wait_until_open

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {"maildir": "maildir:~/Maildir", "sdbox": "sdbox:~/sdbox"}
"""Mailbox formats by their name: the one everybody uses, and Dovecot's own, which flushes less."""

_CONFIGURATION = """
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/dovecot.log
protocols = lmtp
listen = 127.0.0.1
ssl = no
mail_fsync = always
mail_location = {location}
default_internal_user = {internal}
default_login_user = {internal}
default_internal_group = {group}
first_valid_uid = 1
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={place}/home/%n allow_all_users=yes
}}
service lmtp {{
  inet_listener lmtp {{
    port = {port}
  }}
  process_min_avail = {processes}
}}
"""


class DovecotServer(Server):
    """Dovecot starts a process for each connection, and keeps it as long as that."""

    def cpu_ns(self) -> int:
        """The processor time of the tree as it is now."""
        self.pids = tree(self.process.pid)[self.is_traced :]
        return super().cpu_ns()


def find_dovecot() -> str | None:
    """The program, which Debian keeps out of an ordinary person's PATH."""
    if not os.path.exists("/usr/lib/dovecot/lmtp"):
        return None
    return shutil.which("dovecot", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")


def start_dovecot(
    place: Path, core: int, mailboxes: str, *, connections: int, under: tuple[str, ...] = ()
) -> Server:
    """Start it with mailboxes of a format, as root: it gives its processes to other users. Raises FileNotFoundError."""
    program = find_dovecot()
    if program is None:
        raise FileNotFoundError("Dovecot is not here: apt-get install dovecot-lmtpd dovecot-imapd")
    user = pwd.getpwnam("mail")
    (place / "home").mkdir(parents=True)
    place.chmod(0o755)
    os.chown(place / "home", user.pw_uid, user.pw_gid)
    port = free_port()
    configuration = place / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            place=place,
            location=FORMATS[mailboxes],
            internal="dovecot",
            group=grp.getgrgid(pwd.getpwnam("dovecot").pw_gid).gr_name,
            uid=user.pw_uid,
            gid=user.pw_gid,
            port=port,
            processes=connections,
        ),
        "utf-8",
    )
    with on_core(core):
        process = subprocess.Popen(
            [*under, program, "-F", "-c", str(configuration)], stderr=subprocess.PIPE, text=True
        )
    wait_until_open(process, port)
    return DovecotServer(process, port, is_traced=bool(under))
