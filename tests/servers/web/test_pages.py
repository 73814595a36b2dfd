"""What a person does on the pages: save, look, edit, delete, undo, find, subscribe."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from poolhouse.servers.web.ages import age, exact, moment
from poolhouse.servers.web.readers import is_private
from poolhouse.servers.web.view import browser as browser_name
from poolhouse.services.links import save_link
from poolhouse.services.pools import add_pool, list_pools
from poolhouse.services.reading import get_item, list_entries, pools_of_item
from poolhouse.types import ItemId, Mark, PoolId, ReaderUse, SecretId
from tests.conftest import PASSWORD, StillClock, make_person, principal_of

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Item, Pool, Principal
    from tests.servers.web.conftest import Browser

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
NOW = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)


def keep(house: RunningHouse, principal: Principal, url: str, **values: object) -> Item:
    """Save a link behind the pages' back."""
    return house.data.database.write(lambda tx: save_link(tx, principal, url, **values)).item  # type: ignore[arg-type]  # given by name in each test


def pool_named(house: RunningHouse, principal: Principal, path: str) -> Pool:
    return next(pool for pool in list_pools(house.glance(), principal) if pool.path == path)


def titles(page: str) -> list[str]:
    return re.findall(r'<a class="link"[^>]*>([^<]*)</a>', page)


# saving


def test_address_typed_into_the_pool_is_saved(browser: Browser) -> None:
    done = browser.send("/save", url="example.org/x", pool="2", back="/pools/2")
    assert done.headers["location"] == "/pools/2"
    assert "Saved to Bookmarks" in browser.said("/pools/2")
    assert titles(browser.get("/pools/2").text) == ["https://example.org/x"]


def test_what_was_said_is_said_once(browser: Browser) -> None:
    browser.send("/save", url="example.org/x", back="/")
    assert browser.said()
    assert browser.said() == ""


def test_confirm_window_shows_what_came_from_the_page(browser: Browser) -> None:
    page = browser.get("/save?window=popup&url=https://example.org/a?b=c%26d&title=A+%3Ctitle%3E&note=chosen")
    assert page.status_code == 200
    assert 'value="https://example.org/a?b=c&amp;d"' in page.text
    assert 'value="A &lt;title&gt;"' in page.text
    assert "chosen</textarea>" in page.text


def test_window_says_saved(browser: Browser) -> None:
    done = browser.send("/save", url="https://example.org/", title="Example", pool="2", window="popup")
    assert done.status_code == 200
    assert "data-done" in done.text
    assert "Example" in done.text


def test_page_kept_already_shows_its_entry(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item = keep(house, principal, "https://example.org/", title="Mine", note="first", tags=["a", "b"])
    page = browser.get("/save?url=http://EXAMPLE.org:80/&title=Theirs&note=second").text
    assert "You have this page" in page
    assert 'value="Mine"' in page
    assert "first\n\nsecond</textarea>" in page
    assert 'value="a, b"' in page
    form = {"url": item.url, "title": "New", "note": "", "tags": "b", "item": str(item.id), "pool": "2"}
    browser.send("/save", **form)
    after = get_item(house.glance(), principal, item.id)
    assert (after.title, after.note, after.tags) == ("New", "", ("b",))


def test_saving_again_without_the_entry_merges(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item = keep(house, principal, "https://example.org/", title="Mine", note="first", tags=["a"])
    browser.send("/save", url="https://example.org/", tags="b")
    after = get_item(house.glance(), principal, item.id)
    assert (after.title, after.note, after.tags) == ("Mine", "first", ("a", "b"))
    assert "You had this already" in browser.said()


def test_item_of_somebody_else_in_the_form_changes_nothing(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    bert = principal_of(make_person(house, "bert"))
    theirs = keep(house, bert, "https://example.org/", title="Bert's")
    browser.send("/save", url="https://example.org/", title="Mine", item=str(theirs.id))
    assert get_item(house.glance(), bert, theirs.id).title == "Bert's"


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "data:text/html,x", "http://", "x" * 9_000])
def test_refused_address_keeps_what_was_typed(browser: Browser, url: str) -> None:
    page = browser.send("/save", url=url, title="A title", note="A note", tags="one, two")
    assert page.status_code == 400
    assert 'id="wrong-url"' in page.text
    assert 'aria-describedby="wrong-url"' in page.text
    for typed in ('value="A title"', "A note</textarea>", 'value="one, two"'):
        assert typed in page.text


@pytest.mark.parametrize(
    ("field", "value"), [("title", "x" * 3_000), ("note", "x" * 200_000), ("tags", "x" * 200)]
)
def test_too_long_is_said_beside_its_field(browser: Browser, field: str, value: str) -> None:
    page = browser.send("/save", url="https://example.org/", **{field: value})
    assert page.status_code == 400
    assert f'id="wrong-{field}"' in page.text
    assert value in page.text


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/https://example.org/a?b=c&d=e", "https://example.org/a?b=c&amp;d=e"),
        ("/http:/example.org/a", "http://example.org/a"),
        ("/HTTPS:///example.org/", "https://example.org/"),
        ("/https://example.org/caf%C3%A9?q=%26", "https://example.org/caf%C3%A9?q=%26"),
        ("/https://example.org", "https://example.org"),
    ],
)
def test_address_typed_before_an_address(browser: Browser, path: str, url: str) -> None:
    page = browser.get(path)
    assert page.status_code == 200
    assert f'id="url" name="url" value="{url}"' in page.text


