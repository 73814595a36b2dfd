"""Finding mail: mboxes, Maildirs, messages and archives of them, by looking; and what must not be taken for mail."""

from __future__ import annotations

import errno
import gzip
import io
import itertools
import os
import tarfile
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.app import mail_archives
from poolhouse.app.mail_files import NO_MAIL, TOO_LARGE, MailFinder
from poolhouse.errors import InvalidInputError
from poolhouse.formats.maildir import MaildirFlags
from poolhouse.formats.mbox import MESSAGE_LIMIT_BYTES
from poolhouse.services.mail_imports import FoundMail, NotMail, batches_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from poolhouse.services.mail_imports import MailBatch
    from poolhouse.types import MailSource

LINE = b"From anna@example.org Thu Jan  1 00:00:00 2026\n"
GMAIL_LINE = b"From 1792@xxx Thu Jan 01 00:00:00 +0000 2026\n"


def message(name: str) -> bytes:
    return f"Subject: {name}\n\nText of {name}\n\n".encode()


def mbox(*names: str, line: bytes = LINE) -> bytes:
    return b"".join(line + message(name) for name in names)


def find(path: Path, *, offset: int = 0, is_mboxrd: bool = False) -> list[FoundMail | NotMail]:
    return list(MailFinder(lambda _: offset, is_mboxrd=is_mboxrd).find(path))


def told(found: list[FoundMail | NotMail]) -> dict[tuple[str, ...], list[str]]:
    """The subjects by folder; for what is no mail, the reason by place."""
    by_folder: dict[tuple[str, ...], list[str]] = {}
    for each in found:
        key = each.folders if isinstance(each, FoundMail) else ("!", each.place)
        words = each.content[9:].partition(b"\n")[0].decode() if isinstance(each, FoundMail) else each.reason
        by_folder.setdefault(key, []).append(words)
    return by_folder


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_an_mbox_goes_on_at_an_offset(tmp_path: Path) -> None:
    path = put(tmp_path / "a", mbox("a", "b", "c"))
    found = find(path)
    assert told(found) == {(): ["a", "b", "c"]}
    assert [each.end for each in found][-1] == path.stat().st_size
    assert find(path, offset=found[0].end) == found[1:]
    assert {each.source for each in found} == {found[0].source}
    assert found[0].source is not None
    assert found[0].source.inode == path.stat().st_ino
    assert isinstance(found[0], FoundMail)
    assert found[0].kept_at is not None
    assert found[0].kept_at.isoformat() == "2026-01-01T00:00:00+00:00"


def test_mboxrd_only_where_it_is_said(tmp_path: Path) -> None:
    path = put(tmp_path / "a", LINE + b"Subject: a\n\n>From x\n>>From y\n")
    for is_mboxrd, text in ((False, b">From x\n>>From y\n"), (True, b"From x\n>From y\n")):
        (found,) = find(path, is_mboxrd=is_mboxrd)
        assert isinstance(found, FoundMail)
        assert found.content == b"Subject: a\n\n" + text


def test_a_maildir_with_folders(tmp_path: Path) -> None:
    for name in ("cur/2:2,FS", "new/1", ".Work.Old/cur/3:2,", ".Entw&APw-rfe/new/4", "cur/5:2,ST"):
        put(tmp_path / name, message(name[-4:]))
    for other in (
        "tmp/9",
        "dovecot-uidlist",
        "subscriptions",
        ".Work.Old/maildirfolder",
        ".cache/x",
        "cur/.hidden",
    ):
        put(tmp_path / other, message("other"))
    for name in (".Work.Old/new", ".Entw&APw-rfe/cur"):
        (tmp_path / name).mkdir()
    found = find(tmp_path)
    assert {folders: len(each) for folders, each in told(found).items()} == {
        (): 3,
        ("Work", "Old"): 1,
        ("Entwürfe",): 1,
    }
    flags = {os.path.basename(each.place): each.flags for each in found if isinstance(each, FoundMail)}
    assert flags["2:2,FS"] == MaildirFlags(is_read=True, is_starred=True)
    assert flags["1"] == MaildirFlags()
    assert [each.is_in_inbox for each in found if isinstance(each, FoundMail) and not each.folders] == [
        True
    ] * 3


