"""Text that tries to be a page stays text, wherever it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from markupsafe import escape

from poolhouse.services.pools import add_pool
from tests.servers.web.conftest import keep

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Principal
    from tests.servers.web.conftest import Browser


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
