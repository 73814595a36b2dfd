"""Where a secret may not stand: in the store, a backup, an export, a page of failure, another reader's feed."""

from __future__ import annotations

import asyncio
import re
import tarfile
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from poolhouse.app.clock import SystemClock
from poolhouse.cli import main
from poolhouse.errors import StoreError
from poolhouse.rules.vault import SECRET_BYTES, Vault
from poolhouse.services.secrets import add_feed_secret
from poolhouse.store.backup import back_up
from tests.conftest import PASSWORD
from tests.security.callers import basic, bearer, cookie
from tests.security.plans import RICH
from tests.security.world import World, made_world
from tests.servers.web.conftest import Browser

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Person

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
