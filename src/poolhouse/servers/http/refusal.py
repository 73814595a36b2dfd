"""Why a request is refused before any application sees it: a status and one plain sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import PoolhouseError

if TYPE_CHECKING:
    from httptools import HttpParserError


class RefusedRequestError(PoolhouseError):
    """The request cannot be served; never leaves this room. `sentence` is fit for the client to read."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


_KNOWN = {
    # llhttp gives up at the first byte that no method begins with, so FOO and a TLS greeting look the same
    "Invalid method encountered": (501, "The request does not begin with a method that this server knows."),
    "Pause on PRI/Upgrade": (505, "HTTP/2 is not spoken here; use HTTP/1.1."),
    "Invalid HTTP version": (505, "This version of HTTP is not spoken here; use HTTP/1.1."),
}


def from_parser(error: HttpParserError) -> RefusedRequestError:
    """What a parser's complaint means to the client. The complaint is the parser's own text, never the client's."""
    complaint = str(error)
    if known := _KNOWN.get(complaint):
        return RefusedRequestError(*known)
    return RefusedRequestError(400, f"The request is not proper HTTP: {complaint}.")
