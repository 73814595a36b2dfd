"""Accounts that are slow, loud or in each other's way, and a disk that is full: told, waited for, and nobody else's."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from poolhouse.store import blobs
from poolhouse.types import AccountSecurity, AccountState
from tests.pulling.conftest import LOOPBACK
from tests.pulling.fake import PASSWORD, FakeImap

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from poolhouse.types import AccountId
    from tests.pulling.conftest import Pulling

MESSAGE = b"Subject: one\r\n\r\nText.\r\n"


@pytest.fixture
def server() -> Iterator[FakeImap]:
    with FakeImap(messages={1: MESSAGE}) as running:
        yield running


async def add(pulling: Pulling, server: FakeImap) -> AccountId:
    assert pulling.house.networks == LOOPBACK
    return await pulling.add_at(server.at(AccountSecurity.PLAIN), PASSWORD)


async def test_a_server_that_cries_wolf_is_heard_less_and_less(pulling: Pulling, server: FakeImap) -> None:
    def cry(connection: socket.socket, tag: bytes) -> bytes:
        connection.sendall(b"+ idling\r\n* 1 EXISTS\r\n")
        assert connection.recv(100) == b"DONE\r\n"
        return tag + b" OK done\r\n"

    server.capabilities = b"IMAP4rev1 IDLE"
    server.instead = {"IDLE": cry}
    await add(pulling, server)
    async with pulling.running():
        await pulling.until(lambda: len(pulling.waits) >= 10)
    assert pulling.waits[:10] == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


async def test_a_server_that_hangs_up_at_once_is_asked_ever_less(pulling: Pulling, server: FakeImap) -> None:
    server.capabilities = b"IMAP4rev1 IDLE"
    server.instead = {"IDLE": lambda _connection, _tag: None}
    account_id = await add(pulling, server)
    async with pulling.running():
        await pulling.until(lambda: len(pulling.waits) >= 8)
    assert pulling.waits[:8] == [15, 30, 60, 120, 240, 480, 900, 900]
    assert "broke the connection off" in pulling.account(account_id).reason
    assert pulling.count() == 1


async def test_one_that_says_nothing_holds_nobody_up(pulling: Pulling, server: FakeImap) -> None:
    is_over = threading.Event()

    def hang(_: socket.socket, tag: bytes) -> bytes:
        is_over.wait(30)
        return tag + b" OK done\r\n"

    with FakeImap() as silent:
        await add(pulling, silent)
        silent.instead = {"LOGIN": hang}
        # the same name at the same host is one account, whatever its port
        place = replace(server.at(), host="localhost")
        account_id = await pulling.add_at(place, PASSWORD)
        async with pulling.running():
            await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
        is_over.set()  # and the end of pulling did not wait for it
    assert pulling.count() == 1


async def test_a_disk_that_is_almost_full_takes_no_more_mail(
    pulling: Pulling, server: FakeImap, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await add(pulling, server)
    with monkeypatch.context() as patched:
        patched.setattr(blobs, "LOW_WATER_BYTES", 1 << 60)
        async with pulling.running():
            await pulling.until(lambda: "could not be kept" in pulling.account(account_id).reason)
        assert pulling.account(account_id).state is AccountState.ACTIVE
        assert pulling.count() == 0
    async with pulling.running():
        await pulling.until(lambda: pulling.count() == 1)
        await pulling.until(lambda: pulling.account(account_id).reason == "")


async def test_a_folder_that_is_refused_leaves_the_others(pulling: Pulling, server: FakeImap) -> None:
    account_id = await add(pulling, server)
    folder = pulling.folder(account_id, "Lists/python")
    await pulling.house.write(lambda tx: tx.accounts.choose(folder.id, is_chosen=True, pool_id=None))
    server.instead = {'EXAMINE "Lists/python"': lambda _, tag: tag + b" NO [NOPERM] not for you\r\n"}
    async with pulling.running():
        await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
    assert pulling.folder(account_id, "Lists/python").reason.endswith("says: not for you.")
    assert pulling.count() == 1


@pytest.mark.parametrize("refusals", [2, 99])
@pytest.mark.parametrize("words", [b"NO [UNAVAILABLE] busy", b"NO it is broken"])
async def test_a_message_that_is_refused_is_asked_for_again(
    pulling: Pulling, server: FakeImap, refusals: int, words: bytes
) -> None:
    refused = []

    def refuse(_: socket.socket, tag: bytes) -> bytes:
        refused.append(tag)
        if len(refused) == refusals:
            server.instead = {}
        return tag + b" " + words + b"\r\n"

    server.instead = {"UID FETCH 1 (BODY": refuse}
    account_id = await add(pulling, server)
    async with pulling.running():
        await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
    folder = pulling.folder(account_id, "INBOX")
    if refusals == 2:
        assert (folder.pulled_count, folder.left_count, pulling.count()) == (1, 0, 1)
        assert pulling.waits[:2] == [15, 30]
    else:  # it is told what was left there, and nothing after it is held up
        assert (folder.pulled_count, folder.left_count, pulling.count()) == (0, 1, 0)
        assert pulling.waits[:5] == [15, 30, 60, 120, 240]
