"""Addresses that are programs: refused on the way in by every door, and again on the way out."""

from __future__ import annotations

import json
from html import escape
from io import StringIO
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from poolhouse.cli import main
from poolhouse.services.links import save_link
from tests.jobs import do_import
from tests.security.callers import bearer, cookie
from tests.security.changes import ids
from tests.security.inert import (
    check_page,
)
from tests.security.plans import RICH
from tests.security.world import World, made_world

if TYPE_CHECKING:
    from pathlib import Path

    from poolhouse.ports import Transaction

from tests.security.markup import check_everything

HTML = {"accept": "text/html"}
FINE = '<DT><A HREF="https://fine.example/">Fine</A>'
RUNNING = [
    "javascript:zqpwn()",
    "JaVaScRiPt:zqpwn()",
    "java\tscript:zqpwn()",
    "java\nscript:zqpwn()",
    "\x01javascript:zqpwn()",
    " \x1f javascript:zqpwn()",
    "javascript\t:zqpwn()",
    "javascript://example.org/%0azqpwn()",
    "data:text/html,<script>zqpwn()</script>",
    "data:text/html;base64,PHNjcmlwdD56cXB3bigpPC9zY3JpcHQ+",
    "DATA:image/svg+xml,<svg onload=zqpwn()>",
    "vbscript:zqpwn",
    "view-source:javascript:zqpwn()",
    "feed:javascript:zqpwn()",
    "jar:https://evil.example!/x",
    "blob:https://pools.test/x",
    "filesystem:https://pools.test/x",
    "file:///etc/passwd",
    "about:blank",
    "livescript:zqpwn()",
    "&#106;avascript:zqpwn()",
    "javascript&colon;zqpwn()",
    "//javascript:zqpwn()",
    "httpoxy:zqpwn()",
    "chrome://settings",
    "ms-msdt:/id zqpwn",
    "intent://x#Intent;scheme=javascript;end",
    "javascript\u200b:zqpwn()",
]

every_program = pytest.mark.parametrize("url", RUNNING, ids=ascii)


@every_program
def test_the_confirm_window_refuses_programs(world: World, url: str) -> None:
    target = f"/save?url={quote(url)}&title=x"
    answer = world.asker.ask("GET", target, {**cookie(world.homes[0].session), **HTML})
    assert answer.status == 400
    check_page(answer.body)


@every_program
def test_an_address_that_is_a_program_is_kept_by_no_door(world: World, url: str) -> None:
    home = world.homes[0]
    before = world.contents()
    token = world.house.vault.form_token(home.session)
    item_id = ids(home)["item"]
    form = {"url": url, "title": "x", "token": token, "pools": str(home.pools[2].id)}
    for target in ("/save", f"/items/{item_id}/edit"):
        answer = world.asker.ask("POST", target, {**cookie(home.session), **HTML}, form=form)
        assert answer.status == 400
        check_page(answer.body)
    for method, target in (("POST", "/api/v1/links"), ("PATCH", f"/api/v1/links/{item_id}")):
        answer = world.asker.ask(method, target, bearer(home.token), data={"url": url})
        assert answer.status == 422
        assert json.loads(answer.body)["field"] == "url"
    assert world.contents() == before


def test_an_address_that_is_a_program_is_left_out_of_an_import() -> None:
    """What is refused is named, and the rest is kept."""
    with made_world(RICH) as world:
        before = saved_addresses(world)
        bad = "".join(f'<DT><A HREF="{escape(url)}">Bad</A>' for url in RUNNING)
        answer = world.asker.ask(
            "POST",
            "/api/v1/import",
            {**bearer(world.homes[0].token), "content-type": "text/html"},
            body=f"<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p>{bad}{FINE}</DL><p>".encode(),
        )
        assert answer.status == 202
        report = do_import(world.house)
        assert saved_addresses(world) - before == {"https://fine.example/"}
        assert len(report["refused"]) + len(report["problems"]) > 20


def saved_addresses(world: World) -> set[str]:
    reading = world.house.data.database.open_reading()
    try:
        return {row[0] for row in reading.execute("SELECT url FROM item")}
    finally:
        reading.close()


@every_program
def test_an_address_that_is_a_program_is_not_kept_by_a_command(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(tmp_path / "data")]
    monkeypatch.setattr("sys.stdin", StringIO("correct horse battery\n"))
    assert main(["person", "add", "anna", "--password-stdin", *data]) == 0
    assert main(["save", "--person", "anna", *data, "--", url]) == 1
    said = capsys.readouterr()
    assert "url" in said.err
    assert "Traceback" not in said.err
    assert main(["link", "list", "anna", *data]) == 0
    assert "zqpwn" not in capsys.readouterr().out


def test_addresses_that_were_planted_go_out_nowhere() -> None:
    """As if an older release, a bug or a hand at the database had let them in."""
    with made_world(RICH) as world:
        home = world.homes[0]
        pool_id = home.pools[2].id

        def plant(tx: Transaction) -> None:
            for number, url in enumerate(RUNNING):
                item = save_link(
                    tx, home.me, f"https://fine.example/{number}", pool_id=pool_id, tags=("x",)
                ).item
                world.house.data.database.writing.execute(
                    "UPDATE item SET url = ?, title = 'planted', favicon = NULL WHERE id = ?", (url, item.id)
                )

        world.house.data.database.write(plant)
        documents = check_everything(world, is_planted=True)
        assert sum(b"planted" in each for each in documents) > 10
