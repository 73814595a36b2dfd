"""The inbox in real readers: newsboat and feedparser show the subjects that the web lists, and hear "nothing new"."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.letters import write_letter
from tests.mail.server import LmtpClient, MailServer
from tests.peers.proxy import RecordingProxy
from tests.peers.readers import READERS, Reader
from tests.running import command_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

SUBJECTS = ("Beds & <borders>", "Résumé of “spring”", "Re: Beds & <borders>", "(no subject)")
READ_SECONDS = 30.0


@pytest.fixture(scope="module")
def inbox(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[MailServer, RecordingProxy, dict[str, str]]]:
    """A server with messages that came by its door, behind a recording relay, and the inbox's addresses."""
    proxy = RecordingProxy()
    with MailServer(tmp_path_factory.mktemp("inbox"), ("--base-url", proxy.url)) as server:
        proxy.target = server.running.url
        with LmtpClient(server.port) as client:
            for number, subject in enumerate(SUBJECTS):
                raw = write_letter(subject, f"Body {number}.")
                if subject == SUBJECTS[-1]:
                    raw = raw.replace(b"Subject: (no subject)\r\n", b"")
                assert client.send(["anna@pools.example"], raw) == [250]
        until_read(server.data)
        (made,) = command_line(server.data, "secret", "add", "anna", "--pool", "Inbox", "--label", "readers")
        yield server, proxy, made["path"]
    proxy.close()


def until_read(data: Path) -> None:
    """Wait until the workers have read all of them: a real server, so nothing else tells us."""
    end = time.monotonic() + READ_SECONDS
    while any(
        each["page"] == "pending" for each in command_line(data, "link", "list", "anna", "--pool", "Inbox")
    ):
        assert time.monotonic() < end


def listed(server: MailServer) -> set[str]:
    return {each["title"] for each in command_line(server.data, "link", "list", "anna", "--pool", "Inbox")}


@pytest.mark.parametrize(
    "reader",
    [each for each in READERS if each.name in {"newsboat", "feedparser"}],
    ids=lambda each: each.name,
)
def test_a_reader_shows_the_same_subjects_as_the_list(
    inbox: tuple[MailServer, RecordingProxy, dict[str, str]], reader: Reader, tmp_path: Path
) -> None:
    if not reader.is_here():
        pytest.skip(f"{reader.needs} is not installed")
    server, proxy, addresses = inbox
    assert listed(server) == set(SUBJECTS)
    state: dict[str, object] = {}
    url = addresses[reader.format]
    assert reader.read(url, tmp_path, state) == set(SUBJECTS)
    for _ in range(3):  # newsboat asks twice without conditions before it trusts a server
        proxy.taken()
        reader.read(url, tmp_path, state)
    assert proxy.taken() == [304]
