"""Which addresses and ports may be connected to: pure rules, asked at the moment of connecting.

`ipaddress.is_global` is not asked: its tables follow the Python release (Debian 12's 3.11.2 calls 192.0.0.1 and
2002:7f00:1:: public), and it answers another question. The tables here are the IANA special-purpose registries (RFC
6890), read narrowly: where a block has a few public addresses in it, the whole block is refused.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from poolhouse.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

Network = IPv4Network | IPv6Network

_NOT_PUBLIC: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ip_network(text), what)
    for text, what in (
        ("0.0.0.0/8", "an address of no machine"),  # RFC 791 §3.2; Linux connects it to this machine
        ("10.0.0.0/8", "an address of a private network"),  # RFC 1918
        ("100.64.0.0/10", "an address inside a provider's network"),  # RFC 6598
        ("127.0.0.0/8", "an address of this machine"),  # RFC 1122 §3.2.1.3
        ("169.254.0.0/16", "an address of the local link"),  # RFC 3927; clouds' metadata services
        ("172.16.0.0/12", "an address of a private network"),  # RFC 1918
        ("192.0.0.0/24", "a reserved address"),  # RFC 6890 §2.1; .8, .170 and .171 are this machine's
        ("192.0.2.0/24", "an address for examples"),  # RFC 5737
        ("192.88.99.0/24", "a reserved address"),  # RFC 7526, once the 6to4 relays
        ("192.168.0.0/16", "an address of a private network"),  # RFC 1918
        ("198.18.0.0/15", "an address for measurements"),  # RFC 2544
        ("198.51.100.0/24", "an address for examples"),  # RFC 5737
        ("203.0.113.0/24", "an address for examples"),  # RFC 5737
        ("224.0.0.0/4", "an address of many machines"),  # RFC 5771
        ("240.0.0.0/4", "a reserved address"),  # RFC 1112 §4; 255.255.255.255 too
        ("::/128", "an address of no machine"),  # RFC 4291 §2.5.2
        ("::1/128", "an address of this machine"),  # RFC 4291 §2.5.3
        ("::ffff:0:0/96", "an IPv4 address in disguise"),  # RFC 4291 §2.5.5.2
        ("::/96", "an IPv4 address in disguise"),  # RFC 4291 §2.5.5.1
        ("::ffff:0:0:0/96", "an IPv4 address in disguise"),  # RFC 2765 §2.1
        (
            "64:ff9b::/96",
            "an IPv4 address in disguise",
        ),  # RFC 6052: NAT64, and who knows behind which gateway
        ("64:ff9b:1::/48", "an IPv4 address in disguise"),  # RFC 8215
        ("2001::/32", "an IPv4 address in disguise"),  # RFC 4380: Teredo
        ("2001::/23", "a reserved address"),  # RFC 2928
        ("2001:db8::/32", "an address for examples"),  # RFC 3849
        ("2002::/16", "an IPv4 address in disguise"),  # RFC 3056: 6to4, withdrawn by RFC 7526
        ("3ffe::/16", "a reserved address"),  # RFC 3701
        ("3fff::/20", "an address for examples"),  # RFC 9637
        ("fc00::/7", "an address of a private network"),  # RFC 4193
        ("fe80::/10", "an address of the local link"),  # RFC 4291 §2.5.6
        ("fec0::/10", "an address of a private network"),  # RFC 3879: site-local
        ("ff00::/8", "an address of many machines"),  # RFC 4291 §2.7
    )
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")  # RFC 4291 §2.4: nothing else of IPv6 has been given out

_WEB_PORTS: Final = frozenset({80, 443})
_MAIL_PORTS: Final = frozenset({143, 993})
_FIRST_FREE_PORT: Final = 1024
# https://fetch.spec.whatwg.org/#port-blocking from 1024 up, and two services that read a request line by line
# and carry on after the lines they do not know.
_BAD_PORTS: Final = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679}
    | {6697, 10080}
    | {6379, 11211}
)


def refusal(address: str, allowed: tuple[Network, ...] = ()) -> str | None:
    """Say what is wrong with connecting to `address`, in words that go on "… is", or None if it may be done.

    `address` is what is handed to `connect`: a number, never a name; what is not one canonical IPv4 or IPv6 address
    is refused. `allowed` are the administrator's networks, which may be private ones. An IPv6 address that carries
    an IPv4 address is judged as it stands: allowing 10.0.0.0/8 does not allow ::ffff:10.0.0.1.
    """
    try:
        number = ip_address(address)
    except ValueError:
        return "not an address"
    if any(number in network for network in allowed):
        return None
    for network, what in _NOT_PUBLIC:
        if number in network:
            return what
    if isinstance(number, IPv6Address) and (number not in _GLOBAL_UNICAST or number.scope_id is not None):
        return "a reserved address"
    return None


def port_refusal(port: int) -> str | None:
    """Say why `port` (0 to 65,535) is not one for web pages, in words that go on "port … is", or None.

    80, 443 and those from 1024 up are, but for browsers' "bad ports" and two stores that obey anybody.
    """
    if port in _WEB_PORTS or (port >= _FIRST_FREE_PORT and port not in _BAD_PORTS):
        return None
    return "not one that web pages come from"


def mail_port_refusal(port: int) -> str | None:
    """Say why `port` (0 to 65,535) is not one for mail accounts, in words that go on "port … is", or None.

    143 and 993 (RFC 9051 §11.1) and those from 1024 up are, but for the ports that are no web page's either.
    """
    if port in _MAIL_PORTS or (_FIRST_FREE_PORT <= port <= 65_535 and port not in _BAD_PORTS):
        return None
    return "not one that mail accounts are at"


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read networks as an administrator writes them: `192.168.1.0/24`, `fd00::/8`, or one address.

    Raises InvalidInputError("allowed networks") naming the first that is none; host bits may not be set.
    """
    networks: list[Network] = []
    for text in texts:
        try:
            networks.append(ip_network(text.strip()))
        except ValueError as error:
            raise InvalidInputError("allowed networks", f"{text!r} is not a network: {error}") from error
    return tuple(networks)


def is_address(host: str) -> bool:
    """Whether `host` is an address rather than a name; IPv6 with or without its brackets."""
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