def test_address_before_an_address_survives_log_in(stranger: Browser, house: RunningHouse) -> None:
    make_person(house, "anna")
    page = stranger.get("/https://example.org/a?b=c")
    assert page.status_code == 401
    assert 'name="next" value="/https://example.org/a?b=c"' in page.text


def test_bookmarklet_only_opens_an_address(browser: Browser) -> None:
    page = browser.get("/bookmarklet").text
    (text,) = re.findall(r'class="drag" href="([^"]+)"', page)
    text = unescape(text)
    assert text.startswith("javascript:")
    assert "http://pools.test/save?url=" in text
    assert not re.search(r"fetch|XMLHttp|createElement|\.src|innerHTML|[%#]", text)


# looking


def test_pages_of_a_long_pool(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    def fill(tx: object) -> None:
        for number in range(120):
            save_link(tx, principal, f"https://example.org/{number}", title=f"link {number}")  # type: ignore[arg-type]  # a Transaction

    house.data.database.write(fill)
    first = browser.get("/").text
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = browser.get(older).text
    assert titles(first) + titles(second) == [f"link {number}" for number in reversed(range(120))]
    assert 'rel="next"' not in second
    assert "Newest" in second


def test_pool_page_names_its_feeds(browser: Browser) -> None:
    page = browser.get("/pools/2").text
    for suffix in ("atom", "rss", "json"):
        assert re.search(rf'<link rel="alternate" type="[^"]+" href="/pools/2\.{suffix}"', page)


def test_tree_has_counts_and_readers(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    keep(house, principal, "https://example.org/")
    browser.send("/pools/2/subscribe", reader="newsboat", label="the laptop")
    page = browser.get("/").text
    assert '<span class="name">Bookmarks</span><span class="count">1</span>' in page
    assert "Private feed of Bookmarks, read by the laptop" in page
    assert "Private feed of Inbox: no reader yet" in page


def test_empty_pool_teaches(browser: Browser) -> None:
    page = browser.get("/").text
    assert "http://pools.test/https://example.org/" in page
    assert "/bookmarklet" in page


# one link


def test_edit(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://example.org/", title="Old")
    assert 'value="Old"' in browser.get(f"/items/{item.id}/edit").text
    form = {
        "url": "https://example.org/new",
        "title": "New",
        "note": "n",
        "tags": "x, y",
        "pools": ["1", "2"],
    }
    done = browser.send(f"/items/{item.id}/edit", back="/pools/1", **form)
    assert done.headers["location"] == "/pools/1"
    after = get_item(house.glance(), principal, item.id)
    assert (after.url, after.title, after.note, after.tags) == (form["url"], "New", "n", ("x", "y"))
    assert [pool.id for pool in pools_of_item(house.glance(), principal, item.id)] == [2, 1]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"url": "javascript:x", "pools": "2"}, "url"),
        ({"url": "https://taken.example/", "pools": "2"}, "url"),
        ({"url": "https://example.org/"}, "pools"),
    ],
)
def test_refused_edit_keeps_what_was_typed(
    browser: Browser, house: RunningHouse, principal: Principal, form: dict[str, str], field: str
) -> None:
    keep(house, principal, "https://taken.example/")
    item = keep(house, principal, "https://example.org/")
    page = browser.send(f"/items/{item.id}/edit", title="Half a sentence", note="typed", back="/tags", **form)
    assert page.status_code == 400
    assert f'id="wrong-{field}"' in page.text
    for typed in ("Half a sentence", "typed</textarea>", 'name="back" value="/tags"'):
        assert typed in page.text


