"""Parts of messages as files: their names, what a browser is told they are, and that it runs none of them."""

from __future__ import annotations

import re
from base64 import encodebytes
from datetime import UTC, datetime
from email.message import Message
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import NotFoundError
from poolhouse.formats.mime_names import clean_file_name
from poolhouse.servers.attached import disposition, part_answer, part_at, part_name, raw_answer, read_part
from poolhouse.types import Item, ItemId, ItemKind, Part, PersonId

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def part(media_type: str = "application/pdf", name: str = "report.pdf", **values: object) -> Part:
    found: dict[str, object] = {
        "path": "2",
        "media_type": media_type,
        "name": name,
        "start": 0,
        "end": 0,
        "size_bytes": 0,
    }
    return Part(**{**found, **values})  # type: ignore[arg-type]  # given by name in each test


@pytest.mark.parametrize(
    ("media_type", "told"),
    [
        ("application/pdf", "application/pdf"),
        ("image/png", "image/png"),
        ("text/plain", "text/plain"),
        ("text/html", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/xml", "application/octet-stream"),
        ("application/javascript", "application/octet-stream"),
        ("text/plain\r\nx: y", "application/octet-stream"),
    ],
)
@pytest.mark.parametrize("is_shown", [False, True])
def test_what_could_run_is_bytes_and_nothing_is_opened(media_type: str, told: str, is_shown: bool) -> None:
    answer = part_answer(part(media_type), b"<script>alert(1)</script>", is_shown=is_shown)
    assert answer.headers["content-type"] == told
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_only_a_picture_is_shown_and_its_bytes_say_so() -> None:
    shown = part_answer(part("image/gif", "a.gif"), PNG, is_shown=True)
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"].startswith("inline;")
    kept = part_answer(part("image/png", "a.png"), b"<svg onload=alert(1)>", is_shown=True)
    assert kept.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\boot.ini", "boot.ini"),
        ("a\r\nSet-Cookie: x", "a Set-Cookie_ x"),
        ('a"; filename=b.exe', "a_; filename=b.exe"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("Grüße ☃.txt", "Grüße ☃.txt"),
        ("...", "part-2.pdf"),
        ("", "part-2.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_names(name: str, kept: str) -> None:
    assert part_name(part(name=name)) == kept


def test_parts_without_a_name() -> None:
    assert part_name(part("message/rfc822", "")) == "part-2.eml"
    assert part_name(part("application/x-made-up", "")) == "part-2.bin"


@given(st.text(max_size=300))
def test_any_name_is_one_header_that_reads_back(name: str) -> None:
    fit = clean_file_name(name)
    assert not re.search(
        r"[\x00-\x1f\x7f-\x9f/\\:*?\"<>|\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]",
        fit,
    )
    assert not re.search(r"[^\S ]|  |^[ .]|[ .]$", fit)
    header = disposition(fit)
    assert header.isascii()
    assert not set(header) & set("\r\n")
    message = Message()
    message["content-disposition"] = header.partition("; filename=")[0] + ";" + header.rpartition(";")[2]
    assert message.get_filename("") == fit


async def test_a_part_is_decoded_out_of_its_message(data: OpenData) -> None:
    body = encodebytes(b"some bytes")
    address = data.blobs.put(b"header\r\n\r\n" + body + b"rest")
    wanted = part(encoding="base64", start=10, end=10 + len(body))
    assert await read_part(data.blobs, address, wanted) == b"some bytes"
    for missing in (None, "0" * 64):
        with pytest.raises(NotFoundError):
            await read_part(data.blobs, missing, wanted)


def message(title: str, blob: str | None) -> Item:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    return Item(
        id=ItemId(1),
        owner_id=PersonId(1),
        kind=ItemKind.MESSAGE,
        url="",
        title=title,
        note="",
        author="",
        created_at=now,
        saved_at=now,
        changed_at=now,
        blob=blob,
    )


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Three crates", "Three crates.eml"),
        ("Minutes, 3/4 of them\\all", "Minutes, 3 4 of them all.eml"),
        ('a"\r\nSet-Cookie: x', "a_ Set-Cookie_ x.eml"),
        ("invoice\u202efdp.exe", "invoicefdp.exe.eml"),
        ("\u200b", "message.eml"),
        ("../..", "message.eml"),
        ("aux", "_aux.eml"),
        ("y" * 300, "y" * 80 + ".eml"),
        ("漢" * 300, "漢" * 66 + ".eml"),
    ],
)
async def test_a_message_is_kept_under_its_title(data: OpenData, title: str, name: str) -> None:
    answer = await raw_answer(data.blobs, message(title, data.blobs.put(b"raw")))
    assert (answer.body, answer.headers["content-type"]) == (b"raw", "message/rfc822")
    assert answer.headers["content-disposition"] == disposition(name)


async def test_a_message_that_is_gone_is_not_found(data: OpenData) -> None:
    for missing in (None, "0" * 64):
        with pytest.raises(NotFoundError):
            await raw_answer(data.blobs, message("gone", missing))


def test_a_part_is_found_by_its_whole_path() -> None:
    parts = (part(path="2"), part(path="2.1"))
    assert part_at(parts, "2.1") is parts[1]
    for path in ("", "2.", "2.1.1", "02", "x"):
        with pytest.raises(NotFoundError):
            part_at(parts, path)
