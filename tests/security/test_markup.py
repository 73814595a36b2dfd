"""Markup in everything that people, pages and programs write: it is shown as what it is, text, in every document."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from io import StringIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from poolhouse.cli import main
from poolhouse.errors import InvalidInputError, PoolhouseError
from poolhouse.rules.names import clean_person_name
from poolhouse.services.links import save_link
from poolhouse.services.pages import record_page
from poolhouse.services.pools import add_pool
from poolhouse.services.secrets import add_feed_secret, add_token
from poolhouse.types import ReaderUse
from tests.security.addresses import readables
from tests.security.changes import ids
from tests.security.inert import (
    OUTLINE_ELEMENTS,
    check_bookmark_file,
    check_feed,
    check_json_feed,
    check_page,
    check_xml,
    runs,
)
from tests.security.world import RICH, World, bearer, cookie, made_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from poolhouse.ports import Transaction
    from tests.security.asking import Answer

HTML = {"accept": "text/html"}
AT_ONCE = 8
PAYLOADS = [
    "<script>zqpwn()</script>",
    '"><img src=x onerror=zqpwn()>',
    "'><svg/onload=zqpwn()>",
    "</title><script>zqpwn()</script>",
    "</textarea><script>zqpwn()</script>",
    "</template><script>zqpwn()</script>",
    "--><script>zqpwn()</script><!--",
    "<!--><img src=x onerror=zqpwn()>-->",
    "]]><script>zqpwn()</script><![CDATA[",
    "<![CDATA[</p><script>zqpwn()</script>",
    "&lt;script&gt;zqpwn()&lt;/script&gt;",
    "&#60;script&#62;zqpwn()&#60;/script&#62;",
    "&amp;lt;img src=x onerror=zqpwn()&amp;gt;",
    "{{ 7*7 }}{% for x in () %}{{ config }}${7*7}<%= 7*7 %>#{7*7}",
    "<iframe srcdoc='<script>zqpwn()</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=zqpwn()></style></mglyph></table></mtext></math>",
    "<svg><foreignObject><body onload=zqpwn()></svg>",
    "<base href='https://evil.example/'><a href=x>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<style>@import 'https://evil.example/x.css'; *{position:fixed}</style>",
    "<form action=https://evil.example/><button>zqpwn</button>",
    "<a href='javascript:zqpwn()'>x</a>",
    '" autofocus onfocus=zqpwn() x="',
    "x' style='position:fixed' onmouseover='zqpwn()",
    "` onload=zqpwn()",
    '<img src="x` `<script>zqpwn()</script>"` `>',
    "\u003cscript\u003ezqpwn()\u003c/script\u003e",
    "\uff1cscript\uff1ezqpwn()\uff1c/script\uff1e",
    "<scr\x00ipt>zqpwn()</scr\x00ipt>",
    "<scr\x85ipt>zqpwn()</scr\ufffeipt>",
    "<\ud800script>zqpwn()</\udfffscript>",
    "<\u2028script>zqpwn()</script\u2029>",
    "\u202e>tpircs<zqpwn\u202c",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>&e;",
    "<?php zqpwn() ?>",
    '[x](javascript:zqpwn()) ![x](x"onerror="zqpwn())',
    '{"__proto__":{"zqpwn":1}}\\u003cscript>',
    '\\"><script>zqpwn()</script>',
    "+ADw-script+AD4-zqpwn()+ADw-/script+AD4-",
]
_FRAGMENTS = st.sampled_from(
    [
        *"<>\"'&/=;:!-[]`\\ \n\t\x00\x0b\x85\ud800\ufffe",
        *("script", "img", "svg", "onerror=", "src=x", "zqpwn()", "javascript:", "style"),
        *("<!--", "-->", "]]>", "<![CDATA[", "&lt;", "&#x3c;", "&quot", "</", "/>", "{{", "}}"),
    ]
)
written = st.lists(_FRAGMENTS, min_size=1, max_size=12).map("".join)

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

in_few_worlds = settings(
    max_examples=5,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def write_everywhere(world: World, text: str) -> None:
    """Put a text wherever something of somebody's own is kept, as far as it is taken there."""
    home = world.homes[0]
    vault = world.house.vault
    pool_id = home.pools[2].id

    def tries() -> Iterable[Callable[[Transaction], object]]:
        me = home.me
        yield lambda tx: save_link(
            tx, me, "https://hostile.example/1", pool_id=pool_id, title=text, note=text, tags=(text[:60],)
        )
        yield lambda tx: save_link(
            tx,
            me,
            f"https://hostile.example/?q={text}#{text}",
            pool_id=pool_id,
            note=f"x\n\n{text}\n\n{text}",
        )
        yield lambda tx: save_link(tx, me, f"https://hostile.example/{text}", pool_id=pool_id)
        yield lambda tx: save_link(tx, me, f"mailto:{text}", pool_id=pool_id)
        yield lambda tx: add_pool(tx, me, text.replace("/", "")[:80], parent_id=pool_id)
        yield lambda tx: add_pool(tx, me, ("search " + text.replace("/", ""))[:80], query=f'"{text}" OR x')
        yield lambda tx: add_feed_secret(tx, vault, me, pool_id, text)
        yield lambda tx: add_token(tx, vault, me, text)
        yield lambda tx: tx.sessions.add(
            me.person_id, text.encode("utf-8", "replace"), tx.now.replace(year=2040), _storable(text)
        )
        yield lambda tx: tx.secrets.record_uses(
            [(home.feed_secrets[0][1], ReaderUse(at=tx.now, user_agent=_storable(text), status=200))]
        )
        yield lambda tx: record_page(
            tx,
            save_link(tx, me, "https://hostile.example/2", pool_id=pool_id).item.id,
            home.person.id,
            title=text,
            description=text,
            author=text,
        )

    for change in tries():
        try:
            world.house.data.database.write(change)
        except InvalidInputError:
            continue


