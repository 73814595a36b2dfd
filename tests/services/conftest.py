"""Two people at one store, which is sound afterwards where a test says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.store.invariants import broken_rules, wrong_computed_pools, wrong_facets, wrong_keys
from tests.store.actor import Actor, new_actor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolhouse.app.data import OpenData


@pytest.fixture
def anna(data: OpenData) -> Actor:
    return new_actor(data.database, "anna")


@pytest.fixture
def bert(data: OpenData, anna: Actor) -> Actor:
    return new_actor(data.database, "bert")


@pytest.fixture
def sound(data: OpenData) -> Iterator[None]:
    """Whatever a test did, everything that must always hold does."""
    yield
    connection = data.database.writing
    faults = [
        *broken_rules(connection),
        *wrong_keys(connection),
        *wrong_facets(connection),
        *wrong_computed_pools(connection),
    ]
    assert faults == []
