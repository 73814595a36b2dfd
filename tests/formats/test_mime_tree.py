"""Parts of messages by their bytes: where they stand, the rules of RFC 2046, and the standard library beside."""

from __future__ import annotations

import email
import random
from email.message import EmailMessage, Message
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.formats.mime_tree import DEPTH_LIMIT, PART_LIMIT, Node, leaves, split_message
from tests.mail_corpus.fixtures import mail_files
from tests.mail_corpus.hostile import empty_parts, many_parts, nested_multiparts

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = b"Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"

# The messages whose parts the standard library sees otherwise, and why it is we who do better.
_DIFFERENT = {
    # a byte order mark before the first header
    "UnitTests_TestData_messages_feedback-report.txt",
    "UnitTests_TestData_messages_issue358.txt",
    # a boundary that is folded: its line end is no part of it (RFC 5322 §2.2.3)
    "core_src_test_resources_mimetools-testmsgs_multi-badnames.msg",
    "core_src_test_resources_mimetools-testmsgs_multi-clen.msg",
    "core_src_test_resources_mimetools-testmsgs_multi-digest.msg",
    "core_src_test_resources_mimetools-testmsgs_multi-simple.msg",
    # `text/plain` and no semicolon before its charset
    "maildir_bsd_lhost-x1-02.eml",
}


def _bodies(data: bytes) -> list[tuple[str, bytes]]:
    return [(node.path, data[node.start : node.end]) for node in leaves(split_message(data).root)]


def test_a_message_without_parts_is_its_own_leaf() -> None:
    data = b"Subject: s\r\nContent-Type: Text/HTML; charset=utf-8\r\n\r\n<p>text\r\n"
    root = split_message(data).root
    assert (root.path, root.media_type, root.parameters) == ("1", "text/html", {"charset": "utf-8"})
    assert data[root.start : root.end] == b"<p>text\r\n"


def test_the_line_end_before_a_delimiter_is_no_part_of_the_body() -> None:
    data = (
        _HEAD
        + b"preamble\r\n--b\r\n\r\none\r\n\r\n--b\r\n\r\ntwo\n--b \t\r\n\r\nthree\r--b--\r\nepilogue\r\n--b\r\nno"
    )
    assert _bodies(data) == [("1", b"one\r\n"), ("2", b"two"), ("3", b"three")]


def test_paths_count_as_imap_does() -> None:
    inner = b"Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c\r\n\r\ny\r\n--c--"
    data = _HEAD + b"--b\r\n\r\none\r\n--b\r\n" + inner + b"\r\n--b\r\n\r\nlast\r\n--b--"
    assert _bodies(data) == [("1", b"one"), ("2.1", b"x"), ("2.2", b"y"), ("3", b"last")]


def test_a_boundary_may_begin_another() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\nx\r\n--bbb\r\n--bb--"
    assert _bodies(_HEAD + b"--b\r\n" + inner + b"\r\n--b--") == [("1.1", b"x\r\n--bbb")]


def test_the_outer_boundary_ends_what_was_left_open() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx"
    assert _bodies(_HEAD + b"--b\r\n" + inner + b"\r\n--b\r\n\r\ny") == [("1.1", b"x"), ("2", b"y")]


def test_the_same_boundary_within_is_the_outer_one() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx"
    assert _bodies(_HEAD + b"--b\r\n" + inner + b"\r\n--b--") == [("1", b""), ("2", b"x")]


@pytest.mark.parametrize("boundary", ['"b c"', '"b\\"c"', "b=c", "'b'", "b;"])
def test_odd_boundaries(boundary: str) -> None:
    told = email.message_from_string(f"Content-Type: multipart/mixed; boundary={boundary}\n\n").get_boundary()
    assert told is not None
    data = f"Content-Type: multipart/mixed; boundary={boundary}\n\n--{told}\n\nx\n--{told}--".encode()
    assert _bodies(data) == [("1", b"x")]


@pytest.mark.parametrize("body", [b"", b"no delimiter", b"--b--\r\nclosed before it opens", b"x--b\r\n"])
def test_a_multipart_without_parts_is_a_leaf(body: bytes) -> None:
    assert [(node.path, node.media_type) for node in leaves(split_message(_HEAD + body).root)] == [
        ("1", "multipart/mixed")
    ]


def test_a_part_of_nothing_is_one_and_repeated_delimiters_are_none() -> None:
    assert _bodies(_HEAD + b"--b\r\n--b\r\n--b\r\n\r\nx\r\n--b\r\n--b--") == [("1", b"x"), ("2", b"")]


