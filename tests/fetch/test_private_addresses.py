"""Server-side request forgery, tried through the whole fetcher: the address checked is the address connected to."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import FetchError, RefusedAddressError
from poolhouse.fetch.fetcher import REDIRECT_LIMIT, Fetched, Fetcher

if TYPE_CHECKING:
    from tests.fetch.conftest import Lab

# Hosts as an attacker writes them; the port is that of a server which really listens on 127.0.0.1.
SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "0177.0.0.1", "0177.1", "0x7f.0.0.1", "0x7f.1", "0x7f000001", "2130706433",
    "017700000001", "127.0.0.1.", "127.000.000.001", "%31%32%37.0.0.1", "\u2460\u2461\u2466.0.0.1",
    "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "0", "0.0.0.0", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::ffff:0:7f00:1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fd00::1]", "[fe80::1]",
    "[fec0::1]", "[ff02::1]", "169.254.169.254", "100.64.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1",
    "192.0.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255", "user@127.0.0.1", "public.example@127.1",
    "a:b@[::1]",
]  # fmt: skip


async def fetch(fetcher: Fetcher, url: str) -> Fetched:
    return await fetcher.fetch(url, limit_bytes=1_000, accept="*/*", timeout_seconds=5)


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_of_a_private_address_is_connected_to(lab: Lab, host: str) -> None:
    inside = await lab.site(lab.reply(b"secret"))
    with pytest.raises(RefusedAddressError, match="so it is not fetched"):
        await fetch(lab.fetcher(allowed=()), f"http://{host}:{inside.port}/")
    assert inside.connections == 0


# 127.0.0.1 stands for the public server where a test needs one, so what is private there is 127.0.0.2.
REDIRECTED = [
    "127.0.0.2", "127.2", "0177.0.0.2", "0x7f.0.0.2", "0x7f000002", "2130706434", "127.000.000.002",
    "%31%32%37.0.0.2", "\u2460\u2461\u2466.0.0.2", "[::1]", "[::127.0.0.2]", "[::ffff:127.0.0.2]",
    "[::ffff:7f00:2]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:2]", "[2002:7f00:2::]", "[fd00::1]", "[fe80::1]", "0",
    "169.254.169.254", "100.64.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "192.0.0.1", "inside.example",
]  # fmt: skip


@pytest.mark.parametrize("host", REDIRECTED)
@pytest.mark.parametrize("hops", [1, 3])
async def test_no_redirect_leads_to_one(lab: Lab, host: str, hops: int) -> None:
    inside = await lab.site(lab.reply(b"secret"), address="127.0.0.2")
    answers = {f"/{hop}": lab.redirect(f"/{hop - 1}") for hop in range(1, hops)}
    outside = await lab.site({**answers, "/0": lab.redirect(f"http://{host}:{inside.port}/")})
    fetcher = lab.fetcher({"public.example": ["127.0.0.1"], "inside.example": ["127.0.0.2"]})
    with pytest.raises(RefusedAddressError):
        await fetch(fetcher, f"http://public.example:{outside.port}/{hops - 1}")
    assert (outside.connections, inside.connections) == (hops, 0)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "fe80::1%lo", "localhost", "127.1"]
)
async def test_no_name_leads_to_one(lab: Lab, address: str) -> None:
    inside = await lab.site(lab.reply(b"secret"))
    with pytest.raises(RefusedAddressError):
        await fetch(
            lab.fetcher({"public.example": [address]}, allowed=()), f"http://public.example:{inside.port}/"
        )
    assert inside.connections == 0


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST"])
async def test_the_system_is_not_believed_either(lab: Lab, name: str) -> None:
    inside = await lab.site(lab.reply(b"secret"))
    fetcher = Fetcher(user_agent="x")
    with pytest.raises(RefusedAddressError):
        await fetch(fetcher, f"http://{name}:{inside.port}/")
    await fetcher.aclose()
    assert inside.connections == 0


async def test_a_name_with_two_addresses_is_reached_at_the_public_one_only(lab: Lab) -> None:
    outside = await lab.site(lab.reply(b"public"))
    fetcher = lab.fetcher({"two.example": ["127.0.0.2", "::1", "10.0.0.1", "127.0.0.1"]})
    assert (await fetch(fetcher, f"http://two.example:{outside.port}/")).body == b"public"


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.2", "::1", "10.0.0.1"], ["127.0.0.2", "::1"], ["10.0.0.1", "192.168.0.1", "fd00::1"]],
)
async def test_a_name_with_private_addresses_alone_is_not_reached(lab: Lab, addresses: list[str]) -> None:
    inside = await lab.site(lab.reply(b"secret"), address="127.0.0.2")
    fetcher = lab.fetcher({"two.example": addresses})
    with pytest.raises(RefusedAddressError, match="so it is not fetched"):
        await fetch(fetcher, f"http://two.example:{inside.port}/")
    assert inside.connections == 0


async def test_a_name_that_changes_its_mind_is_judged_each_time(lab: Lab) -> None:
    # DNS rebinding: the redirect asks for the name again and gets another answer.
    outside = await lab.site({"/": lab.redirect("/again"), "/again": lab.reply(b"public")})
    answers = iter(["127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.1"])

    async def rebind(_: str) -> list[str]:
        return [next(answers)]

    fetcher = Fetcher(user_agent="x", resolve=rebind, allowed_networks=(ip_network("127.0.0.1/32"),))
    with pytest.raises(RefusedAddressError):
        await fetch(fetcher, f"http://rebind.example:{outside.port}/")
    assert outside.connections == 1
    assert (await fetch(fetcher, f"http://rebind.example:{outside.port}/")).body == b"public"
    await fetcher.aclose()


@pytest.mark.parametrize("port", [1, 22, 25, 6379])
async def test_ports_of_other_services_are_refused_on_every_hop(lab: Lab, port: int) -> None:
    outside = await lab.site(lab.redirect(f"http://public.example:{port}/"))
    fetcher = lab.fetcher()
    for url in (f"http://public.example:{port}/", f"http://public.example:{outside.port}/"):
        with pytest.raises(RefusedAddressError, match=f"port {port} "):
            await fetch(fetcher, url)


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://a.example/", "httpoxy://a.example/", "data:,x"]
)
async def test_redirects_stay_on_the_web(lab: Lab, location: str) -> None:
    outside = await lab.site(lab.redirect(location))
    with pytest.raises(RefusedAddressError, match="are not fetched"):
        await fetch(lab.fetcher(), f"http://public.example:{outside.port}/")


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
async def test_a_redirect_is_followed(lab: Lab, status: str) -> None:
    site = await lab.site({"/": lab.redirect("b?c=d#e", status), "/b?c=d": lab.reply(b"here")})
    fetched = await fetch(lab.fetcher(), f"http://public.example:{site.port}/")
    assert (fetched.url, fetched.body) == (f"http://public.example:{site.port}/b?c=d", b"here")


async def test_a_redirect_with_credentials_sends_none(lab: Lab) -> None:
    second = await lab.site(lab.reply(b"here"))
    first = await lab.site(lab.redirect(f"http://eve:pass@other.example:{second.port}/"))
    fetched = await fetch(lab.fetcher(), f"http://public.example:{first.port}/")
    assert fetched.url == f"http://other.example:{second.port}/"
    assert b"authorization" not in second.requests[0].lower()
    assert b"referer" not in second.requests[0].lower()


async def test_a_redirect_loop_ends(lab: Lab) -> None:
    site = await lab.site(lab.redirect("/"))
    with pytest.raises(FetchError, match=f"more than {REDIRECT_LIMIT} times"):
        await fetch(lab.fetcher(), f"http://public.example:{site.port}/")
    assert site.connections == REDIRECT_LIMIT + 1


@pytest.mark.parametrize(
    "location", ["http://[", "http://a b/", "http://\udcff\udcfe.example/", "http://1.2.3.4.5/"]
)
async def test_a_redirect_to_no_address(lab: Lab, location: str) -> None:
    site = await lab.site(lab.redirect(location))
    with pytest.raises(FetchError, match="no address"):
        await fetch(lab.fetcher(), f"http://public.example:{site.port}/")


async def test_a_redirect_in_raw_bytes_is_followed(lab: Lab) -> None:
    site = await lab.site({"/": lab.redirect("/caf\u00e9"), "/caf%C3%A9": lab.reply(b"here")})
    assert (await fetch(lab.fetcher(), f"http://public.example:{site.port}/")).body == b"here"
