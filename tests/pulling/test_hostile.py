"""Servers that mean us no good: each is given up with a sentence, soon, and without taking much."""

from __future__ import annotations

import socket
import threading
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import (
    FetchError,
    FolderRefusedError,
    LogInRefusedError,
    NoSuchHostError,
    RefusedAddressError,
)
from poolhouse.fetch import imap, imap_wire
from poolhouse.fetch.imap import Conversation
from poolhouse.fetch.imap_messages import message_of
from poolhouse.rules.pulling import PullBatch, new_uids, plan_batches
from poolhouse.types import AccountPlace, AccountSecurity
from tests.pulling.dovecot import write_certificate
from tests.pulling.fake import PASSWORD, USER, FakeImap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOPBACK = (ip_network("127.0.0.0/8"),)
MESSAGE = b"Subject: one\r\n\r\nText.\r\n"


def talk(server: FakeImap, message_bytes: int = 100_000) -> list[bytes]:
    """Log in, and fetch all there is, as a pull does."""
    conversation = Conversation(server.at(), LOOPBACK)
    try:
        conversation.log_in(PASSWORD)
        conversation.folders()
        conversation.examine("INBOX")
        uids = new_uids(conversation.uids_after(0), 0)
        batches = plan_batches(conversation.sizes(uids), message_bytes=message_bytes)
        return [each.content for batch in batches for each in conversation.fetch(batch).messages]
    finally:
        conversation.log_out()


def test_an_honest_one_is_understood() -> None:
    with FakeImap(messages={3: MESSAGE, 9: MESSAGE * 2}) as server:
        assert talk(server) == [MESSAGE, MESSAGE * 2]
    assert server.said[0] == b"CAPABILITY"
    assert b"EXAMINE INBOX" in server.said or b'EXAMINE "INBOX"' in server.said
    assert not any(each.startswith((b"SELECT", b"STORE", b"UID STORE")) for each in server.said)
    assert all(b"PEEK" in each for each in server.said if b"BODY" in each)


def forever(piece: bytes) -> Callable[[socket.socket, bytes], None]:
    """Send the same for as long as anybody listens."""

    def send(connection: socket.socket, _: bytes) -> None:
        while True:
            connection.sendall(piece)

    return send


def once(answer: bytes) -> Callable[[socket.socket, bytes], bytes]:
    return lambda _, tag: answer.replace(b"TAG", tag)


