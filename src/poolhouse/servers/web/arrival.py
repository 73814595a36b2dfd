"""Coming and going: the first account, log in, log out."""

from __future__ import annotations

import asyncio
from hmac import compare_digest
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from poolhouse.errors import ConflictError, InvalidInputError, NotFoundError, SignInError, ThrottledError
from poolhouse.rules.names import clean_person_name
from poolhouse.servers.web import cookies
from poolhouse.servers.web.door import Page, sign_in
from poolhouse.servers.web.forms import local_path
from poolhouse.services.people import (
    SESSION_LIFETIME,
    add_person,
    end_all_sessions,
    end_session,
    start_session,
)

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.house import House
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import Person, PersonId

# one password at a time is compared, and each is counted before the next is looked at
_turns: WeakKeyDictionary[House, asyncio.Lock] = WeakKeyDictionary()


async def show_welcome(visit: Visit) -> Response:
    """The form that makes the first account, while nobody lives here."""
    _check_invitation(visit)
    return visit.bare("welcome.html", name="", error=None)


async def welcome(visit: Visit) -> Response:
    """Make the first account and log it in. The link opens nothing from then on."""
    _check_invitation(visit)
    name, password = visit.form.text("name"), visit.form.text("password")
    try:
        clean_person_name(name)
        password_hash = await visit.house.hash_password(password)
        person = await visit.house.write(lambda tx: _add_first(tx, name, password_hash))
    except (InvalidInputError, ConflictError) as error:
        return visit.bare("welcome.html", 400, name=name, error=error)
    visit.house.accept_invitation()
    return await _let_in(visit, person.id, person.name, "/", "welcome")


def _check_invitation(visit: Visit) -> None:
    shown = visit.request.path_params["invitation"].encode("utf-8", "replace")
    invitation = visit.house.invitation
    if (
        invitation is None
        or not compare_digest(shown, invitation.encode())
        or _is_lived_in(visit.house.glance())
    ):
        raise NotFoundError("invitation")


def _is_lived_in(tx: Transaction) -> bool:
    return bool(tx.persons.all())


def _add_first(tx: Transaction, name: str, password_hash: str) -> Person:
    if _is_lived_in(tx):  # two browsers, one link
        raise NotFoundError("invitation")
    return add_person(tx, name, password_hash)


async def show_log_in(visit: Visit) -> Response:
    """The form; on to where one wanted to go for who is logged in."""
    then = local_path(visit.query.text("next"))
    return visit.go(then) if visit.signed_in else sign_in(visit, then, 200)


async def log_in(visit: Visit) -> Response:
    """Log in and go on to `next`; a wrong password is counted, and after too many one has to wait."""
    name, then = visit.form.text("name"), local_path(visit.form.text("next"))
    try:
        person = await check_password(visit, name, visit.form.text("password"))
    except SignInError as error:
        return sign_in(visit, then, name=name, error=error)
    except ThrottledError as error:
        wait_seconds = error.retry_after_seconds
        response = sign_in(visit, then, 429, name=name, error=error, wait_seconds=wait_seconds)
        response.status_code = 429
        response.headers["retry-after"] = str(wait_seconds)
        return response
    return await _let_in(visit, person.id, person.name, then)


async def check_password(visit: Visit, name: str, password: str) -> Person:
    """The account that name and password open. Raises SignInError, ThrottledError. About 30 ms, off the loop."""
    house = visit.house
    is_known = cookies.is_known_device(house, visit.request, name)
    async with _turns.setdefault(house, asyncio.Lock()):
        house.throttle.check(visit.address, name, is_known, house.clock.now())
        person, password_hash = house.read(lambda tx: _account(tx, name))
        is_right = await house.is_password(password_hash, password)
        now = house.clock.now()
        if not is_right or person is None:
            house.throttle.failed(visit.address, name, is_known, now)
            raise SignInError
        house.throttle.succeeded(visit.address, name, is_known, now)
    return person


def _account(tx: Transaction, name: str) -> tuple[Person | None, str | None]:
    person = tx.persons.by_name(name.strip())
    if person is None or person.is_disabled:
        return None, None
    return person, tx.persons.password_hash(person.id)


async def _let_in(visit: Visit, person_id: PersonId, name: str, then: str, said: str = "") -> Response:
    old, user_agent, vault = visit.signed_in, visit.user_agent, visit.house.vault

    def start(tx: Transaction) -> str:
        if old:
            end_session(tx, vault, old.cookie)
        return start_session(tx, vault, person_id, user_agent)[1]

    cookie = await visit.house.write(start)
    response = visit.go(then, said)
    lifetime = int(SESSION_LIFETIME.total_seconds())
    cookies.set_cookie(visit.house, response, cookies.SESSION, cookie, age_seconds=lifetime)
    cookies.set_device(visit.house, response, name)
    cookies.drop_cookie(visit.house, response, cookies.FORM)
    return response


async def log_out(visit: Visit) -> Response:
    """Log out here, or in every browser (`everywhere`)."""
    assert visit.signed_in is not None
    me, cookie, vault = visit.me, visit.signed_in.cookie, visit.house.vault
    if visit.form.text("everywhere"):
        await visit.house.write(lambda tx: end_all_sessions(tx, me))
    else:
        await visit.house.write(lambda tx: end_session(tx, vault, cookie))
    response = visit.go("/login")
    cookies.drop_cookie(visit.house, response, cookies.SESSION)
    # what this browser kept of our pages must not show to whoever sits down next
    response.headers["clear-site-data"] = '"cache"'
    return response


PAGES = (
    Page(path="/welcome/{invitation}", get=show_welcome, post=welcome, is_open=True),
    Page(path="/login", get=show_log_in, post=log_in, is_open=True),
    Page(path="/logout", post=log_out),
)
