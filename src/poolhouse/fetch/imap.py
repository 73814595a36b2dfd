"""Conversation: what is asked of a mail account, one question after the other (RFC 9051), and never a change made.

Folders are opened with EXAMINE and messages fetched with BODY.PEEK[], so nothing there is marked as read. It blocks, so
it runs in a thread of its own, and touches nothing but its socket; `stop` ends it from outside.
"""

from __future__ import annotations

import imaplib
import re
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from imapclient.exceptions import LoginError

from poolhouse.errors import FetchError, FolderRefusedError, LogInRefusedError
from poolhouse.fetch.imap_client import BoundedClient
from poolhouse.fetch.imap_messages import Fetched, RefusedMessage, flags_of, message_of
from poolhouse.fetch.imap_wire import BoundedImap
from poolhouse.fetch.imap_words import code_of, words_of
from poolhouse.rules.pulling import PASSING_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from poolhouse.fetch.imap_messages import FetchedMessage
    from poolhouse.fetch.imap_wire import Network
    from poolhouse.rules.pulling import PullBatch
    from poolhouse.types import AccountPlace, RemoteFlags

SIZES_AT_A_TIME: Final = 200
FOLDER_LIMIT: Final = 1_000
_NAME_LENGTH_LIMIT: Final = 500
_SHORT: Final = (4 * 1024 * 1024, 60.0)  # bytes and seconds for an ordinary answer
_LONG: Final = (32 * 1024 * 1024, 300.0)  # for one that speaks of all messages of a folder
_LOOK_BYTES: Final = 64
_SLOWEST_BYTES_A_SECOND: Final = 16 * 1024
_KINDS: Final = ("EXISTS", "FETCH")  # a message came; flags changed
_NEWS: Final = re.compile(rb"\* [0-9]+ (EXISTS|FETCH)\b", re.IGNORECASE)
_NO_CHOICE: Final = frozenset({b"\\noselect", b"\\nonexistent"})


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """A folder that messages can lie in; `delimiter` is what stands between it and its parents, "" for nothing."""

    name: str
    delimiter: str


@dataclass(frozen=True, slots=True)
class OpenedFolder:
    """What a folder says of itself; `mod_seq` is 0 where its server does not count changes."""

    uid_validity: int
    mod_seq: int