def test_delete_and_undo(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://example.org/", title="Going")
    browser.send(f"/items/{item.id}/delete", back="/pools/2")
    page = browser.get("/pools/2").text
    assert titles(page) == []
    assert "Deleted: Going" in page
    assert f'action="/items/{item.id}/restore"' in page
    browser.send(f"/items/{item.id}/restore", back="/pools/2")
    assert titles(browser.get("/pools/2").text) == ["Going"]


def test_marks(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://example.org/")
    assert "unread" in browser.get("/").text
    browser.send(f"/items/{item.id}/mark", starred="1")
    browser.send(f"/items/{item.id}/mark", read="1")
    assert get_item(house.glance(), principal, item.id).marks == {Mark.STARRED, Mark.READ}
    assert 'class="row unread"' not in browser.get("/").text
    browser.send(f"/items/{item.id}/mark", starred="0", read="nonsense")
    assert get_item(house.glance(), principal, item.id).marks == {Mark.READ}


def test_script_gets_no_page(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://example.org/")
    answer = browser.post(
        f"/items/{item.id}/mark", {"token": browser.token(), "read": "1"}, **{"x-poolhouse-quiet": "1"}
    )
    assert (answer.status_code, answer.content) == (204, b"")


def test_trash(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    first, second, third = (keep(house, principal, f"https://{name}.example/") for name in "abc")
    for item in (first, second, third):
        browser.send(f"/items/{item.id}/delete")
    page = browser.get("/trash").text
    assert "https://a.example/" in page
    browser.send(f"/items/{first.id}/restore", back="/trash")
    browser.send(f"/items/{second.id}/remove", back="/trash")
    page = browser.get("/trash").text
    assert "https://a.example/" not in page
    assert "https://b.example/" not in page
    assert "https://c.example/" in page
    browser.send("/trash/empty")
    assert house.glance().items.get(third.id, principal.person_id) is None


# icons


def test_icon_is_an_image_and_nothing_else(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item = keep(house, principal, "https://example.org/")
    assert browser.get(f"/items/{item.id}/icon").status_code == 404
    assert 'class="tile' in browser.get("/").text
    address = house.blobs.put(PNG)
    house.data.database.write(lambda tx: tx.items.edit(item.id, favicon=address))
    icon = browser.get(f"/items/{item.id}/icon")
    assert icon.content == PNG
    assert icon.headers["content-type"] == "image/png"
    assert icon.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert f'src="/items/{item.id}/icon?' in browser.get("/").text


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"<html><script>alert(1)</script>", b"x"])
def test_icon_that_is_no_image_is_not_there(
    browser: Browser, house: RunningHouse, principal: Principal, content: bytes
) -> None:
    item = keep(house, principal, "https://example.org/")
    address = house.blobs.put(content)
    house.data.database.write(lambda tx: tx.items.edit(item.id, favicon=address))
    assert browser.get(f"/items/{item.id}/icon").status_code == 404


# pools


def test_make_nest_rename_delete_and_undo(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    browser.send("/pools/new", name="Reading")
    outer = pool_named(house, principal, "Reading")
    made = browser.send("/pools/new", name="Feeds", parent=str(outer.id))
    inner = pool_named(house, principal, "Reading/Feeds")
    assert made.headers["location"] == f"/pools/{inner.id}"
    browser.send(f"/pools/{inner.id}/edit", name="Atom", parent="")
    assert pool_named(house, principal, "Atom").id == inner.id
    gone = browser.send(f"/pools/{inner.id}/delete")
    assert gone.headers["location"] == "/"
    page = browser.get("/").text
    assert "Deleted the pool Atom" in page
    assert f'action="/pools/{inner.id}/restore"' in page
    assert "Atom" in browser.get("/trash").text
    browser.send(f"/pools/{inner.id}/restore")
    assert browser.get(f"/pools/{inner.id}").status_code == 200


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "bookmarks"}, "name"),
        ({"name": "x", "query": "is:big"}, "query"),
    ],
)
def test_refused_pool_keeps_what_was_typed(browser: Browser, form: dict[str, str], field: str) -> None:
    page = browser.send("/pools/new", **form)
    assert page.status_code == 400
    assert f'id="wrong-{field}"' in page.text
    for name, value in form.items():
        assert f'name="{name}" value="{value}"' in page.text


def test_pool_that_is_always_there_is_not_deleted(browser: Browser) -> None:
    assert "/pools/2/delete" not in browser.get("/pools/2/edit").text
    assert browser.send("/pools/2/delete").status_code == 400
    assert browser.get("/pools/2").status_code == 200


