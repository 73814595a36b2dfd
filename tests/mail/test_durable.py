"""250 is said once the message is on the disk, and not where it cannot be."""

from __future__ import annotations

import os
import re
import smtplib
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.mail.server import MailServer, letter
from tests.mail.tracing import WHY_NOT, failing, traced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))]

ANNA = "anna@pools.example"
_CALLS = "trace=fsync,fdatasync,syncfs,rename,renameat,renameat2,write,writev,sendto,sendmsg"
_FLUSH = re.compile(r"(fsync|fdatasync|syncfs)\(\d+<([^>]*)>.*= 0")


def told(log: str) -> list[str]:
    """What matters of a trace, in order: file, name, directory, log of the database, the word of acceptance."""
    found = []
    for line in log.splitlines():
        if flush := _FLUSH.search(line):
            call, path = flush.groups()
            if call == "syncfs":
                found.append("all")
            elif path.endswith("-wal"):
                found.append("commit")
            elif re.search(r"/blobs/[0-9a-f]{2}$", path):
                found.append("directory")
            elif "/blobs/" in path:
                found.append("file")
        elif "rename" in line and "/blobs/" in line:
            found.append("name")
        elif "250 2.1.5 kept" in line:
            found.append("kept")
    return found


def test_one_message_is_flushed_named_and_committed_before_its_250(server: MailServer) -> None:
    with server.lmtp() as client, traced(server, "-e", _CALLS) as log:
        client.sendmail("a@elsewhere.example", [ANNA], letter("one"))
        steps = told(log.read_text("utf-8", "replace"))
    # a log begun anew is flushed twice: once for its head
    assert list(dict.fromkeys(steps[: steps.index("kept") + 1])) == [
        "file",
        "name",
        "directory",
        "commit",
        "kept",
    ]


def test_messages_that_come_together_share_their_flushes(server: MailServer) -> None:
    def send(number: int) -> None:
        with server.lmtp() as client:
            for turn in range(10):
                client.sendmail("a@elsewhere.example", [ANNA], letter(f"{number}-{turn}"))

    with traced(server, "-e", _CALLS) as log:
        with ThreadPoolExecutor(8) as senders:
            list(senders.map(send, range(8)))
        steps = told(log.read_text("utf-8", "replace"))
    assert steps.count("kept") == 80
    flushes = [step for step in steps if step in {"all", "file", "directory", "commit"}]
    assert len(flushes) <= 1.2 * 80


@pytest.mark.parametrize(
    ("call", "error", "code"),
    [
        ("fsync,fdatasync", "EIO", 451),
        ("fsync,fdatasync", "ENOSPC", 452),
        ("rename,renameat,renameat2", "EIO", 451),
        ("pwrite64", "ENOSPC", 452),
        ("pwrite64", "EROFS", 451),
        ("mkdir,openat", "EROFS", 451),
    ],
)
def test_a_message_that_cannot_be_made_durable_is_not_accepted_and_not_there(
    server: MailServer, call: str, error: str, code: int
) -> None:
    with server.lmtp() as client:
        client.sendmail("a@elsewhere.example", [ANNA], letter("before"))
        with failing(server, call, error), pytest.raises(smtplib.SMTPResponseException) as refused:
            client.sendmail("a@elsewhere.example", [ANNA], letter("during"))
        assert refused.value.smtp_code == code
    with server.lmtp() as client:
        client.sendmail("a@elsewhere.example", [ANNA], letter("after"))
    names = [each.split(b"Subject: ")[1].split(b"\r\n")[0] for each in server.kept()]
    assert names == [b"before", b"after"]


def test_several_that_cannot_be_flushed_together_are_all_refused(server: MailServer) -> None:
    def send(number: int) -> int:
        with server.lmtp() as client:
            try:
                client.sendmail("a@elsewhere.example", [ANNA], letter(f"together-{number}"))
            except smtplib.SMTPResponseException as refused:
                return refused.smtp_code
        return 250

    with failing(server, "syncfs,fsync,fdatasync", "EIO"), ThreadPoolExecutor(6) as senders:
        codes = set(senders.map(send, range(6)))
    assert codes == {451}
    assert server.kept() == []
    assert send(7) == 250


def test_where_the_disk_is_nearly_full_mail_is_put_off_before_it_is_sent(place: Path) -> None:
    with small_disk(place / "small", "96m"), MailServer(place / "small" / "poolhouse") as server:
        with server.lmtp() as client:
            assert client.mail("a@elsewhere.example")[0] == 452
        with (
            server.raw() as client
        ):  # what it says it is may not fit either, and still less than all is kept free
            client.recv(1_000)
            client.sendall(b"LHLO x\r\nMAIL FROM:<a@b.example> SIZE=40000000\r\nQUIT\r\n")
            assert b"452 4.3.1" in client.makefile("rb").read()
        assert server.kept() == []


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[None]:
    """A file system of that size."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts")
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)