def _storable(text: str) -> str:
    """As it comes from a request's header."""
    return text.encode("utf-8", "replace").decode("latin-1")


def check_everything(world: World, *, is_planted: bool = False) -> list[bytes]:
    """Read every document of the first home and see that nothing in it is alive; their texts."""
    home = world.homes[0]
    pools = world.house.read(lambda tx: tx.pools.of(home.person.id))
    items = world.house.read(lambda tx: tx.memberships.newest(home.pools[2].id, home.person.id, limit=200))
    documents = []
    for readable in readables():
        match readable.kind:
            case "pool":
                targets = [readable.at(pool.id) for pool in pools]
            case "item":
                targets = [readable.at(entry.item.id) for entry in items]
            case _:
                targets = [readable.template]
        for target in targets:
            headers = bearer(home.token) if readable.is_api else {**cookie(home.session), **HTML}
            answer = world.asker.ask("GET", target, headers)
            assert answer.status < 500, target
            documents.append(check_document(target, answer, is_planted=is_planted))
    for pool in pools:
        for suffix, check in (("atom", check_feed), ("rss", check_feed), ("json", check_json_feed)):
            answer = world.asker.ask("GET", f"/pools/{pool.id}.{suffix}", cookie(home.session))
            assert answer.status == 200
            assert check(answer.body) == min(pool.entry_count, 50)
            documents.append(answer.body)
    return documents


def check_document(target: str, answer: Answer, *, is_planted: bool) -> bytes:
    kind = (answer.header("content-type") or "").partition(";")[0]
    if "format=netscape" in target:
        check_bookmark_file(answer.body)
    elif kind == "text/html":
        check_page(answer.body, bookmarklets=1 if target == "/bookmarklet" else 0)
    elif kind == "text/x-opml":
        check_xml(answer.body, OUTLINE_ELEMENTS)
    elif kind in {"application/json", "application/problem+json"}:
        for address in addresses_in(json.loads(answer.body)):
            assert not runs(address), target
    elif kind == "application/jsonl":
        # a way out for everything, as it is: it is a file, and its type is no page
        assert (
            is_planted
            or b"javascript:zqpwn" not in answer.body.lower()
            or b'"url":"javascript' not in answer.body
        )
        assert "attachment" in (answer.header("content-disposition") or "")
    return answer.body


def addresses_in(data: Any) -> Iterable[str]:
    """Every value of a field that is named as an address."""
    if isinstance(data, dict):
        for name, value in data.items():
            if isinstance(value, str) and (name.endswith("url") or name in {"href", "next", "atom", "rss"}):
                yield value
            else:
                yield from addresses_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from addresses_in(value)


