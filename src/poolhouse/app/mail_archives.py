"""Archives of mail, .zip, .tar, .tar.gz and .gz, read member by member as they come; nothing of them is written.

Google Takeout gives mail out so. A member's name only says what its messages' pool is called; one that would lead out
of its directory is refused all the same: who writes such names means no good.
"""

from __future__ import annotations

import gzip
import tarfile
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from tarfile import (  # type: ignore[attr-defined]  # typeshed leaves three of them out
    EmptyHeaderError,
    EOFHeaderError,
    HeaderError,
    TruncatedHeaderError,
)
from typing import TYPE_CHECKING, Any, Final, cast

from poolhouse.errors import ContentError
from poolhouse.services.mail_imports import NotMail

try:
    import lzma
except ImportError:  # a Python that was built without it says of such a member that it is packed unusually
    _LZMA_ERRORS: tuple[type[Exception], ...] = ()
else:
    _LZMA_ERRORS = (lzma.LZMAError,)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from pathlib import Path
    from typing import IO, Self

    from poolhouse.types import MailSource

MEMBER_LIMIT: Final = 1_000_000
RATIO_LIMIT: Final = 100
"""So many times its own size may come out of an archive; mail is rarely packed to a tenth."""

ALLOWANCE_BYTES: Final = 64 * 1024 * 1024
"""So much may come out of any archive."""

_CHUNK_BYTES: Final = 1024 * 1024
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP: Final = b"\x1f\x8b"
_TAR_MARK: Final = slice(257, 262)
_TAR_LOOK: Final = 512
_DAMAGED: Final[tuple[type[Exception], ...]] = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    *_LZMA_ERRORS,
    gzip.BadGzipFile,
    EOFError,
    ValueError,
)
_IS_DAMAGED: Final = "it is damaged"
_CUT: Final = "it is cut off"
MORE: Final = (
    "something stands behind its end and is not read: it is damaged, or several archives in one file"
)
_TOO_MUCH: Final = "far more comes out of it than mail is packed to; it is not read on"
_LINK: Final = "it is a link to {}, and links in an archive are not followed"
_ESCAPES: Final = "its name leads out of the archive"


def is_archive(start: bytes) -> bool:
    """Whether a file that begins so is an archive that can be read."""
    return start.startswith((*_ZIP, _GZIP)) or start[_TAR_MARK] == b"ustar"


class MemberError(ContentError):
    """A member cannot be read, and those after it can."""


class ArchiveMember:
    """A file in an archive; to be read before the next one is asked for."""

    def __init__(
        self,
        name: str,
        source: MailSource,
        modified_at: datetime | None,
        content: _Bounded,
        seen: bytes = b"",
    ) -> None:
        self.name = name
        self.names = tuple(part for part in name.split("/") if part)
        self.source = source
        self.modified_at = modified_at
        self._content = content
        self._seen = seen

    def look(self, size: int) -> bytes:
        """What it begins with; `read` gives that again."""
        while len(self._seen) < size and (piece := self._content.read(size - len(self._seen))):
            self._seen += piece
        return self._seen[:size]

    def read(self, size: int) -> bytes:
        """What comes next, b"" at its end. Raises ContentError; MemberError where the next member can be read."""
        if self._seen:
            piece, self._seen = self._seen[:size], self._seen[size:]
            return piece
        return self._content.read(size)

    def skip(self, size: int) -> None:
        """Leave out what comes next: it has to be unpacked all the same."""
        while size > 0 and (piece := self.read(min(size, _CHUNK_BYTES))):
            size -= len(piece)


class _Room:
    """How much may still come out of an archive."""

    def __init__(self, archive_bytes: int) -> None:
        self.left = max(ALLOWANCE_BYTES, RATIO_LIMIT * archive_bytes)


class _Bounded:
    """What comes out of an archive, with its faults as ContentError: `fault` is the kind of one that is damaged."""

    def __init__(self, file: IO[bytes], room: _Room, *, fault: type[ContentError] = ContentError) -> None:
        self._file = file
        self._room = room
        self._fault = fault

    def read(self, size: int = _CHUNK_BYTES) -> bytes:
        try:
            piece = self._file.read(min(size, _CHUNK_BYTES))
        except _DAMAGED as error:
            raise self._fault(_IS_DAMAGED) from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise self._fault(_IS_DAMAGED) from error  # bz2's word for that
        self._room.left -= len(piece)
        if self._room.left < 0:
            raise ContentError(_TOO_MUCH)
        return piece


