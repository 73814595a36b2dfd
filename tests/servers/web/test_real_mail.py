"""Real messages, read by the real reader: every page, document and file of them is there and shut in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.services.messages import record_reading
from poolhouse.workers.mail_reading import read_message
from tests.security.inert import check_page, check_policy_of_stored, elements, policy_of
from tests.servers.web.letters import bring

if TYPE_CHECKING:
    from pathlib import Path

    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Part, Principal
    from tests.servers.web.conftest import Browser

pytestmark = pytest.mark.slow
EVERY = 8
SIZE_LIMIT_BYTES = 3_000_000


def test_every_real_message_is_shown(
    browser: Browser, house: RunningHouse, principal: Principal, fixtures: Path
) -> None:
    files = sorted(each for each in (fixtures / "mail").rglob("*") if each.is_file())
    messages = {each.read_bytes() for each in files[::EVERY] if each.stat().st_size < SIZE_LIMIT_BYTES}
    assert len(messages) > 100
    framed = 0
    for raw in messages:
        framed += show(browser, house, principal, raw)
    assert framed > 5, "hardly any has HTML, so this proves little"
    assert browser.get("/lists").status_code == 200
    check_page(browser.get("/pools/1").content)


def show(browser: Browser, house: RunningHouse, principal: Principal, raw: bytes) -> bool:
    """Look at everything of a message; whether it has a frame."""
    reading = read_message(raw)
    item_id = bring(house, principal, raw)
    house.data.database.write(lambda tx: record_reading(tx, item_id, reading))
    place = f"/items/{item_id}"
    page = browser.get(place)
    assert page.status_code == 200
    check_page(page.content)
    assert browser.get(f"{place}/raw").content == raw
    assert browser.get(f"{place}/source").headers["content-type"].startswith("text/plain")
    for part in reading.facts.parts[:6]:
        check_file(browser, place, part)
    document = browser.get(f"{place}/message")
    if document.status_code == 404:
        assert not reading.facts.has_html
        return False
    check_policy_of_stored(policy_of(document.headers["content-security-policy"]))
    for name, attributes in elements(document.content):
        sources = [attributes.get(each) or "data:" for each in ("src", "background", "srcset", "poster")]
        assert all(each.startswith("data:") for each in sources), (name, attributes)
    return True


def check_file(browser: Browser, place: str, part: Part) -> None:
    answer = browser.get(f"{place}/parts/{part.path}?show=1")
    assert answer.status_code == 200
    kept = answer.headers["content-disposition"].startswith("attachment;")
    assert kept or answer.headers["content-type"].startswith("image/")
