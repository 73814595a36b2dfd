"""The whole site captured once by a real server, for all the tests that ask what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.capture.saving import Outcome, Saver, save_all
from tests.capture.shelf import all_pages
from tests.capture.site import NETWORK, Site

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from pathlib import Path

    from tests.capture.processes import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What became of every page by its name, what the site saw of it, and what was seen of the server meanwhile."""

    outcomes: Mapping[str, Outcome]
    paths_asked: frozenset[str]
    callers: Mapping[str, int]
    polls: Counter[int]
    workers: Mapping[int, Seen]
    inet_sockets: frozenset[int]
    data: Path
    output: tuple[str, ...]


@pytest.fixture(scope="session")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """A server of its own saves all pages and reads them; it is stopped by the time a test sees this."""
    return asyncio.run(_visit(tmp_path_factory.mktemp("capture") / "data"))


async def _visit(data: Path) -> Visit:
    # slow pages first: the others are read while they take their time
    pages = sorted(all_pages(), key=lambda page: not page.is_slow)
    async with Site.of(pages) as site, Saver(data, NETWORK) as saver:
        outcomes = await save_all(pages, site, saver)
    return Visit(
        outcomes=outcomes,
        paths_asked=frozenset(site.paths_asked()),
        callers=dict(site.callers),
        polls=saver.polls,
        workers=saver.workers,
        inet_sockets=frozenset(saver.inet_sockets),
        data=data,
        output=tuple(saver.server.output),
    )
