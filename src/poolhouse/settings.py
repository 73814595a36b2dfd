"""Every setting in one table: flags, environment, `poolhouse.toml`, the reference page and a test read it.

What is said nearer wins: a flag, then the environment, then the file in the data directory, then the default.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from poolhouse.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME = "poolhouse.toml"
WORKERS_LIMIT = 64
LEAST_MESSAGE_BYTES = 64 * 1024
LARGEST_MESSAGE_BYTES = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. `unit` says how a value is written; a list is separated by commas."""

    name: str
    unit: str
    default: str
    sentence: str

    @property
    def flag(self) -> str:
        """As a flag of `poolhouse serve`."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """As an environment variable."""
        return "POOLHOUSE_" + self.name.upper()


SETTINGS: tuple[Setting, ...] = (
    Setting("http", "HOST:PORT", "127.0.0.1:8080", "Where to listen. Port 0 takes a free one."),
    Setting(
        "base_url",
        "URL",
        "",
        "How people reach the server from outside, such as https://pools.example.org. Every address handed out starts"
        " with it, and cookies are Secure if it is https. Default: the address listened on.",
    ),
    Setting(
        "lmtp",
        "PLACE,…",
        "",
        "Where to take mail by LMTP from a mail server such as Postfix or Exim: HOST:PORT, or unix:PATH for a socket"
        " that its owner and group may use. May be given more than once. Whoever can reach it can put mail into every"
        " pool, so never open it to a network. Default: nowhere.",
    ),
    Setting(
        "mail_domains",
        "DOMAIN,…",
        "",
        "The domains whose mail comes here; the first stands in the addresses that are handed out. Default: mail for"
        " any domain is taken, and addresses are shown at the host of the base URL.",
    ),
    Setting(
        "message_bytes",
        "BYTES",
        "52428800",
        "The largest message that is taken; the mail server's limit is to be lower.",
    ),
    Setting(
        "mail_authserv",
        "NAME",
        "",
        "The name of the mail server in front in its Authentication-Results headers, so that what it says of senders is"
        " shown and believed. Default: senders count as not checked.",
    ),
    Setting("tls_cert", "FILE", "", "Certificate chain (PEM), to speak HTTPS without a reverse proxy."),
    Setting("tls_key", "FILE", "", "Private key (PEM) of that certificate."),
    Setting(
        "trusted_proxies",
        "ADDRESS,…",
        "",
        "Addresses of reverse proxies whose X-Forwarded-For is believed when log-in attempts are counted.",
    ),
    Setting(
        "fetch_pages", "yes|no", "yes", "Whether to ask each saved page for its title, description and icon."
    ),
    Setting(
        "workers",
        "NUMBER",
        "2",
        "How many processes may do heavy work at a time: reading pages, shrinking images, imports. They start when"
        " there is work and end when there is none.",
    ),
    Setting(
        "fetch_networks",
        "NETWORK,…",
        "",
        "Private networks, such as 192.168.1.0/24, from which pages may be fetched, and mail accounts pulled, all the"
        " same. Default: none.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server, checked."""

    http_host: str
    http_port: int
    base_url: str
    tls_cert: Path | None
    tls_key: Path | None
    trusted_proxies: tuple[str, ...]
    fetch_pages: bool
    lmtp: tuple[tuple[str, int] | Path, ...]
    mail_domains: tuple[str, ...]
    message_bytes: int
    mail_authserv: str
    workers: int
    fetch_networks: tuple[str, ...]


def load_settings(data: Path, flags: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """Gather and check the settings. Raises InvalidInputError that names the setting and where it was said."""
    said = _file(data / FILE_NAME)
    for setting in SETTINGS:
        if setting.variable in environment:
            said[setting.name] = environment[setting.variable]
        if (flag := flags.get(setting.name)) is not None:
            said[setting.name] = flag
    values = {setting.name: said.get(setting.name, setting.default) for setting in SETTINGS}
    return _check(values)


def _file(path: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInputError(str(path), f"cannot be read: {error}") from error
    known = {setting.name for setting in SETTINGS}
    for name in table:
        if name not in known:
            raise InvalidInputError(
                str(path), f"there is no setting {name}; there are {', '.join(sorted(known))}"
            )
    return {name: _text(value) for name, value in table.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _check(values: Mapping[str, str]) -> Settings:
    host, port = _host_and_port("http", values["http"], "not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
    cert, key = values["tls_cert"], values["tls_key"]
    if bool(cert) != bool(key):
        raise InvalidInputError("tls_cert", "give both tls_cert and tls_key, or neither")
    return Settings(
        http_host=host,
        http_port=port,
        base_url=_base_url(values["base_url"]),
        tls_cert=Path(cert) if cert else None,
        tls_key=Path(key) if key else None,
        trusted_proxies=_list(values["trusted_proxies"]),
        lmtp=tuple(map(_place, _list(values["lmtp"]))),
        mail_domains=_domains(values["mail_domains"]),
        message_bytes=_bytes("message_bytes", values["message_bytes"]),
        mail_authserv=values["mail_authserv"].strip(),
        fetch_pages=_yes_or_no("fetch_pages", values["fetch_pages"]),
        workers=_workers(values["workers"]),
        fetch_networks=_networks(values["fetch_networks"]),
    )


def _host_and_port(name: str, text: str, wrong: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise InvalidInputError(name, f"{text!r} is {wrong}")
    return host, int(port)


def _place(text: str) -> tuple[str, int] | Path:
    if text.startswith("unix:"):
        return Path(text.removeprefix("unix:"))
    return _host_and_port("lmtp", text, "neither HOST:PORT, such as 127.0.0.1:2424, nor unix:PATH")


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if text and (
        parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment
    ):
        raise InvalidInputError("base_url", f"{text!r} is not an address such as https://pools.example.org")
    if parts.path.strip("/"):
        raise InvalidInputError(
            "base_url", "give Poolhouse a host of its own: a path after the host is not supported"
        )
    if parts.username or parts.password:
        raise InvalidInputError("base_url", "leave user name and password out")
    return f"{parts.scheme}://{parts.netloc}" if text else ""


def _yes_or_no(name: str, text: str) -> bool:
    if text.casefold() not in {"yes", "no", "true", "false", "1", "0", "on", "off"}:
        raise InvalidInputError(name, f"say yes or no, not {text!r}")
    return text.casefold() in {"yes", "true", "1", "on"}


def _workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= WORKERS_LIMIT:
        raise InvalidInputError("workers", f"say a number from 1 to {WORKERS_LIMIT}, not {text!r}")
    return int(text)


def _bytes(name: str, text: str) -> int:
    if not text.isdecimal() or not LEAST_MESSAGE_BYTES <= int(text) <= LARGEST_MESSAGE_BYTES:
        raise InvalidInputError(
            name,
            f"say a number of bytes from {LEAST_MESSAGE_BYTES:,} to {LARGEST_MESSAGE_BYTES:,}, not {text!r}",
        )
    return int(text)


def _domains(text: str) -> tuple[str, ...]:
    domains = tuple(domain.lower().rstrip(".") for domain in _list(text))
    for domain in domains:
        if "@" in domain or "/" in domain or " " in domain or not domain:
            raise InvalidInputError("mail_domains", f"{domain!r} is not a domain such as pools.example.org")
    return domains


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _networks(text: str) -> tuple[str, ...]:
    for part in _list(text):
        try:
            ip_network(part)
        except ValueError as error:
            raise InvalidInputError(
                "fetch_networks", f"{part!r} is not a network such as 192.168.1.0/24"
            ) from error
    return _list(text)
