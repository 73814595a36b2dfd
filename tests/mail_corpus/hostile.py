"""Messages made to take time, memory or trust from whoever reads them, each by a builder of its own.

What is asked of a reader of these stands in `docs/decisions/0011`: each within a second of the processor and 300 MB.
"""

from __future__ import annotations

import base64
import io
import zipfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HEAD: Final = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
_MEGABYTE: Final = 1_000_000


def _html(markup: bytes) -> bytes:
    return _HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + markup


def _plain(text: bytes) -> bytes:
    return _HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text


def _mixed(boundary: bytes, body: bytes) -> bytes:
    return _HEAD + b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\r\n\r\n' + body


def nested_multiparts(depth: int = 3_000) -> bytes:
    """Multiparts within each other, each with a boundary of its own."""
    heads = [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)]
    return _HEAD + b"".join(heads) + b"\r\n\r\ntext"


def nested_multiparts_in_a_large_message() -> bytes:
    """Fifty short boundaries, all of which nearly stand on each line of thirty megabytes."""
    heads = [b"Content-Type: multipart/mixed; boundary=%c\r\n\r\n--%c\r\n" % (n, n) for n in range(65, 91)]
    return _HEAD + b"".join(heads) + b"\r\n\r\n" + b"\n-" * (15 * _MEGABYTE)


def nested_messages(depth: int = 3_000) -> bytes:
    """Messages within messages."""
    return _HEAD + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"text"


def nested_messages_in_base64() -> bytes:
    """Messages within messages, each encoded, as RFC 2046 forbids."""
    message = _plain(b"text " * 20_000)
    for _ in range(12):
        inner = base64.encodebytes(message)
        message = _HEAD + b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + inner
    return message


def the_same_boundary_everywhere() -> bytes:
    """Multiparts within each other that all end with the same line: what is whose?"""
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    return _HEAD + head * 2_000 + b"\r\ntext\r\n" + b"--b--\r\n" * 2_000


def many_parts(count: int = 10_000) -> bytes:
    """Small parts with headers and names."""
    part = b'--b\r\nContent-Type: image/png; name="p.png"\r\nContent-Disposition: attachment\r\n\r\nx\r\n'
    return _mixed(b"b", part * count + b"--b--")


def empty_parts(count: int = 100_000) -> bytes:
    """Delimiters, and nothing between them."""
    return _mixed(b"b", b"--b\r\n" * count + b"--b--")


def nearly_empty_parts(count: int = 100_000) -> bytes:
    """Parts of one empty line."""
    return _mixed(b"b", b"--b\r\n\r\n" * count + b"--b--")


def lines_that_begin_as_a_boundary() -> bytes:
    """A boundary that each of five million lines begins with, and none is."""
    return _mixed(b"b", b"--b\r\n\r\n" + b"--bb\n" * (5 * _MEGABYTE))


def an_empty_boundary() -> bytes:
    """Two dashes would delimit."""
    return _mixed(b"", b"--\r\n" * 500_000)


def megabytes_of_headers() -> bytes:
    """Fields that nobody asked for."""
    return b"".join(b"X-H%d: %b\r\n" % (n, b"v" * 900) for n in range(3_000)) + _plain(b"text")


def many_headers() -> bytes:
    """The shortest fields there are, and then those of a message."""
    return b"a:\n" * 400_000 + _plain(b"text")


def a_header_of_twenty_megabytes() -> bytes:
    """One field, folded."""
    return b"Subject: " + b"word\r\n " * (3 * _MEGABYTE) + b"\r\n" + _plain(b"text")


def many_headers_in_each_part() -> bytes:
    """What is allowed for one header block, in each of many."""
    part = b"--b\r\n" + b"".join(b"Content-ID: <%d@x>\r\n" % n for n in range(1_000)) + b"\r\nx\r\n"
    return _mixed(b"b", part * 900)


def a_subject_of_encoded_words() -> bytes:
    """1.1 MB of encoded words: the standard library took 6.6 GB for it."""
    return b"Subject: " + b"=?utf-8?q?=C3=A9=C3=A9?= \r\n " * 40_000 + b"\r\n" + _plain(b"text")