HOSTILE = {
    "a line without an end": ("LIST", forever(b"x" * 65_536)),
    "lines without an end": ("LIST", forever(b'* LIST () "/" "folder"\r\n' * 1_000)),
    "a capability without an end": ("CAPABILITY", forever(b"* CAPABILITY " + b"X" * 60_000 + b"\r\n")),
    "a literal of 99 GB": ("UID FETCH", once(b"* 1 FETCH (UID 3 BODY[] {99999999999}\r\nxx")),
    "a literal of 20 digits": ("LIST", once(b"* LIST () {99999999999999999999}\r\nxx")),
    "a literal below nothing": ("UID FETCH", once(b"* 1 FETCH (UID 3 BODY[] {-1}\r\nxx)\r\nTAG OK\r\n")),
    "what is no IMAP": ("CAPABILITY", once(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
    "another's tag": ("LIST", once(b"zzz OK done\r\n")),
    "goodbye": ("LIST", once(b"* BYE enough\r\n")),
    "nothing": ("LIST", lambda _connection, _tag: None),
    "no UIDVALIDITY": ("EXAMINE", once(b"* 1 EXISTS\r\nTAG OK done\r\n")),
    "words for UIDs": ("UID SEARCH", once(b"* SEARCH one two\r\nTAG OK done\r\n")),
    "parentheses without an end": ("UID FETCH", once(b"* 1 FETCH " + b"(" * 5_000 + b"\r\nTAG OK done\r\n")),
    "half a quoted string": ("LIST", once(b'* LIST () "/" "abc\r\nTAG OK done\r\n')),
    "numbers that are none": ("UID FETCH", once(b"* 1 FETCH (UID x RFC822.SIZE y)\r\nTAG OK done\r\n")),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_given_up(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # the same, only less of it, so that a test takes no minute
    monkeypatch.setattr(imap, "_SHORT", (2_000_000, 5.0))
    monkeypatch.setattr(imap_wire, "LINE_BYTES", 1_000_000)
    command, other = HOSTILE[case]
    tracemalloc.start()
    try:
        with (
            FakeImap(messages={3: MESSAGE}, instead={command: other}) as server,
            pytest.raises(FetchError) as told,
        ):
            talk(server)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 40_000_000
    assert "127.0.0.1" in told.value.reason or "the server" in told.value.reason


def test_one_that_drips_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "_SHORT", (2_000_000, 0.5))
    is_over = threading.Event()

    def drip(connection: socket.socket, _: bytes) -> bytes:
        while not is_over.wait(0.05):
            connection.sendall(b"x")
        return b""

    with FakeImap(instead={"LIST": drip}) as server, pytest.raises(FetchError, match="in time"):
        talk(server)
    is_over.set()


def test_one_that_says_nothing_at_all_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_wire, "CONNECT_SECONDS", 0.3)
    with FakeImap(greeting=b"") as server, pytest.raises(FetchError, match="in time"):
        talk(server)


def test_a_conversation_is_ended_from_outside() -> None:
    with FakeImap(instead={"IDLE": once(b"+ idling\r\n")}, capabilities=b"IMAP4rev1 IDLE") as server:
        conversation = Conversation(server.at(), LOOPBACK)
        conversation.log_in(PASSWORD)
        conversation.examine("INBOX")
        told: list[FetchError] = []

        def listen() -> None:
            try:
                conversation.idle(600)
            except FetchError as error:
                told.append(error)

        thread = threading.Thread(target=listen)
        thread.start()
        while b"IDLE" not in server.said:
            thread.join(0.01)
        conversation.stop()
        thread.join(5)
        assert not thread.is_alive()
        assert len(told) == 1
        conversation.log_out()


NEWS = {
    "with the answer to another command": ("UID SEARCH", b"* SEARCH 3\r\n* 2 EXISTS\r\nTAG OK done\r\n"),
    "before it listens": ("IDLE", b"* 2 EXISTS\r\n+ idling\r\n"),
    "before it listens, among others": ("IDLE", b"* OK busy\r\n* 2 EXISTS\r\n* 1 RECENT\r\n+ idling\r\n"),
    "at once": ("IDLE", b"+ idling\r\n* 2 EXISTS\r\n"),
    "of flags, before it listens": ("IDLE", b"* 1 FETCH (FLAGS (\\Seen))\r\n+ idling\r\n"),
    "nothing": ("IDLE", b"+ idling\r\n"),
    "nothing of messages": ("IDLE", b"* OK still here\r\n+ idling\r\n* OK still here\r\n"),
}


@pytest.mark.parametrize("hears_flags", [True, False])
@pytest.mark.parametrize("case", NEWS)
def test_news_are_heard_whenever_they_come(case: str, *, hears_flags: bool) -> None:
    command, answer = NEWS[case]
    is_news = "nothing" not in case and ("flags" not in case or hears_flags)
    with FakeImap(messages={3: MESSAGE}, capabilities=b"IMAP4rev1 IDLE") as server:
        conversation = Conversation(server.at(), LOOPBACK)
        conversation.log_in(PASSWORD)
        server.instead = {command: once(answer)}
        conversation.examine("INBOX")
        assert conversation.uids_after(0) == [3]
        assert conversation.idle(30 if is_news else 0, hears_flags=hears_flags) is is_news
        server.instead = {}
        conversation.examine("INBOX")  # what was heard before is over
        assert not conversation.idle(0, hears_flags=hears_flags)
        conversation.log_out()


def test_one_that_will_not_be_listened_to_is_understood() -> None:
    refuse = once(b"* 2 EXISTS\r\nTAG NO [LIMIT] too many listen\r\n")
    with FakeImap(messages={3: MESSAGE}, capabilities=b"IMAP4rev1 IDLE", instead={"IDLE": refuse}) as server:
        conversation = Conversation(server.at(), LOOPBACK)
        conversation.log_in(PASSWORD)
        conversation.examine("INBOX")
        with pytest.raises(FolderRefusedError, match="says: too many listen") as told:
            conversation.idle(600)
        assert told.value.code == "LIMIT"
        assert conversation.uids_after(0) == [3]
        conversation.log_out()


def test_what_was_not_asked_for_is_not_taken() -> None:
    other = b"* 1 FETCH (UID 3 RFC822.SIZE 5)\r\n* 2 FETCH (UID 77 RFC822.SIZE 5)\r\nTAG OK done\r\n"
    with FakeImap(messages={3: MESSAGE}, instead={"UID FETCH 3 (RFC822": once(other)}) as server:
        assert talk(server) == [MESSAGE]


@pytest.mark.parametrize(
    ("said", "received_at"),
    [
        (b"17-Jul-2025 02:44:25 -0700", datetime(2025, 7, 17, 9, 44, 25, tzinfo=UTC)),
        (b"01-Jan-1970 00:30:00 +0000", datetime(1970, 1, 1, 0, 30, tzinfo=UTC)),
        (b"01-Jan-1970 00:30:00 +0100", None),
        (b"01-Jan-0100 00:00:00 +0000", None),
        (b"31-Dec-9999 23:59:59 -0100", None),
        (b"17-Jul-2025 02:44:25 +9999", None),
        (b"17-Jul-2025 02:44:25", None),
        (b"00-Jan-0000 00:00:00 +0000", None),
    ],
)
def test_a_time_that_is_none_is_none(said: bytes, received_at: datetime | None) -> None:
    with FakeImap(messages={3: MESSAGE}, internal_date=said) as server:
        conversation = Conversation(server.at(), LOOPBACK)
        conversation.log_in(PASSWORD)
        conversation.examine("INBOX")
        fetched = conversation.fetch(PullBatch((3,), (), len(MESSAGE), 3))
        conversation.log_out()
    assert [(each.content, each.received_at) for each in fetched.messages] == [(MESSAGE, received_at)]


@pytest.mark.parametrize("year", [1, 9999])
def test_a_time_that_is_in_no_year_here_is_none(year: int) -> None:
    """IMAPClient has the year 1 as 2001, by the rules for mail; whoever knew better would say this."""
    zone = timezone(timedelta(hours=1 if year == 1 else -1))
    at = datetime.min.replace(tzinfo=zone) if year == 1 else datetime.max.replace(tzinfo=zone)
    assert message_of(1, {b"BODY[]": MESSAGE, b"INTERNALDATE": at}).received_at is None


def test_a_message_that_its_server_cannot_give_is_left_out() -> None:
    def refuse(_: socket.socket, tag: bytes) -> bytes:
        return tag + b" NO it is broken\r\n"

    messages = {3: MESSAGE, 4: b"x", 5: MESSAGE}
    refused = {"UID FETCH 3,4,5 (BODY": refuse, "UID FETCH 4 (BODY": refuse}
    with FakeImap(messages=messages, instead=refused) as server:
        assert talk(server) == [MESSAGE, MESSAGE]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"NO [NOPERM] not for you", "NOPERM"),
        (b"NO [LIMIT 5 a day] not for you", "LIMIT"),
        (b"NO [unavailable] not for you", "UNAVAILABLE"),
        (b"NO not for you", ""),
        (b"BAD [CLIENTBUG] not for you", "CLIENTBUG"),
        (b"BAD not for you", ""),
    ],
)
def test_a_folder_that_is_refused_is_told_apart(answer: bytes, code: str) -> None:
    with (
        FakeImap(instead={"EXAMINE": once(b"TAG " + answer + b"\r\n")}) as server,
        pytest.raises(FolderRefusedError, match="not for you") as told,
    ):
        talk(server)
    assert told.value.code == code


