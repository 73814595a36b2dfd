"""Asks the real site as a program would, without a socket: thousands of requests a second, every header its own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

from poolhouse.servers.site import build_site

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

    from poolhouse.app.house import RunningHouse

Headers = dict[str, str]
CLIENT = ("192.0.2.1", 50_000)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def everything(self) -> bytes:
        """What the other side gets to see, headers first."""
        head = "".join(f"{name}: {value}\n" for name, value in self.headers)
        return head.encode("latin-1") + b"\n" + self.body


class Asker:
    """The site of a house on an event loop of its own. Use it with `with`."""

    def __init__(self, house: RunningHouse) -> None:
        self.house = house
        self.site = build_site(house)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self._runner.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        *,
        form: Mapping[str, str] | None = None,
        data: object = None,
        body: bytes = b"",
        scheme: str = "http",
    ) -> Answer:
        """One request; `form` is sent as a browser sends a form, `data` as JSON."""
        fields = [(name.lower(), value) for name, value in dict(headers).items()]
        if form is not None:
            fields.append(("content-type", "application/x-www-form-urlencoded"))
            body = urlencode(form).encode()
        elif data is not None:
            fields.append(("content-type", "application/json"))
            body = json.dumps(data).encode()
        if not any(name == "host" for name, _ in fields):
            fields.append(("host", "pools.test"))
        return self._runner.run(_ask(self.site, method, target, fields, body, scheme))


async def _ask(
    site: Any, method: str, target: str, fields: list[tuple[str, str]], body: bytes, scheme: str
) -> Answer:
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": quote(path, safe="/%:@!$&'()*+,;=-._~").encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields],
        "client": CLIENT,
        "server": ("pools.test", 80),
    }
    status, headers, content = 0, [], bytearray()
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.extend(message["headers"])
        else:
            content.extend(message.get("body", b""))

    await site(scope, receive, send)
    shown = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
    return Answer(status, shown, bytes(content))