def words_that_never_end() -> bytes:
    """Beginnings of encoded words."""
    return b"Subject: " + b"=?a?q?x" * 3_000 + b"\r\nFrom: " + b"=?a?b?x" * 3_000 + b"\r\n" + _plain(b"text")


def fifty_thousand_addresses() -> bytes:
    """A To that takes the standard library more than 25 seconds."""
    people = b",\r\n ".join(b'"Name, %d" <p%d@example.org>' % (n, n) for n in range(50_000))
    return b"To: " + people + b"\r\n" + _plain(b"text")


def addresses_of_brackets() -> bytes:
    """What opens and never closes, in every header with addresses."""
    fields = [b"From", b"To", b"Cc", b"Reply-To", b"Sender"]
    kinds = [b"(" * 19_000, b'"\\' * 9_000, b"<" * 19_000, b"a:" * 9_000, b"@ " * 9_000]
    return b"".join(b"%b: %b\r\n" % pair for pair in zip(fields, kinds, strict=True)) + _plain(b"text")


def fifty_headers_of_addresses() -> bytes:
    """All that is read of address headers, ten times over."""
    field = b"To: " + b"a@b," * 4_900 + b"\r\n"
    return field * 50 + field.replace(b"To", b"Cc") * 50 + _plain(b"text")


def spaces_without_an_address() -> bytes:
    """White space in quotation marks, in every header with addresses."""
    return _in_address_headers(b'"' + b" " * 19_000 + b'" x')


def colons_behind_an_address() -> bytes:
    """At each colon: does an address stand before it?"""
    return _in_address_headers(b"a " * 4_500 + b"a@b" + b":" * 9_000)


def signs_among_words() -> bytes:
    """A route with thousands of signs before its address, and thousands of words that are none of them."""
    return _in_address_headers(b"@" * 9_000 + b":a@b" + b" x" * 4_500)


def _in_address_headers(field: bytes) -> bytes:
    names = (b"From", b"To", b"Cc", b"Reply-To", b"Sender")
    return b"".join(b"%b: %b\r\n" % (name, field) for name in names * 4) + _plain(b"text")


def spaces_before_a_comment() -> bytes:
    """White space and comments behind a boundary, in each of fifty parts."""
    part = b"--b\r\nContent-Type: text/plain; charset=x" + b" " * 19_000 + b"(a) (b) x)\r\n\r\nx\r\n"
    return _mixed(b"b", part * 50 + b"--b--")


def semicolons() -> bytes:
    """A real one of 2002: 13 KB of semicolons took the standard library 20 seconds."""
    return _HEAD + b"Content-Type: text/html" + b" ;" * 6_500 + b"\r\n\r\n<p>text"


def parameters_in_pieces() -> bytes:
    """A name in a thousand pieces (RFC 2231), and one in pieces that are far apart."""
    pieces = b"".join(b";\r\n name*%d*=%%41" % n for n in range(1_000))
    return _HEAD + b"Content-Type: text/plain; name*99999999999*=x" + pieces + b"\r\n\r\ntext"


