"""What messages say: real ones, made ones, and what is chosen of their parts to be read."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.formats.mime_names import clean_file_name
from poolhouse.types.message import Mailbox, MessageReading
from poolhouse.workers.mail_feed import FEED_BYTES
from poolhouse.workers.mail_reading import CUT_PARTS, ENCRYPTED, read_message
from poolhouse.workers.mail_texts import text_within
from tests.mail_corpus.fixtures import mail_files

if TYPE_CHECKING:
    from collections.abc import Sequence

# Of all texts and subjects of the real messages, so many may hold U+FFFD: a picture called text, three posts in yEnc,
# and two subjects whose bytes stand for nothing in the charset that they name.
TEXTS_WITH_FAULTS = 4
SUBJECTS_WITH_FAULTS = 2


def _multipart(subtype: str, *parts: str, boundary: str = "b", more: str = "") -> str:
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"{more}\r\n\r\n{body}--{boundary}--'


def _plain(text: str, *more: str) -> str:
    return "\r\n".join(("Content-Type: text/plain; charset=utf-8", *more, "", text))


def _html(text: str, *more: str) -> str:
    return "\r\n".join(("Content-Type: text/html; charset=utf-8", *more, "", text))


def _read(*lines: str) -> MessageReading:
    return read_message("\r\n".join(lines).encode())


def _attached(reading: MessageReading) -> list[tuple[str, str, str]]:
    return [(part.path, part.media_type, part.name) for part in reading.facts.attachments]


def test_a_plain_message() -> None:
    reading = _read(
        "From: Ann <ann@example.org>",
        "To: bob@example.org, Carl <carl@example.org>",
        "Subject: Hello",
        "Date: Mon, 23 Nov 2026 18:30:02 +0100",
        "Message-ID: <3@example.org>",
        "In-Reply-To: <2@example.org>",
        "References: <1@example.org>",
        " <2@example.org>",
        "List-Id: The list <list.example.org>",
        "List-Unsubscribe: <https://example.org/u>",
        "Authentication-Results: mx.example.org; spf=pass",
        "",
        "See https://example.org/x.\r\n\r\n> quoted",
    )
    facts = reading.facts
    assert (facts.subject, facts.senders) == ("Hello", (Mailbox("Ann", "ann@example.org"),))
    assert facts.to == (Mailbox("", "bob@example.org"), Mailbox("Carl", "carl@example.org"))
    assert facts.sent_at is not None
    assert facts.sent_at.isoformat() == "2026-11-23T17:30:02+00:00"
    assert (facts.message_id, facts.references) == ("3@example.org", ("1@example.org", "2@example.org"))
    assert (facts.list_id, facts.list_name) == ("list.example.org", "The list")
    assert facts.unsubscribe is not None
    assert facts.unsubscribe.url == "https://example.org/u"
    assert facts.authentication == ("mx.example.org; spf=pass",)
    assert facts.preview == "See https://example.org/x."
    assert [link.url for link in facts.links] == ["https://example.org/x"]
    assert (facts.has_html, facts.attachments, facts.warnings, facts.remark) == (False, (), (), "")
    assert reading.bodies.text == "See https://example.org/x.\n\n> quoted"
    assert reading.bodies.html == ""
    assert "<blockquote><p>quoted</p></blockquote>" in reading.bodies.feed_html


def test_alternatives_are_read_plain_and_shown_as_html() -> None:
    reading = _read(_multipart("alternative", _plain("plain"), _html("<p>rich</p>")))
    assert reading.bodies.text == "plain"
    assert "rich" in reading.bodies.html
    assert "plain" not in reading.bodies.html + reading.bodies.feed_html
    assert _attached(reading) == []


@pytest.mark.parametrize("plain", ["", " \r\n\u200b\r\n"])
def test_of_an_empty_alternative_the_other_is_read(plain: str) -> None:
    reading = _read(_multipart("alternative", _plain(plain), _html("<p>rich</p>")))
    assert reading.bodies.text.strip() == "rich"
    assert reading.facts.preview == "rich"


def test_texts_of_a_mixed_message_follow_each_other() -> None:
    inner = _multipart("alternative", _plain("first"), _html("<p>first</p>"), boundary="c")
    reading = _read(_multipart("mixed", inner, _plain("footer")))
    assert reading.bodies.text == "first\n\nfooter"
    assert reading.bodies.html.index("first") < reading.bodies.html.index("footer")


def test_attachments_keep_their_names() -> None:
    reading = _read(
        _multipart(
            "mixed",
            _plain("text"),
            _plain("1,2", 'Content-Disposition: attachment; filename="../a.csv"'),
            _plain("diff", "Content-Disposition: inline; filename=fix.patch"),
            'Content-Type: application/pdf; name="=?utf-8?q?caf=C3=A9.pdf?="\r\n\r\nx',
            "Content-Type: message/rfc822\r\n\r\nSubject: within\r\n\r\ndeep inside",
            "Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nx",
        )
    )
    assert _attached(reading) == [
        ("2", "text/plain", "a.csv"),
        ("3", "text/plain", "fix.patch"),
        ("4", "application/pdf", "café.pdf"),
        ("5", "message/rfc822", ""),
        ("6", "application/ms-tnef", "winmail.dat"),
    ]
    assert reading.facts.preview.startswith("text")
    assert "within" in reading.bodies.text
    assert "deep inside" in reading.bodies.text
    assert "deep inside" not in reading.bodies.feed_html


def test_pictures_that_stand_in_the_text_are_no_attachments() -> None:
    picture = "Content-Type: image/png; name=p.png\r\nContent-ID: <{}@x>\r\n\r\nx"
    reading = _read(
        _multipart(
            "related",
            _html('<p>a <img src="cid:one@x" width=90 height=90></p>'),
            picture.format("one"),
            picture.format("two"),
        )
    )
    assert _attached(reading) == [("3", "image/png", "p.png")]
    assert 'src="part:2"' in reading.bodies.html
    assert "part:" not in reading.bodies.feed_html


def test_of_a_signed_message_the_first_part_is_read() -> None:
    signature = "Content-Type: application/pgp-signature; name=signature.asc\r\n\r\nx"
    reading = _read(_multipart("signed", _plain("text"), signature))
    assert (reading.bodies.text, _attached(reading)) == ("text", [])


@pytest.mark.parametrize(
    "lines",
    [
        _multipart(
            "encrypted",
            "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
            "Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\nx",
        ),
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n\r\nx",
    ],
)
def test_an_encrypted_message_says_so(lines: str) -> None:
    reading = _read(lines)
    assert (reading.facts.remark, reading.bodies.text, len(_attached(reading))) == (ENCRYPTED, "", 1)


def test_reports_are_text() -> None:
    reading = _read(
        _multipart(
            "report",
            _plain("It was not delivered."),
            "Content-Type: message/delivery-status\r\n\r\nStatus: 5.1.1",
            "Content-Type: text/rfc822-headers\r\n\r\nSubject: lost",
        )
    )
    assert reading.bodies.text == "It was not delivered.\n\nStatus: 5.1.1\n\nSubject: lost"
    assert _attached(reading) == []


def test_a_calendar_in_an_alternative_is_an_attachment_and_amp_is_none() -> None:
    reading = _read(
        _multipart(
            "alternative",
            _plain("text"),
            "Content-Type: text/x-amp-html\r\n\r\n<html amp4email>",
            _html("<p>text</p>"),
            "Content-Type: text/calendar; name=invite.ics\r\n\r\nBEGIN:VCALENDAR",
        )
    )
    assert _attached(reading) == [("4", "text/calendar", "invite.ics")]


def test_a_multipart_without_parts_is_text() -> None:
    reading = _read("Content-Type: multipart/mixed; boundary=b", "", "no delimiter at all")
    assert (reading.bodies.text, _attached(reading)) == ("no delimiter at all", [])


@pytest.mark.parametrize(
    ("lines", "warning"),
    [
        (['From: "help@bank.example" <x@evil.example>'], "name says help@bank.example"),
        (["From: a@one.example", "Reply-To: b@two.example"], "An answer would go to b@two.example"),
        (["From: a@xn--pypal-4ve.example"], "mixes letters of several alphabets"),
        (["From: a@xn--bcher-kva.example"], "bücher.example has letters that may look like others"),
        (["From: a@b.example", "Reply-To: a@mail.b.example"], None),
        (["From: a@one.example", "Reply-To: l@lists.two.org", "List-Id: <l.lists.two.org>"], None),
        (['From: "a@b.example" <A@b.example>'], None),
    ],
)
def test_warnings(lines: Sequence[str], warning: str | None) -> None:
    found = _read(*lines, "", "text").facts.warnings
    assert len(found) == (warning is not None)
    assert warning is None or warning in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "To unsubscribe, go to\r\nhttps://example.org/x",
        "https://example.org/x/unsubscribe?id=1",
        "Newsletter abbestellen: https://example.org/x",
    ],
)
def test_addresses_that_act_do_not_go_into_a_feed(text: str) -> None:
    reading = _read("", f"See https://example.org/page\r\n\r\n{text}")
    assert [link.url for link in reading.facts.links] == ["https://example.org/page"]
    assert reading.bodies.feed_html.count("https://") == 2  # where it leads, and as its words
    assert "https://example.org/x" in reading.bodies.text


def test_what_is_cut_is_said() -> None:
    reading = _read(_multipart("mixed", *(_plain("x") for _ in range(1_100))))
    assert len(reading.facts.parts) == 1_000
    assert CUT_PARTS in reading.facts.remark


_TEXTS = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=200)
_CHARSETS = st.sampled_from(["utf-8", "gb18030"])
_NAMES = st.from_regex(r"[a-zA-Zé日 ]{1,30}\.[a-z]{2,4}", fullmatch=True)


@given(
    _TEXTS,
    _CHARSETS,
    st.sampled_from(["base64", "quoted-printable"]),
    st.lists(st.tuples(_NAMES, st.binary(max_size=300)), max_size=4),
)
def test_what_the_standard_library_makes_is_read_back(
    text: str, charset: str, encoding: str, files: list[tuple[str, bytes]]
) -> None:
    message = EmailMessage()
    message["Subject"] = subject = " ".join(text.split())
    message.set_content(text, charset=charset, cte=encoding)
    for name, content in files:
        message.add_attachment(content, "application", "octet-stream", filename=name)
    raw = message.as_bytes()
    reading = read_message(raw)
    assert reading.facts.subject == subject
    assert reading.bodies.text.split() == text.split()
    attachments = reading.facts.attachments
    assert [part.name for part in attachments] == [clean_file_name(name) for name, _ in files]
    for (_, content), part in zip(files, attachments, strict=True):
        assert base64.b64decode(raw[part.start : part.end]) == content
        assert part.size_bytes == len(content)


@given(st.binary(max_size=500))
def test_any_bytes(raw: bytes) -> None:
    _check(raw, read_message(raw))


@settings(max_examples=100)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10_000), st.binary(max_size=20))
def test_mutations_of_real_messages(which: int, start: int, end: int, put: bytes) -> None:
    files = mail_files()
    raw = files[which % len(files)].read_bytes()[:30_000]
    start, end = sorted((start % (len(raw) + 1), end % (len(raw) + 1)))
    mutated = raw[:start] + put + raw[min(end, start + 300) :]
    _check(mutated, read_message(mutated))


def test_every_real_message_is_read() -> None:
    texts = subjects = 0
    for file in mail_files():
        raw = file.read_bytes()
        reading = read_message(raw)
        _check(raw, reading)
        texts += "\ufffd" in reading.bodies.text or "\ufffd" in reading.bodies.html
        subjects += "\ufffd" in reading.facts.subject
    assert texts <= TEXTS_WITH_FAULTS
    assert subjects <= SUBJECTS_WITH_FAULTS


def _check(raw: bytes, reading: MessageReading) -> None:
    facts, bodies = reading.facts, reading.bodies
    position = 0
    for part in facts.parts:
        assert position <= part.start <= part.end <= len(raw)
        assert part.size_bytes >= 0
        position = part.end
    lines = [facts.subject, facts.message_id, facts.list_id, facts.list_name, facts.preview, facts.remark]
    lines += [*facts.warnings, *facts.references, *facts.authentication]
    lines += [
        value
        for part in facts.parts
        for value in (part.media_type, part.name, part.content_id, part.encoding)
    ]
    lines += [value for box in (*facts.senders, *facts.to, *facts.cc) for value in (box.name, box.address)]
    for text in (*lines, bodies.text.replace("\n", "").replace("\t", "")):
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text), ascii(text)
        text.encode()
    assert len(facts.preview) <= 300
    assert len(bodies.feed_html.encode()) <= FEED_BYTES
    assert facts.has_html or not bodies.html
    assert all(link.url.lower().startswith(("http://", "https://")) for link in facts.links)


def test_text_of_html_that_nobody_is_shown_has_its_lines() -> None:
    markup = "<title>t</title><section>a <b>b</b></section><section>c<p>d&amp;<li>e</section><table><tr><td>f"
    assert text_within(markup) == "a b\nc\nd&\ne\nf"