def test_a_digest_has_messages() -> None:
    parts = b"--b\n\nSubject: s\n\nx\n--b\nContent-Type: text/plain\n\ny\n--b--"
    data = b"Content-Type: multipart/digest; boundary=b\n\n" + parts
    assert [node.media_type for node in leaves(split_message(data).root)] == ["message/rfc822", "text/plain"]


def test_a_message_in_a_message_is_a_leaf() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--"
    data = _HEAD + b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--b--"
    assert _bodies(data) == [("1", inner)]


def test_bounds() -> None:
    tree = split_message(many_parts())
    assert (len(leaves(tree.root)), tree.is_cut) == (PART_LIMIT, True)
    depth = 0
    node = split_message(nested_multiparts()).root
    while node.children:
        (node,) = node.children
        depth += 1
    assert depth == DEPTH_LIMIT
    assert split_message(empty_parts()).is_cut


class _Watched(bytes):
    """Counts the bytes that are looked through for delimiters."""

    looked_through = 0

    def find(self, *given: Any) -> int:
        _, start, end = given
        found = super().find(*given)
        self.looked_through += (end if found < 0 else found) - start
        return found


@pytest.mark.parametrize("before", [b"no CR\n", b"one\rline\n", b"\r--b\r\rx\n"])
@pytest.mark.parametrize("delimiter", [b"--b\n", b"--b\r", b"--b\r\n"])
@pytest.mark.parametrize("head", [b"", b"Content-Type: multipart/mixed; boundary=never\n"])
def test_each_byte_is_looked_at_a_few_times(before: bytes, delimiter: bytes, head: bytes) -> None:
    body = before + (delimiter + head + b"\nx\r\n") * 300
    data = _Watched(_HEAD + body + b"x" * 50_000)
    assert len(leaves(split_message(data).root)) >= 300
    assert data.looked_through < 5 * len(data)


def _types(data: bytes) -> list[str]:
    return [node.media_type for node in leaves(split_message(data).root)]


def _standard_leaves(message: Message) -> Iterator[str]:
    # The standard library takes a delivery report apart; to us and to IMAP it is one part.
    if message.get_content_maintype() == "message" or not message.is_multipart():
        yield message.get_content_type()
    else:
        for part in cast("list[Message]", message.get_payload()):
            yield from _standard_leaves(part)


def test_the_standard_library_sees_the_same_parts() -> None:
    different = {
        file.name
        for file in mail_files()
        if _types(file.read_bytes()) != [*_standard_leaves(email.message_from_bytes(file.read_bytes()))]
    }
    assert different == _DIFFERENT


def test_headers_and_bodies_of_real_messages_are_slices_of_them() -> None:
    for file in mail_files():
        _check_slices(file.read_bytes())


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    _check_slices(data)


_PIECES = st.sampled_from(
    [
        b"--b",
        b"--c",
        b"--",
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"a: b",
        b"Content-Type:",
        b"multipart/mixed;",
        b"boundary=b",
        b'boundary="c"',
        b"message/rfc822",
        b"From ",
        b"\x00",
        b"=",
        b"\xff",
        _HEAD,
    ]
)


@given(st.lists(_PIECES, max_size=40))
def test_any_pieces(pieces: list[bytes]) -> None:
    _check_slices(b"".join(pieces))


@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_mutations_of_real_messages(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(chance.choice(mail_files()).read_bytes()[:20_000])
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(3):
            case 0:
                data[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[place : place + chance.randint(1, 200)]
            case _:
                source = chance.randrange(len(data) + 1)
                data[place:place] = data[source : source + chance.randint(1, 200)]
    _check_slices(bytes(data))


def _check_slices(data: bytes) -> None:
    """Parts stand one behind the other, each after its header block, and none reaches into another."""
    tree = split_message(data)
    position = 0
    for node in leaves(tree.root):
        assert position <= node.header_start <= node.start <= node.end <= len(data)
        position = node.end
    _check_within(tree.root, len(data))


def _check_within(node: Node, end: int) -> None:
    for child in node.children:
        assert node.start <= child.header_start
        assert child.end <= end


def test_what_the_standard_library_writes_is_read_back() -> None:
    message = EmailMessage()
    message["Subject"] = "s"
    message.set_content("plain\n")
    message.add_alternative("<p>html</p>\n", subtype="html")
    for number in range(3):
        body: Any = bytes([number]) * 100
        message.add_attachment(body, "application", "x-test", filename=f"{number}.bin")
    data = message.as_bytes()
    nodes = leaves(split_message(data).root)
    assert [(node.path, node.media_type) for node in nodes] == [
        ("1.1", "text/plain"),
        ("1.2", "text/html"),
        ("2", "application/x-test"),
        ("3", "application/x-test"),
        ("4", "application/x-test"),
    ]
    assert data[nodes[0].start : nodes[0].end].strip() == b"plain"