def megabytes_of_base64(size_bytes: int = 40 * _MEGABYTE) -> bytes:
    """An attachment that is nearly all of the largest message."""
    line = b"QUJD" * 19 + b"\r\n"
    body = line * (size_bytes // len(line))
    return _mixed(
        b"b",
        b"--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/octet-stream; name=a.bin\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + body + b"\r\n--b--",
    )


def megabytes_of_text_in_base64() -> bytes:
    """The same as the text itself."""
    line = b"dGV4dCB0ZXh0" * 6 + b"\r\n"
    head = _HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + line * (40 * _MEGABYTE // len(line))


def megabytes_of_quoted_printable() -> bytes:
    """Text of which each byte is encoded."""
    head = _HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head + b"=C3=A9=\r\n" * (4 * _MEGABYTE)


def broken_base64() -> bytes:
    """Padding everywhere, and what is none of the alphabet."""
    head = _HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + b"QQ==!Q=\x00===Q" * 300_000


def wrong_charsets() -> bytes:
    """Charsets that are none, or that are no charset at all in Python."""
    names = (
        b"rot13",
        b"zip",
        b"unicode_escape",
        b"idna",
        b"undefined",
        b"utf-7",
        b"utf-16",
        b"x" * 5_000,
        b"\xff",
    )
    parts = [
        b"--b\r\nContent-Type: text/plain; charset="
        + name
        + b"\r\n\r\n"
        + bytes(range(128, 256)) * 500
        + b"\r\n"
        for name in names * 20
    ]
    return _mixed(b"b", b"".join(parts) + b"--b--")


def a_charset_that_has_to_be_guessed() -> bytes:
    """Two megabytes that no charset reads without a fault."""
    return _plain(bytes(range(128, 256)) * 16_000)


def flowed_lines() -> bytes:
    """Paragraphs of format=flowed without an end, quoted deeper and deeper."""
    head = _HEAD + b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n"
    return head + b"a \r\n" * 150_000 + b"".join(b">" * n + b"x \r\n" for n in range(1, 900))


def quotes_in_turn() -> bytes:
    """Each line is quoted otherwise than the one before."""
    return _plain(b">>>>>>>>>>x\r\nx\r\n" * 60_000)


def addresses_in_text() -> bytes:
    """A megabyte of addresses, and of what ends them."""
    return _plain(b"http://a" + b")" * 1_990 + b" " + b"https://example.org/ " * 47_000)


def a_line_of_a_megabyte() -> bytes:
    """Text without a line's end."""
    return _plain(b"x" * _MEGABYTE)


def nested_divs(count: int = 100_000) -> bytes:
    """nh3 took 81 seconds for it."""
    return _html(b"<div>" * count + b"text")


def megabytes_of_html() -> bytes:
    """More HTML than is shown."""
    return _html(b"<p>text <b>bold</b> <img src=http://example.org/a.png></p>\n" * 60_000)


def many_attributes() -> bytes:
    """One element of two megabytes."""
    return _html(b"<p " + b"a=b " * 400_000 + b">text</p>")


def attributes_of_one_tag(before: bytes = b"", between: bytes = b"") -> bytes:
    """As many as two megabytes hold, each of a name of its own, which parsers look for among all before it."""
    return _html(
        b"<p " + before + b" ".join(b"a%d%s" % (number, between) for number in range(150_000)) + b">x</p>"
    )


def attributes_behind_brackets_in_quotes() -> bytes:
    """As `attributes_of_one_tag`, and where the tag ends is hard to see."""
    return attributes_of_one_tag(between=b'="><"')


def attributes_behind_bare_brackets() -> bytes:
    """As `attributes_of_one_tag`, and each looks as if a tag began."""
    return attributes_of_one_tag(between=b"=</b")


def attributes_behind_a_stray_quote() -> bytes:
    """As `attributes_of_one_tag`, behind a quote that nothing closes where it seems to be closed."""
    return attributes_of_one_tag(before=b'x" y=">" ')


def references_without_end() -> bytes:
    """Two megabytes of them in one text."""
    return _html(b"<p>" + b"&nbsp;" * 330_000 + b"</p>")


def references_between_words() -> bytes:
    """Two megabytes of them and words in one text."""
    return _html(b"<p>" + b"a &amp; b " * 200_000 + b"</p>")


def styles_without_end() -> bytes:
    """Rules of CSS that hide what is there."""
    return _html(
        b"<style>"
        + b".a{display:none}" * 40_000
        + b"</style>"
        + b'<p class="a" style="'
        + b"a:b;" * 50_000
        + b'">text'
    )


def comments_that_never_end() -> bytes:
    """What opens and never closes, in HTML."""
    return _html(b"<!-- " * 200_000 + b"<a href='" * 50_000)


def many_html_parts() -> bytes:
    """HTML in each of a thousand parts."""
    part = b"--b\r\nContent-Type: text/html\r\n\r\n" + b"<table><tr><td>text" * 200 + b"\r\n"
    return _mixed(b"b", part * 1_000 + b"--b--")


def a_zip_bomb() -> bytes:
    """An archive of a gigabyte in a megabyte: nobody unpacks it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as file:
        for _ in range(100):
            file.write(bytes(_MEGABYTE))
    return _mixed(
        b"b",
        b"--b\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(packed.getvalue())
        + b"\r\n--b--",
    )


def injected_headers() -> bytes:
    """Line ends in encoded words and parameters: whoever writes these again writes new headers."""
    return (
        b"From: =?utf-8?q?Ann=0D=0ABcc:_c@example.org?= <a@example.org>\r\n"
        b"To: =?utf-8?b?" + base64.b64encode(b"b\r\n\r\n<script>@example.org") + b"?=\r\n"
        b"Subject: =?utf-8?q?s=0D=0ASet-Cookie:_a=3Db=00=1B[31m?=\r\n"
        b'Message-ID: <a\r\n b@example.org>\r\nContent-Type: text/plain; name="=?utf-8?q?a=0D=0A../b?="\r\n\r\ntext'
    )


def bare_carriage_returns() -> bytes:
    """Lines that end each in another way, delimiters too, and what would smuggle a second message."""
    return (
        _HEAD.replace(b"\r\n", b"\r")
        + b"Content-Type: multipart/mixed; boundary=b\r\r--b\r\rone\r--b\n\ntwo\n--b\r\n\r\n"
        b"three\r\n.\n.\r\r\n.\r\nMAIL FROM:<a@example.org>\r\n--b--\r"
    ) + b"\r" * _MEGABYTE


def a_single_carriage_return() -> bytes:
    """A line that ends with CR alone, which no delimiter does, and a thousand parts before forty megabytes."""
    return _mixed(b"b", b"one\rline\r\n" + b"--b\r\n\r\nx\r\n" * 990 + b"x" * (40 * _MEGABYTE))


def nothing() -> bytes:
    """No byte at all."""
    return b""


def line_ends() -> bytes:
    """Nothing but them."""
    return b"\r\n" * (10 * _MEGABYTE)


def zeros() -> bytes:
    """Fifty megabytes of no text."""
    return bytes(50 * _MEGABYTE)


BUILDERS: Final[Mapping[str, Callable[[], bytes]]] = {
    builder.__name__: builder
    for builder in (
        nested_multiparts,
        nested_multiparts_in_a_large_message,
        nested_messages,
        nested_messages_in_base64,
        the_same_boundary_everywhere,
        many_parts,
        empty_parts,
        nearly_empty_parts,
        lines_that_begin_as_a_boundary,
        an_empty_boundary,
        megabytes_of_headers,
        many_headers,
        a_header_of_twenty_megabytes,
        many_headers_in_each_part,
        a_subject_of_encoded_words,
        words_that_never_end,
        fifty_thousand_addresses,
        addresses_of_brackets,
        fifty_headers_of_addresses,
        spaces_without_an_address,
        colons_behind_an_address,
        signs_among_words,
        spaces_before_a_comment,
        semicolons,
        parameters_in_pieces,
        megabytes_of_base64,
        megabytes_of_text_in_base64,
        megabytes_of_quoted_printable,
        broken_base64,
        wrong_charsets,
        a_charset_that_has_to_be_guessed,
        flowed_lines,
        quotes_in_turn,
        addresses_in_text,
        a_line_of_a_megabyte,
        nested_divs,
        megabytes_of_html,
        many_attributes,
        attributes_of_one_tag,
        attributes_behind_brackets_in_quotes,
        attributes_behind_bare_brackets,
        attributes_behind_a_stray_quote,
        references_without_end,
        references_between_words,
        styles_without_end,
        comments_that_never_end,
        many_html_parts,
        a_zip_bomb,
        injected_headers,
        bare_carriage_returns,
        a_single_carriage_return,
        nothing,
        line_ends,
        zeros,
    )
}
"""Each hostile message by its name."""
