"""Real readers against the running server: each way in, each time; the results are docs/reference/readers.md.

Write the table anew with `POOLHOUSE_WRITE_READERS=1 make test-readers` after looking at what changed.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from poolhouse.servers.feeds.validators import UNSETTLED
from tests.peers.proxy import RecordingProxy
from tests.peers.readers import READERS, Reader
from tests.running import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "readers.md"
COLUMNS = ("first", "unchanged", "after a change", "wrong secret", "cut off")
FIRST, SECOND = "A page with <markup> & “quotes”", "Saved later"
# the seconds that a change is unsettled, the one that it is early then, and what is cut off both times
LONG_AGO = UNSETTLED + timedelta(seconds=2)
# newsboat asks without conditions twice before it trusts a server's validators
_ASKS_BEFORE_UNCHANGED = {"newsboat": 2}


@dataclass
class Peer:
    """The server behind a recording relay."""

    server: RunningServer
    proxy: RecordingProxy


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    proxy = RecordingProxy()
    server = RunningServer(
        tmp_path_factory.mktemp("peers") / "data", ("--fetch-pages", "no", "--base-url", proxy.url)
    )
    with server:
        proxy.target = server.url
        server.command("person", "add", "anna", "--password-stdin", stdin="correct horse battery\n")
        yield Peer(server, proxy)
    proxy.close()


@pytest.mark.parametrize("way", ["basic", "path"])
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_reader(peer: Peer, reader: Reader, way: str, tmp_path: Path) -> None:
    if not reader.is_here():
        pytest.skip(f"{reader.needs} is not installed")
    row = _observe(peer, reader, way, tmp_path)
    if os.environ.get("POOLHOUSE_WRITE_READERS"):  # noqa: TID251 - a switch of this test
        _write(reader.name, way, row)
    assert row == _documented(reader.name, way)


def _observe(peer: Peer, reader: Reader, way: str, tmp_path: Path) -> tuple[str, ...]:
    server, pool = peer.server, f"{reader.name} {way}"
    server.command("pool", "add", "anna", pool)
    save = ("--person", "anna", "--pool", pool, "--title")
    address = f"https://example.org/{pool.replace(' ', '-')}"
    server.command("save", address, *save, FIRST)
    (made,) = server.command("secret", "add", "anna", "--pool", pool, "--label", reader.name)
    url = made[way][reader.format]
    home, strangers_home = tmp_path / "home", tmp_path / "stranger"
    home.mkdir()
    strangers_home.mkdir()
    state: dict[str, object] = {}
    peer.proxy.taken()

    def ask(asked: str, directory: Path, kept: dict[str, object], *titles: str) -> str:
        found = reader.read(asked, directory, kept)
        statuses = " ".join(str(status) for status in dict.fromkeys(peer.proxy.taken())) or "no request"
        if not titles:
            return statuses
        if found is None:
            return f"{statuses}, fails"
        assert set(titles) <= found, f"{pool}: {found} {statuses}"
        return statuses

    first = ask(url, home, state, FIRST)
    if first.endswith("fails"):
        wrong = ask(url.replace(made["secret"], "x" * 32), strangers_home, {})
        return (first, "-", "-", wrong, "-")
    for _ in range(_ASKS_BEFORE_UNCHANGED.get(reader.name, 1) - 1):
        ask(url, home, state, FIRST)
    _settle(made["path"][reader.format])
    ask(url, home, state, FIRST)
    unchanged = ask(url, home, state, FIRST)
    server.command("save", f"{address}/2", *save, SECOND)
    changed = ask(url, home, state, SECOND)
    wrong = ask(url.replace(made["secret"], "x" * 32), strangers_home, {})
    server.command("secret", "cut-off", "anna", str(made["id"]))
    cut_off = ask(url, home, state)
    return (first, unchanged, changed, wrong, cut_off)


def _settle(url: str) -> None:
    """Wait until the seconds after the last change are past: before, a reader that knows only times is told so early.

    Then Last-Modified goes up; where this machine was so slow that it has done so already, it is long ago.
    """
    early, _ = _last_modified(url)
    modified, now = _last_modified(url)
    while modified == early and now - modified < LONG_AGO:
        modified, now = _last_modified(url)


def _last_modified(url: str) -> tuple[datetime, datetime]:
    """When the server says that it changed, and its clock."""
    with urlopen(url) as answer:
        modified, now = (parsedate_to_datetime(answer.headers[name]) for name in ("Last-Modified", "Date"))
    return modified, now


_ROW = "| {} | {} | " + " | ".join(["{}"] * len(COLUMNS)) + " |"


def _documented(name: str, way: str) -> tuple[str, ...] | None:
    found = re.search(rf"^\| {re.escape(name)} \| {way} \|(.*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return tuple(cell.strip() for cell in found[1].split("|")) if found else None


def _write(name: str, way: str, row: tuple[str, ...]) -> None:
    line = _ROW.format(name, way, *row)
    text = PAGE.read_text("utf-8")
    pattern = re.compile(rf"^\| {re.escape(name)} \| {way} \|.*$", re.MULTILINE)
    PAGE.write_text(
        pattern.sub(line, text) if pattern.search(text) else text.rstrip() + f"\n{line}\n", "utf-8"
    )
