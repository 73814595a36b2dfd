"""Places that other users' processes may look into, as a mail server's do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mail.server import MailServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(place: Path) -> Iterator[MailServer]:
    """A server that takes mail; what it kept is verified at the end."""
    with MailServer(place / "poolhouse") as running:
        yield running
    assert running.faults() == ()
    assert running.left_behind() == []
