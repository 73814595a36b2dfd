"""The one access rule, against an oracle that spells every case out."""

from __future__ import annotations

from itertools import product

import hypothesis.strategies as st
import pytest
from hypothesis import given

from poolhouse.rules.access import Verb, allows
from poolhouse.types import PersonId, PoolId, Principal, Scope, SecretId

ANNA, BERT = PersonId(1), PersonId(2)
READING, OTHER = PoolId(10), PoolId(11)
CALLERS = {
    "session": Principal(person_id=ANNA, scope=Scope.PERSON),
    "token": Principal(person_id=ANNA, scope=Scope.PERSON, secret_id=SecretId(3)),
    "reader": Principal(person_id=ANNA, scope=Scope.FEED, pool_id=READING, secret_id=SecretId(4)),
    "reader of no pool": Principal(person_id=ANNA, scope=Scope.FEED, secret_id=SecretId(5)),
}
YES = {
    *(
        (who, verb, ANNA, pool)
        for who in ("session", "token")
        for verb in Verb
        for pool in (READING, OTHER, None)
    ),
    ("reader", Verb.FEED, ANNA, READING),
}
"""Who may do what to whose pool, or (None) to anything else of theirs. All else is no."""


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("owner", [ANNA, BERT])
@pytest.mark.parametrize("pool", [READING, OTHER, None])
def test_every_case(who: str, verb: Verb, owner: PersonId, pool: PoolId | None) -> None:
    assert allows(CALLERS[who], verb, owner, pool) is ((who, verb, owner, pool) in YES)


def test_the_oracle_is_about_every_case() -> None:
    """Whoever adds a verb or a scope says here what it may do."""
    assert set(Verb) == {"feed", "read", "write"}
    assert set(Scope) == {"person", "feed"}
    cases = set(product(CALLERS, Verb, [ANNA, BERT], [READING, OTHER, None]))
    assert cases >= YES
    assert len(YES) == 2 * 3 * 3 + 1


PERSONS = st.integers(1, 3).map(PersonId)
POOLS = st.none() | st.integers(1, 3).map(PoolId)
PRINCIPALS = st.builds(Principal, person_id=PERSONS, scope=st.sampled_from(Scope), pool_id=POOLS)


@given(PRINCIPALS, st.sampled_from(Verb), PERSONS, POOLS)
def test_in_any_world(principal: Principal, verb: Verb, owner: PersonId, pool: PoolId | None) -> None:
    answer = allows(principal, verb, owner, pool)
    if answer:
        assert principal.person_id == owner
        assert principal.scope == "person" or (verb == "feed" and pool == principal.pool_id is not None)
    if principal.scope == "feed" and verb != "feed":
        assert answer is False
    if principal.person_id == owner and principal.scope == "person":
        assert answer is True
