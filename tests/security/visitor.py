"""A program and a browser at a real server, over real sockets; no answer may tell anything of the server's inside."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import poolhouse
from tests.conftest import PASSWORD
from tests.running import RunningServer

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE_SECONDS = 30.0
SOURCE = str(Path(poolhouse.__file__).parent).encode()
_TOKEN = re.compile(r'name="token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass
class Visitor:
    """Anna at a server of her own: with a token, a reader's secret and a browser."""

    server: RunningServer
    token: str = ""
    feed: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, data: Path) -> Visitor:
        """Set up a data directory and start a server on it."""
        server = RunningServer(data)
        server.command("person", "add", "anna", "--password-stdin", stdin=PASSWORD + "\n")
        server.start()
        visitor = cls(server)
        visitor.token = server.command("token", "add", "anna", "--label", "script")[0]["token"]
        made = server.command("secret", "add", "anna", "--pool", "Bookmarks", "--label", "reader")[0]
        visitor.feed = urlsplit(made["path"]["atom"]).path
        return visitor

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.server.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def ask(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Heard:
        """One request on a connection of its own."""
        connection = HTTPConnection(*self.address, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, target, body or None, dict(headers or {}))
            return self._hear(connection.getresponse())
        finally:
            connection.close()

    def api(self, method: str, path: str, body: object = None) -> Heard:
        """As a script with a token."""
        headers = {"authorization": f"Bearer {self.token}"}
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        if content:
            headers["content-type"] = "application/json"
        return self.ask(method, f"/api/v1{path}", content, headers)

    def save(self, name: str) -> Heard:
        """Save a page by the API."""
        return self.api("POST", "/links", {"url": f"https://example.org/{name}", "title": name})

    def saved(self) -> set[str]:
        """The titles of all that is saved."""
        found: set[str] = set()
        path = "/links?limit=100"
        while path:
            page = json.loads(self.api("GET", path).body)
            found |= {each["title"] for each in page["items"]}
            path = (page["next"] or "").partition("/api/v1")[2]
        return found

    def get(self, path: str) -> Heard:
        """As a browser."""
        return self._remember(self.ask("GET", path, headers=self._shown()))

    def post(self, path: str, fields: Mapping[str, str | bytes]) -> Heard:
        """As a browser that sends a form."""
        headers = {**self._shown(), "content-type": "application/x-www-form-urlencoded"}
        return self._remember(self.ask("POST", path, urlencode(fields).encode(), headers))

    def log_in(self) -> None:
        """Log the browser in."""
        fields = {"token": self.form_token("/login"), "name": "anna", "password": PASSWORD}
        assert self.post("/login", fields).status == 303

    def form_token(self, path: str = "/save") -> str:
        """The token of the form on a page."""
        found = _TOKEN.search(self.get(path).text)
        assert found is not None
        return found[1]

    def say(self, *pieces: bytes) -> Heard | None:
        """Exactly these bytes, and no more ever; what comes back, or None where that is nothing."""
        with socket.create_connection(self.address, PATIENCE_SECONDS) as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused before all was said
            response = HTTPResponse(connection)
            try:
                response.begin()
            except (ConnectionError, OSError, ValueError):
                return None
            return self._hear(response)

    def _shown(self) -> dict[str, str]:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"accept": "text/html", **({"cookie": jar} if jar else {})}

    def _remember(self, heard: Heard) -> Heard:
        for line in heard.headers.get("set-cookie", "").split("\n"):
            name, _, value = line.partition(";")[0].partition("=")
            if name:
                self.cookies[name] = value
        return heard

    def _hear(self, response: HTTPResponse) -> Heard:
        body = response.read()
        headers: dict[str, str] = {}
        for name, value in response.getheaders():
            name = name.lower()  # noqa: PLW2901 - as it is looked up
            headers[name] = f"{headers[name]}\n{value}" if name in headers else value
        everything = body + repr(headers).encode()
        for inside in (
            b"Traceback",
            SOURCE,
            str(self.server.data).encode(),
            b"site-packages",
            b"sqlite",
            b"apsw",
        ):
            assert inside.lower() not in everything.lower(), inside
        return Heard(response.status, headers, body)
