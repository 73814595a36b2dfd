"""A world in which nothing may change, and a real server that stands whatever is done to it; each once a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.security.plans import RICH
from tests.security.visitor import Visitor
from tests.security.world import World, made_world

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Two persons with everything there is; whatever is tried on it, it stays as it is."""
    with made_world(RICH) as made:
        before = made.contents()
        yield made
        assert made.contents() == before


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """Anna at her server; it stands all that is done here, and says nothing of it but in words."""
    visitor = Visitor.at(tmp_path_factory.mktemp("hostile") / "data")
    visitor.log_in()
    assert visitor.save("first").status == 201
    yield visitor
    assert visitor.server.process is not None
    assert visitor.server.process.poll() is None, "the server is gone"
    assert "first" in visitor.saved()
    assert visitor.ask("GET", visitor.feed).status == 200
    assert visitor.server.stop() == 0
    assert "Traceback" not in "\n".join(visitor.server.output)


@pytest.fixture(autouse=True)
def nothing_is_lost(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was tried, what is saved stays as it is."""
    if "anna" not in request.fixturenames:
        yield
        return
    visitor: Visitor = request.getfixturevalue("anna")
    before = visitor.saved()
    yield
    assert visitor.saved() == before
