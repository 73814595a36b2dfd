"""Two people at one store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.store.actor import Actor, new_actor

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData


@pytest.fixture
def anna(data: OpenData) -> Actor:
    return new_actor(data.database, "anna")


@pytest.fixture
def bert(data: OpenData, anna: Actor) -> Actor:
    return new_actor(data.database, "bert")
