"""Every command, in words and in JSON, on a real data directory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from poolhouse.cli import COMMANDS, build_parser, main
from poolhouse.store.blobs import BlobFiles
from tests.cli.conftest import BOOKMARKS

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from tests.cli.conftest import Commands


def test_persons(commands: Commands) -> None:
    commands.run("person", "add", "bob", "--password-stdin", stdin="correct horse battery\n")
    assert [each["name"] for each in commands.ask("person", "list")] == ["anna", "bob"]
    assert commands.ask("person", "disable", "bob")[0]["is_disabled"]
    assert "bob (disabled)" in commands.run("person", "list")[0]
    assert not commands.ask("person", "enable", "bob")[0]["is_disabled"]
    commands.run("person", "password", "bob", "--password-stdin", stdin="another long one\n")


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("person", "add", "anna", "--password-stdin"), "correct horse battery\n", "already a person"),
        (("person", "add", "a b", "--password-stdin"), "correct horse battery\n", "name"),
        (("person", "add", "carl", "--password-stdin"), "short\n", "at least 8"),
        (("person", "disable", "nobody"), "", "no such person"),
        (("save", "javascript:alert(1)", "--person", "anna"), "", "url"),
        (("save", "https://example.org", "--person", "anna", "--pool", "None"), "", "no such pool"),
        (("secret", "add", "anna", "--pool", "None", "--label", "x"), "", "no such pool"),
        (("secret", "cut-off", "anna", "99"), "", "no such secret"),
        (("link", "delete", "anna", "99"), "", "no such link"),
        (("pool", "delete", "anna", "Inbox"), "", "always there"),
        (("pool", "edit", "anna", "Inbox"), "", "--to"),
        (("import", "/nonexistent", "--person", "anna"), "", "cannot be read"),
    ],
)
def test_a_refusal_says_why_and_exits_with_1(
    commands: Commands, arguments: tuple[str, ...], stdin: str, words: str
) -> None:
    out, err = commands.run(*arguments, stdin=stdin, status=1)
    assert not out
    assert words in err
    _, err = commands.run(*arguments, "--json", stdin=stdin, status=1)
    assert set(json.loads(err)) == {"error", "message"}


def test_save_list_search_edit_delete_and_undo(commands: Commands) -> None:
    commands.run("pool", "add", "anna", "Reading")
    (saved,) = commands.ask(
        *("save", "https://example.org/a?utm_source=x", "--person", "anna", "--pool", "Reading"),
        *("--title", "A kettle", "--note", "hot", "--tag", "tea", "--tag", "Water"),
    )
    assert saved["is_new"]
    assert saved["tags"] == ["Water", "tea"]
    (again,) = commands.ask("save", "https://EXAMPLE.org/a", "--person", "anna", "--tag", "more")
    assert (again["id"], again["is_new"]) == (saved["id"], False)
    assert [each["id"] for each in commands.ask("link", "list", "anna", "--pool", "reading")] == [saved["id"]]
    assert [each["id"] for each in commands.ask("link", "search", "anna", "kettle tag:tea")] == [saved["id"]]
    number = str(saved["id"])
    (edited,) = commands.ask(
        "link", "edit", "anna", number, "--title", "B", "--tags", "x, y", "--pool", "Inbox"
    )
    assert (edited["title"], edited["tags"]) == ("B", ["x", "y"])
    assert {each["tag"] for each in commands.ask("link", "tags", "anna")} == {"x", "y"}
    assert commands.ask("link", "mark", "anna", number, "starred")[0]["marks"] == ["starred"]
    assert commands.ask("link", "mark", "anna", number, "starred", "--off")[0]["marks"] == []
    out, _ = commands.run("link", "delete", "anna", number)
    assert f"link restore anna {number}" in out
    assert commands.ask("link", "list", "anna", "--pool", "Inbox") == []
    assert [each["id"] for each in commands.ask("link", "trash", "anna")] == [saved["id"]]
    commands.run("link", "restore", "anna", number)
    assert [each["id"] for each in commands.ask("link", "list", "anna", "--pool", "Inbox")] == [saved["id"]]


def test_pools(commands: Commands) -> None:
    commands.run("pool", "add", "anna", "A")
    commands.run("pool", "add", "anna", "A/B")
    (found,) = commands.ask("pool", "add", "anna", "Tea", "--query", "tag:tea")
    assert found["kind"] == "computed"
    commands.run("save", "https://example.org/t", "--person", "anna", "--tag", "tea", "--pool", "A/B")
    assert [
        each["entry_count"] for each in commands.ask("pool", "list", "anna") if each["path"] == "Tea"
    ] == [1]
    assert commands.ask("pool", "edit", "anna", "A/B", "--to", "C")[0]["path"] == "C"
    assert commands.ask("pool", "edit", "anna", "Tea", "--query", "tag:none")[0]["entry_count"] == 0
    (gone,) = commands.ask("pool", "delete", "anna", "C")
    assert "C" not in [each["path"] for each in commands.ask("pool", "list", "anna")]
    commands.run("pool", "restore", "anna", str(gone["id"]))
    assert len(commands.ask("link", "list", "anna", "--pool", "C")) == 1


def test_secrets_and_tokens_are_shown_once(commands: Commands) -> None:
    (commands.data / "poolhouse.toml").write_text('base_url = "https://pools.example.org"\n')
    (made,) = commands.ask("secret", "add", "anna", "--pool", "Bookmarks", "--label", "newsboat")
    assert (
        made["path"]["atom"] == f"https://pools.example.org/s/{made['secret']}/pools/{made['pool_id']}.atom"
    )
    assert (
        made["basic"]["rss"] == f"https://anna:{made['secret']}@pools.example.org/pools/{made['pool_id']}.rss"
    )
    (listed,) = commands.ask("secret", "list", "anna")
    assert made["secret"] not in json.dumps(listed)
    assert "never used" in commands.run("secret", "list", "anna")[0]
    commands.run("secret", "cut-off", "anna", str(made["id"]))
    assert "cut off" in commands.run("secret", "list", "anna")[0]
    token = commands.run("token", "add", "anna", "--label", "script")[0].strip()
    assert len(token) == 32
    assert token not in commands.run("token", "list", "anna")[0]
    assert commands.run("secret", "add", "anna", "--pool", "inbox", "--label", "x")[0].count("http") == 6


def test_import_and_export(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "bookmarks.html"
    file.write_text(BOOKMARKS)
    (report,) = commands.ask("import", str(file), "--person", "anna")
    assert (report["added"], report["merged"], len(report["refused"])) == (1, 0, 1)
    (again,) = commands.ask("import", str(file), "--person", "anna", "--pool", "Inbox")
    assert (again["added"], again["merged"]) == (0, 1)
    netscape = commands.run("export", "--person", "anna", "--format", "netscape")[0]
    assert "https://example.org/in" in netscape
    assert "A note" in netscape
    lines = commands.run("export", "--person", "anna")[0].splitlines()
    assert any(json.loads(line).get("url") == "https://example.org/in" for line in lines)
    assert "<opml" in commands.run("export", "--person", "anna", "--format", "opml")[0]


def test_backup_restore_verify(commands: Commands, tmp_path: Path) -> None:
    commands.run("save", "https://example.org/kept", "--person", "anna")
    backup = tmp_path / "backup.tar"
    commands.run("backup", str(backup))
    assert backup.stat().st_mode & 0o777 == 0o600
    assert "whole" in commands.run("verify")[0]
    assert "not empty" in commands.run("restore", str(backup), status=1)[1]
    commands.data = tmp_path / "restored"
    commands.run("restore", str(backup))
    assert commands.ask("verify")[0]["faults"] == []
    assert commands.ask("link", "list", "anna")[0]["url"] == "https://example.org/kept"


def test_a_backup_says_what_was_damaged_before(commands: Commands, tmp_path: Path) -> None:
    commands.run("save", "https://example.org/kept", "--person", "anna")
    blobs = BlobFiles(commands.data / "blobs")
    path = blobs.path(blobs.put(b"a letter"))
    path.write_bytes(b"something else")
    output = commands.run("backup", str(tmp_path / "backup.tar"), status=1)[0]
    assert f"damaged before it was copied: blobs/{path.parent.name}/{path.name}" in output
    assert (tmp_path / "backup.tar").exists()


def test_no_store_is_said_and_none_is_made(commands: Commands, tmp_path: Path) -> None:
    commands.data = tmp_path / "elsewhere"
    for arguments in (("person", "list"), ("verify",), ("backup", str(tmp_path / "x"))):
        assert "--data" in commands.run(*arguments, status=1)[1]
    assert not commands.data.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_alone_is_what_it_is_among_all(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    def told(parser: argparse.ArgumentParser) -> str:
        with pytest.raises(SystemExit):
            parser.parse_args([command, "--help"])
        return capsys.readouterr().out

    assert told(build_parser(command)) == told(build_parser())


def test_a_command_imports_no_other() -> None:
    program = "import sys; from poolhouse.cli import build_parser; build_parser('pool'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    found = {f"poolhouse.cli.{module}" for module in COMMANDS.values()} & set(done.stdout.split())
    assert found == {"poolhouse.cli.pool"}


def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    parser = build_parser()
    assert "COMMAND" in parser.format_help()
    with pytest.raises(SystemExit) as done:
        main(["save", "--help"])
    assert done.value.code == 0
    assert "example:" in capsys.readouterr().out
