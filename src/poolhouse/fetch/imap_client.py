"""IMAPClient over a connection that is bounded, with the few commands that it lacks."""

from __future__ import annotations

import imaplib
from typing import TYPE_CHECKING, Any

from imapclient import IMAPClient
from imapclient.exceptions import LoginError
from imapclient.response_parser import parse_fetch_response

if TYPE_CHECKING:
    from poolhouse.fetch.imap_wire import BoundedImap


class BoundedClient(IMAPClient):  # type: ignore[misc]  # a class without types
    """IMAPClient over a connection that is there already, with what it lacks."""

    def __init__(self, bounded: BoundedImap) -> None:
        self.bounded = bounded
        super().__init__(bounded.host, bounded.port)
        bounded.debug = 0  # else every byte is made text for a log that nobody keeps, the password too
        self.normalise_times = False

    def _create_IMAP4(self) -> BoundedImap:  # noqa: N802 - its name there
        return self.bounded

    def login_quoted(self, user_name: str, password: str) -> None:
        """LOGIN (RFC 9051 §6.2.3); imaplib does not quote the name. Raises LoginError."""
        try:
            self._checkok("login", *self.bounded.log_in_quoted(_quoted(user_name), _quoted(password)))
        except imaplib.IMAP4.error as error:
            raise LoginError(str(error))  # noqa: B904 - its context says whether the connection ended

    def idle(self) -> None:
        """IDLE (RFC 2177); IMAPClient takes whatever comes before the "+" for the wrong answer."""
        self._idle_tag = self.bounded.begin_idle()

    def fetch_changed(self, last_uid: int, mod_seq: int) -> dict[int, dict[bytes, Any]]:
        """FETCH with CHANGEDSINCE over a range: IMAPClient 4.1 takes lists of UIDs alone, of any length."""
        kind, data = self.bounded.uid("FETCH", f"1:{last_uid}", "(FLAGS)", f"(CHANGEDSINCE {mod_seq})")
        self._checkok("fetch", kind, data)
        found: dict[int, dict[bytes, Any]] = parse_fetch_response(data, False, True)
        return found


def _quoted(text: str) -> str:
    if any(character in text for character in "\r\n\0"):
        raise LoginError("a name or a password is one line")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
