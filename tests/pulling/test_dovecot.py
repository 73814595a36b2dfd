"""A real Dovecot: everything once, whatever happens on the way."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import InvalidInputError
from poolhouse.services.accounts import (
    choose_folder,
    edit_account,
    leave_folder,
    move_account,
    pause_account,
    pull_account,
    remove_account,
)
from poolhouse.services.filing import put_in_pool, take_from_pool
from poolhouse.services.links import mark_item
from poolhouse.types import AccountSecurity, AccountState, Mark, PoolRole
from tests.mail.server import letter
from tests.pulling.dovecot import PASSWORD, USER, Dovecot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from poolhouse.ports import Transaction
    from tests.pulling.conftest import Pulling

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def letters(count: int, name: str = "letter") -> list[bytes]:
    return [letter(f"{name}-{number}") for number in range(count)]


async def test_two_thousand_messages_come_once(dovecot: Dovecot, pulling: Pulling) -> None:
    sent = letters(2_000)
    dovecot.fill(sent)
    account_id = await pulling.add(dovecot)
    async with pulling.running():
        await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
    assert pulling.count() == 2_000
    assert set(pulling.contents()) <= set(sent)
    assert pulling.account(account_id).new_count == 2_000
    assert pulling.folder(account_id).pulled_count == 2_000
    async with pulling.running():  # a server that starts anew asks, and finds nothing
        await pulling.until(lambda: pulling.account(account_id).new_count == 0)
    assert pulling.count() == 2_000


@pytest.mark.parametrize("security", list(AccountSecurity))
async def test_bytes_come_as_they_are_by_every_kind_of_connection(
    dovecot: Dovecot, pulling: Pulling, security: AccountSecurity
) -> None:
    odd = b"Subject: =?x\r\n\r\n\xff{5}\r\n.\r\n)\r\n* 1 EXISTS\r\n" + b"x" * 70_000 + b"\r\n"
    dovecot.fill([odd])
    account_id = await pulling.add(dovecot, security=security)
    async with pulling.running():
        await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
    assert pulling.contents() == [odd]


async def test_what_comes_meanwhile_is_pushed(dovecot: Dovecot, pulling: Pulling) -> None:
    def has_come(count: int) -> Callable[[], bool]:
        return lambda: pulling.count() == count

    account_id = await pulling.add(dovecot)
    async with pulling.running():
        await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
        for count, message in enumerate(letters(3), start=1):
            dovecot.put([message])
            await pulling.until(has_come(count))
    assert pulling.contents() == letters(3)
    assert pulling.waits == []  # it listened all the time


async def test_a_server_that_does_not_tell_is_asked_now_and_then(
    place: Path, pulling: Pulling, dovecot: Dovecot
) -> None:
    dovecot.stop()
    dovecot.capability = "IMAP4rev1 AUTH=PLAIN"
    with dovecot:
        account_id = await pulling.add(dovecot)
        async with pulling.running():
            await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
            dovecot.put(letters(1))
            await pulling.until(lambda: pulling.count() == 1)
    assert pulling.waits[0] == 300


async def test_folders_become_pools(dovecot: Dovecot, pulling: Pulling) -> None:
    dovecot.put(letters(2, "python"), folder="Lists.python")
    dovecot.put(letters(1, "work"), folder="Grüße & co")
    dovecot.put(letters(3))
    account_id = await pulling.add(dovecot)
    me, house = pulling.principal, pulling.house
    async with pulling.running():
        await pulling.until(lambda: pulling.count() == 3)
        for name in ("Lists.python", "Grüße & co"):
            folder_id = pulling.folder(account_id, name).id
            await house.write(
                partial(
                    choose_folder,
                    principal=me,
                    account_id=account_id,
                    folder_id=folder_id,
                    pool_id=None,
                    has_own_pool=True,
                )
            )
        await pulling.until(lambda: pulling.folder(account_id, "Grüße & co").pulled_count == 1)
        await pulling.until(lambda: pulling.folder(account_id, "Lists.python").pulled_count == 2)
    pool = house.read(lambda tx: tx.pools.by_path(me.person_id, f"{USER}/Lists/python"))
    assert pool is not None
    assert set(pulling.contents(pool.id)) == set(letters(2, "python"))
    assert house.read(lambda tx: tx.pools.by_path(me.person_id, f"{USER}/Grüße & co")) is not None
    assert pulling.count() == 3
    folder_id = pulling.folder(account_id, "Lists.python").id
    await house.write(lambda tx: leave_folder(tx, me, account_id, folder_id))
    dovecot.put(letters(1, "more"), folder="Lists.python")
    async with pulling.running():
        await pulling.until(lambda: pulling.account(account_id).new_count == 0)
    assert pulling.count(pool.id) == 2
    await house.write(lambda tx: choose_folder(tx, me, account_id, folder_id, pool_id=pool.id))
    async with pulling.running():
        await pulling.until(lambda: pulling.count(pool.id) == 3)


@pytest.mark.parametrize("capability", ["", "IMAP4rev1 IDLE AUTH=PLAIN"], ids=["condstore", "listed"])
async def test_flags_are_mirrored_where_that_is_wanted(
    dovecot: Dovecot, pulling: Pulling, capability: str
) -> None:
    dovecot.stop()
    dovecot.capability = capability
    me, house = pulling.principal, pulling.house
    with dovecot:
        dovecot.put(letters(1, "unread"))
        dovecot.put(letters(1, "read"), flags=(b"\\Seen",))
        account_id = await pulling.add(dovecot)

        async def settle() -> None:
            """Ask once more, from the beginning."""
            before = pulling.account(account_id).revision
            await house.write(lambda tx: pull_account(tx, me, account_id))
            await house.write(lambda tx: tx.accounts.record_asked(account_id, 99))
            async with pulling.running():
                await pulling.until(lambda: pulling.account(account_id).new_count != 99)
            assert pulling.account(account_id).revision == before + 1

        await settle()
        read, unread = sorted(pulling.items(), key=lambda item: item.marks == frozenset())
        assert (read.marks, unread.marks) == (
            frozenset({Mark.READ}),
            frozenset(),
        )  # as they were when they came

        with dovecot.client() as client:
            client.select_folder("INBOX")
            client.add_flags([1], [b"\\Seen", b"\\Flagged"])
        await settle()
        assert [item.marks for item in pulling.items() if item.id == unread.id] == [
            frozenset()
        ]  # off by default

        await house.write(lambda tx: edit_account(tx, me, account_id, mirrors_read=True))
        await settle()
        assert [item.marks for item in pulling.items() if item.id == unread.id] == [{Mark.READ}]

        # what was done here stays, until something is done there
        await house.write(lambda tx: mark_item(tx, me, unread.id, Mark.READ, is_on=False))
        await settle()
        assert [item.marks for item in pulling.items() if item.id == unread.id] == [frozenset()]

        await house.write(lambda tx: edit_account(tx, me, account_id, mirrors_starred=True))
        async with pulling.running():
            await pulling.until(lambda: len(pulling.waits) > 0 or pulling.account(account_id).new_count == 0)
            with dovecot.client() as client:
                client.select_folder("INBOX")
                client.add_flags([2], [b"\\Flagged"])
                client.remove_flags([2], [b"\\Seen"])
            await pulling.until(
                lambda: [item.marks for item in pulling.items() if item.id == read.id] == [{Mark.STARRED}]
            )
    with dovecot, dovecot.client() as client:  # and nothing was ever done there
        client.select_folder("INBOX")
        assert client.get_flags([1, 2])[2] == (b"\\Flagged",)


async def test_another_uidvalidity_brings_nothing_twice(dovecot: Dovecot, pulling: Pulling) -> None:
    dovecot.fill(letters(120))
    account_id = await pulling.add(dovecot)
    async with pulling.running():
        await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
    first = pulling.folder(account_id).progress
    moved = pulling.items()[0].id
    me, house = pulling.principal, pulling.house
    inbox = pulling.inbox()
    bookmarks = house.read(lambda tx: tx.pools.by_role(me.person_id, PoolRole.BOOKMARKS)).id

    def put_elsewhere(tx: Transaction) -> None:
        put_in_pool(tx, me.person_id, bookmarks, moved)
        take_from_pool(tx, me.person_id, inbox, moved)

    await house.write(put_elsewhere)
    dovecot.stop()
    maildir = dovecot.place / "home" / USER / "Maildir"
    for path in maildir.glob("dovecot*"):
        path.unlink()
    (maildir / "dovecot-uidlist").write_text(
        f"3 V{first.uid_validity + 1000} N1 G0123456789abcdef0123456789abcdef\n"
    )
    shutil.chown(maildir / "dovecot-uidlist", "mail", "mail")
    dovecot.fill(letters(121))
    await house.write(lambda tx: pull_account(tx, me, account_id))
    with dovecot:
        async with pulling.running():
            await pulling.until(lambda: pulling.folder(account_id).pulled_count == 121)
            await pulling.until(lambda: pulling.folder(account_id).progress.last_uid == 121)
    second = pulling.folder(account_id).progress
    assert second.uid_validity == first.uid_validity + 1000
    assert pulling.count() == 120  # 121, without the one that was put elsewhere here


async def test_a_server_that_goes_and_comes_back(dovecot: Dovecot, pulling: Pulling) -> None:
    account_id = await pulling.add(dovecot)
    async with pulling.running():
        await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
        dovecot.stop()
        await pulling.until(lambda: "could not be reached" in pulling.account(account_id).reason)
        assert pulling.account(account_id).state is AccountState.ACTIVE
        dovecot.start()
        dovecot.put(letters(1))
        await pulling.until(lambda: pulling.count() == 1)
        await pulling.until(lambda: pulling.account(account_id).reason == "")
    assert pulling.waits[:2] == [15, 30]


async def test_a_wrong_password_stops_it_until_its_person_says_another(
    dovecot: Dovecot, pulling: Pulling
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await pulling.add(dovecot, password="wrong")
    assert refused.value.field == "password"
    account_id = await pulling.add(dovecot)
    dovecot.stop()
    dovecot.password = "another"
    me, house = pulling.principal, pulling.house
    with dovecot:
        async with pulling.running():
            await pulling.until(lambda: pulling.account(account_id).state is AccountState.STOPPED)
            assert pulling.account(account_id).reason
            assert PASSWORD not in pulling.account(account_id).reason
            tries = dovecot.log().count("auth failed")
            await house.write(
                lambda tx: move_account(tx, house.sealer, me, account_id, dovecot.at(), "another")
            )
            await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
            assert dovecot.log().count("auth failed") == tries
            assert pulling.account(account_id).state is AccountState.ACTIVE


async def test_nobody_pulls_what_is_paused_removed_or_was_never_chosen(
    dovecot: Dovecot, pulling: Pulling
) -> None:
    account_id = await pulling.add(dovecot)
    me, house = pulling.principal, pulling.house
    async with pulling.running():
        await pulling.until(lambda: pulling.account(account_id).asked_at is not None)
        await house.write(lambda tx: pause_account(tx, me, account_id))
        await pulling.until(lambda: "Logged out" in dovecot.log() or "Connection closed" in dovecot.log())
        dovecot.put(letters(1))
        await house.write(lambda tx: pull_account(tx, me, account_id))
        await pulling.until(lambda: pulling.count() == 1)
        await house.write(lambda tx: remove_account(tx, me, account_id))
        dovecot.put(letters(1, "later"))
    assert pulling.count() == 1  # what came stays


async def test_a_lost_key_is_said_and_the_password_asked_for_again(
    dovecot: Dovecot, pulling: Pulling
) -> None:
    account_id = await pulling.add(dovecot)
    key = pulling.house.data.database.path.parent / "credentials.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    me, house = pulling.principal, pulling.house
    async with pulling.running():
        await pulling.until(lambda: pulling.account(account_id).state is AccountState.STOPPED)
        assert "password" in pulling.account(account_id).reason
        await house.write(lambda tx: move_account(tx, house.sealer, me, account_id, dovecot.at(), PASSWORD))
        await pulling.until(lambda: pulling.account(account_id).asked_at is not None)


async def test_what_is_too_large_is_left_and_counted_once(dovecot: Dovecot, pulling: Pulling) -> None:
    dovecot.fill([*letters(2), letter("large", "x" * 1_000_001), *letters(1, "last")])
    account_id = await pulling.add(dovecot)
    for _ in range(2):
        async with pulling.running():
            await pulling.until(lambda: pulling.folder(account_id).progress.last_uid == 4)
    assert pulling.count() == 3
    assert pulling.folder(account_id).left_count == 1
