"""Every screen there is, for those who look at all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.conftest import press
from tests.browser.kept import fill, shelf
from tests.browser.letters import ODD, clear_mail, fill_mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.browser.conftest import House

ADDRESSES = {
    "pool": "/",
    "empty": "/pools/1",
    "pools": "/pools",
    "new-pool": "/pools/new",
    "edit-pool": "/pools/3/edit",
    "edit": "/items/1/edit",
    "search": "/search",
    "found": "/search?q=tag:essay",
    "refused": "/search?q=before:yesterday",
    "tags": "/tags",
    "trash": "/trash",
    "no-jobs": "/jobs",
    "import": "/import",
    "addresses": "/addresses",
    "accounts": "/accounts",
    "no-lists": "/lists",
    "pool-of-search": "/pools/new?query=list:example.org&name=A+list&skips_inbox=1",
    "account": "/account",
    "bookmarklet": "/bookmarklet",
    "readers": "/pools/2/subscribe",
    "save": "/save?url=https://example.org/&title=An+example&note=What+was+selected",
    "kept": "/save?url=https://www.openstreetmap.org/",
    "missing": "/nowhere",
}


def walk(page: Page, house: House) -> Iterator[str]:
    """Show one screen after the other, and say which it is."""
    with shelf(house.server.data) as opened:
        clear_mail(opened)
    for name, address in ADDRESSES.items():
        page.goto(house.url + address)
        yield name
    for name, steps in _STEPS.items():
        steps(page, house)
        yield name


def _deleted(page: Page, house: House) -> None:
    page.goto(f"{house.url}/items/2/edit")
    page.get_by_role("button", name="Delete").click()
    page.locator(".said").wait_for()


def _trash(page: Page, house: House) -> None:
    page.goto(f"{house.url}/trash")
    page.get_by_role("button", name="Bring back").first.wait_for()


def _restored(page: Page, house: House) -> None:
    page.get_by_role("button", name="Bring back").first.click()
    page.locator(".said").wait_for()


def _reader(page: Page, house: House) -> None:
    page.goto(f"{house.url}/pools/2/subscribe")
    page.get_by_role("radio", name="Miniflux").check()
    page.get_by_role("button", name="Make its address").click()
    page.get_by_role("heading", name="An address for Miniflux").wait_for()


def _token(page: Page, house: House) -> None:
    page.goto(f"{house.url}/account")
    page.get_by_label("New token for").fill("backup script")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_role("heading", name="A token for").wait_for()


def _saved(page: Page, house: House) -> None:
    page.goto(f"{house.url}/save?window=popup&url=https://www.openstreetmap.org/")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Saved").wait_for()


def _menu(page: Page, house: House) -> None:
    page.goto(house.url)
    page.locator("summary").first.click()


def _keys(page: Page, house: House) -> None:
    page.goto(house.url)
    press(page, "?")


def _kept(address: str, title: str) -> Callable[[Page, House], None]:
    """A screen of links whose pages are in every state."""

    def show(page: Page, house: House) -> None:
        with shelf(house.server.data) as opened:
            fill(opened)
            page.goto(house.url + address.format(opened.item_id(title)))

    return show


def _mail(subject: str = "", rest: str = "") -> Callable[[Page, House], None]:
    """The Inbox with mail in it, or one of its messages."""

    def show(page: Page, house: House) -> None:
        with shelf(house.server.data) as opened:
            fill_mail(opened)
        page.goto(f"{house.url}/pools/1")
        for words in ("Wood type, and where it hides", ODD):
            expect(page.get_by_role("link", name=words, exact=True)).to_be_visible()
        if subject:
            address = page.get_by_role("link", name=subject, exact=True).first.get_attribute("href")
            page.goto(f"{house.url}{address}{rest}")

    return show


def _address(page: Page, house: House) -> None:
    page.goto(f"{house.url}/addresses")
    page.get_by_label("A new one for").fill("The Letterpress Post")
    page.get_by_role("button", name="Make the address").click()
    page.get_by_role("heading", name="The address for").wait_for()


def _later(page: Page, house: House) -> None:
    page.goto(f"{house.url}/search?q=seeds")
    page.goto(f"{house.url}{page.locator('a.later').first.get_attribute('href')}")
    page.get_by_role("button", name="Tomorrow").click()
    page.locator(".said").wait_for()
    page.locator(".until").wait_for()


def _archived(page: Page, house: House) -> None:
    page.goto(f"{house.url}/search?q=subject:minutes")
    page.locator(".row .archive").first.click()
    page.locator(".said").wait_for()


_STEPS: dict[str, Callable[[Page, House], None]] = {
    "deleted": _deleted,
    "trash-full": _trash,
    "restored": _restored,
    "reader-made": _reader,
    "token": _token,
    "saved": _saved,
    "menu": _menu,
    "keys": _keys,
    "kept-list": _kept("/", "OpenStreetMap"),
    "kept-found": _kept("/search?q=is:captured", "OpenStreetMap"),
    "item": _kept("/items/{}", "As We May Think"),
    "item-failed": _kept("/items/{}", "OpenStreetMap"),
    "item-dead": _kept("/items/{}", "Low-tech Magazine"),
    "item-pending": _kept("/items/{}", "The Public Domain Review"),
    "jobs": _kept("/jobs", "OpenStreetMap"),
    "inbox": _mail(),
    "message": _mail("Wood type, and where it hides"),
    "message-text": _mail("Wood type, and where it hides", "?as=text"),
    "message-thread": _mail("Re: Saturday: the apple tree"),
    "message-odd": _mail(ODD),
    "defer": _mail("Re: Saturday: the apple tree", "/defer"),
    "address": _address,
    "later": _later,
    "archived": _archived,
}