def test_directories_of_thunderbird_and_apple_mail(tmp_path: Path) -> None:
    put(tmp_path / "Inbox", mbox("a"))
    put(tmp_path / "Inbox.msf", b'// <!-- <mdb:mork:z v="1.4"/> -->\n')
    put(tmp_path / "Inbox.sbd/Lists", mbox("b"))
    put(tmp_path / "Work.mbox/mbox", mbox("c"))
    put(tmp_path / "Loose/1.emlx", b"%d\n%s<?xml version" % (len(message("d")), message("d")))
    put(tmp_path / "Loose/2.eml", LINE + message("e"))
    put(tmp_path / "Loose/3", message("f"))
    found = told(find(tmp_path))
    assert found == {
        ("Inbox",): ["a"],
        ("Inbox", "Lists"): ["b"],
        ("Work",): ["c"],
        ("Loose",): ["d", "e", "f"],
        ("!", "Inbox.msf"): [NO_MAIL],
    }


def test_links_are_not_followed_out_of_a_directory(tmp_path: Path) -> None:
    put(tmp_path / "mail/a.eml", message("a"))
    put(tmp_path / "other/b.eml", message("b"))
    (tmp_path / "mail/loop").symlink_to(tmp_path / "mail")
    (tmp_path / "mail/other").symlink_to(tmp_path / "other")
    (tmp_path / "mail/gone.eml").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "mail/pipe.eml")
    found = told(find(tmp_path / "mail"))
    assert found[()] == ["a"]
    assert {key[1] for key in found if key[:1] == ("!",)} == {"gone.eml", "loop", "other", "pipe.eml"}


