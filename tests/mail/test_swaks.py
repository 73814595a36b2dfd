"""swaks, the administrator's probe, at the door: what it is told, and what becomes of what it sends."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.mail.server import MailServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not here"),
]


def swaks(server: MailServer, *options: str) -> tuple[int, str]:
    """Its exit status and the conversation."""
    done = subprocess.run(
        ["swaks", "--protocol", "LMTP", "--server", "127.0.0.1", "--port", str(server.port), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_probe_is_delivered_to_each_of_its_recipients(server: MailServer) -> None:
    status, told = swaks(
        server, "--to", "anna@pools.example,ben@pools.example", "--body", ".leading\n\n..two"
    )
    assert status == 0, told
    assert told.count("250 2.1.5 kept") == 2
    assert b"\r\n.leading\r\n" in server.kept()[0]


def test_a_probe_at_nobody_is_told_so(server: MailServer) -> None:
    status, told = swaks(server, "--to", "nobody@pools.example")
    assert status != 0
    assert "550 5.1.1" in told


def test_what_the_door_offers(server: MailServer) -> None:
    _, told = swaks(server, "--quit-after", "LHLO")
    for extension in ("PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "SIZE 52428800"):
        assert extension in told


def test_a_probe_over_the_socket(server: MailServer) -> None:
    done = subprocess.run(
        ["swaks", "--protocol", "LMTP", "--socket", str(server.socket_path), "--to", "anna@pools.example"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    assert len(server.kept()) == 1
