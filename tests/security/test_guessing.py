"""Guessing passwords: the same work for every name, a wait that grows, and nothing else that a password opens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher, extract_parameters

from poolhouse.rules.throttle import Throttle
from poolhouse.services import passwords
from poolhouse.services.people import add_person, set_person_disabled
from tests.conftest import PASSWORD
from tests.security.callers import basic, bearer
from tests.servers.web.conftest import Browser, token_of

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Person
    from tests.conftest import StillClock


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes with which passwords were compared."""
    hashes: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002 - argon2's own name; it says Literal[True]
            hashes.append(str(hash))
            return super().verify(hash, password)

    known = passwords._hasher
    counting = Counting(
        time_cost=known.time_cost,
        memory_cost=known.memory_cost,
        parallelism=known.parallelism,
        type=known.type,
    )
    monkeypatch.setattr(passwords, "_hasher", counting)
    return hashes


def test_log_in_does_the_same_work_whoever_is_named(
    client: TestClient, house: RunningHouse, compared: list[str]
) -> None:
    """Work is counted, not time: one comparison of the same cost each."""
    write = house.data.database.write
    password_hash = passwords.hash_password(PASSWORD)
    for name in ("anna", "disabled"):
        write(partial(add_person, name=name, password_hash=password_hash))
    write(lambda tx: set_person_disabled(tx, "disabled", is_disabled=True))
    write(lambda tx: add_person(tx, "passwordless", None))
    browser = Browser(client)
    token = token_of(browser.get("/login"))
    statuses = []
    for name in ("anna", "nobody", "disabled", "passwordless", "", "x" * 10_000, "\x00", "zq'--"):
        form = {"token": token, "name": name, "password": "wrong password"}
        house.throttle = Throttle()  # every try is a first one
        statuses.append(browser.post("/login", form).status_code)
    assert statuses == [401] * 8
    assert len(compared) == 8
    costs = {str(extract_parameters(each)) for each in compared}
    assert len(costs) == 1


def test_guesses_at_the_old_password_have_to_wait_too(
    client: TestClient, person: Person, compared: list[str], clock: StillClock
) -> None:
    """Whoever sits down at a browser that is logged in cannot guess at leisure."""
    browser = Browser(client)
    browser.log_in(person.name)
    compared.clear()
    guess = {"old_password": "wrong password", "password": "another long one"}
    answers = [browser.send("/account/password", **guess) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429] * 3
    assert len(compared) == 5
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers[5:])
    clock.pass_seconds(int(answers[-1].headers["retry-after"]))
    assert browser.send("/account/password", **guess | {"old_password": PASSWORD}).status_code == 303


def test_a_password_opens_no_feed_and_no_api(client: TestClient, house: RunningHouse, person: Person) -> None:
    pool = house.read(lambda tx: tx.pools.of(person.id))[0]
    for headers in (basic(person.name, PASSWORD), bearer(PASSWORD)):
        assert client.get(f"/pools/{pool.id}.atom", headers=headers).status_code == 401
        assert client.get("/api/v1/me", headers=headers).status_code == 401
        assert client.get("/account", headers=headers).status_code == 401