TAKEOUT = {
    "Takeout/archive_browser.html": b"<html>",
    "Takeout/Mail/All mail.mbox": mbox("a", "b", line=GMAIL_LINE),
    "Takeout/Mail/Lists/News.mbox": mbox("c"),
    "box/cur/1:2,S": message("d"),
    "loose.eml": message("e"),
}
IN_TAKEOUT = {
    ("All mail",): ["a", "b"],
    ("Lists", "News"): ["c"],
    ("box",): ["d"],
    (): ["e"],
    ("!", "archive_browser.html"): [NO_MAIL],
}


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def make_tar(path: Path, members: dict[str, bytes], *, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]  # the modes are right
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize("kind", ["zip", "tgz", "tar"])
def test_archives_of_google_takeout(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "takeout"
    if kind == "zip":
        make_zip(path, TAKEOUT)
    else:
        make_tar(path, TAKEOUT, mode="w:gz" if kind == "tgz" else "w")
    found = find(path)
    assert told(found) == IN_TAKEOUT
    labelled = [each for each in found if isinstance(each, FoundMail) and each.is_labelled]
    assert [each.source and each.source.member for each in labelled] == ["Takeout/Mail/All mail.mbox"] * 2
    resumed = find(path, offset=labelled[0].end)
    assert told(resumed)["All mail",] == ["b"]


@pytest.mark.filterwarnings("ignore:Duplicate name")  # that is what is tried
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_of_two_members_of_a_name_each_is_read_from_its_beginning(tmp_path: Path, kind: str) -> None:
    """Each is of more than a batch: after the first batch it is remembered how far its file is read."""
    path = tmp_path / f"all.{kind}"
    members = [("in.mbox", "a"), ("in.mbox", "b"), ("in.mbox#2", "c"), ("in.mbox", "d")]
    contents = [(name, mbox(*[f"{letter}{number}" for number in range(150)])) for name, letter in members]
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in contents:
                archive.writestr(name, content)
    else:
        make_tar(path, dict(contents[:1]), mode="w")
        for each in contents[1:]:
            make_tar(path, dict([each]), mode="a")
    wanted = [f"{letter}{number}" for _, letter in members for number in range(150)]
    offsets: dict[MailSource | None, int] = {}
    subjects: list[str] = []

    def keep(batch: MailBatch) -> None:
        subjects.extend(
            each.content[9:].split(b"\n")[0].decode() for each in batch.found if isinstance(each, FoundMail)
        )
        offsets[batch.source] = 0 if batch.is_last else batch.end

    def batches() -> Iterator[MailBatch]:
        return batches_of(MailFinder(lambda source: offsets.get(source, 0)).find(path))

    for batch in batches():
        keep(batch)
    assert subjects == wanted
    assert len(offsets) == len({batch.group for batch in batches()}) == 4
    subjects.clear()
    for batch in itertools.islice(batches(), 3):  # broken off in the second
        keep(batch)
    for batch in batches():
        keep(batch)
    assert subjects[250:400] == wanted[:150]  # the first was done, and is done again
    assert subjects[:250] + subjects[400:] == wanted


def test_one_file_that_was_packed(tmp_path: Path) -> None:
    path = put(tmp_path / "old.mbox.gz", gzip.compress(mbox("a", "b")))
    found = find(path)
    assert told(found) == {(): ["a", "b"]}
    assert find(path, offset=found[0].end) == found[1:]
    assert told(find(tmp_path)) == {(): ["a", "b"]}


@pytest.mark.parametrize("name", ["../../a.eml", "/a.eml", "a/../../b.eml", "..\\a.eml", "C:\\a.eml"])
def test_members_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    members = {name: message("x"), "good.eml": message("good")}
    for path in (make_zip(tmp_path / "a.zip", members), make_tar(tmp_path / "a.tgz", members)):
        found = told(find(path))
        assert found.pop(()) == ["good"]
        assert [*found.values()] == [["its name leads out of the archive"]]


def test_links_in_an_archive_are_told_of(tmp_path: Path) -> None:
    """Dovecot copies a message by a hard link, which tar keeps as one."""
    put(tmp_path / "box/cur/1:2,S", message("a"))
    (tmp_path / "box/.Copies/cur").mkdir(parents=True)
    (tmp_path / "box/.Copies/cur/2:2,S").hardlink_to(tmp_path / "box/cur/1:2,S")
    (tmp_path / "box/.Copies/cur/3:2,S").symlink_to("../../cur/1:2,S")
    path = tmp_path / "box.tar"
    with tarfile.open(path, "w") as archive:
        for name in ("cur/1:2,S", ".Copies/cur/2:2,S", ".Copies/cur/3:2,S"):
            archive.add(tmp_path / "box" / name, name)
    reason = "it is a link to {}, and links in an archive are not followed"
    assert told(find(path)) == {
        (): ["a"],
        ("!", ".Copies/cur/2:2,S"): [reason.format("cur/1:2,S")],
        ("!", ".Copies/cur/3:2,S"): [reason.format("../../cur/1:2,S")],
    }


def test_bombs_and_damage_end_an_archive_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_archives, "ALLOWANCE_BYTES", 100_000)
    bomb = {"a.eml": message("first"), "b.mbox": mbox("x" * 20_000_000), "c.eml": message("never")}
    for path in (make_zip(tmp_path / "a.zip", bomb), make_tar(tmp_path / "a.tgz", bomb)):
        found = told(find(path))
        assert found[()] == ["first"]
        assert "far more comes out" in found["!", path.name][0]
    # bytes that do not pack
    noise = os.urandom(200_000).replace(b"\n", b"")
    members = {"a.mbox": mbox("a") + LINE + b"Subject: b\n\n" + noise}
    whole = make_tar(tmp_path / "b.tgz", members).read_bytes()
    for cut in (len(whole) // 2, len(whole) - 5):
        path = put(tmp_path / "cut.tgz", whole[:cut])
        assert told(find(path))["!", "cut.tgz"] == ["it is damaged"]
    damaged = bytearray(make_zip(tmp_path / "b.zip", members).read_bytes())
    damaged[1_000] ^= 255
    found = told(find(put(tmp_path / "damaged.zip", bytes(damaged))))
    assert found["!", "a.mbox"] == ["it is damaged"]
    assert told(find(put(tmp_path / "x/empty.zip", b"PK\x03\x04")))["!", "empty.zip"] == ["it is damaged"]


def test_a_tar_that_is_damaged_or_cut_says_so(tmp_path: Path) -> None:
    """Each member is a block of header and one of content: the third header begins at byte 2048."""
    whole = make_tar(
        tmp_path / "whole.tar", {f"{n}.eml": message(str(n)) for n in range(5)}, mode="w"
    ).read_bytes()
    flipped, zeroed = bytearray(whole), bytearray(whole)
    flipped[2048 + 150] ^= 255
    zeroed[2048 : 2048 + 512] = bytes(512)
    for name, content, reason in (
        ("header.tar", bytes(flipped), "it is damaged"),
        ("sector.tar", bytes(zeroed), mail_archives.MORE),
        ("in-header.tar", whole[: 2048 + 100], "it is cut off"),
        ("between.tar", whole[:2048], "it is cut off"),
        ("in-content.tar", whole[: 2048 + 512 + 5], "it is damaged"),
        ("in-padding.tar", whole[: 2048 + 512 + 300], "it is damaged"),
    ):
        kept = ["0", "1", "2"] if name == "in-padding.tar" else ["0", "1"]
        assert told(find(put(tmp_path / name, content))) == {(): kept, ("!", name): [reason]}, name
    two = put(tmp_path / "two.tar", whole * 2)
    assert told(find(two)) == {(): [*"01234"], ("!", "two.tar"): [mail_archives.MORE]}
    assert told(find(put(tmp_path / "no-padding.tar", whole[: 5 * 1024 + 512]))) == {(): [*"01234"]}


def test_a_packed_tar_that_is_damaged_or_cut_says_so(tmp_path: Path) -> None:
    """Where nothing else is wrong, the checksum at its end tells of a flipped bit."""
    members = {"a.eml": message("a"), "b.eml": message("b") + b"x" * 100_000, "c.eml": message("c")}
    packed = make_tar(tmp_path / "whole.tar", members, mode="w").read_bytes()
    whole = gzip.compress(packed + bytes(200_000), compresslevel=0)  # as written in large records
    flipped = bytearray(whole)
    flipped[whole.index(b"xxxx")] ^= 1
    for name, content, kept, reasons in (
        ("whole.tgz", whole, "abc", []),
        ("cut.tgz", whole[:80_000], "a", ["it is damaged"]),
        ("flipped.tgz", bytes(flipped), "abc", ["it is damaged"]),
    ):
        found = told(find(put(tmp_path / name, content)))
        assert (found.pop(()), found.pop(("!", name), [])) == ([*kept], reasons), name
        assert not found


@pytest.mark.parametrize(
    "packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_damaged_member_of_a_zip_leaves_the_others(tmp_path: Path, packing: int) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name in "abcde":
            archive.writestr(f"{name}.eml", message(name) + os.urandom(1_000).hex().encode())
        headers = [member.header_offset for member in archive.infolist()]
    content = bytearray(path.read_bytes())
    content[headers[1] + 300] ^= 255  # what is packed
    content[headers[3]] ^= 255  # the member's header
    found = told(find(put(path, bytes(content))))
    assert found == {(): [*"ace"], ("!", "b.eml"): ["it is damaged"], ("!", "d.eml"): ["it is damaged"]}


def test_what_cannot_be_read_of_a_directory_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/1.eml", "b/2.eml", ".Sent/cur/3.eml", "c/4.eml", "c/6.eml", "7.eml"):
        put(tmp_path / name, message(name[-5]))
    (tmp_path / "c/5.eml").symlink_to("/proc/self/mem")  # opens, and gives an error where it is read
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def lock(name: str, *paths: Path) -> None:
        """Lock directories to one function: nothing is locked to root, who may run this."""
        real = getattr(os, name)

        def look(path: Path, **more: Any) -> Any:
            if path in paths:
                raise denied
            return real(path, **more)

        monkeypatch.setattr(os, name, look)

    lock("scandir", tmp_path / "b", tmp_path / ".Sent")
    lock("stat", tmp_path / ".Sent/cur")
    found = told(find(tmp_path))
    monkeypatch.undo()
    reasons = {key[1]: value for key, value in found.items() if key[:1] == ("!",)}
    assert reasons == {
        ".Sent": ["it cannot be read: Permission denied"],
        "b": ["it cannot be read: Permission denied"],
        "5.eml": ["it cannot be read: Input/output error"],
    }
    assert {key: value for key, value in found.items() if key[:1] != ("!",)} == {
        ("a",): ["1"],
        ("c",): ["4", "6"],
        (): ["7"],
    }


def test_what_is_too_large_is_left_out(tmp_path: Path) -> None:
    with (tmp_path / "a.eml").open("wb") as file:
        file.write(message("a"))
        file.truncate(MESSAGE_LIMIT_BYTES + 1)
    with (tmp_path / "b.mbox").open("wb") as file:
        file.write(mbox("b"))
        file.truncate(MESSAGE_LIMIT_BYTES + 1_000)
        file.seek(0, 2)
        file.write(b"\n" + mbox("c"))
    found = find(tmp_path)
    assert sorted(each.reason for each in found if isinstance(each, NotMail)) == [TOO_LARGE] * 2
    assert [each.content for each in found if isinstance(each, FoundMail)] == [message("c")]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"just words\n", b"\x00" * 100])
