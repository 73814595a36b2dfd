"""Every screen: without barriers (axe), wide enough for a phone, kept as a picture in artefacts/screens."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import NAME, log_in
from tests.browser.screens import walk

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import House

pytestmark = pytest.mark.slow
PICTURES = Path(__file__).parents[2] / "artefacts" / "screens"
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
SIZES = [(390, 844), (820, 1180), (1440, 900)]


def barriers(page: Page) -> list[str]:
    """What axe finds serious or critical, with the first place where it is."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then((results) => results.violations)")
    return [
        f"{each['id']}: {each['help']} ({each['nodes'][0]['html'][:200]})"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
def test_every_screen(house: House, size: tuple[int, int], scheme: str) -> None:
    width, height = size
    PICTURES.mkdir(parents=True, exist_ok=True)
    options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    with house.visitor(is_in=False, **options) as context:
        page = context.new_page()
        page.goto(f"{house.url}/login")
        wrong = _look(page, f"log-in-{width}-{scheme}")
        log_in(page, house.url)
        for name in walk(page, house):
            wrong |= _look(page, f"{name}-{width}-{scheme}")
    assert wrong == {}


def test_the_deepest_pool_shows_its_name(house: House) -> None:
    path = ""
    for name in "abcdefghijklmnopqrst":
        path = f"{path}/{name}".removeprefix("/")
        house.server.command("pool", "add", NAME, path)
    with house.visitor() as context:
        page = context.pages[0]
        page.reload()
        name_box = page.locator(".side .name", has_text=re.compile("^t$")).bounding_box()
        side_box = page.locator(".side").bounding_box()
    assert name_box
    assert side_box
    assert name_box["width"] > 5
    assert name_box["x"] + name_box["width"] < side_box["x"] + side_box["width"]


def _look(page: Page, name: str) -> dict[str, list[str]]:
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
    # colours and order are the same at every width; the smallest and the widest show all there is
    found = [] if "-820-" in name else barriers(page)
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if too_wide > 0:
        found.append(f"{too_wide} pixels too wide")
    return {name: found} if found else {}
