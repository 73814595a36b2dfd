"""The pictures in a message: its own in their places, those from elsewhere on request alone."""

from __future__ import annotations

from base64 import b64encode, encodebytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.servers.web import mail_pictures
from poolhouse.servers.web.mail_pictures import PLACED_LIMIT, has_colours, own_pictures, with_pictures
from poolhouse.types import Part

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
HTML = (
    '<p>a<img src="part:2" alt="own">b<img data-remote="https://t.example/p.png?a=1&amp;b=2" alt="A &lt;b&gt; desk">'
    '<img data-remote="https://t.example/pixel.gif"><img src="data:image/png;base64,AAAA" alt="kept">c</p>'
)


def part(raw: bytes, path: str = "2", encoding: str = "base64") -> Part:
    return Part(
        path=path, media_type="image/png", start=0, end=len(raw), size_bytes=len(raw), encoding=encoding
    )


def test_own_pictures_stand_in_their_places() -> None:
    raw = encodebytes(PNG)
    pictures = own_pictures(HTML, [part(raw), part(raw, "3")], raw)
    assert pictures == {"2": f"data:image/png;base64,{b64encode(PNG).decode()}"}
    shown = with_pictures(HTML, pictures, with_remote=False)
    assert f'<img src="{pictures["2"]}" alt="own">' in shown
    assert '<img src="data:image/png;base64,AAAA" alt="kept">' in shown


def test_what_is_no_picture_or_too_much_is_not_put_in(monkeypatch: pytest.MonkeyPatch) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    assert own_pictures(HTML, [part(svg, encoding="")], svg) == {}
    monkeypatch.setattr(mail_pictures, "PICTURES_LIMIT_BYTES", len(PNG) * 2 - 1)
    two = HTML + '<img src="part:3">'
    assert set(own_pictures(two, [part(PNG, "2", ""), part(PNG, "3", "")], PNG)) == {"2"}
    assert "part:" not in with_pictures(two, {}, with_remote=True)


def test_one_picture_in_many_places_is_shown_until_there_is_no_room() -> None:
    data = f"data:image/gif;base64,{'A' * (PLACED_LIMIT // 10)}"
    made = with_pictures('<img src="part:2" alt="dot">' * 5_000, {"2": data}, with_remote=True)
    assert made.count("data:image/gif") == 9
    assert made.count('<span class="image">dot</span>') == 4_991


def test_pictures_from_elsewhere_wait_until_asked_for() -> None:
    without = with_pictures(HTML, {}, with_remote=False)
    assert "t.example" not in without
    assert '<span class="image">A &lt;b&gt; desk</span>' in without
    shown = with_pictures(HTML, {}, with_remote=True)
    assert '<img src="https://t.example/p.png?a=1&amp;b=2" alt=' in shown
    assert "data-remote" not in shown


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//x.example/a", "file:///etc/passwd", "part:2", ""]
)
def test_only_the_web_is_asked(address: str) -> None:
    assert with_pictures(f'<img data-remote="{address}" alt="">', {}, with_remote=True) == ""


@given(alt=st.text(alphabet=st.characters(exclude_characters='"<>&'), max_size=30))
def test_no_source_is_left_that_was_not_asked_for(alt: str) -> None:
    html = f'<img data-remote="https://t.example/x" alt="{alt}"><img alt="{alt}" src="part:9">'
    assert "src=" not in with_pictures(html, {}, with_remote=False)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>plain</p>", False),
        ('<p style="margin: 0; text-align: center">x</p>', False),
        ('<p style="color: #333">x</p>', True),
        ('<div style="margin:0;background-color:#fff">x</div>', True),
        ('<td style="background:white">x</td>', True),
        ('<table bgcolor="#ffffff"><tr><td>x</td></tr></table>', True),
        ('<font color="red">x</font>', True),
        ('<p title="color">style="x"</p>', False),
    ],
)
def test_whether_a_message_chose_colours(html: str, expected: bool) -> None:
    assert has_colours(html) is expected
