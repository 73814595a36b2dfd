"""Readers of a feed: an address each, shown once, cut off alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from poolhouse.servers.web.readers import is_private
from poolhouse.services.pools import add_pool
from poolhouse.types import PoolId, ReaderUse, SecretId

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Principal
    from tests.conftest import StillClock
    from tests.servers.web.conftest import Browser


@pytest.mark.parametrize(
    "kind", ["newsboat", "thunderbird", "netnewswire", "sfeed", "rss2email", "browser", "other"]
)
def test_reader_gets_an_address_that_works(browser: Browser, kind: str) -> None:
    page = browser.send("/pools/2/subscribe", reader=kind, label="mine").text
    (url, *_) = re.findall(r"http://pools\.test(/s/[\w-]{32}/pools/2\.\w+)", page)
    browser.client.cookies.clear()
    assert browser.client.get(url).status_code == 200
    assert ("anna:" in page) == (kind in {"newsboat", "sfeed", "rss2email", "browser"})


def test_secret_is_shown_once(browser: Browser) -> None:
    page = browser.send("/pools/2/subscribe", reader="script", label="mine").text
    (secret, *_) = re.findall(r"/s/([\w-]{32})/", page)
    for path in ("/pools/2/subscribe", "/", "/account", "/opml", "/pools/2", "/pools"):
        assert secret not in browser.get(path).text
    token_page = browser.send("/account/tokens", label="backup").text
    (token,) = set(re.findall(r"Bearer ([\w-]{32})", token_page))
    for path in ("/account", "/"):
        assert token not in browser.get(path).text


def test_cut_off_reader_gets_nothing(browser: Browser) -> None:
    page = browser.send("/pools/2/subscribe", reader="newsboat", label="the old laptop").text
    (path, *_) = re.findall(r"http://pools\.test(/s/[\w-]+/pools/2\.atom)", page)
    (cut,) = re.findall(r'action="(/secrets/\d+/cut-off)"', browser.get("/pools/2/subscribe").text)
    assert browser.client.get(path).status_code == 200
    done = browser.send(cut)
    assert done.headers["location"] == "/pools/2/subscribe"
    assert browser.client.get(path).status_code == 404
    assert "Cut off: the old laptop" in " ".join(browser.get("/pools/2/subscribe").text.split()).replace(
        "Cut off:</p>", "Cut off:"
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [(304, "got nothing new"), (200, "got the feed"), (226, "got what was new"), (404, "was refused (404)")],
)
def test_reader_is_told_of_in_words(
    browser: Browser, house: RunningHouse, clock: StillClock, status: int, words: str
) -> None:
    browser.send("/pools/2/subscribe", reader="newsboat")
    use = ReaderUse(at=clock.now(), user_agent="newsboat/2.21 <b>", status=status)
    house.data.database.write(lambda tx: tx.secrets.record_uses([(SecretId(1), use)]))
    clock.pass_seconds(3_600)
    page = browser.get("/pools/2/subscribe").text
    assert words in page
    assert "Friday 03:04 UTC" in page
    assert "newsboat/2.21 &lt;b&gt;" in page


def test_careful_readers_are_warned_of_private_networks(browser: Browser, house: RunningHouse) -> None:
    page = browser.send("/pools/2/subscribe", reader="miniflux").text
    assert "FETCHER_ALLOW_PRIVATE_NETWORKS=1" not in page
    house.addresses = type(house.addresses)("http://192.168.1.4:8080")
    page = browser.send("/pools/2/subscribe", reader="miniflux").text
    assert "FETCHER_ALLOW_PRIVATE_NETWORKS=1" in page


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://[fd00::1]:8080", True),
        ("http://10.0.0.2", True),
        ("http://nas", True),
        ("http://nas.local", True),
        ("https://pools.example.org", False),
        ("http://9.9.9.9", False),
    ],
)
def test_private_address(base_url: str, *, expected: bool) -> None:
    assert is_private(base_url) is expected


def test_opml_names_every_feed_and_no_secret(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    from lxml import etree

    name = 'A "quoted" & <marked> pool'
    pool = house.data.database.write(lambda tx: add_pool(tx, principal, name, parent_id=PoolId(2)))
    browser.send("/pools/2/subscribe", reader="newsboat")
    answer = browser.get("/opml")
    assert answer.headers["content-disposition"].startswith("attachment")
    tree = etree.fromstring(answer.content)
    feeds = {each.get("text"): each.get("xmlUrl") for each in tree.iter("outline")}
    assert feeds[name] == f"http://pools.test/pools/{pool.id}.atom"
    assert tree.xpath("//outline/outline/@text") == [name]
    assert "/s/" not in answer.text
