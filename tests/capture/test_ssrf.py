"""Server-side request forgery by way of a capture: of every address that a page names, none is connected to that may
not be, however it is spelled and wherever in the page it stands; and the page is captured all the same.
"""

from __future__ import annotations

import asyncio
import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from poolhouse.app.workshop import Workshop
from poolhouse.errors import FetchError, RefusedAddressError
from poolhouse.fetch.fetcher import Fetched, Fetcher
from poolhouse.services.captures import capture_text, list_captures
from poolhouse.services.links import save_link
from poolhouse.services.pools import add_pool
from poolhouse.services.reading import get_item
from poolhouse.types import CaptureMode, ItemId, PageState
from tests.capture.answers import redirect, whole
from tests.capture.articles import document, said
from tests.capture.judging import faults_of_text
from tests.capture.pages import Page
from tests.capture.pictures import photograph
from tests.capture.site import FORBIDDEN, NETWORK, Site
from tests.capture.words import as_html, paragraphs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Transaction
    from poolhouse.types import Item, Principal
    from tests.capture.answers import Answer

PATIENCE_SECONDS = 120.0

# Hosts as an attacker writes them; something listens on those of this machine, at the port that is named.
HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "0177.0.0.1", "0177.1", "0x7f.0.0.1", "0x7f.1", "0x7f000001", "2130706433",
    "017700000001", "127.0.0.1.", "127.000.000.001", "%31%32%37.0.0.1", "\u2460\u2461\u2466.0.0.1",
    "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "0", "0.0.0.0", "127.0.0.2", "[::]", "[::1]",
    "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:7f00:1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fd00::1]", "[fe80::1]",
    "[fec0::1]", "[ff02::1]", "169.254.169.254", "100.64.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1",
    "192.0.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255", "user@127.0.0.1",
    "public.example@127.1", "a:b@[::1]", "localhost", "loop.example", "six.example", "mapped.example",
    "metadata.example", "private.example", "both.example",
]  # fmt: skip

NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "loop.example": ["127.0.0.1"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "private.example": ["10.0.0.1", "192.168.0.1", "fd00::1"],
    "both.example": ["127.0.0.2", "127.0.0.1"],
}

# What is not of the web at all, or at a port that is not.
OTHERS = [
    "file:///etc/passwd", "file://localhost/etc/passwd", "ftp://127.0.1.1/x", "gopher://127.0.0.1:{port}/_x",
    "httpoxy://127.0.1.1/x", "dict://127.0.0.1:{port}/x", "jar:http://127.0.0.1:{port}/x!/", "data:text/html,x",
    "javascript:fetch('http://127.0.0.1:{port}')", "ws://127.0.0.1:{port}/", "blob:http://127.0.0.1:{port}/x",
    "view-source:http://127.0.0.1:{port}/", "http://127.0.1.1:22/x", "http://127.0.1.1:25/x",
    "http://127.0.1.1:6379/x", "http://127.0.1.1:6667/x", "http://127.0.1.1:1/x",
]  # fmt: skip

# Where a page names something that a capture may want to have: `{}` is the address.
WANTED_IN_HEAD = {
    "style": "<style>p{background:url('{}/style')}</style>",
    "sheet": '<link rel="stylesheet" href="{}/sheet">',
    "icon": '<link rel="icon" href="{}/icon">',
    "og": '<meta property="og:image" content="{}/og">',
}
WANTED = {
    "image": '<img src="{}/image" width="500" height="400" alt="">',
    "srcset": '<img srcset="{}/srcset 1200w" src="{}/src" alt="">',
    "lazy": '<img data-src="{}/lazy" alt="">',
    "picture": '<picture><source srcset="{}/picture 2x"><img src="{}/within" alt=""></picture>',
    "noscript": '<noscript><img src="{}/noscript" alt=""></noscript>',
    "inline": '<div style="background:url({}/inline)">x</div>',
}
# And where it names what a browser would fetch and a capture has no use for.
UNWANTED = {
    "frame": '<iframe src="{}/frame"></iframe>',
    "object": '<object data="{}/object"></object><embed src="{}/embed">',
    "media": '<video src="{}/video"><track src="{}/track"></video><audio src="{}/audio"></audio>',
    "script": '<script src="{}/script"></script><link rel="modulepreload" href="{}/module">',
    "links": '<link rel="prefetch" href="{}/prefetch"><link rel="manifest" href="{}/manifest">',
    "font": "<style>@font-face{font-family:x;src:url({}/font)}</style>",
    "vector": '<svg><image href="{}/svg"/><use xlink:href="{}/use#a"/></svg>',
    "refresh": '<meta http-equiv="refresh" content="0;url={}/refresh">',
    "form": '<form action="{}/form"><button formaction="{}/button">b</button></form>',
    "ping": '<a ping="{}/ping" href="{}/a">a</a>',
    "sound": '<bgsound src="{}/sound">',
}
ATTEMPTED = ("image", "srcset", "inline", "style", "sheet", "icon", "og")
"""Channels that a capture uses at least; that it is refused there shows that the others are not merely left out."""