def test_sizes_are_asked_for_one_by_one_where_they_are_refused_together() -> None:
    refuse = once(b"TAG NO it is broken\r\n")
    messages = {3: MESSAGE, 4: b"x", 5: MESSAGE}
    refused = {"UID FETCH 3,4,5 (": refuse, "UID FETCH 4 (": refuse}
    with FakeImap(messages=messages, instead=refused) as server:
        assert talk(server) == [MESSAGE, MESSAGE]


def test_what_a_folder_gives_is_seen_by_a_few_bytes() -> None:
    refuse = once(b"TAG NO it is broken\r\n")
    with FakeImap(messages={3: MESSAGE * 999, 4: MESSAGE}, instead={"UID FETCH 4 (": refuse}) as server:
        conversation = Conversation(server.at(), LOOPBACK)
        conversation.log_in(PASSWORD)
        conversation.examine("INBOX")
        asked: list[list[int]] = [[4, 3], [4], [4, 9], [9], []]
        assert [conversation.gives_any(each) for each in asked] == [True, False, False, None, None]
        conversation.log_out()
    assert server.said.count(b"UID FETCH 3 (BODY.PEEK[]<0.64>)") == 1


def test_a_password_is_never_said_again() -> None:
    leak = once(b"TAG NO the password " + PASSWORD.encode() + b" is wrong\x1b[31m\r\n")
    with FakeImap(instead={"LOGIN": leak}) as server, pytest.raises(LogInRefusedError) as told:
        talk(server)
    assert PASSWORD not in told.value.reason
    assert told.value.reason.isprintable()


