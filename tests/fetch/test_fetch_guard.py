"""Addresses and ports that nobody may be sent to, each spelling a victim's (security.md of every peer)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import InvalidInputError
from poolhouse.fetch.guard import port_refusal, read_networks, refusal

REFUSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
    "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9",
    "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8", "::ffff:0:7f00:1",
    "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1",
    "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1",
    "3ffe::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00::1", "fdff:ffff::1", "fe80::1", "fe80::1%eth0",
    "fe80::1%25eth0", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "2606:4700:4700::1111%eth0",
]  # fmt: skip
NOT_ADDRESSES = [
    "127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "127.0.0.01", "localhost", "", " 8.8.8.8", "8.8.8.8 ",
    "8.8.8.8\n", "[::1]", "8.8.8.8/32", "\u0661.1.1.1", "1.1.1.1.1", "\x00",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
    "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2001:4860:4860::8888",
    "2003::1", "2606:4700:4700::1111", "2a00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address: str) -> None:
    why = refusal(address)
    assert why is not None
    assert why != "not an address"


@pytest.mark.parametrize("address", NOT_ADDRESSES)
def test_only_canonical_addresses_are_addresses(address: str) -> None:
    assert refusal(address) == "not an address"


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_neighbours_of_refused_blocks_may_be_fetched(address: str) -> None:
    assert refusal(address) is None


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_refused_in_every_ipv6_dress(address: IPv4Address) -> None:
    number = int(address)
    dresses = (number, 0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80)
    for dress in dresses:
        assert refusal(str(IPv6Address(dress))) is not None


@given(st.ip_addresses())
def test_nothing_that_python_knows_to_be_special_passes(address: IPv4Address | IPv6Address) -> None:
    if refusal(str(address)) is None:
        assert address.is_global
        assert not address.is_multicast


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert refusal(text) is None or isinstance(refusal(text), str)


def test_the_administrator_may_allow_one_network_and_no_more() -> None:
    allowed = read_networks(["192.168.1.0/24", "fd12::/16"])
    assert refusal("192.168.1.7", allowed) is None
    assert refusal("fd12::7", allowed) is None
    assert refusal("192.168.2.7", allowed) is not None
    assert refusal("fd13::7", allowed) is not None
    assert refusal("::ffff:192.168.1.7", allowed) is not None
    assert refusal("127.0.0.1", allowed) is not None


def test_one_address_is_a_network() -> None:
    assert read_networks([" 10.0.0.5 "]) == (ip_network("10.0.0.5/32"),)


@pytest.mark.parametrize("text", ["home", "10.0.0.5/8", "", "10.0.0.0/33"])
def test_what_is_no_network_is_named(text: str) -> None:
    with pytest.raises(InvalidInputError, match="allowed networks"):
        read_networks([text])


@pytest.mark.parametrize("port", [80, 443, 1024, 3000, 8000, 8080, 8443, 65_535])
def test_ports_of_web_servers(port: int) -> None:
    assert port_refusal(port) is None


@pytest.mark.parametrize(
    "port", [0, 1, 22, 25, 53, 110, 143, 465, 587, 993, 1023, 2049, 6000, 6379, 6667, 11_211]
)
def test_ports_of_other_services(port: int) -> None:
    assert port_refusal(port) is not None
