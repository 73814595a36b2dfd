"""A server of a durable space whose store is sound at the end, its space, and two persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.services.people import add_person
from poolhouse.store.verify import verify
from tests.space.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from poolhouse.app.data import OpenData
    from poolhouse.space.durable import DurableSpace
    from poolhouse.store.transaction import StoreTransaction


@pytest.fixture
async def server(data: OpenData) -> AsyncIterator[Server]:
    server = Server(data)
    yield server
    await server.close()
    assert verify(data.database.path.parent).faults == ()


@pytest.fixture
def space(server: Server) -> DurableSpace[StoreTransaction]:
    return server.space


@pytest.fixture
def people(data: OpenData) -> tuple[int, int]:
    anna, bert = data.database.write(lambda tx: [add_person(tx, name, None) for name in ("anna", "bert")])
    return anna.id, bert.id
