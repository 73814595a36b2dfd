"""Commands on one data directory, in which anna lives."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.cli import main

if TYPE_CHECKING:
    from pathlib import Path

BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p><DT><H3>Folder</H3><DL><p>
<DT><A HREF="https://example.org/in" ADD_DATE="1600000000" TAGS="a,b">In</A><DD>A note
</DL><p>
<DT><A HREF="javascript:alert(1)">Bad</A>
</DL><p>"""


class Commands:
    """Runs commands on one data directory; knows what they printed."""

    def __init__(
        self, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.data = data
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def run(self, *arguments: str, stdin: str = "", status: int = 0) -> tuple[str, str]:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        assert main([*arguments, "--data", str(self.data)]) == status
        printed = self._capsys.readouterr()
        return printed.out, printed.err

    def ask(self, *arguments: str, stdin: str = "") -> list[dict[str, Any]]:
        out, _ = self.run(*arguments, "--json", stdin=stdin)
        return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def commands(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Commands:
    made = Commands(tmp_path / "data", capsys, monkeypatch)
    made.run("person", "add", "anna", "--password-stdin", stdin="correct horse battery\n")
    return made
