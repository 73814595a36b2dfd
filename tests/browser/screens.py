"""Every screen there is, for those who look at all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.kept import fill, shelf

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
    "account": "/account",
    "bookmarklet": "/bookmarklet",
    "readers": "/pools/2/subscribe",
    "save": "/save?url=https://example.org/&title=An+example&note=What+was+selected",
    "kept": "/save?url=https://www.openstreetmap.org/",
    "missing": "/nowhere",
}


def walk(page: Page, house: House) -> Iterator[str]:
    """Show one screen after the other, and say which it is."""
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
    page.keyboard.press("?")


def _kept(address: str, title: str) -> Callable[[Page, House], None]:
    """A screen of links whose pages are in every state."""

    def show(page: Page, house: House) -> None:
        with shelf(house.server.data) as opened:
            fill(opened)
            page.goto(house.url + address.format(opened.item_id(title)))

    return show


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
}