class Conversation:
    """One connection to an account. Every method raises FetchError; only `stop` is for another thread."""

    def __init__(self, place: AccountPlace, allowed: tuple[Network, ...] = ()) -> None:
        self._place = place
        self._allowed = allowed
        self._imap: BoundedImap | None = None
        self._client: BoundedClient | None = None
        self._is_stopped = False
        self.can_idle = False

    def log_in(self, password: str) -> None:
        """Connect and log in. Raises NoSuchHostError, RefusedAddressError, LogInRefusedError too."""
        with self._plainly():
            self._imap = BoundedImap(self._place, self._allowed)
            if self._is_stopped:
                self._imap.stream.stop()
            self._client = BoundedClient(self._imap)
            self._allow(*_SHORT)
            self._authenticate(self._client, password)
            self.can_idle = self._client.has_capability("IDLE")
            if self._client.has_capability("ENABLE") and self._client.has_capability("CONDSTORE"):
                self._client.enable("CONDSTORE")

    def _authenticate(self, client: BoundedClient, password: str) -> None:
        user_name = self._place.user_name
        try:
            if client.has_capability("AUTH=PLAIN"):
                client.plain_login(user_name, password)
            elif client.has_capability("LOGINDISABLED"):
                raise FetchError(f"{self._place.host} offers no way to log in with a password")
            else:
                client.login_quoted(user_name, password)
        except LoginError as error:
            if isinstance(error.__context__, imaplib.IMAP4.abort):
                raise error.__context__ from None
            said = words_of(str(error), password)
            if code_of(str(error)) in PASSING_CODES:
                raise FetchError(f"{self._place.host} lets nobody in at the moment: {said}") from None
            raise LogInRefusedError(said or "the user name or the password is wrong") from None
        except UnicodeEncodeError:
            raise LogInRefusedError("this server takes only plain letters in a name and a password") from None

    def folders(self) -> Sequence[RemoteFolder]:
        """Every folder that messages can lie in, at most FOLDER_LIMIT."""
        with self._asking(*_SHORT) as client:
            listed = client.list_folders()
        return [
            RemoteFolder(str(name), (delimiter or b"").decode("ascii", "replace"))
            for flags, delimiter, name in listed
            if not _NO_CHOICE.intersection(flag.lower() for flag in flags)
            and 0 < len(str(name)) <= _NAME_LENGTH_LIMIT
        ][:FOLDER_LIMIT]

    def examine(self, name: str) -> OpenedFolder:
        """Open a folder to read it only."""
        with self._asking(*_SHORT) as client:
            said = client.select_folder(name, readonly=True)
            client.bounded.take_news(_KINDS)  # how many there are already
            return OpenedFolder(int(said[b"UIDVALIDITY"]), int(said.get(b"HIGHESTMODSEQ", 0)))

    def uids_after(self, last_uid: int) -> Sequence[int]:
        """The UIDs from there on; the last one of the folder is always among them."""
        with self._asking(*_LONG) as client:
            return [int(uid) for uid in client.search(["UID", f"{last_uid + 1}:*"])]

    def sizes(self, uids: Sequence[int]) -> Iterator[tuple[int, int]]:
        """UIDs with the sizes in bytes that the server says, SIZES_AT_A_TIME asked with one command.

        Where it refuses them together they are asked for one by one. One that is refused where others are not has 0: it
        will be refused again when it is fetched.
        """
        for first in range(0, len(uids), SIZES_AT_A_TIME):
            asked = uids[first : first + SIZES_AT_A_TIME]
            try:
                found = self._sizes(asked)
            except FolderRefusedError:
                found = self._sizes_one_by_one(asked)
            yield from found

    def _sizes(self, uids: Sequence[int]) -> list[tuple[int, int]]:
        with self._asking(*_SHORT) as client:
            said = client.fetch(uids, ["RFC822.SIZE"])
            return [(uid, int(said[uid][b"RFC822.SIZE"])) for uid in uids if uid in said]

    def _sizes_one_by_one(self, uids: Sequence[int]) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        refused: list[FolderRefusedError] = []
        for uid in uids:
            try:
                found += self._sizes((uid,))
            except FolderRefusedError as error:
                refused.append(error)
                found.append((uid, 0))
        if len(refused) == len(uids):
            raise refused[0]
        return found

    def fetch(self, batch: PullBatch) -> Fetched:
        """The messages of a batch: where its server refuses them together, one by one."""
        if len(batch.uids) > 1:
            with suppress(FolderRefusedError):
                return Fetched(tuple(self._fetch(batch.uids, batch.size_bytes)))
        found: list[FetchedMessage] = []
        refused = []
        for uid in batch.uids:
            try:
                found += self._fetch((uid,), batch.size_bytes)
            except FolderRefusedError as error:
                refused.append(RefusedMessage(uid, error.reason, error.code))
        return Fetched(tuple(found), tuple(refused))

    def gives_any(self, uids: Iterable[int]) -> bool | None:
        """Whether one of these messages can be had, asked for a few bytes of it; None where none of them is there."""
        is_refused = False
        for uid in uids:
            try:
                with self._asking(*_SHORT) as client:
                    said = client.fetch((uid,), [f"BODY.PEEK[]<0.{_LOOK_BYTES}>"]).get(uid, {})
            except FolderRefusedError:
                is_refused = True
            else:
                if any(key.startswith(b"BODY[") for key in said):
                    return True
        return False if is_refused else None

    def _fetch(self, uids: Sequence[int], size_bytes: int) -> Sequence[FetchedMessage]:
        if not uids:
            return ()
        limit_bytes = 2 * size_bytes + _SHORT[0]  # some servers say sizes that are not quite right
        with self._asking(limit_bytes, _SHORT[1] + size_bytes / _SLOWEST_BYTES_A_SECOND) as client:
            said = client.fetch(uids, ["BODY.PEEK[]", "FLAGS", "INTERNALDATE"])
            return [
                message_of(uid, said[uid]) for uid in uids if said.get(uid, {}).get(b"BODY[]") is not None
            ]

    def flags_changed(self, last_uid: int, mod_seq: int) -> Mapping[int, RemoteFlags]:
        """The flags, by UID up to `last_uid`, of what changed since `mod_seq` (RFC 7162 §3.1.4.1)."""
        if not last_uid:
            return {}
        with self._asking(*_LONG) as client:
            said = client.fetch_changed(last_uid, mod_seq)
            return {uid: flags_of(each) for uid, each in said.items() if uid <= last_uid and b"FLAGS" in each}

    def flags_of(self, uids: Sequence[int]) -> Mapping[int, RemoteFlags]:
        """The flags of some messages."""
        found: dict[int, RemoteFlags] = {}
        for first in range(0, len(uids), SIZES_AT_A_TIME):
            with self._asking(*_SHORT) as client:
                said = client.fetch(uids[first : first + SIZES_AT_A_TIME], ["FLAGS"])
                found |= {uid: flags_of(each) for uid, each in said.items() if b"FLAGS" in each}
        return found

    def idle(self, seconds: float, hears_flags: bool = False) -> bool:
        """Listen to the folder that is open (RFC 2177): whether a message came before so many seconds were over.

        What came since it was opened counts, whatever its server said that with. `hears_flags`: or flags changed.
        """
        kinds = _KINDS if hears_flags else _KINDS[:1]
        with self._asking(_SHORT[0], seconds + _SHORT[1]) as client:
            bounded = client.bounded
            if bounded.take_news(kinds):  # since the folder was opened: it is not said again
                return True
            client.idle()
            end = time.monotonic() + seconds
            is_new = bounded.take_news(kinds)
            while not is_new and (left := end - time.monotonic()) > 0 and bounded.stream.wait(left):
                found = _NEWS.match(bounded.next_line())
                is_new = found is not None and found[1].decode("ascii").upper() in kinds
            client.idle_done()
            return is_new

    def log_out(self) -> None:
        """Say goodbye, if anybody listens, and close."""
        client, imap = self._client, self._imap
        if client is not None:
            with suppress(FetchError), self._asking(64 * 1024, 5.0):
                client.logout()
        if imap is not None:
            with suppress(OSError):
                imap.shutdown()
        self._client = self._imap = None

    def stop(self) -> None:
        """End what is under way, from any thread: it fails."""
        self._is_stopped = True
        if self._imap is not None:
            self._imap.stream.stop()

    def _allow(self, size_bytes: int, seconds: float) -> None:
        assert self._imap is not None
        self._imap.stream.allow(size_bytes, seconds)

    @contextmanager
    def _asking(self, size_bytes: int, seconds: float) -> Iterator[BoundedClient]:
        if self._client is None:
            raise FetchError(f"there is no connection to {self._place.host}")
        with self._plainly():
            self._allow(size_bytes, seconds)
            yield self._client

    def _break_off(self) -> None:
        """What it says next could be the answer to anything: nobody listens any more."""
        if self._imap is not None:
            self._imap.stream.stop()

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        host = self._place.host
        try:
            yield
        except FetchError:
            self._break_off()
            raise
        except imaplib.IMAP4.abort as error:
            self._break_off()
            raise FetchError(f"{host} broke the connection off") from error
        except imaplib.IMAP4.error as error:
            said = str(error)
            raise FolderRefusedError(f"{host} says: {words_of(said)}", code_of(said)) from error
        except TimeoutError as error:
            self._break_off()
            raise FetchError(f"{host} did not answer in time") from error
        except OSError as error:
            self._break_off()
            raise FetchError(f"{host} broke the connection off") from error
        except Exception as error:
            # imaplib and IMAPClient fail in many ways over answers that are none
            self._break_off()
            raise FetchError(f"{host} answered with something that is not IMAP") from error
