"""Who may change what: every route that changes something, tried by everybody on everybody's things."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Route

from poolhouse.servers import api, web
from poolhouse.servers.site import build_site
from tests.security.addresses import API, ids_of
from tests.security.callers import cookie
from tests.security.changes import (
    ALL,
    KINDS,
    OF_ONESELF,
    OF_STRANGERS,
    OF_THINGS,
    Change,
    attempt,
    ids,
    routes_that_change,
)
from tests.security.homes import NO_ID
from tests.security.plans import RICH
from tests.security.test_access_matrix import check_marks, faceless
from tests.security.world import World, made_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.security.asking import Answer

# every id of a world; a refused form says again what was typed, one's own ids with it
_ID = re.compile(rb"\b7[0-9]{4}\b")

every_change_of_things = pytest.mark.parametrize("change", OF_THINGS, ids=lambda change: change.name)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One for all that may change nothing, which each of them looks after."""
    with made_world(RICH) as made:
        yield made


def test_every_route_that_changes_something_is_tried() -> None:
    tried = {(each.method, each.template.replace("made-up", "{invitation}")) for each in ALL}
    there = {(method, path.replace("made-up", "{invitation}")) for method, path in routes_that_change()}
    assert tried == there


def test_no_route_is_outside_the_tables() -> None:
    with made_world(RICH) as world:
        strays = []
        for route in build_site(world.house).routes:
            assert isinstance(route, Route)
            is_read_only = route.methods is not None and route.methods <= {"GET", "HEAD"}
            if not is_read_only and not isinstance(route.app, web.door.Door | api.door.Door):
                strays.append(route.path)
        assert strays == []


@every_change_of_things
def test_it_works_for_the_owner(change: Change) -> None:
    """Or the refusals below would prove nothing."""
    with made_world(RICH) as world:
        home = world.homes[0]
        target = ids(home)
        if change.path.endswith("/remove"):
            target["item"] = home.items[2].id
        if change.path.endswith("/cancel"):
            target["job"] = home.jobs[1]  # the first has failed
        status = attempt(world, change, caller=home, target=target).status
        # a mail account is asked before it is believed, and this machine is asked for none
        assert status < 400 or (change.path.endswith("/place") and status in {400, 422})


@every_change_of_things
def test_another_persons_things_are_not_there_and_stay_as_they_are(world: World, change: Change) -> None:
    me, other = world.homes
    before = world.contents()
    made_up = nameless(attempt(world, change, caller=me, target=ids(me, only=NO_ID)))
    assert made_up[0] in {400, 404, 422}
    kind = next(kind for kind in KINDS if f"{{{kind}}}" in change.name)
    theirs = [ids(other)["session"]] if kind == "session" else ids_of(other, kind)
    for identity in theirs:
        answer = attempt(world, change, caller=me, target=ids(other) | {kind: identity})
        check_marks(world, me, answer, change.name)
        assert nameless(answer) == made_up
    assert world.contents() == before


def nameless(answer: Answer) -> tuple[int, bytes]:
    status, everything = faceless(answer, NO_ID)
    return status, _ID.sub(b"ID", everything)


@pytest.mark.parametrize("change", [*OF_THINGS, *OF_ONESELF], ids=lambda change: change.name)
def test_no_other_key_of_the_owner_changes_anything(world: World, change: Change) -> None:
    """Readers' secrets, what was cut off, tokens at pages and sessions at the API: to every change a stranger."""
    home = world.homes[0]
    before = world.contents()
    for caller in world.callers():
        if caller.path or (caller.api if change.is_api else caller.web):
            continue
        answer = attempt(world, change, caller=home, target=ids(home), headers=caller.headers)
        assert answer.status in {401, 403}, caller.name
        check_marks(world, None, answer, f"{caller.name}: {change.name}")
    assert world.contents() == before


@pytest.mark.parametrize("change", ALL, ids=lambda change: change.name)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(world: World, change: Change, method: str) -> None:
    home = world.homes[0]
    before = world.contents()
    looked = Change(method, change.path, change.fields)
    answer = attempt(world, looked, caller=home, target=ids(home))
    assert answer.status in {200, 303, 404, 405}
    query = "&".join(f"{name}=1" for name in (*(change.fields or {}), "token"))
    path = looked.path.partition("?")[0].format(**ids(home), **{f"my_{k}": v for k, v in ids(home).items()})
    world.asker.ask(method, f"{path}?{query}", cookie(home.session))
    assert world.contents() == before


@pytest.mark.parametrize("change", [each for each in ALL if each.is_api], ids=lambda change: change.name)
def test_a_browser_cannot_be_made_to_use_the_api(world: World, change: Change) -> None:
    """A cookie opens no endpoint, so another site's form has nothing to ride on."""
    home = world.homes[0]
    before = world.contents()
    for headers in (cookie(home.session), {"cookie": f"token={home.token}", "x-token": home.token}):
        assert attempt(world, change, caller=home, target=ids(home), headers=headers).status == 401
    path = change.path.partition("?")[0].format(**ids(home), my_pool=1, my_item=1)
    for query in ("access_token", "token"):
        assert world.asker.ask(change.method, f"{path}?{query}={home.token}").status == 401
    assert world.contents() == before


@pytest.mark.parametrize(
    "method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "post", "XYZZY"]
)
def test_other_methods_change_nothing(world: World, method: str) -> None:
    home = world.homes[0]
    before = world.contents()
    for change in ALL:
        if change.is_api and method.upper() in {"PUT", "PATCH", "DELETE", "POST"}:
            continue
        answer = attempt(world, Change(method, change.path, change.fields), caller=home, target=ids(home))
        assert answer.status == 405, change.path
        assert answer.header("allow"), change.path
    assert world.contents() == before


@pytest.mark.parametrize("change", OF_STRANGERS, ids=lambda change: change.name)
def test_strangers_make_no_account_and_no_session(world: World, change: Change) -> None:
    before = world.contents()
    for headers in ({}, {"cookie": "poolhouse_form=" + "x" * 32}):
        answer = attempt(world, change, caller=world.homes[0], target={}, headers=headers, token="x")
        assert answer.status == 403
    assert world.contents() == before


def test_text_in_the_place_of_an_id_is_not_there(world: World, subtests: pytest.Subtests) -> None:
    home = world.homes[0]
    before = world.contents()
    for made_up in (
        "0",
        "-1",
        "1e3",
        "0x1",
        "%31",
        "99999999999999999999",
        "٣",
        "1;2",
        "..",
        "%00",
        "null",
    ):
        with subtests.test(made_up):
            check_no_id(world, made_up)
    assert home.items
    assert world.contents() == before


def check_no_id(world: World, made_up: str) -> None:
    home = world.homes[0]
    for change in OF_THINGS:
        if "{item}" not in change.path and "{pool}" not in change.path:
            continue
        path = change.path.partition("?")[0].replace("{item}", made_up).replace("{pool}", made_up)
        if "{my_" in path or path.startswith(f"{API}/import"):
            continue
        answer = attempt(world, Change(change.method, path, change.fields), caller=home, target=ids(home))
        assert answer.status in {404, 405}, path