class WatchedFetcher(Fetcher):
    """A fetcher that remembers what it was asked for, and what came of it."""

    __slots__ = ("outcomes",)

    def __init__(self, resolve: Callable[[str], Sequence[str]]) -> None:
        async def look_up(host: str) -> Sequence[str]:
            return resolve(host)

        super().__init__(
            user_agent="Poolhouse/test", allowed_networks=(ip_network(NETWORK),), resolve=look_up, at_once=8
        )
        self.outcomes: dict[str, str] = {}

    async def fetch(self, url: str, *, limit_bytes: int, accept: str, timeout_seconds: float) -> Fetched:
        try:
            found = await super().fetch(
                url, limit_bytes=limit_bytes, accept=accept, timeout_seconds=timeout_seconds
            )
        except FetchError as error:
            self.outcomes[url] = type(error).__name__
            raise
        self.outcomes[url] = str(found.status)
        return found


def page_naming(name: str, address: str, beneath: Mapping[str, Answer] | None = None) -> Page:
    """An article that names `address`, and paths beneath it, wherever a page can; `{port}` is the site's."""
    text = paragraphs("lenses", name)
    head, inside, rest = (
        "".join(places.values()).replace("{}", address) for places in (WANTED_IN_HEAD, WANTED, UNWANTED)
    )
    body = f"<article><h1>Lenses</h1>{as_html(text[:2])}{inside}{as_html(text[2:])}</article>{rest}"
    answers = {"": whole(document("Lenses", body, head)), **(beneath or {})}
    return Page(name=name, answers=answers, says=said("lenses", name))


async def capture_all(
    house: RunningHouse,
    principal: Principal,
    fetcher: Fetcher,
    urls: Sequence[str],
    mode: CaptureMode = CaptureMode.FULL,
) -> list[tuple[Item, str, list[str]]]:
    """Save pages and have them captured by real workers: the items, their texts, the blobs of their whole copies."""
    pool = await house.write(lambda tx: add_pool(tx, principal, "Whole", capture=mode))

    def save(tx: Transaction) -> list[ItemId]:
        return [save_link(tx, principal, url, pool_id=pool.id).item.id for url in urls]

    ids = await house.write(save)

    def count_waiting(tx: Transaction) -> int:
        return sum(get_item(tx, principal, each).page_state is PageState.PENDING for each in ids)

    work = asyncio.create_task(Workshop(house, fetcher, workers=2).run())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while house.read(count_waiting):
                assert not work.done(), work
                await house.next_commit(1.0)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    return house.read(lambda tx: [_told(tx, principal, each) for each in ids])


def _told(tx: Transaction, principal: Principal, item_id: ItemId) -> tuple[Item, str, list[str]]:
    item = get_item(tx, principal, item_id)
    captures = list_captures(tx, principal, item_id)
    text = capture_text(tx, principal, item_id) if captures else ""
    return item, text, [each.page_blob for each in captures if each.page_blob]


def resolve(host: str) -> Sequence[str]:
    """The addresses of the names that are known here."""
    return NAMES.get(host, ())


def assert_nobody_came(site: Site) -> None:
    """No connection was made to an address that is forbidden."""
    assert {address: site.callers[address] for address in FORBIDDEN} == dict.fromkeys(FORBIDDEN, 0)


def assert_captured(page: Page, told: tuple[Item, str, list[str]]) -> None:
    """The page was read, and its whole copy kept."""
    item, text, whole_pages = told
    assert item.page_state is PageState.DONE, (page.name, item.page_error)
    assert not faults_of_text(page, text), page.name
    assert len(whole_pages) == 1, page.name


async def test_a_capture_asks_for_what_its_page_names(house: RunningHouse, principal: Principal) -> None:
    # else the tests below would show nothing
    picture = whole(photograph("PNG", 500, 400), "image/png")
    wanted = dict.fromkeys(
        ("/image", "/srcset", "/lazy", "/noscript", "/inline", "/style", "/icon", "/og"), picture
    )
    beneath = {
        **wanted,
        "/sheet": whole("p{background:url(within-sheet)}", "text/css"),
        "/within-sheet": picture,
    }
    page = page_naming("open", "{here}/open", beneath)
    fetcher = WatchedFetcher(resolve)
    async with Site.of([page]) as site:
        [told] = await capture_all(house, principal, fetcher, [site.url_of(page)])
        asked = {path.removeprefix("/open") for path in site.paths_asked()}
    assert_captured(page, told)
    assert told[0].thumbnail
    assert told[0].favicon
    assert {f"/{channel}" for channel in ATTEMPTED} <= asked
    named = {found for markup in UNWANTED.values() for found in re.findall(r"{}(/[a-z]+)", markup)}
    assert len(named) >= len(UNWANTED)
    assert not named & asked


