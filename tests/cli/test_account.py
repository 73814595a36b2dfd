"""`poolhouse account`: the same as the pages, with the password from standard input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.pulling.fake import PASSWORD, USER, FakeImap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Commands


@pytest.fixture
def server(commands: Commands) -> Iterator[FakeImap]:
    (commands.data / "poolhouse.toml").write_text('fetch_networks = "127.0.0.0/8"\n')
    with FakeImap() as running:
        yield running


def place(server: FakeImap) -> tuple[str, ...]:
    return ("--host", "127.0.0.1", "--port", str(server.port), "--user", USER, "--security", "plain")


@pytest.fixture
def account(commands: Commands, server: FakeImap) -> Any:
    given = ("account", "add", "anna", *place(server), "--label", "Work", "--password-stdin")
    return commands.ask(*given, stdin=f"{PASSWORD}\n")[0]


def test_an_account_is_tried_and_kept(commands: Commands, account: Any) -> None:
    assert (account["label"], account["state"]) == ("Work", "active")
    assert commands.ask("account", "list", "anna") == [account]
    words, _ = commands.run("account", "list", "anna")
    assert "Work\t127.0.0.1\tactive, not asked yet" in words
    assert PASSWORD not in words


def test_what_does_not_work_is_said_and_not_kept(commands: Commands, server: FakeImap) -> None:
    given = ("account", "add", "anna", *place(server), "--password-stdin")
    _, told = commands.run(*given, stdin="wrong\n", status=1)
    assert "lets nobody in" in told
    (commands.data / "poolhouse.toml").write_text("")
    _, told = commands.run(*given, stdin=f"{PASSWORD}\n", status=1)
    assert "127.0.0.1 is an address of this machine" in told
    assert commands.ask("account", "list", "anna") == []


def test_a_password_cannot_be_given_where_everybody_sees_it(
    commands: Commands, server: FakeImap, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        commands.run("account", "add", "anna", *place(server), "--password", PASSWORD)
    capsys.readouterr()


def test_folders_are_chosen_and_left(commands: Commands, account: Any) -> None:
    number = str(account["id"])
    commands.run("account", "choose", "anna", number, "Lists/python")
    words, _ = commands.run("account", "folders", "anna", number)
    assert words.splitlines() == ["INBOX\tto Inbox, 0 came", "Lists/python\tto Work/Lists/python, 0 came"]
    commands.run("account", "choose", "anna", number, "Lists/python", "--pool", "Bookmarks")
    assert "to Bookmarks" in commands.run("account", "folders", "anna", number)[0]
    commands.run("account", "leave", "anna", number, "INBOX")
    assert [each["is_chosen"] for each in commands.ask("account", "folders", "anna", number)] == [False, True]
    _, told = commands.run("account", "choose", "anna", number, "Nowhere", status=1)
    assert "Nowhere" in told


def test_it_is_edited_paused_pulled_and_removed(commands: Commands, account: Any) -> None:
    number = str(account["id"])
    assert commands.ask("account", "edit", "anna", number, "--read", "yes")[0]["mirrors_read"] is True
    assert commands.ask("account", "edit", "anna", number, "--label", "x")[0]["mirrors_read"] is True
    assert commands.ask("account", "pause", "anna", number)[0]["state"] == "paused"
    assert commands.ask("account", "pull", "anna", number)[0]["state"] == "active"
    commands.run("account", "password", "anna", number, "--password-stdin", stdin="wrong\n", status=1)
    commands.run("account", "password", "anna", number, "--password-stdin", stdin=f"{PASSWORD}\n")
    commands.run("account", "remove", "anna", number)
    assert commands.ask("account", "list", "anna") == []
