"""The account, and that nobody sees what is others'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.services.pools import add_pool
from tests.conftest import PASSWORD, make_person, principal_of
from tests.servers.web.conftest import keep

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Principal
    from tests.servers.web.conftest import Browser


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
