"""A real Dovecot with a configuration of its own: one account, anna, whose folders are Maildirs."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapclient import IMAPClient

from poolhouse.types import AccountPlace, AccountSecurity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

USER, PASSWORD = "anna", 'a "long" p\\ssword'

_CONFIGURATION = """
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{place}/cert.pem
ssl_key = <{place}/key.pem
disable_plaintext_auth = no
mail_fsync = never
mail_location = maildir:~/Maildir
default_internal_user = dovecot
default_login_user = dovecot
default_internal_group = {group}
first_valid_uid = 1
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
imap_capability = {capability}
passdb {{
  driver = passwd-file
  args = {place}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={place}/home/%n allow_all_users=yes
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""


def why_not() -> str | None:
    """Why Dovecot cannot be started here; None where it can."""
    if not os.path.exists("/usr/lib/dovecot/imap") or _program() is None:
        return "there is no Dovecot: apt-get install dovecot-imapd"
    return None if os.geteuid() == 0 else "only root can start Dovecot as Debian has it"


def _program() -> str | None:
    return shutil.which("dovecot", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")


def write_certificate(place: Path, host: str = "127.0.0.1") -> Path:
    """A certificate that vouches for itself, and its key; valid for `host` alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ip_address(host))
    except ValueError:
        alternative = x509.DNSName(host)
    now = datetime.now(UTC)  # noqa: TID251 - a certificate is valid by the system's clock
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (place / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (place / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return place / "cert.pem"


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Dovecot:
    """Dovecot in `place`, which others may look into; `capability` in place of what it offers by itself."""

    place: Path
    password: str = PASSWORD
    mechanisms: str = "plain login"
    capability: str = ""
    plain_port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def certificate(self) -> Path:
        """What vouches for it: to be named by SSL_CERT_FILE."""
        return self.place / "cert.pem"

    def at(self, security: AccountSecurity = AccountSecurity.TLS) -> AccountPlace:
        """The account's place."""
        port = self.tls_port if security is AccountSecurity.TLS else self.plain_port
        return AccountPlace(host="127.0.0.1", port=port, security=security, user_name=USER)

    def start(self) -> Self:
        """Start, and return once it listens."""
        user = pwd.getpwnam("mail")
        (self.place / "home").mkdir(parents=True, exist_ok=True)
        self.place.chmod(0o755)
        os.chown(self.place / "home", user.pw_uid, user.pw_gid)
        if not self.certificate.exists():
            write_certificate(self.place)
        configuration = self.place / "dovecot.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                place=self.place,
                group=grp.getgrgid(pwd.getpwnam("dovecot").pw_gid).gr_name,
                uid=user.pw_uid,
                gid=user.pw_gid,
                mechanisms=self.mechanisms,
                capability=self.capability,
                plain_port=self.plain_port,
                tls_port=self.tls_port,
            ),
            "utf-8",
        )
        (self.place / "users").write_text(f"{USER}:{{PLAIN}}{self.password}::::::\n", "utf-8")
        program = _program()
        assert program is not None
        with (self.place / "started.log").open("wb") as said:
            self.process = subprocess.Popen(
                [program, "-F", "-c", str(configuration)], stderr=said, start_new_session=True
            )
        self._wait_until_open()
        return self

    def _wait_until_open(self) -> None:
        assert self.process is not None
        pause = threading.Event()
        for _ in range(200):
            if self.process.poll() is not None:
                raise AssertionError((self.place / "started.log").read_text() + self.log())
            try:
                socket.create_connection(("127.0.0.1", self.plain_port), timeout=5).close()
            except ConnectionRefusedError:
                pause.wait(0.05)
            else:
                return
        raise AssertionError(self.log())

    def log(self) -> str:
        """What it wrote down."""
        path = self.place / "dovecot.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def stop(self) -> None:
        """SIGTERM: it hangs up on everybody."""
        if self.process is not None and self.process.poll() is None:
            # its children too: by itself it gives them seconds to finish
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=20)

    def client(self) -> IMAPClient:
        """Anna's own mail program."""
        client = IMAPClient("127.0.0.1", self.plain_port, ssl=False, timeout=30)
        client.plain_login(USER, self.password)
        return client

    def put(self, messages: Iterable[bytes], folder: str = "INBOX", flags: tuple[bytes, ...] = ()) -> None:
        """Add messages, made where it is missing to a folder."""
        with self.client() as client:
            if folder != "INBOX" and not client.folder_exists(folder):
                client.create_folder(folder)
            for message in messages:
                client.append(folder, message, flags)

    def fill(self, messages: Iterable[bytes], folder: str = "INBOX") -> None:
        """Put messages into the Maildir itself: a thousand in a moment."""
        user = pwd.getpwnam("mail")
        root = self.place / "home" / USER / "Maildir"
        maildir = root if folder == "INBOX" else root / f".{folder}"
        for each in (
            self.place / "home" / USER,
            root,
            maildir,
            *(maildir / n for n in ("cur", "new", "tmp")),
        ):
            each.mkdir(exist_ok=True)
            os.chown(each, user.pw_uid, user.pw_gid)
        for number, message in enumerate(messages):
            path = maildir / "cur" / f"{1_700_000_000 + number}.M{number}P1.test:2,"
            path.write_bytes(message)
            os.chown(path, user.pw_uid, user.pw_gid)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def trusting(certificate: Path) -> ssl.SSLContext:
    """What a program makes that is told to trust a certificate."""
    return ssl.create_default_context(cafile=str(certificate))
