"""The examples, run as a person runs them, against a real server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.docs.markdown import read_page
from tests.running import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with Anna, whose token is in a file beside the data."""
    place = tmp_path_factory.mktemp("examples")
    with RunningServer(place / "data") as running:
        running.command("person", "add", "anna", "--password-stdin", stdin="correct horse battery\n")
        (made,) = running.command("token", "add", "anna", "--label", "example")
        (place / "token.txt").write_text(made["token"] + "\n", "utf-8")
        yield running


def run(server: RunningServer, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    token_file = server.data.parent / "token.txt"
    return subprocess.run(
        [sys.executable, "-I", str(EXAMPLES / name), server.url, str(token_file), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.slow
def test_saves_a_link_once(server: RunningServer) -> None:
    first, second = (
        run(server, "save_a_link.py", "https://example.org/once", "python", "reading") for _ in range(2)
    )
    assert first.stdout == "Saved https://example.org/once\n", first.stderr
    assert second.stdout == "Was there already: https://example.org/once\n", second.stderr


@pytest.mark.slow
def test_says_why_not(server: RunningServer) -> None:
    refused = run(server, "save_a_link.py", "javascript:alert(1)")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "Addresses that begin with “javascript:” are not kept.\n"
    missing = run(server, "read_a_pool.py", "None such")
    assert (missing.returncode, missing.stderr) == (1, "There is no such pool.\n")


@pytest.mark.slow
def test_reads_a_pool_of_more_than_a_page(server: RunningServer, tmp_path: Path) -> None:
    rows = "".join(f'<DT><A HREF="https://example.org/{number}">x</A>\n' for number in range(120))
    file = tmp_path / "bookmarks.html"
    file.write_text(
        f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><H3>Many</H3>\n<DL><p>\n{rows}</DL></DL>"
    )
    server.command("import", str(file), "--person", "anna")
    read = run(server, "read_a_pool.py", "Many")
    lines = [line.split("\t") for line in read.stdout.splitlines()]
    assert [url for _, _, url in lines] == [f"https://example.org/{number}" for number in range(120)]


@pytest.mark.slow
def test_counts_primes() -> None:
    counted = subprocess.run(
        [sys.executable, "-I", str(EXAMPLES / "count_primes.py"), "10000"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert counted.stdout == "1229\n", counted.stderr


@pytest.mark.parametrize(
    ("tutorial", "names"),
    [
        ("first-script.md", ("save_a_link.py", "read_a_pool.py")),
        ("first-worker.md", ("count_primes.py", "blur.py")),
        ("first-adapter.md", ("one_at_a_time.py", "generators.py")),
    ],
)
def test_they_are_in_the_tutorial(tutorial: str, names: tuple[str, ...]) -> None:
    blocks = read_page(ROOT / "docs" / "tutorial" / tutorial).code("python")
    shown = [block.strip() for block in blocks]
    assert shown == [(EXAMPLES / name).read_text("utf-8").strip() for name in names]


def test_they_are_short() -> None:
    for path in EXAMPLES.glob("*.py"):
        lines = path.read_text("utf-8").splitlines()
        assert sum(bool(line) for line in lines) <= 30, path.name
