"""What mail a path holds, found by looking: mboxes, Maildirs, single messages, and archives of them (Google Takeout).

Everything is read as it comes: neither a large file nor a directory of many needs more memory than a message.
"""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from poolhouse.app.mail_archives import MemberError, archive_members, is_archive, time_of
from poolhouse.errors import ContentError, InvalidInputError
from poolhouse.formats.mail_dates import mail_date
from poolhouse.formats.maildir import MESSAGE_DIRECTORIES, folder_names, read_flags
from poolhouse.formats.mbox import (
    MESSAGE_LIMIT_BYTES,
    MboxMessage,
    is_gmail_line,
    is_mbox,
    is_message,
    split_mbox,
    unquote_from,
)
from poolhouse.services.mail_imports import FoundMail, NotMail
from poolhouse.types import MailSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from poolhouse.app.mail_archives import ArchiveMember

LOOK_BYTES: Final = 16_384
TOO_LARGE: Final = f"it is larger than {MESSAGE_LIMIT_BYTES // 1024**2} MiB"
NO_MAIL: Final = "it holds no mail that Poolhouse can find"
_MESSAGE_ENDINGS: Final = (".eml", ".emlx", ".msg")
_FILE_ENDINGS: Final = (".mbox", ".mbx", ".sbd")
_SIZE_DIGITS: Final = 10
_STORED: Final = (
    2**63 - 1
)  # more than that the store cannot keep; some file systems know such times and numbers
_TAKEOUT: Final = ("Takeout", "Mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """A file that may hold mail, on the disk or in an archive.

    `names` are the directories it lies in, beneath what was named, and its own. `read(size)` gives what comes next, b""
    at its end; `skip(size)` leaves so much out. `modified_at` is None for a time that is none.
    """

    group: str
    names: tuple[str, ...]
    read: Callable[[int], bytes]
    skip: Callable[[int], object]
    modified_at: datetime | None
    source: MailSource


class MailFinder:
    """Finds the mail of a path. `resume` says how far a file of many messages is kept already, in bytes."""

    def __init__(
        self, resume: Callable[[MailSource], int], *, terms: str = "", is_mboxrd: bool = False
    ) -> None:
        """`terms` are those of `MailSource`; `is_mboxrd`: mboxes have a ">" too many before each From_ in a text."""
        self._resume = resume
        self._terms = terms
        self._is_mboxrd = is_mboxrd

    def find(self, path: Path) -> Iterator[FoundMail | NotMail]:
        """All that is in a file or beneath a directory. Raises InvalidInputError: it cannot be read, or is no mail."""
        try:
            is_directory = stat.S_ISDIR(path.stat().st_mode)
            yield from self._directory(path, ()) if is_directory else self._named(path)
        except OSError as error:
            raise InvalidInputError(str(path), f"cannot be read: {error.strerror}") from error

    def messages(self, file: MailFile, start: bytes) -> Iterator[FoundMail | NotMail]:
        """What one file holds; `start` is how it begins, which `read` gives again."""
        name = file.names[-1] if file.names else os.path.basename(file.source.path)
        is_in_maildir = len(file.names) > 1 and file.names[-2] in MESSAGE_DIRECTORIES
        if not is_in_maildir and is_mbox(start):
            is_one = name.lower().endswith(_MESSAGE_ENDINGS)  # a message with a From_ line, or a few at most
            yield from self._mbox(replace(file, names=file.names[:-1]) if is_one else file)
        elif is_in_maildir or name.lower().endswith(_MESSAGE_ENDINGS) or is_message(start):
            yield self._single(file, name, is_in_maildir=is_in_maildir)
        else:
            yield NotMail(group=file.group, place=name, reason=NO_MAIL)

    def _named(self, path: Path) -> Iterator[FoundMail | NotMail]:
        """A file that somebody named: no mail in it is a mistake, where it is none among others of a directory."""
        for each in self._file(path, ()):
            if isinstance(each, NotMail) and each.reason == NO_MAIL and each.group == str(path):
                raise InvalidInputError(str(path), NO_MAIL)
            yield each

    def _directory(self, path: Path, names: tuple[str, ...]) -> Iterator[FoundMail | NotMail]:
        try:
            with os.scandir(path) as entries:
                found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
        except OSError as error:
            if not names:
                raise
            yield _unreadable(path, error)
            return
        directories = [name for name, is_directory in found if is_directory]
        is_maildir = set(MESSAGE_DIRECTORIES) <= set(directories)
        for name in directories:
            if not _is_hidden(path / name) and not (is_maildir and name == "tmp"):
                yield from self._directory(path / name, (*names, name))
        if not is_maildir:  # else its files are a program's own
            for name in (name for name, is_directory in found if not is_directory and name[:1] != "."):
                try:
                    yield from self._file(path / name, (*names, name))
                except OSError as error:  # a bad place on the disk
                    yield _unreadable(path / name, error)

    def _file(self, path: Path, names: tuple[str, ...]) -> Iterator[FoundMail | NotMail]:
        try:
            file = open(path, "rb", buffering=0, opener=_open_at_once)  # noqa: SIM115 - closed below
        except OSError as error:  # moved meanwhile, by whoever reads mail there
            if not names:
                raise
            yield _unreadable(path, error)
            return
        with file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                yield NotMail(group=str(path), place=path.name, reason=NO_MAIL)
                return
            source = MailSource(
                path=os.fsencode(path.resolve()).decode("utf-8", "backslashreplace"),
                size_bytes=status.st_size,
                modified_ns=status.st_mtime_ns & _STORED,
                inode=status.st_ino & _STORED,
                terms=self._terms,
            )
            modified_at = time_of(status.st_mtime_ns // 10**9)
            start = file.read(LOOK_BYTES) or b""
            file.seek(0)
            if is_archive(start):
                yield from self._archive(path, source, modified_at)
                return
            mail_file = MailFile(
                group=str(path),
                names=names,
                read=lambda size: file.read(size) or b"",
                skip=file.seek,
                modified_at=modified_at,
                source=source,
            )
            yield from self.messages(mail_file, start)

    def _archive(
        self, path: Path, source: MailSource, modified_at: datetime | None
    ) -> Iterator[FoundMail | NotMail]:
        numbers = _Numbers()
        try:
            with ExitStack() as stack:
                for member in archive_members(path, source, modified_at, stack):
                    if isinstance(member, NotMail):
                        yield member
                        continue
                    try:
                        yield from self._member(path, member, numbers)
                    except MemberError as error:
                        yield NotMail(group=str(path), place=member.name, reason=error.reason)
        except ContentError as error:
            yield NotMail(group=str(path), place=path.name, reason=error.reason)

    def _member(self, path: Path, member: ArchiveMember, numbers: _Numbers) -> Iterator[FoundMail | NotMail]:
        start = member.look(LOOK_BYTES)
        # only mboxes are gone on with: of a million messages no names have to be remembered
        number = numbers.number(member.source.member) if is_mbox(start) else ""
        mail_file = MailFile(
            group=f"{path}: {member.name}{number}",
            names=_without_takeout(member.names),
            read=member.read,
            skip=member.skip,
            modified_at=member.modified_at,
            source=replace(member.source, member=member.source.member + number),
        )
        yield from self.messages(mail_file, start)

    def _single(self, file: MailFile, name: str, *, is_in_maildir: bool) -> FoundMail | NotMail:
        group = os.path.dirname(file.group) or file.group
        content = _read_bounded(file.read)
        if content is not None and name.lower().endswith(".emlx"):
            content = _unpacked_emlx(content)
        if content is None:
            return NotMail(group=group, place=name, reason=TOO_LARGE)
        folders = _folders(file.names[:-2] if is_in_maildir else file.names[:-1])
        return FoundMail(
            group=group,
            place=name,
            content=content,
            folders=folders,
            kept_at=file.modified_at,
            flags=read_flags(name) if is_in_maildir else None,
            is_in_inbox=is_in_maildir and not folders,
        )

    def _mbox(self, file: MailFile) -> Iterator[FoundMail | NotMail]:
        offset = self._resume(file.source)
        if offset:
            file.skip(offset)
        folders = _folders(file.names)
        for message in split_mbox(file.read, offset=offset):
            if message.from_line:  # a byte order mark or blank lines may stand before the first one
                yield self._of_mbox(file, folders, message, f"the message at byte {message.offset:,}")

    def _of_mbox(
        self, file: MailFile, folders: tuple[str, ...], message: MboxMessage, place: str
    ) -> FoundMail | NotMail:
        content = message.content
        if content is None:
            return NotMail(
                group=file.group, place=place, reason=TOO_LARGE, source=file.source, end=message.end
            )
        line = message.from_line.decode("latin-1")
        return FoundMail(
            group=file.group,
            place=place,
            content=unquote_from(content) if self._is_mboxrd else content,
            source=file.source,
            end=message.end,
            folders=folders,
            kept_at=mail_date(line[5:]) or file.modified_at,
            is_labelled=is_gmail_line(message.from_line),
        )


class _Numbers:
    """Tells apart what has one name in an archive (`tar -r` makes such): a second one is not the first gone on with."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def number(self, name: str) -> str:
        """What is to stand behind a name, so that nothing before it had that: "", then "#2"; the same each time."""
        number = ""
        while (whole := name + number) in self._counts:
            self._counts[whole] += 1
            number += f"#{self._counts[whole]}"
        self._counts[whole] = 1
        return number


def _unreadable(path: Path, error: OSError) -> NotMail:
    return NotMail(group=str(path.parent), place=path.name, reason=f"it cannot be read: {error.strerror}")


def _is_hidden(directory: Path) -> bool:
    """Whether a directory is a program's own; Maildir++ hides its folders too. What cannot be looked at is told of."""
    try:
        return directory.name.startswith(".") and not (directory / MESSAGE_DIRECTORIES[0]).is_dir()
    except OSError:
        return False


def _open_at_once(path: str, flags: int) -> int:
    """Open also what is no file, such as a pipe that nobody writes to, without waiting for it."""
    return os.open(path, flags | os.O_NONBLOCK)


def _read_bounded(read: Callable[[int], bytes]) -> bytes | None:
    """All that is to be read; None for more than a message may have."""
    pieces: list[bytes] = []
    size_bytes = 0
    while piece := read(1024 * 1024):
        size_bytes += len(piece)
        if size_bytes > MESSAGE_LIMIT_BYTES:
            return None
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _unpacked_emlx(content: bytes) -> bytes:
    """The message in a file of Apple Mail's: its size on the first line, and properties behind it."""
    line, _, rest = content.partition(b"\n")
    size = line.strip()
    return rest[: int(size)] if size.isdigit() and len(size) < _SIZE_DIGITS else content


def _folders(names: tuple[str, ...]) -> tuple[str, ...]:
    """The folders that directories stand for: Maildir++, and what Thunderbird and Apple Mail put behind a name."""
    folders: list[str] = []
    for name in names:
        if name.startswith("."):
            folders += folder_names(name)
        elif name != "mbox":  # Apple Mail: `Name.mbox/mbox`
            folders.append(_stem(name))
    return tuple(folders)


def _stem(name: str) -> str:
    for ending in _FILE_ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name


def _without_takeout(names: tuple[str, ...]) -> tuple[str, ...]:
    return names[len(_TAKEOUT) :] if names[: len(_TAKEOUT)] == _TAKEOUT else names