@pytest.mark.parametrize("first", range(0, len(PAYLOADS), AT_ONCE))
def test_what_is_written_stays_text(first: int) -> None:
    with made_world(RICH) as world:
        for payload in PAYLOADS[first : first + AT_ONCE]:
            write_everywhere(world, payload)
        documents = [each.decode("utf-8", "replace") for each in check_everything(world)]
        shown = [each for each in documents if "zqpwn()" in unescape(each)]
        assert len(shown) > 20, "what was written is hardly anywhere, so this proves nothing"


@given(text=written)
@in_few_worlds
def test_whatever_is_written_stays_text(text: str) -> None:
    with made_world(RICH) as world:
        write_everywhere(world, text)
        check_everything(world)


@pytest.mark.slow
@given(text=written)
@settings(in_few_worlds, max_examples=150)
def test_very_much_that_is_written_stays_text(text: str) -> None:
    with made_world(RICH) as world:
        write_everywhere(world, text)
        check_everything(world)


def test_what_feedparser_sanitises_stays_text_here(fixtures: Path) -> None:
    files = sorted((fixtures / "html" / "feedparser-sanitize").glob("*.xml"))
    assert len(files) > 300
    texts = [_payload_of(each.read_text("utf-8", "replace")) for each in files]
    with made_world(RICH) as world:
        home = world.homes[0]

        def save_all(tx: Transaction) -> None:
            for number, text in enumerate(texts):
                save_link(
                    tx,
                    home.me,
                    f"https://hostile.example/{number}",
                    pool_id=home.pools[2].id,
                    title=text[:2_000],
                    note=text,
                    tags=(text.replace(",", "")[:90],),
                )

        world.house.data.database.write(save_all)
        assert len(check_everything(world)) > 100


def _payload_of(document: str) -> str:
    """The hostile part of one of the files, which is escaped in it."""
    return unescape(re.sub(r"<!--.*?-->", "", document, flags=re.DOTALL)).strip()[:5_000]


# The window that asks before it saves: everything in it comes from the page that is saved


every_payload = pytest.mark.parametrize("payload", PAYLOADS, ids=lambda text: ascii(text)[:40])
every_program = pytest.mark.parametrize("url", RUNNING, ids=ascii)


@pytest.fixture(scope="module")
def still() -> Iterator[World]:
    """A world in which nothing may change."""
    with made_world(RICH) as world:
        before = world.contents()
        yield world
        assert world.contents() == before


@every_payload
def test_the_confirm_window_shows_text(still: World, payload: str) -> None:
    home = still.homes[0]
    fields = {
        name: payload.encode("utf-8", "replace") for name in ("title", "note", "tags", "back", "window")
    }
    for url in ("https://hostile.example/", f"https://hostile.example/{payload}", payload):
        query = urlencode({"url": url.encode("utf-8", "replace"), **fields})
        for target in (f"/save?{query}", f"/search?{urlencode({'q': fields['title']})}"):
            answer = still.asker.ask("GET", target, {**cookie(home.session), **HTML})
            assert answer.status in {200, 400}
            check_page(answer.body)


@every_program
def test_the_confirm_window_refuses_programs(still: World, url: str) -> None:
    target = f"/save?url={quote(url)}&title=x"
    answer = still.asker.ask("GET", target, {**cookie(still.homes[0].session), **HTML})
    assert answer.status == 400
    check_page(answer.body)


# Addresses that are programs: refused on the way in by every door, and again on the way out


@every_program
def test_an_address_that_is_a_program_is_kept_by_no_door(still: World, url: str) -> None:
    home = still.homes[0]
    before = still.contents()
    token = still.house.vault.form_token(home.session)
    item_id = ids(home)["item"]
    form = {"url": url, "title": "x", "token": token, "pools": str(home.pools[2].id)}
    for target in ("/save", f"/items/{item_id}/edit"):
        answer = still.asker.ask("POST", target, {**cookie(home.session), **HTML}, form=form)
        assert answer.status == 400
        check_page(answer.body)
    for method, target in (("POST", "/api/v1/links"), ("PATCH", f"/api/v1/links/{item_id}")):
        answer = still.asker.ask(method, target, bearer(home.token), data={"url": url})
        assert answer.status == 422
        assert json.loads(answer.body)["field"] == "url"
    assert still.contents() == before


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
        assert answer.status == 200
        assert saved_addresses(world) - before == {"https://fine.example/"}
        report = json.loads(answer.body)
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


def test_a_person_cannot_be_called_markup() -> None:
    for payload in PAYLOADS:
        with pytest.raises(PoolhouseError):
            clean_person_name(payload)
