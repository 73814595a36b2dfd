"""Where a secret may not stand: the store, the log, an export, a backup, a page of failure, another's reader."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import tarfile
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher, extract_parameters
from lxml import etree

from poolhouse.app.clock import SystemClock
from poolhouse.cli import main
from poolhouse.errors import StoreError
from poolhouse.rules.throttle import Throttle
from poolhouse.rules.vault import SECRET_BYTES, Vault
from poolhouse.servers.feeds import PREFIXES, FeedDoor
from poolhouse.servers.http.serve import serve
from poolhouse.servers.site import build_site
from poolhouse.services import passwords
from poolhouse.services.people import add_person, set_person_disabled
from poolhouse.services.secrets import add_feed_secret
from poolhouse.store.backup import back_up
from tests.conftest import PASSWORD, make_person
from tests.security.world import RICH, World, basic, bearer, cookie, made_world
from tests.servers.web.conftest import Browser, token_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Person
    from tests.conftest import StillClock

HTML = {"accept": "text/html"}
ATOM = "{http://www.w3.org/2005/Atom}"
TYPED = "zq a password that was typed"


def spellings(secret: str) -> list[bytes]:
    """The forms in which a secret could be lying about."""
    plain = secret.encode()
    return [plain, b64encode(plain).rstrip(b"="), plain.hex().encode()]


def use_every_key(world: World) -> list[str]:
    """Show every secret at every door, rightly and wrongly, and let the store note it; all secrets there are."""
    for caller in world.callers():
        for pool in world.homes[0].pools:
            path = f"/s/{caller.path}" if caller.path else ""
            world.asker.ask(
                "GET", f"{path}/pools/{pool.id}.atom", {**caller.headers, "user-agent": "a reader"}
            )
        world.asker.ask("GET", "/account", {**caller.headers, **HTML})
        world.asker.ask("GET", "/api/v1/me", caller.headers)
    home = world.homes[0]
    token = world.house.vault.form_token(home.session)
    form = {"token": token, "old_password": TYPED, "password": TYPED, "name": home.name}
    for path in ("/account/password", "/login"):
        world.asker.ask("POST", path, {**cookie(home.session), **HTML}, form=form)
    asyncio.run(world.house.write_uses())
    return [token, TYPED, *(text for each in world.homes for text in each.secrets)]


# At rest


def test_no_secret_lies_in_the_data_directory(tmp_path: Path) -> None:
    with made_world(RICH) as world:
        secrets = use_every_key(world)
        directory = world.house.data.database.path.parent
        files = [path for path in directory.rglob("*") if path.is_file()]
        assert {"poolhouse.db", "poolhouse.db-wal", "secret.key"} <= {path.name for path in files}
        backup = tmp_path / "backup.tar"
        back_up(directory, backup, SystemClock(), lambda done, total: None)
        key = (directory / "secret.key").read_bytes()
        contents = {path.name: path.read_bytes() for path in [*files, backup]}
        assert world.homes[0].mark in contents["poolhouse.db-wal"] + contents["poolhouse.db"]
        for name, content in contents.items():
            for secret in secrets:
                assert not [each for each in spellings(secret) if each in content], f"{name} holds a secret"
            if name.startswith("poolhouse.db"):
                assert key not in content
        with tarfile.open(backup) as tar:
            names = " ".join(member.name for member in tar)
        assert not [mark for mark in world.strangers_marks(None) if mark.decode() in names]


def test_what_is_kept_of_a_secret_is_of_no_use_with_another_key() -> None:
    vault, other = Vault(b"a" * 32, bytes), Vault(b"b" * 32, bytes)
    assert vault.hash("x") != other.hash("x")
    assert vault.form_token("x") != other.form_token("x")
    assert not other.is_form_token("x", vault.form_token("x"))


def test_secrets_are_long_differ_and_count_every_letter() -> None:
    assert SECRET_BYTES * 8 >= 128
    with made_world(RICH) as world:
        secrets = [text for home in world.homes for text in home.secrets]
        assert len(set(secrets)) == len(secrets)
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{32}", text) for text in secrets)
        home = world.homes[0]
        for place in (0, 15, 31):
            wrong = f"{home.token[:place]}{'A' if home.token[place] != 'A' else 'B'}{home.token[place + 1 :]}"
            assert world.asker.ask("GET", "/api/v1/me", bearer(wrong)).status == 401
        assert world.asker.ask("GET", "/api/v1/me", bearer(home.token)).status == 200


def test_no_command_exports_or_lists_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    with made_world(RICH) as world:
        secrets = use_every_key(world)
        home = world.homes[0]
        data = ["--data", str(world.house.data.database.path.parent)]
        for arguments in (
            *(["export", "--person", home.name, "--format", kind] for kind in ("json", "netscape", "opml")),
            ["secret", "list", home.name],
            ["token", "list", home.name],
            ["person", "list"],
            ["pool", "list", home.name],
            ["link", "list", home.name],
            ["verify"],
        ):
            for more in ([], ["--json"]):
                if arguments[0] == "export" and more:
                    continue
                assert main([*arguments, *more, *data]) == 0, arguments
                said = capsys.readouterr()
                assert said.out
                assert not [secret for secret in secrets if secret in said.out + said.err], arguments


# In the log


class Visitor:
    """Asks on real sockets, one request a connection."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def ask(self, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            lines = [f"{method} {target} HTTP/1.1", "host: pools.test", "connection: close"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            lines.append(f"content-length: {len(body)}")
            writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
            return await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(house: RunningHouse) -> AsyncIterator[Visitor]:
    """The whole server on a free port, with its access log."""
    door = FeedDoor(house)
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            serve(
                build_site(house, door),
                host="127.0.0.1",
                port=0,
                shortcut=door.answer,
                prefixes=PREFIXES,
                has_access_log=True,
                started=lambda addresses: listening.set_result(int(addresses[0].rpartition(":")[2])),
                stop=stop,
            )
        )
        try:
            yield Visitor(await listening)
        finally:
            stop.set()


