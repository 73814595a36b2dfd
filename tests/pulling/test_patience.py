"""Accounts that are slow, loud or in each other's way, and a disk that is full: told, waited for, and nobody else's."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from poolhouse.services.accounts import edit_account
from poolhouse.store import blobs
from poolhouse.types import AccountSecurity, AccountState
from tests.pulling.conftest import LOOPBACK
from tests.pulling.fake import PASSWORD, FakeImap

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Iterator

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


@pytest.mark.parametrize("is_told", [True, False])
async def test_what_comes_while_messages_are_fetched_is_there_before_it_listens(
    pulling: Pulling, server: FakeImap, *, is_told: bool
) -> None:
    """A server tells of it with the answer to a fetch, or not at all; whoever listens afterwards is told of neither."""
    server.capabilities = b"IMAP4rev1 IDLE"
    has_come: list[bool] = []

    def fetch(_: socket.socket, tag: bytes) -> bytes:
        answer = server.honest(tag, server.said[-1])
        if 2 not in server.messages:
            server.messages[2] = MESSAGES[2]
            answer = b"* 2 EXISTS\r\n" * is_told + answer
        return answer

    def listen(_: socket.socket, tag: bytes) -> bytes:
        has_come.append(any(each.startswith(b"UID FETCH 2 (BODY") for each in server.said))
        return server.honest(tag, b"IDLE")

    await add(pulling, server)
    server.instead = {"UID FETCH 1 (BODY": fetch, "IDLE": listen}
    async with pulling.running():
        await pulling.until(lambda: bool(has_come))
    assert has_come[0]
    assert (pulling.count(), pulling.waits) == (2, [])


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


class Refusing:
    """Refuses some messages for some time, with some words, and counts how often; BODY is what is refused."""

    def __init__(self, server: FakeImap, uids: Iterable[int], words: bytes, times: int = 1_000) -> None:
        self.count = 0
        self._server, self._words, self._times = server, words, times
        self._uids = set(uids)
        server.instead = {"UID FETCH": self._answer}

    def _answer(self, _: socket.socket, tag: bytes) -> bytes:
        command = self._server.said[-1]
        asked = {int(each) for each in command.split()[2].split(b",")}
        if b"BODY" not in command or not asked & self._uids or self.count >= self._times:
            return self._server.honest(tag, command)
        self.count += len(asked) == 1
        return tag + b" " + self._words + b"\r\n"


MESSAGES = {uid: b"Subject: %d\r\n\r\n" % uid for uid in range(1, 6)}
ALL = range(1, 100)
BUSY, BROKEN = b"NO [UNAVAILABLE] busy", b"NO it is broken"


@pytest.mark.parametrize("words", [BUSY, BROKEN])
async def test_a_message_that_is_refused_for_a_while_comes(
    pulling: Pulling, server: FakeImap, words: bytes
) -> None:
    account_id = await add(pulling, server)
    Refusing(server, [1], words, times=2)
    async with pulling.running():
        await pulling.until(lambda: pulling.count() == 1)
        await pulling.until(lambda: pulling.folder(account_id).reason == "")
    assert pulling.waits[:2] == [15, 30]
    assert pulling.folder(account_id).left_count == 0


@pytest.mark.parametrize("words", [BUSY, BROKEN, b"NO [THROTTLED] too much"])
async def test_an_outage_costs_no_message(pulling: Pulling, server: FakeImap, words: bytes) -> None:
    """However long it takes: 12 times is twice as often as a message is asked for that alone is refused."""
    server.messages = dict(MESSAGES)
    account_id = await add(pulling, server)
    Refusing(server, ALL, words)
    async with pulling.running():
        await pulling.until(lambda: len(pulling.waits) >= 12)
        assert pulling.waits[:12] == [15, 30, 60, 120, 240, 300, 300, 300, 300, 300, 300, 300]
        assert pulling.folder(account_id).left_count == pulling.count() == 0
        assert "127.0.0.1 says" in pulling.folder(account_id).reason
        server.instead = {}
        await pulling.until(lambda: pulling.count() == len(MESSAGES))
    assert pulling.folder(account_id).left_count == 0


@pytest.mark.parametrize("words", [BUSY, BROKEN])
async def test_an_outage_when_one_message_came_costs_it_neither(
    pulling: Pulling, server: FakeImap, words: bytes
) -> None:
    account_id = await add(pulling, server)
    async with pulling.running():
        await pulling.until(lambda: pulling.count() == 1)
    Refusing(server, ALL, words)
    server.messages[2] = MESSAGES[2]
    async with pulling.running():
        await pulling.until(lambda: len(pulling.waits) >= 12)
    assert pulling.folder(account_id).left_count == 0
    server.instead = {}
    async with pulling.running():
        await pulling.until(lambda: pulling.count() == 2)


@pytest.mark.parametrize("refused", [[1], [3], [5], [2, 5]])
@pytest.mark.parametrize("words", [BUSY, BROKEN])
async def test_a_message_that_alone_is_refused_is_given_up(
    pulling: Pulling, server: FakeImap, refused: list[int], words: bytes
) -> None:
    server.messages = dict(MESSAGES)
    account_id = await add(pulling, server)
    Refusing(server, refused, words)
    async with pulling.running():
        await pulling.until(lambda: pulling.folder(account_id).left_count == len(refused))
        await pulling.until(lambda: pulling.folder(account_id).reason == "")
    assert pulling.count() == len(MESSAGES) - len(refused)
    assert pulling.waits[:5] == [15, 30, 60, 120, 240]  # six tries


async def test_the_last_one_is_given_up_where_one_that_is_here_is_given(
    pulling: Pulling, server: FakeImap
) -> None:
    account_id = await add(pulling, server)
    async with pulling.running():
        await pulling.until(lambda: pulling.count() == 1)
    server.messages[2] = MESSAGES[2]
    Refusing(server, [2], BUSY)
    async with pulling.running():
        await pulling.until(lambda: pulling.folder(account_id).left_count == 1)


async def test_of_an_only_message_its_servers_word_is_taken(pulling: Pulling, server: FakeImap) -> None:
    account_id = await add(pulling, server)
    Refusing(server, [1], BUSY)
    async with pulling.running():
        await pulling.until(lambda: len(pulling.waits) >= 12)
        assert pulling.folder(account_id).left_count == 0
        Refusing(server, [1], BROKEN)
        await pulling.until(lambda: pulling.folder(account_id).left_count == 1)
    assert pulling.count() == 0


async def test_what_is_given_before_a_server_has_had_enough_is_kept(
    pulling: Pulling, server: FakeImap
) -> None:
    server.messages = dict(MESSAGES)
    account_id = await add(pulling, server)
    Refusing(server, [1, 4, 5], b"NO [OVERQUOTA] enough for today")
    async with pulling.running():
        await pulling.until(lambda: bool(pulling.waits))
        assert (pulling.count(), pulling.folder(account_id).progress.last_uid) == (0, 0)
        Refusing(server, [4, 5], b"NO [OVERQUOTA] enough for today")
        await pulling.until(lambda: pulling.count() == 3)
        assert pulling.folder(account_id).progress.last_uid == 3
        server.instead = {}
        await pulling.until(lambda: pulling.count() == 5)
    assert pulling.folder(account_id).left_count == 0


REFUSED = {
    "SEARCH": ("UID SEARCH", b"NO [SERVERBUG] internal error"),
    "SIZE": ("UID FETCH 1 (RFC822", BUSY),
    "FLAGS": ("UID FETCH 1 (FLAGS)", BROKEN),
    "BODY": ("UID FETCH 1 (BODY", BUSY),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_a_folder_is_refused_leaves_the_others(
    pulling: Pulling, server: FakeImap, case: str
) -> None:
    command, words = REFUSED[case]
    account_id = await add(pulling, server)
    folder, me = pulling.folder(account_id, "Lists/python"), pulling.principal
    await pulling.house.write(lambda tx: tx.accounts.choose(folder.id, is_chosen=True, pool_id=None))
    await pulling.house.write(lambda tx: edit_account(tx, me, account_id, mirrors_read=True))
    opened: list[bytes] = []

    def examine(name: bytes, tag: bytes) -> bytes:
        opened.append(name)
        return server.honest(tag, b"EXAMINE " + name)

    def refuse(_: socket.socket, tag: bytes) -> bytes:
        if opened[-1] == b"INBOX":
            return server.honest(tag, server.said[-1])
        return tag + b" " + words + b"\r\n"

    server.instead = {
        'EXAMINE "Lists/python"': lambda _, tag: examine(b"Lists/python", tag),
        "EXAMINE": lambda _, tag: examine(b"INBOX", tag),
        command: refuse,
    }
    async with pulling.running():
        await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
        assert "127.0.0.1 says: " in pulling.folder(account_id, "Lists/python").reason
        assert (pulling.count(), pulling.folder(account_id).reason) == (1, "")
        assert pulling.account(account_id).reason == ""
        server.instead = {}
        await pulling.until(lambda: pulling.folder(account_id, "Lists/python").reason == "")
    assert pulling.folder(account_id, "Lists/python").left_count == 0
