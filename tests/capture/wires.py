"""Pages that are hard to get: slow, endless, packed, broken off, moved, refused."""

from __future__ import annotations

import zlib
from functools import cache
from typing import TYPE_CHECKING

from tests.capture.answers import (
    HTML,
    chunked,
    cut,
    dripping,
    endless,
    for_telephones,
    head,
    needs_cookie,
    packed,
    raw,
    redirect,
    silent,
    whole,
)
from tests.capture.articles import document, said
from tests.capture.pages import Page
from tests.capture.words import as_html, paragraphs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.capture.answers import Answer

SLOW = "did not answer within"
BOMB_BYTES = 1_000_000_000

_BLOCK_BYTES = 1_000_000
_END = "</body>\n</html>\n"


def article(name: str, essay: str = "mills") -> str:
    """A plain page with that essay."""
    return document("Plain", f"<article><h1>Plain</h1>{as_html(paragraphs(essay, name))}</article>")


def _read(name: str, answer: Answer, *, final: str = "", **beneath: Answer) -> Page:
    answers = {"": answer, **{f"/{path}": each for path, each in beneath.items()}}
    return Page(name=name, answers=answers, says=said("mills", name), title="Plain", final=final)


def _failed(name: str, answer: Answer, failure: str, **beneath: Answer) -> Page:
    answers = {"": answer, **{f"/{path}": each for path, each in beneath.items()}}
    return Page(name=name, answers=answers, failure=failure)


@cache
def gzip_bomb(name: str) -> bytes:
    """A page that goes on for a gigabyte of spaces, in a megabyte; its check sum, at the end of all that, is wrong."""
    packer = zlib.compressobj(9, wbits=31)
    text = article(name).removesuffix(_END).encode()
    start = packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)
    # what a full flush ends refers to nothing before it, and may be said again
    block = packer.compress(b" " * _BLOCK_BYTES) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + block * (BOMB_BYTES // _BLOCK_BYTES) + packer.flush()


def _bodies() -> list[Page]:
    """Whole and not so whole bodies."""
    claimed = f"Content-Type: {HTML}"
    plain = article("endless").removesuffix(_END).encode()
    short = article("tooshort").encode()
    return [
        _read("gzip", packed(article("gzip"))),
        _read("chunked", chunked(article("chunked"), 7)),
        _read(
            "oldhttp",
            raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + article("oldhttp").encode()),
        ),
        _read("dribble", dripping(head("200 OK", claimed) + article("dribble").encode(), b" ", drops=4)),
        _read("endless", endless(head("200 OK", claimed) + plain, b" " * 65_536)),
        _read("gzipbomb", whole(gzip_bomb("gzipbomb"), lines=["Content-Encoding: gzip"])),
        # whatever follows what was announced is another answer, or an attempt to pass for one (RFC 9112 §6.3)
        _failed("tooshort", whole(short + b"<p>a second answer, smuggled", length=len(short)), "not HTTP"),
        _failed("toolong", whole(article("toolong"), length=1_000_000), "broke the connection off"),
        _failed("halfgzip", packed(article("halfgzip"), keep_bytes=400), "could not be unpacked"),
        _failed(
            "notgzip", whole(article("notgzip"), lines=["Content-Encoding: gzip"]), "could not be unpacked"
        ),
        _failed("brotli", whole(b"\x0b\x02\x80", lines=["Content-Encoding: br"]), "packed in a way"),
        _failed(
            "reset",
            cut(head("200 OK", claimed, "Content-Length: 9999") + b"<p>begin"),
            "broke the connection",
        ),
    ]


def _conversations() -> list[Page]:
    """Servers that hardly speak."""
    return [
        _failed("silent", silent(), SLOW),
        _failed("slowbody", dripping(head("200 OK", f"Content-Type: {HTML}") + b"<p>once", b" upon"), SLOW),
        _failed("slowhead", dripping(b"HTTP/1.1 200 OK\r\n", b"X-Slow: yes\r\n"), "did not answer|not HTTP"),
        _failed("endlesshead", endless(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"), "not HTTP|broke"),
        _failed("endlessline", endless(b"HTTP/1.1 200 OK\r\nX-Line: ", b"a" * 65_536), "not HTTP|broke"),
        _failed("resethead", cut(b"HTTP/1.1 20"), "broke the connection off|could not be reached"),
        _failed("speechless", raw(b""), "broke the connection off"),
        _failed("nothttp", raw(b"220 mail.example ESMTP ready\r\n"), "not HTTP|broke"),
    ]


def _statuses() -> list[Page]:
    """Answers that say no, with a page that says so at length."""
    sorry = document("Sorry", as_html(paragraphs("moss", "sorry")))
    statuses = {
        "missing": "404 Not Found",
        "gone": "410 Gone",
        "failing": "500 Internal Server Error",
        "busy": "429 Too Many Requests",
        "forbidden": "403 Forbidden",
        "private": "401 Unauthorized",
        "payment": "402 Payment Required",
        "odd": "999 Denied",
    }
    return [
        _failed(name, whole(sorry, status=status, lines=["Retry-After: 1"]), f"answered {status[:3]}")
        for name, status in statuses.items()
    ]


def _moves() -> list[Page]:
    """Redirects."""
    chain = (
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    )
    steps = {
        f"/{n}": redirect(f"/moved/{n + 1}" if n < 4 else "/moved/end?a=b#c", chain[n]) for n in range(1, 5)
    }
    moved = Page(
        name="moved",
        answers={"": redirect("moved/1", chain[0]), **steps, "/end?a=b": whole(article("moved"))},
        says=said("mills", "moved"),
        title="Plain",
        final="/moved/end?a=b",
    )
    refresh = document(
        "Moving", "<p>One moment.", '<meta http-equiv="refresh" content="0; url=/refresh/there">'
    )
    return [
        moved,
        _read(
            "telephone",
            for_telephones(whole(article("telephone")), "http://127.0.1.250:{port}/telephone/m"),
            final="/telephone/m",
            m=whole(article("telephone")),
        ),
        _read(
            "elsewhere",
            redirect("http://127.0.1.250:{port}/elsewhere/page", chain[0]),
            final="/elsewhere/page",
            page=whole(article("elsewhere")),
        ),
        Page(
            name="refresh",
            answers={"": whole(refresh), "/there": whole(article("refresh"))},
            has_text=None,
        ),
        _failed("loop", redirect("/loop"), "redirects more than"),
        _failed("pingpong", redirect("/pingpong/b"), "redirects more than", b=redirect("/pingpong")),
        _failed("cookieloop", needs_cookie(whole(article("cookieloop"))), "redirects more than"),
        _failed("tofile", redirect("file:///etc/passwd"), "file: are not fetched"),
        _failed("toscript", redirect("javascript:alert(1)"), "javascript: are not fetched"),
        _failed("toprivate", redirect("http://127.0.0.1:{port}/"), "is an address of this machine"),
        _failed("tocloud", redirect("http://169.254.169.254/latest/"), "is an address of the local link"),
        _failed("toport", redirect("http://127.0.1.250:22/"), "port 22 is"),
        _failed("tonowhere", redirect("http://[/"), "no address"),
    ]


def wires() -> Sequence[Page]:
    """All of them."""
    return [*_bodies(), *_conversations(), *_statuses(), *_moves()]