async def visit_with_every_key(world: World) -> list[bytes]:
    """Every key at the doors, in the right places and in wrong ones."""
    home = world.homes[0]
    pool, _, secret = home.feed_secrets[0]
    feed = f"/pools/{pool.id}.atom"
    asked: list[tuple[str, str, dict[str, str], bytes]] = []
    for method in ("GET", "HEAD", "POST", "BREW"):
        asked += [
            (method, f"/s/{secret}{feed}", {}, b""),
            (method, f"/s/{secret}/nothing?x={secret}", {}, b""),
            (method, f"//s//{secret}{feed}", {}, b""),
            (method, f"/%73/{secret}{feed}", {}, b""),
            (method, f"/welcome/{secret}", HTML, b""),
            (method, feed, basic(home.name, secret), b""),
            (method, f"{feed}?token={secret}", bearer(home.token), b""),
            (method, "/account", {**cookie(home.session), **HTML, "referer": f"http://x/s/{secret}"}, b""),
            (method, "/api/v1/links", bearer(home.token), b""),
            (method, f"/api/v1/links?access_token={home.token}", {"user-agent": secret}, b""),
        ]
    form = {"content-type": "application/x-www-form-urlencoded", **HTML}
    asked.append(("POST", "/login", form, f"name={TYPED}&password={TYPED}".replace(" ", "+").encode()))
    asked.append(("GET", f"/s/{secret}{feed}", {"x": secret * 3_000}, b""))
    asked.append(("GET", f"/s/{secret}{feed}\x01{secret}", {}, b""))
    async with serving(world.house) as visitor:
        return [await visitor.ask(*each) for each in asked]