async def test_no_spelling_of_an_address_inside_is_asked(house: RunningHouse, principal: Principal) -> None:
    fetcher = WatchedFetcher(resolve)
    pages = [
        page_naming(f"host{number}", f"http://{host}:{{port}}/n{number}") for number, host in enumerate(HOSTS)
    ]
    async with Site.of(pages) as site:
        told = await capture_all(house, principal, fetcher, [site.url_of(page) for page in pages])
        assert_nobody_came(site)
    for number, (page, each) in enumerate(zip(pages, told, strict=True)):
        assert_captured(page, each)
        outcomes = {
            url.rpartition("/")[2]: outcome
            for url, outcome in fetcher.outcomes.items()
            if f"/n{number}/" in url
        }
        assert set(ATTEMPTED) <= set(outcomes), (page.name, HOSTS[number])
        assert set(outcomes.values()) == {RefusedAddressError.__name__}, (HOSTS[number], outcomes)


async def test_no_redirect_of_what_a_page_names_leads_inside(
    house: RunningHouse, principal: Principal
) -> None:
    fetcher = WatchedFetcher(resolve)
    channels = [f"/{name}" for name in ATTEMPTED]
    pages = [
        page_naming(
            f"hop{number}",
            f"{{here}}/hop{number}",
            dict.fromkeys(channels, redirect(f"http://{host}:{{port}}/stolen", status)),
        )
        for number, host in enumerate(HOSTS)
        for status in [("301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent")[number % 5]]
    ]
    async with Site.of(pages) as site:
        told = await capture_all(house, principal, fetcher, [site.url_of(page) for page in pages])
        assert_nobody_came(site)
    for number, (page, each) in enumerate(zip(pages, told, strict=True)):
        assert_captured(page, each)
        for channel in channels:
            outcome = next(
                outcome for url, outcome in fetcher.outcomes.items() if url.endswith(f"/hop{number}{channel}")
            )
            assert outcome == RefusedAddressError.__name__, (HOSTS[number], channel)


async def test_no_page_is_read_that_leads_inside(house: RunningHouse, principal: Principal) -> None:
    fetcher = WatchedFetcher(resolve)
    pages = [
        Page(
            name=f"move{number}",
            answers={"": redirect(f"http://{host}:{{port}}/stolen")},
            failure="not fetched",
        )
        for number, host in enumerate(HOSTS)
    ]
    async with Site.of(pages) as site:
        straight = [f"http://{host}:{site.port}/straight{number}" for number, host in enumerate(HOSTS)]
        told = await capture_all(house, principal, fetcher, [*map(site.url_of, pages), *straight])
        assert_nobody_came(site)
    for host, (item, _, blobs) in zip(HOSTS * 2, told, strict=True):
        assert item.page_state is PageState.FAILED, host
        assert "so it is not fetched" in (item.page_error or ""), (host, item.page_error)
        assert not blobs


async def test_what_is_not_of_the_web_is_not_asked_for(house: RunningHouse, principal: Principal) -> None:
    fetcher = WatchedFetcher(resolve)
    pages = [page_naming(f"other{number}", address) for number, address in enumerate(OTHERS)]
    async with Site.of(pages) as site:
        told = await capture_all(house, principal, fetcher, [site.url_of(page) for page in pages])
        assert_nobody_came(site)
        asked = set(site.paths_asked())
    assert asked <= {f"/{page.name}" for page in pages} | {"/favicon.ico"}
    for page, each in zip(pages, told, strict=True):
        assert_captured(page, each)
    assert not [
        (url, outcome)
        for url, outcome in fetcher.outcomes.items()
        if outcome.isdigit()
        and not url.endswith("/favicon.ico")
        and url.rpartition("/")[2] not in {page.name for page in pages}
    ]


async def test_a_name_that_changes_its_mind_is_judged_for_each_thing_fetched(
    house: RunningHouse, principal: Principal
) -> None:
    # DNS rebinding: the page is public, and by the time of its pictures the name leads inside
    answers = iter(["127.0.1.1"])
    fetcher = WatchedFetcher(lambda _: [next(answers, "127.0.0.1")])
    page = page_naming("rebind", "/rebind")
    async with Site.of([page]) as site:
        [told] = await capture_all(house, principal, fetcher, [f"http://rebind.example:{site.port}/rebind"])
        assert_nobody_came(site)
        assert site.paths_asked() == ["/rebind"]
    assert_captured(page, told)
    refused = [url for url, outcome in fetcher.outcomes.items() if outcome == RefusedAddressError.__name__]
    assert len(refused) >= len(ATTEMPTED)


@pytest.mark.parametrize("mode", CaptureMode)
async def test_every_mode_is_guarded(house: RunningHouse, principal: Principal, mode: CaptureMode) -> None:
    fetcher = WatchedFetcher(resolve)
    page = page_naming("mode", "http://127.0.0.1:{port}")
    async with Site.of([page]) as site:
        [told] = await capture_all(house, principal, fetcher, [site.url_of(page)], mode)
        assert_nobody_came(site)
    assert told[0].page_state is PageState.DONE
    assert any(outcome == RefusedAddressError.__name__ for outcome in fetcher.outcomes.values())