def archive_members(
    path: Path, source: MailSource, modified_at: datetime | None, stack: ExitStack
) -> Iterator[ArchiveMember | NotMail]:
    """The files in an archive, in its order; `stack` closes it. Raises ContentError where it cannot be read on.

    `modified_at` is the archive's own time, for what has none in it.
    """
    room = _Room(source.size_bytes)
    try:
        with path.open("rb") as file:
            start = file.read(_TAR_LOOK)
        if start.startswith(_ZIP):
            yield from _zip_members(path, source, modified_at, room, stack)
            return
        raw: IO[bytes] = stack.enter_context(path.open("rb"))
        if start.startswith(_GZIP):
            raw = cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=raw)))
        bounded = _Bounded(raw, room)
        member = ArchiveMember(path.name, replace(source, member="gzip"), modified_at, bounded)
        if member.look(_TAR_LOOK)[_TAR_MARK] == b"ustar":
            yield from _tar_members(path, source, member, stack)
        else:  # one file that was packed
            member.names = ()
            yield member
    except _DAMAGED as error:
        raise ContentError(_IS_DAMAGED) from error


def _zip_members(
    path: Path, source: MailSource, modified_at: datetime | None, room: _Room, stack: ExitStack
) -> Iterator[ArchiveMember | NotMail]:
    archive = stack.enter_context(zipfile.ZipFile(path))
    members = archive.infolist()
    if len(members) > MEMBER_LIMIT:
        raise ContentError(f"more than {MEMBER_LIMIT:,} files are in it")
    for member in members:
        if member.is_dir():
            continue
        if _escapes(member.filename):
            yield _not_mail(path, member.filename, _ESCAPES)
            continue
        try:
            file = archive.open(member)
        except (RuntimeError, NotImplementedError):  # a password; a way of packing that Python does not know
            yield _not_mail(path, member.filename, "it is encrypted, or packed in an unusual way")
            continue
        except _DAMAGED:
            yield _not_mail(path, member.filename, _IS_DAMAGED)
            continue
        with file:
            yield ArchiveMember(
                member.filename,
                replace(source, member=_stored(member.filename)),
                _time_of_zip(member.date_time) or modified_at,
                _Bounded(file, room, fault=MemberError),
            )


def _tar_members(
    path: Path, source: MailSource, whole: ArchiveMember, stack: ExitStack
) -> Iterator[ArchiveMember | NotMail]:
    archive = stack.enter_context(
        tarfile.open(fileobj=cast("IO[bytes]", whole), mode="r|", tarinfo=_Header)  # noqa: SIM115 - it is
    )
    count = 0
    while (member := archive.next()) is not None:
        cast("Any", archive).members.clear()  # it would remember them all
        count += 1
        if count > MEMBER_LIMIT:
            raise ContentError(f"more than {MEMBER_LIMIT:,} files are in it")
        if member.islnk() or member.issym():  # Dovecot copies by hard links; what they name has gone by here
            yield _not_mail(path, member.name, _LINK.format(_stored(member.linkname)))
            continue
        file = archive.extractfile(member) if member.isreg() else None
        if file is None:
            continue
        if _escapes(member.name):
            yield _not_mail(path, member.name, _ESCAPES)
            continue
        yield ArchiveMember(
            member.name,
            replace(source, member=_stored(member.name)),
            time_of(member.mtime),
            _Bounded(file, _Room(ALLOWANCE_BYTES * RATIO_LIMIT**3)),  # what comes out is counted before
        )
    while piece := cast("Any", archive).fileobj.read(_CHUNK_BYTES):  # gzip's checksum comes last
        if piece.strip(b"\0"):
            raise ContentError(MORE)


class _Header(tarfile.TarInfo):
    """A member's header. Raises ContentError where it is damaged or not all there: TarFile takes that for the end."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except EOFHeaderError:  # zeros: the proper end
            raise
        except (EmptyHeaderError, TruncatedHeaderError) as error:
            raise ContentError(_CUT) from error
        except HeaderError as error:
            raise ContentError(_IS_DAMAGED) from error


def _escapes(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or name[1:2] == ":"


def _not_mail(path: Path, name: str, reason: str) -> NotMail:
    return NotMail(group=str(path), place=name, reason=reason)


def _stored(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def time_of(seconds: float) -> datetime | None:
    """The time so long after 1970; None for one before, or that no calendar has: a file or an archive can say any."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds >= 0 else None
    except (ValueError, OverflowError):
        return None


def _time_of_zip(parts: tuple[int, int, int, int, int, int]) -> datetime | None:
    year, month, day, hour, minute, second = parts
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