@pytest.mark.parametrize("is_broken", [False, True], ids=["whole", "broken"])
def test_no_secret_is_written_to_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, *, is_broken: bool
) -> None:
    """With the access log on and everything else at its loudest; also where every request fails in us."""
    caplog.set_level(logging.DEBUG)
    with made_world(RICH) as world:
        if is_broken:
            monkeypatch.setattr(world.house, "glance", _fail)
            monkeypatch.setattr(world.house, "read", _fail)
        answers = asyncio.run(visit_with_every_key(world))
        assert (b" 500 " in b"".join(answer[:20] for answer in answers)) == is_broken
        log = caplog.text
        assert "/s/***" in log
        assert ("Traceback" in log) == is_broken
        secrets = [TYPED, TYPED.replace(" ", "+"), *(text for home in world.homes for text in home.secrets)]
        for secret in secrets:
            assert not [each for each in spellings(secret) if each.decode() in log]
        for answer in answers:
            assert b"Traceback" not in answer
            assert b"poolhouse/" not in answer.lower().replace(b"http://pools.test/poolhouse/", b"")


def _fail(*_: object) -> None:
    raise RuntimeError("made to fail")


@pytest.mark.parametrize(
    "target", ["/api/v1/links/1%0d%0aINFO forged", "/x%0d%0aINFO forged%1b[2J", "/pools/%0aINFO forged/edit"]
)
def test_no_request_writes_a_line_of_its_own_to_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    caplog.set_level(logging.DEBUG)

    def refuse(*_: object) -> None:
        raise StoreError("the disk does not answer")

    async def visit(world: World) -> None:
        async with serving(world.house) as visitor:
            for broken in (None, refuse, _fail):
                if broken:
                    monkeypatch.setattr(world.house, "glance", broken)
                for key in (bearer(world.homes[0].token), cookie(world.homes[0].session), {}):
                    await visitor.ask("GET", target.replace(" ", "%20"), {**key, **HTML})

    with made_world(RICH) as world:
        asyncio.run(visit(world))
    assert "forged" in caplog.text
    for record in caplog.records:
        assert not re.search(r"[\r\n\x1b]", record.getMessage()), record.name


# On a page of failure


