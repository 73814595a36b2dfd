"""Forms that another site, another browser or an old page sends: nothing is changed by any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.security.callers import cookie
from tests.security.changes import ALL, attempt, ids

if TYPE_CHECKING:
    from tests.security.changes import Change
    from tests.security.world import World

FORMS = [change for change in ALL if not change.is_api]
HTML = {"accept": "text/html"}

every_form = pytest.mark.parametrize("change", FORMS, ids=lambda change: change.name)


@every_form
def test_a_form_wants_its_own_token(world: World, change: Change) -> None:
    me, other = world.homes
    vault = world.house.vault
    token = vault.form_token(me.session)
    before = world.contents()
    for forged in (
        "",
        vault.form_token(other.session),
        vault.form_token(me.dead_session),
        vault.form_token(""),
        me.session,
        token[:-1],
        token + "x",
        token.swapcase(),
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ):
        answer = attempt(world, change, caller=me, target=ids(me), token=forged)
        assert answer.status == 403, forged
    assert world.contents() == before


@every_form
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://pools.test"},
        {"sec-fetch-site": "nonsense"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://pools.test.evil.example"},
        {"origin": "http://pools.test@evil.example"},
    ],
    ids=str,
)
def test_a_form_of_another_site_is_refused_whatever_token_it_has(
    world: World, change: Change, headers: dict[str, str]
) -> None:
    me = world.homes[0]
    before = world.contents()
    answer = attempt(world, change, caller=me, target=ids(me), headers={**cookie(me.session), **headers})
    assert answer.status == 403
    assert world.contents() == before


@every_form
def test_a_page_elsewhere_cannot_send_its_body_as_another_type(world: World, change: Change) -> None:
    """What a form or `fetch` of another site may send without being asked about first."""
    me = world.homes[0]
    before = world.contents()
    path = change.path.format(**ids(me), my_pool=me.pools[3].id, my_item=me.items[0].id)
    token = world.house.vault.form_token(me.session)
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/json", ""):
        headers = {**cookie(me.session), **HTML, **({"content-type": kind} if kind else {})}
        answer = world.asker.ask("POST", path, headers, body=f"token={token}&name=x&label=x".encode())
        assert answer.status == 415, kind
    assert world.contents() == before
