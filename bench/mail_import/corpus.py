"""Made messages that are like real ones in what costs: sizes, kinds of bodies, header fields, words.

Of the 1,153 messages of the public test suites that the tests use, 16 in a hundred have HTML, 12 attachments, most of
the others are plain; half of them are below 2.4 kB, one in a hundred is above 66 kB. So are these. Newsletters are of
nested tables with styles and links, as their senders make them; one message in three answers another.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

RARE = "zwetschgenmus"
"""A word of one message in a thousand."""

COMMON = "harbour"
SENDER = "person7@example.org"
LIST = "boats.example.org"
PEOPLE = 200
_LISTS = ("boats", "winter", "letters", "weekly")
_SYLLABLES = [
    first + second for first in "bdfghklmnprstvw" for second in ("a", "e", "i", "o", "u", "an", "er", "is")
]


class Corpus:
    """Messages by one `random`; each is made when it is asked for."""

    def __init__(self, random: Random, count: int) -> None:
        self._random = random
        self._count = count
        self._words = ["".join(random.choices(_SYLLABLES, k=random.randint(1, 4))) for _ in range(20_000)]
        # frequent words are much more frequent (Zipf), as in any language
        self._weights = [1 / (rank + 5) for rank in range(len(self._words))]
        self._stock = self._draw(200_000)

    def mbox(self) -> Iterator[bytes]:
        """The messages as an mbox has them."""
        for number in range(self._count):
            yield b"From %s Thu Jan  1 00:00:00 2026\n" % self._person(number)[1].encode()
            yield self.message(number)
            yield b"\n"

    def message(self, number: int) -> bytes:
        """The message of that number."""
        random = self._random
        kind = random.random()
        name, address = self._person(number)
        header = [
            *(
                f"Received: from m{hop}.example.org by m{hop + 1}.example.org; {_date(number)}"
                for hop in range(4)
            ),
            f"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=k; bh={'A' * 43}=; b={'B' * 340}",
            f"From: {name} <{address}>",
            "To: Anna <anna@example.net>",
            f"Subject: {'Re: ' if number % 3 == 2 else ''}{self._text(random.randint(2, 9))}",
            f"Date: {_date(number)}",
            f"Message-ID: <{number}.made@example.org>",
            "MIME-Version: 1.0",
        ]
        if number % 3 == 2:
            header.append(f"In-Reply-To: <{number - 1}.made@example.org>")
        if kind < 0.16:
            header += [
                f"List-Id: <{_LISTS[number % 4]}.example.org>",
                "List-Unsubscribe: <https://example.org/u>",
            ]
            head, body = self._newsletter(number)
        elif kind < 0.28:
            head, body = self._with_attachment(number)
        else:
            head, body = "Content-Type: text/plain; charset=utf-8", self._plain(number)
        return "\n".join([*header, head, "", body]).encode()

    def _person(self, number: int) -> tuple[str, str]:
        person = number * 7919 % PEOPLE
        return f"Person {person}", f"person{person}@example.org"

    def _plain(self, number: int) -> str:
        size = int(min(self._random.lognormvariate(5.0, 0.9), 20_000))
        lines = [self._text(12) for _ in range(size // 12 + 1)]
        if number % 3 == 2:
            lines += [f"> {line}" for line in lines[:8]]
        if number % 1_000 == 3:
            lines.append(RARE)
        if number % 3 == 0:
            lines.append(f"See https://example.org/{number} about the {COMMON}.")
        return "\n".join(lines) + "\n"

    def _newsletter(self, number: int) -> tuple[str, str]:
        row = '<tr><td style="padding:8px;font-family:Arial,sans-serif;font-size:14px;color:#333333" align="left">'
        cells = "".join(
            f'<table width="600" cellpadding="0" cellspacing="0" border="0"><tbody>{row}'
            f'<a href="https://example.org/{number}/{place}?utm_source=x" style="color:#0066cc">{self._text(5)}</a>'
            f'<img src="https://example.org/{place}.png" width="120" height="80" alt=""><p>{self._text(30)}</p>'
            "</td></tr></tbody></table>"
            for place in range(self._random.randint(4, 30))
        )
        html = f"<html><head><style>p{{margin:0}}</style></head><body>{cells}</body></html>"
        return 'Content-Type: multipart/alternative; boundary="b"', "\n".join(
            ["--b", "Content-Type: text/plain; charset=utf-8", "", self._plain(number), "--b",
             "Content-Type: text/html; charset=utf-8", "", html, "--b--", ""]
        )  # fmt: skip

    def _with_attachment(self, number: int) -> tuple[str, str]:
        content = self._random.randbytes(int(min(self._random.lognormvariate(8.5, 1.3), 300_000)))
        return 'Content-Type: multipart/mixed; boundary="b"', "\n".join(
            ["--b", "Content-Type: text/plain; charset=utf-8", "", self._plain(number), "--b",
             'Content-Type: application/pdf; name="paper.pdf"', "Content-Transfer-Encoding: base64",
             'Content-Disposition: attachment; filename="paper.pdf"', "",
             base64.encodebytes(content).decode(), "--b--", ""]
        )  # fmt: skip

    def _draw(self, count: int) -> list[str]:
        return self._random.choices(self._words, self._weights, k=count)

    def _text(self, words: int) -> str:
        start = self._random.randrange(len(self._stock) - words)
        return " ".join(self._stock[start : start + words])


def _date(number: int) -> str:
    return f"Thu, {number % 28 + 1} Jan 2026 {number % 24:02}:{number % 60:02}:00 +0000"