def test_what_was_typed_as_a_password_is_shown_nowhere(
    client: TestClient, house: RunningHouse, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(client)
    assert browser.log_in(person.name).status_code == 303
    secret = {"password": TYPED, "old_password": TYPED}
    pages = [
        browser.send("/account/password", **secret),
        browser.send("/account/password", password=TYPED[:3], old_password=PASSWORD),
        browser.send("/login", name="anna", password=TYPED),
        browser.send("/pools/new", name="", **secret),
        browser.post("/account/password", {"token": "wrong", **secret}),
        browser.post("/account/password", secret, origin="https://evil.example"),
        browser.send("/nothing", **secret),
    ]

    async def refuse(*_: object) -> None:
        raise StoreError("the disk does not answer")

    token = browser.token()
    monkeypatch.setattr(house, "write", refuse)
    pages += [
        browser.post("/account/password", {"token": token, "password": TYPED, "old_password": PASSWORD}),
        browser.post("/login", {"token": token, "name": "anna", "password": PASSWORD}),
        browser.post("/pools/new", {"token": token, "name": "x", **secret}),
    ]
    assert {page.status_code for page in pages} >= {400, 401, 403, 503}
    session = str(client.cookies["poolhouse_session"])
    for page in pages:
        assert TYPED not in page.text
        assert PASSWORD not in page.text
        assert session not in page.text


# In feeds: what a reader opens or shows to others


@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
def test_nothing_that_a_reader_follows_has_the_secret_in_it(suffix: str) -> None:
    """The address of the feed itself does, and those of its other documents: a reader fetches them with it."""
    with made_world(RICH) as world:
        pool, _, secret = world.homes[0].feed_secrets[0]
        body = world.asker.ask("GET", f"/s/{secret}/pools/{pool.id}.{suffix}").text
        own = f"http://pools.test/s/{secret}/pools/{pool.id}.{suffix}"
        assert own in body
        assert secret not in re.sub(re.escape(own) + r"(\?(before|archive)=\d+)?", "", body)
        if suffix == "json":
            assert secret not in body.partition('"items"')[2]
        else:
            root = etree.fromstring(body.encode())
            entries = [*root.iter(f"{ATOM}entry", "item")]
            assert entries
            assert not [entry for entry in entries if secret.encode() in etree.tostring(entry)]


def test_one_readers_document_never_reaches_another() -> None:
    """The same pool at the same version for two readers: from one cache, each with its own address."""
    with made_world(RICH) as world:
        home = world.homes[0]
        pool, _, first = home.feed_secrets[0]
        house = world.house
        second = house.data.database.write(
            lambda tx: add_feed_secret(tx, house.vault, home.me, pool.id, "another")
        )[1]
        for _ in range(3):
            for own, other in ((first, second), (second, first)):
                body = world.asker.ask("GET", f"/s/{own}/pools/{pool.id}.atom").text
                assert own in body
                assert other not in body
            for headers in (basic(home.name, first), cookie(home.session), bearer(home.token)):
                body = world.asker.ask("GET", f"/pools/{pool.id}.atom", headers).text
                assert first not in body
                assert second not in body


# At log in


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes with which passwords were compared."""
    hashes: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002 - argon2's own name; it says Literal[True]
            hashes.append(str(hash))
            return super().verify(hash, password)

    known = passwords._hasher
    counting = Counting(
        time_cost=known.time_cost,
        memory_cost=known.memory_cost,
        parallelism=known.parallelism,
        type=known.type,
    )
    monkeypatch.setattr(passwords, "_hasher", counting)
    return hashes


def test_log_in_does_the_same_work_whoever_is_named(
    client: TestClient, house: RunningHouse, person: Person, compared: list[str]
) -> None:
    """Work is counted, not time: one comparison of the same cost each."""
    make_person(house, "disabled")
    write = house.data.database.write
    write(lambda tx: set_person_disabled(tx, "disabled", is_disabled=True))
    write(lambda tx: add_person(tx, "passwordless", None))
    browser = Browser(client)
    token = token_of(browser.get("/login"))
    statuses = []
    for name in (person.name, "nobody", "disabled", "passwordless", "", "x" * 10_000, "\x00", "zq'--"):
        form = {"token": token, "name": name, "password": "wrong password"}
        house.throttle = Throttle()  # every try is a first one
        statuses.append(browser.post("/login", form).status_code)
    assert statuses == [401] * 8
    assert len(compared) == 8
    costs = {str(extract_parameters(each)) for each in compared}
    assert len(costs) == 1


def test_guesses_at_the_old_password_have_to_wait_too(
    client: TestClient, person: Person, compared: list[str], clock: StillClock
) -> None:
    """Whoever sits down at a browser that is logged in cannot guess at leisure."""
    browser = Browser(client)
    browser.log_in(person.name)
    compared.clear()
    guess = {"old_password": "wrong password", "password": "another long one"}
    answers = [browser.send("/account/password", **guess) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429] * 3
    assert len(compared) == 5
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers[5:])
    clock.pass_seconds(int(answers[-1].headers["retry-after"]))
    assert browser.send("/account/password", **guess | {"old_password": PASSWORD}).status_code == 303


def test_a_password_opens_no_feed_and_no_api(client: TestClient, house: RunningHouse, person: Person) -> None:
    pool = house.read(lambda tx: tx.pools.of(person.id))[0]
    for headers in (basic(person.name, PASSWORD), bearer(PASSWORD)):
        assert client.get(f"/pools/{pool.id}.atom", headers=headers).status_code == 401
        assert client.get("/api/v1/me", headers=headers).status_code == 401
        assert client.get("/account", headers=headers).status_code == 401
