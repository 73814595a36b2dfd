"""Style sheets that fetch nothing: CSS Syntax Level 3 §4 to the depth that needs, one pass, linear in the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from poolhouse.formats.raster import inert_data_url

if TYPE_CHECKING:
    from collections.abc import Callable

_ESCAPE: Final = r"\\(?:[0-9A-Fa-f]{1,6}+[ \t\n]?|[^\n0-9A-Fa-f])"
_LETTER: Final = rf"[A-Za-z0-9_\-\u0080-\U0010ffff]|{_ESCAPE}"
_NAME: Final = rf"(?:{_LETTER})(?:{_LETTER}|)*+"
_TOKEN: Final = re.compile(
    rf"""(?P<comment>/\*)|(?P<string>"(?:[^"\\\n]++|\\(?s:.)?|)*+"?|'(?:[^'\\\n]++|\\(?s:.)?|)*+'?)"""
    rf"""|@(?P<at>{_NAME})|(?P<name>{_NAME})(?P<call>\()?|(?P<open>[(\[{{])|(?P<close>[)\]}}])|(?s:.)"""
)
_REST_OF_URL: Final = re.compile(r"(?:[^)\\]++|\\(?s:.)?|)*+\)?")
_QUOTED: Final = re.compile(
    r"""[ \t\n]*+("(?:[^"\\\n]++|\\(?s:.)?|)*+"|'(?:[^'\\\n]++|\\(?s:.)?|)*+')[ \t\n]*+\)"""
)
_QUOTE: Final = re.compile(r"""[ \t\n]*+["']""")
_ESCAPED: Final = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})[ \t\n]?|(\n)|((?s:.))|$)")
_NEWLINES: Final = re.compile(r"\r\n|[\r\f]")

_FETCHING_RULES: Final = frozenset({"import", "charset", "namespace", "font-face"})
_FETCHING_CALLS: Final = frozenset({"image-set", "-webkit-image-set", "image", "src", "expression", "paint"})
_NOTHING: Final = "none"
_APART: Final = "/**/"  # else what stood before it and what comes after could become a rule


def inert_css(css: str, image: Callable[[str], str | None]) -> str:
    """Return a style sheet, or a list of declarations, that fetches nothing; never raises.

    `image` is asked for each `url()`, as written and unescaped, and gives the `data:` address that stands for it or
    None; what it does not know becomes `none`. Imports, fonts and whatever else could name a file go, comments too.
    The result may stand in a `style` element: it does not hold `</`.
    """
    return _Sheet(_NEWLINES.sub("\n", css).replace("\x00", "\ufffd"), image).written().replace("</", "<\\/")


def css_image_urls(css: str) -> list[str]:
    """Return what a style sheet names by `url()` where images may stand, as written, in order; `data:` is left out."""
    found: list[str] = []

    def note(url: str) -> None:
        if url[:5].lower() != "data:" and not url.startswith("#"):
            found.append(url)

    inert_css(css, note)
    return list(dict.fromkeys(url for url in found if url))


def css_unescaped(text: str) -> str:
    """Return what an identifier or the inside of a string stands for (§4.3.7)."""
    return _ESCAPED.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[3] or ""
    code = int(escape[1], 16)
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"


class _Sheet:
    """Where in the style sheet we are."""

    def __init__(self, css: str, image: Callable[[str], str | None]) -> None:
        self._css = css
        self._image = image
        self._position = 0

    def written(self) -> str:
        out: list[str] = []
        while token := _TOKEN.match(self._css, self._position):
            self._position = token.end()
            if token["comment"]:
                self._pass_comment()
                out.append(_APART)
            elif token["at"] and css_unescaped(token["at"]).lower() in _FETCHING_RULES:
                self._pass_rule()
                out.append(_APART)
            elif token["call"]:
                out.append(self._called(token))
            else:
                out.append(token[0])
        return "".join(out)

    def _called(self, token: re.Match[str]) -> str:
        name = css_unescaped(token["name"]).lower()
        if name == "url":
            url = self._url()
            data = inert_data_url(url) or self._image(url)
            return f'url("{data}")' if data is not None else _NOTHING
        if name in _FETCHING_CALLS:
            self._pass_block()
            return _NOTHING
        return token[0]

    def _url(self) -> str:
        quoted = _QUOTED.match(self._css, self._position)
        if quoted:
            self._position = quoted.end()
            return css_unescaped(quoted[1][1:-1])
        rest = self._rest_of_url()
        if rest is None:  # with modifiers, or left open
            self._pass_block()
            return ""
        return css_unescaped(rest.removesuffix(")").strip())

    def _rest_of_url(self) -> str | None:
        """Read an address without quotation marks, to its bracket; None, and nothing is read, where it has some."""
        if _QUOTE.match(self._css, self._position):
            return None
        rest = _REST_OF_URL.match(self._css, self._position)
        assert rest is not None
        self._position = rest.end()
        return rest[0]

    def _pass_comment(self) -> None:
        end = self._css.find("*/", self._position)
        self._position = len(self._css) if end < 0 else end + 2

    def _pass_rule(self) -> None:
        """Go on after a rule: its semicolon, its block, or the end of the block that it stands in (§5.4.2)."""
        while token := _TOKEN.match(self._css, self._position):
            if token["close"] == "}":
                return
            self._position = token.end()
            if token["comment"]:
                self._pass_comment()
            elif token["open"] or (token["call"] and not self._is_bare_url(token)):
                self._pass_block()
                if token["open"] == "{":
                    return
            elif token[0] == ";":
                return

    def _pass_block(self) -> None:
        """Go on after the bracket that closes the one that was just read."""
        depth = 1
        while depth and (token := _TOKEN.match(self._css, self._position)):
            self._position = token.end()
            if token["comment"]:
                self._pass_comment()
            elif token["open"] or (token["call"] and not self._is_bare_url(token)):
                depth += 1
            elif token["close"]:
                depth -= 1

    def _is_bare_url(self, token: re.Match[str]) -> bool:
        """Say whether an address without quotation marks began, and go on after it: it holds any characters."""
        return css_unescaped(token["name"]).lower() == "url" and self._rest_of_url() is not None