@pytest.mark.parametrize(
    "answer",
    [b"TAG NO [UNAVAILABLE] later\r\n", b"TAG NO [OVERQUOTA] too much\r\n", b"* BYE overloaded\r\n"],
)
def test_trouble_at_the_door_is_no_wrong_password(answer: bytes) -> None:
    with FakeImap(instead={"LOGIN": once(answer)}) as server, pytest.raises(FetchError) as told:
        talk(server)
    assert not isinstance(told.value, LogInRefusedError)


@pytest.mark.parametrize(
    ("greeting", "capabilities", "certificate"),
    [
        (b"* OK ready\r\n", b"IMAP4rev1", False),  # it offers none
        (b"* PREAUTH you are in\r\n", b"IMAP4rev1 STARTTLS", True),  # it would have us go on in the clear
        (b"* OK ready\r\n", b"IMAP4rev1 STARTTLS", False),  # it goes on in the clear
    ],
)
def test_nothing_is_said_without_tls_where_that_is_wanted(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    greeting: bytes,
    capabilities: bytes,
    *,
    certificate: bool,
) -> None:
    monkeypatch.setattr(imap_wire, "CONNECT_SECONDS", 0.5)
    path = write_certificate(tmp_path) if certificate else None
    with (
        FakeImap(greeting=greeting, capabilities=capabilities, certificate=path) as server,
        pytest.raises(FetchError),
    ):
        Conversation(server.at(AccountSecurity.STARTTLS), LOOPBACK).log_in(PASSWORD)
    assert not any(each.startswith((b"LOGIN", b"AUTHENTICATE")) for each in server.said)


def test_what_is_slipped_in_before_the_encryption_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    slipped = once(b"TAG OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")
    with (
        FakeImap(
            capabilities=b"IMAP4rev1 STARTTLS", certificate=path, instead={"STARTTLS": slipped}
        ) as server,
        pytest.raises(FetchError, match="before the connection was secure"),
    ):
        Conversation(server.at(AccountSecurity.STARTTLS), LOOPBACK).log_in(PASSWORD)


def test_starttls_of_an_honest_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with FakeImap(capabilities=b"IMAP4rev1 STARTTLS", certificate=path) as server:
        conversation = Conversation(server.at(AccountSecurity.STARTTLS), LOOPBACK)
        conversation.log_in(PASSWORD)
        conversation.log_out()
    assert server.said.index(b"STARTTLS") < next(
        place for place, each in enumerate(server.said) if each.startswith(b"LOGIN")
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "another.example"])
def test_a_certificate_that_nobody_vouches_for_or_of_another_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    path = write_certificate(tmp_path, host)
    if host == "another.example":
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with (
        FakeImap(capabilities=b"IMAP4rev1 STARTTLS", certificate=path) as server,
        pytest.raises(FetchError, match=r"certificate of 127\.0\.0\.1 is not valid"),
    ):
        Conversation(server.at(AccountSecurity.STARTTLS), LOOPBACK).log_in(PASSWORD)


PRIVATE = ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "10.0.0.1", "169.254.169.254", "localhost"]


@pytest.mark.parametrize("host", PRIVATE)
@pytest.mark.parametrize("security", list(AccountSecurity))
def test_nobody_connects_to_a_private_address(host: str, security: AccountSecurity) -> None:
    with FakeImap() as server:
        place = AccountPlace(host=host.strip("[]"), port=server.port, security=security, user_name=USER)
        with pytest.raises(FetchError) as told:
            Conversation(place).log_in(PASSWORD)
        assert isinstance(told.value, RefusedAddressError | NoSuchHostError)
    assert server.said == []


@pytest.mark.parametrize("port", [25, 80, 443, 6379, 110])
def test_nobody_connects_to_another_services_port(port: int) -> None:
    place = AccountPlace(host="127.0.0.1", port=port, security=AccountSecurity.TLS, user_name=USER)
    with pytest.raises(RefusedAddressError, match="port"):
        Conversation(place, LOOPBACK).log_in(PASSWORD)


def test_without_tls_only_the_administrators_networks_are_spoken_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 143))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    place = AccountPlace(host="x.example", port=143, security=AccountSecurity.PLAIN, user_name=USER)
    with pytest.raises(RefusedAddressError, match="without TLS"):
        Conversation(place, LOOPBACK).log_in(PASSWORD)


def test_what_was_resolved_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is asked twice might have another answer the second time."""
    asked = []
    real = socket.getaddrinfo

    def resolve(host: str, *arguments: object, **named: object) -> object:
        asked.append(host)
        return real("127.0.0.1", *arguments, **named)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with FakeImap() as server:
        conversation = Conversation(server.at(host="mail.example"), LOOPBACK)
        conversation.log_in(PASSWORD)
        conversation.log_out()
    assert asked == ["mail.example"]
