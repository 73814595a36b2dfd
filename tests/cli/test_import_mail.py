"""`poolhouse import-mail`: real messages in and out byte for byte, killed and gone on with, in flat memory."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import subprocess
import sys
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.formats.mbox import is_mbox, split_mbox
from poolhouse.store.verify import verify
from tests.mail_corpus.fixtures import MAIL, mail_files
from tests.running import RunningServer, command_line

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Commands

LINE = b"From anna@example.org Thu Jan  1 00:00:00 2026\n"
PASSWORD = "correct horse battery\n"
MANY = 3_000


def message(number: int, size_bytes: int = 500) -> bytes:
    head = f"Subject: number {number}\nMessage-ID: <{number}@example.org>\n\nkettle{number} "
    return head.encode() + b"x" * size_bytes + b"\n\n"


def write_mbox(path: Path, count: int, size_bytes: int = 500) -> Path:
    with path.open("wb") as file:
        for number in range(count):
            file.write(LINE + message(number, size_bytes))
    return path


def kept(data: Path) -> Counter[str]:
    """How often each blob is a message."""
    with closing(apsw.Connection(str(data / "poolhouse.db"), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        connection.set_busy_timeout(10_000)
        return Counter(row[0] for row in connection.execute("SELECT blob FROM item WHERE kind = 'message'"))


def rows_of(data: Path) -> list[Any]:
    with closing(apsw.Connection(str(data / "poolhouse.db"), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        return connection.execute("SELECT byte_offset, added FROM mail_import").fetchall()


def command_of(data: Path, *arguments: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "poolhouse",
        "import-mail",
        *arguments,
        "--person",
        "anna",
        "--data",
        str(data),
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    command_line(tmp_path / "data", "person", "add", "anna", "--password-stdin", stdin=PASSWORD)
    return tmp_path / "data"


def test_the_words_of_a_report(commands: Commands, tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "Work.mbox", 3)
    offset = path.stat().st_size
    with path.open("ab") as file:
        file.write(LINE + b"X-Mozilla-Status: 0008\n\n")
    arguments = ("import-mail", str(path), "--person", "anna", "--read-later")
    out, _ = commands.run(*arguments)
    assert out.splitlines() == [
        "3 added, 0 were there already, 1 refused.",
        f"  refused the message at byte {offset:,}: it was deleted there",
        "They are listed, and can be searched once they are read: while `poolhouse serve` runs.",
    ]
    (told,) = commands.ask(*arguments)
    assert (told["added"], told["present"], told["refused_count"], told["resumed"]) == (0, 3, 1, {})
    assert [each["file"] for each in told["files"]] == [str(path)]
    assert "Imported mail" in {pool["path"] for pool in commands.ask("pool", "list", "anna")}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("/nonexistent",), "cannot be read"),
        (("{}",), "holds no mail"),
        (("{}", "--pool", "Searched"), "saved search"),
        (("{}", "--person", "nobody"), "no such person"),
    ],
)
def test_refusals(commands: Commands, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    commands.run("pool", "add", "anna", "Searched", "--query", "x")
    path = tmp_path / "a"
    path.write_bytes(b"" if words == "holds no mail" else LINE + message(1))
    given = [each.format(path) for each in arguments]
    _, err = commands.run("import-mail", "--person", "anna", *given, status=1)
    assert words in err
    assert kept(commands.data) == Counter()


@pytest.mark.slow
def test_every_real_message_comes_out_as_it_went_in(home: Path) -> None:
    expected = []
    for path in mail_files():
        content = path.read_bytes()
        if is_mbox(content[:4_096]):
            expected += [
                each.content or b"" for each in split_mbox(io.BytesIO(content).read) if each.from_line
            ]
        elif path.suffix in {".eml", ".msg"} or path.name not in {".gitattributes", "mail_gitattributes"}:
            expected.append(content)
    told, read = command_line(home, "import-mail", str(MAIL), "--person", "anna", "--read-now")
    assert told["added"] + told["present"] + told["refused_count"] >= len(expected) > 1_000
    assert told["added"] == read["read"]
    refused = {each["reason"] for each in told["refused"]}
    assert refused <= {"it holds no mail that Poolhouse can find", "it is empty"}
    assert told["refused_count"] < 10
    addresses = kept(home)
    assert set(addresses.values()) == {1}
    whole = {hashlib.sha256(content).hexdigest() for content in expected if content.strip()}
    missing = whole - set(addresses)
    assert len(missing) <= told["refused_count"]
    data = open_data(home, SystemClock())
    try:
        for address in addresses:
            assert hashlib.sha256(data.blobs.get(address) or b"").hexdigest() == address
        states = data.database.writing.execute(
            "SELECT page_state, count(*) FROM item WHERE kind = 'message' GROUP BY page_state"
        ).fetchall()
    finally:
        data.close()
    assert states == [("done", told["added"])]
    assert verify(home).faults == ()


@pytest.mark.slow
def test_an_import_that_is_killed_is_gone_on_with_and_everything_is_there_once(
    home: Path, tmp_path: Path
) -> None:
    path = write_mbox(tmp_path / "many.mbox", MANY)
    kills = 0
    for wanted in (1, 700, 1_500):
        with subprocess.Popen(command_of(home, str(path), "--read-later"), stdout=subprocess.PIPE) as running:
            while len(kept(home)) < wanted and running.poll() is None:
                pass
            running.send_signal(signal.SIGKILL)
            running.communicate()
            kills += running.returncode == -signal.SIGKILL
        ((offset, added),) = rows_of(home)
        assert added == len(kept(home))
        assert 0 < offset < path.stat().st_size
    assert kills == 3
    told, read = command_line(home, "import-mail", str(path), "--person", "anna", "--read-now")
    assert told["resumed"] == {str(path): offset}
    assert (told["added"], told["present"], told["refused_count"]) == (MANY, 0, 0)
    assert read == {"read": MANY}
    expected = Counter(hashlib.sha256(message(number)).hexdigest() for number in range(MANY))
    assert kept(home) == expected
    assert rows_of(home) == []
    (found,) = command_line(home, "link", "search", "anna", "kettle2999")
    assert found["title"] == "number 2999"
    (again, _) = command_line(home, "import-mail", str(path), "--person", "anna")
    assert (again["added"], again["present"]) == (0, MANY)
    assert verify(home).faults == ()


@pytest.mark.slow
def test_a_server_beside_reads_what_comes(home: Path, tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "some.mbox", 150)
    with RunningServer(home) as server:
        done = subprocess.run(command_of(home, str(path)), capture_output=True, text=True, check=True)
        assert "The server reads them now" in done.stdout
        assert server.command("job", "wait", "anna") == [{"failed": 0}]
        assert [each["title"] for each in server.command("link", "search", "anna", "kettle149")] == [
            "number 149"
        ]


@pytest.mark.slow
def test_a_large_file_needs_no_more_memory_than_a_small_one(home: Path, tmp_path: Path) -> None:
    sizes = {"small": (30, 100_000), "large": (30, 10_000_000)}
    peaks = {}
    for name, (count, size_bytes) in sizes.items():
        path = write_mbox(tmp_path / name, count, size_bytes)
        measured = (
            "import re, sys; from pathlib import Path; from poolhouse.cli import main; status = main(sys.argv[1:]);"
            # not ru_maxrss: that begins with what its parent had (getrusage(2), execve(2))
            " print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]); sys.exit(status)"
        )
        done = subprocess.run(
            [
                *(sys.executable, "-c", measured, "import-mail", str(path), "--person", "anna"),
                *("--data", str(home), "--json", "--read-later"),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        report, peak = done.stdout.splitlines()
        assert json.loads(report)["added"] == count
        peaks[name] = int(peak) // 1_024
        path.unlink()
    # a message of 10 MB is there in pieces, joined, and on its way to the disk
    assert peaks["large"] - peaks["small"] < 80, peaks
    assert peaks["large"] < 150, peaks