def test_search_becomes_a_pool(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://example.org/", tags=["essay"])
    assert 'href="/pools/new?query=tag%3Aessay"' in browser.get("/search?q=tag:essay").text
    assert 'value="tag:essay"' in browser.get("/pools/new?query=tag%3Aessay").text
    browser.send("/pools/new", name="Essays", query="tag:essay")
    pool = pool_named(house, principal, "Essays")
    entries = list_entries(house.glance(), principal, pool.id)
    assert [entry.item.id for entry in entries] == [item.id]
    page = browser.get(f"/pools/{pool.id}").text
    assert 'id="add"' not in page


# finding


def test_search(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    keep(house, principal, "https://example.org/a", title="Commonplace book")
    keep(house, principal, "https://example.org/b", title="Something else")
    assert titles(browser.get("/search?q=common*").text) == ["Commonplace book"]
    assert "Nothing found" in browser.get("/search?q=nowhere").text


def test_search_that_cannot_be_is_said_beside_the_field(browser: Browser) -> None:
    page = browser.get("/search?q=before:yesterday")
    assert page.status_code == 400
    assert "is not a date" in page.text
    assert 'value="before:yesterday"' in page.text


def test_tags_lead_to_what_bears_them(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    keep(house, principal, "https://example.org/", title="Found", tags=['two "words" & more'])
    (href,) = re.findall(r'class="tag" href="([^"]+)"', browser.get("/tags").text)
    assert titles(browser.get(href).text) == ["Found"]


# readers


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


# account


def test_change_password(browser: Browser) -> None:
    wrong = browser.send("/account/password", old_password="not it", password="another sentence")
    assert wrong.status_code == 400
    assert 'id="wrong-old_password"' in wrong.text
    short = browser.send("/account/password", old_password=PASSWORD, password="short")
    assert 'id="wrong-password"' in short.text
    assert (
        browser.send("/account/password", old_password=PASSWORD, password="another sentence").status_code
        == 303
    )
    assert browser.get("/account").status_code == 200
    browser.send("/logout")
    assert browser.log_in("anna", PASSWORD).status_code == 401
    assert browser.log_in("anna", "another sentence").status_code == 303


def test_other_browsers_are_logged_out_one_by_one(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    from poolhouse.services.people import start_session

    cookies = [
        house.data.database.write(
            lambda tx: start_session(
                tx, house.vault, principal.person_id, "Mozilla/5.0 (X11; Linux) Firefox/140.0"
            )
        )
        for _ in range(2)
    ]
    assert "Firefox, Linux" in browser.get("/account").text
    browser.send("/account/sessions", session=str(cookies[0][0].id))
    left = {session.id for session in house.glance().sessions.of(principal.person_id)}
    assert cookies[0][0].id not in left
    assert cookies[1][0].id in left
    browser.send("/account/sessions")
    assert len(house.glance().sessions.of(principal.person_id)) == 1


# other people's things


def test_what_is_others_is_not_there(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    from poolhouse.services.people import start_session
    from poolhouse.services.secrets import add_feed_secret

    bert = principal_of(make_person(house, "bert"))
    item = keep(house, bert, "https://bert.example/", title="Bert's link", tags=["berts-tag"])
    pool = house.data.database.write(lambda tx: add_pool(tx, bert, "Bert's pool"))
    secret, _ = house.data.database.write(
        lambda tx: add_feed_secret(tx, house.vault, bert, pool.id, "Bert's reader")
    )
    session, _ = house.data.database.write(
        lambda tx: start_session(tx, house.vault, bert.person_id, "Bert's browser")
    )
    before = house.glance().changes.last()
    for path in (f"/pools/{pool.id}", f"/pools/{pool.id}/edit", f"/pools/{pool.id}/subscribe"):
        assert browser.get(path).status_code == 404
    for path in (f"/items/{item.id}/edit", f"/items/{item.id}/icon"):
        assert browser.get(path).status_code == 404
    form = {"name": "x", "url": "https://x.example/", "title": "x", "pools": "2", "read": "1", "label": "x"}
    for path in (
        *(f"/pools/{pool.id}/{verb}" for verb in ("edit", "delete", "restore", "subscribe")),
        *(f"/items/{item.id}/{verb}" for verb in ("edit", "mark", "delete", "restore", "remove")),
        f"/secrets/{secret.id}/cut-off",
    ):
        assert browser.send(path, **form).status_code == 404
    assert browser.send("/account/sessions", session=str(session.id)).status_code == 404
    assert browser.send("/save", url="https://x.example/", pool=str(pool.id)).status_code == 404
    assert browser.send("/pools/new", name="x", parent=str(pool.id)).status_code == 404
    assert house.glance().changes.last() == before
    for path in (
        "/",
        "/pools",
        "/tags",
        "/trash",
        "/search?q=bert*",
        "/account",
        "/opml",
        "/save?url=https://bert.example/",
    ):
        assert "Bert" not in browser.get(path).text
        assert "berts-tag" not in browser.get(path).text


def test_said_of_others_says_nothing(browser: Browser, house: RunningHouse) -> None:
    bert = principal_of(make_person(house, "bert"))
    item = keep(house, bert, "https://bert.example/", title="Bert's link")
    for text in (
        f"saved.{item.id}",
        "pool-changed.4",
        "pool-trashed.4",
        "nonsense",
        "saved.x",
        "saved." + "9" * 40,
    ):
        browser.client.cookies.set("poolhouse_said", text)
        assert browser.said() == ""


# hostile text

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    "&lt;script&gt;",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_stays_text(
    browser: Browser, house: RunningHouse, principal: Principal, payload: str
) -> None:
    name = payload.replace("/", "∕")  # noqa: RUF001 - a name cannot hold the real one
    pool = house.data.database.write(lambda tx: add_pool(tx, principal, name))
    item = keep(
        house,
        principal,
        f"https://example.org/?{payload}",
        title=payload,
        note=payload,
        tags=[payload],
        pool_id=pool.id,
    )
    house.data.database.write(
        lambda tx: tx.items.edit(item.id, author=payload, description=payload, page_error=payload)
    )
    made = browser.send(f"/pools/{pool.id}/subscribe", reader="newsboat", label=payload)
    pages = [
        made,
        browser.send("/account/tokens", label=payload),
        browser.send("/save", url=payload, title=payload, note=payload, tags=payload),
        browser.send("/save", url="https://example.com/", title=payload, window=payload),
        browser.send("/login", name=payload, password=payload, next=payload),
        browser.send("/pools/new", name=name, query=payload),
    ]
    paths = (
        "/",
        "/pools",
        f"/pools/{pool.id}",
        f"/pools/{pool.id}/edit",
        f"/pools/{pool.id}/subscribe",
        f"/items/{item.id}/edit",
        "/tags",
        "/account",
    )
    pages += [browser.get(path) for path in paths]
    pages += [
        browser.client.get(
            path,
            params={
                "q": payload,
                "url": payload,
                "title": payload,
                "note": payload,
                "back": payload,
                "window": payload,
                "query": payload,
                "next": payload,
            },
            headers={"accept": "text/html"},
        )
        for path in ("/search", "/save", "/pools/new", f"/items/{item.id}/edit")
    ]
    assert str(escape(payload)) in browser.get(f"/items/{item.id}/edit").text
    browser.send(f"/items/{item.id}/delete")
    pages += [browser.get("/"), browser.get("/trash")]
    for page in pages:
        assert page.status_code < 500
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "' onmouseover='" not in page.text
        assert "49{%" not in page.text


def test_address_that_is_no_link_is_not_linked(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item = keep(house, principal, "https://example.org/", title="Trap")
    house.data.database.write(lambda tx: tx.items.edit(item.id, url="javascript:alert(1)"))
    for path in ("/", f"/items/{item.id}/edit"):
        assert 'href="javascript:alert' not in browser.get(path).text


# words


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "now"),
        (59, "now"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (86_399, "23 h"),
        (86_400, "1 d"),
        (8 * 86_400 - 1, "7 d"),
        (8 * 86_400, "12 Jan"),
        (40 * 86_400, "11 Dec 2025"),
        (-5, "now"),
    ],
)
def test_age(seconds: int, expected: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == expected


def test_times_in_words() -> None:
    assert exact(NOW) == "Tuesday 20 January 2026, 12:00 UTC"
    assert moment(NOW - timedelta(days=1), NOW) == "Monday 12:00 UTC"
    assert moment(NOW - timedelta(days=30), NOW) == "21 December 2025, 12:00 UTC"


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_every_time_has_words(at: datetime) -> None:
    assert age(at, NOW)
    assert str(at.year) in exact(at)


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/130 Safari/537 Edg/130", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU like Mac OS X) Version/17 Safari/604", "Safari, iPhone"),
        ("Mozilla/5.0 (odd)", "Mozilla/5.0 (odd)"),
        ("newsboat/2.21", "newsboat/2.21"),
        ("", ""),
    ],
)
def test_browsers_are_named(user_agent: str, expected: str) -> None:
    assert browser_name(user_agent) == expected


def test_undo_of_a_save_is_a_deletion(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    browser.send("/save", url="https://example.org/", back="/")
    assert 'action="/items/1/delete"' in browser.get("/").text
    browser.send("/items/1/delete")
    assert get_item(house.glance(), principal, ItemId(1)).trashed_at is not None