def test_a_file_that_is_named_and_is_no_mail_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInputError, match="holds no mail"):
        find(put(tmp_path / "a", content))
    with pytest.raises(InvalidInputError, match="cannot be read"):
        find(tmp_path / "nothing")


ABSURD = [-1, -(10**12), 10**20, 2**63]


@pytest.mark.parametrize("seconds", [0, 1_700_000_000, *ABSURD])
def test_a_file_of_an_absurd_time_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """No file system here keeps such times; some do."""
    paths = [
        put(tmp_path / "a.eml", message("a")),
        put(tmp_path / "b.mbox", mbox("b", line=b"From x\n")),
        put(tmp_path / "c.gz", gzip.compress(mbox("c", line=b"From x\n"))),
    ]
    real = os.fstat

    def fstat(file: int) -> os.stat_result:
        found = real(file)
        named = {
            "st_mtime": float(seconds),
            "st_mtime_ns": seconds * 10**9,
            "st_ino": 2**64 - 1,
        }
        return os.stat_result([*found[:1], named["st_ino"], *found[2:10]], named)

    monkeypatch.setattr(os, "fstat", fstat)
    found = [each for path in paths for each in find(path)]
    assert told(found) == {(): ["a", "b", "c"]}
    expected = None if seconds in ABSURD else datetime.fromtimestamp(seconds, UTC)
    for each in found:
        assert isinstance(each, FoundMail)
        assert each.kept_at == expected
        if each.source is not None:  # the store keeps whole numbers of 63 bits
            assert 0 <= each.source.modified_ns < 2**63
            assert 0 <= each.source.inode < 2**63


@pytest.mark.parametrize("mtime", [*ABSURD, float("nan"), float("inf"), float("-inf")])
def test_a_member_of_an_absurd_time_is_read(tmp_path: Path, mtime: float) -> None:
    path = tmp_path / "all.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("a.eml")
        member.size, member.pax_headers = len(message("a")), {"mtime": str(mtime)}
        archive.addfile(member, io.BytesIO(message("a")))
    (found,) = find(path)
    assert isinstance(found, FoundMail)
    assert found.kept_at is None


def test_a_member_of_a_zip_without_a_time_has_its_files(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.eml", message("a"))
    content = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 10), (b"PK\x01\x02", 12)):  # both headers: the day 0 of the month 0
        place = content.index(mark) + at
        content[place : place + 4] = bytes(4)
    path.write_bytes(content)
    os.utime(path, (0, 1_700_000_000))
    (found,) = find(path)
    assert isinstance(found, FoundMail)
    assert found.kept_at == datetime.fromtimestamp(1_700_000_000, UTC)
