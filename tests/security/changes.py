"""Every way to change something, as a request; a route that has no line here fails a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolhouse.servers.api.table import ENDPOINTS
from poolhouse.servers.web import PAGES
from tests.security.addresses import API, api_template, web_template
from tests.security.callers import bearer, cookie
from tests.security.mail import LETTER_LINK

if TYPE_CHECKING:
    from tests.security.asking import Answer
    from tests.security.homes import Home
    from tests.security.world import World

BOOKMARKS = b'<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p><DT><A HREF="https://new.example/">New</A></DL>'
LETTER = b"From: anna@new.example\r\nSubject: New\r\n\r\nNew.\r\n"
NEW = "https://new.example/"
KINDS = ("pool", "item", "message", "address", "account", "folder", "secret", "session", "capture", "job")


@dataclass(frozen=True, slots=True)
class Change:
    """`{pool}`, `{item}`, `{capture}`, `{secret}`, `{session}` and `{job}` in the path or the fields are ids of whoever
    is to be harmed; `{my_pool}` and `{my_item}` are the caller's own.
    """

    method: str
    path: str
    fields: dict[str, Any] | None = None

    @property
    def is_api(self) -> bool:
        return self.path.startswith(API)

    @property
    def name(self) -> str:
        return f"{self.method} {self.path} {self.fields or ''}"

    @property
    def template(self) -> str:
        """The path with one's own things and others' named alike, and without a query."""
        return self.path.partition("?")[0].replace("{my_", "{")


_PLACE = {"host": "127.0.0.1", "user_name": "somebody", "password": "something"}
OF_THINGS = (
    Change("POST", "/pools/new", {"name": "new", "parent": "{pool}"}),
    Change("POST", "/pools/{pool}/edit", {"name": "renamed"}),
    Change("POST", "/pools/{my_pool}/edit", {"name": "renamed", "parent": "{pool}"}),
    Change("POST", "/pools/{pool}/delete", {}),
    Change("POST", "/pools/{pool}/restore", {}),
    Change("POST", "/pools/{pool}/subscribe", {"reader": "other", "label": "x"}),
    Change("POST", "/items/{item}/edit", {"url": NEW, "title": "t", "pools": "{my_pool}"}),
    Change("POST", "/items/{my_item}/edit", {"url": NEW, "title": "t", "pools": "{pool}"}),
    Change("POST", "/items/{item}/mark", {"read": "1", "starred": "0"}),
    Change("POST", "/items/{item}/delete", {}),
    Change("POST", "/items/{item}/restore", {}),
    Change("POST", "/items/{item}/remove", {}),
    Change("POST", "/items/{item}/capture", {}),
    Change("POST", "/items/{item}/captures/{capture}/delete", {}),
    Change("POST", "/items/{my_item}/captures/{capture}/delete", {}),
    Change("POST", "/items/{item}/archive", {}),
    Change("POST", "/items/{item}/unarchive", {}),
    Change("POST", "/items/{item}/defer", {"when": "tomorrow"}),
    Change("POST", "/items/{item}/undefer", {}),
    Change("POST", "/items/{message}/links", {"url": LETTER_LINK}),
    Change("POST", "/addresses", {"label": "x", "pool": "{pool}"}),
    Change("POST", "/addresses/{address}", {"label": "x"}),
    Change("POST", "/addresses/{address}/disable", {}),
    Change("POST", "/addresses/{address}/enable", {}),
    Change("POST", "/accounts/{account}", {"label": "x"}),
    Change("POST", "/accounts/{account}/place", _PLACE),
    Change("POST", "/accounts/{account}/folders", {"folder": "{folder}"}),
    Change("POST", "/accounts/{account}/pull", {}),
    Change("POST", "/accounts/{account}/pause", {}),
    Change("POST", "/accounts/{account}/remove", {}),
    Change("POST", "/jobs/{job}/retry", {}),
    Change("POST", "/jobs/{job}/drop", {}),
    Change("POST", "/jobs/{job}/cancel", {}),
    Change("POST", "/import", {"pool": "{pool}"}),
    Change("POST", "/account/sessions", {"session": "{session}"}),
    Change("POST", "/secrets/{secret}/cut-off", {}),
    Change("POST", "/save", {"url": NEW, "pool": "{pool}"}),
    Change("POST", f"{API}/links", {"url": NEW, "pool": "{pool}"}),
    Change("PATCH", f"{API}/links/{{item}}", {"title": "t"}),
    Change("PATCH", f"{API}/links/{{my_item}}", {"pools": ["{pool}"]}),
    Change("DELETE", f"{API}/links/{{item}}"),
    Change("POST", f"{API}/links/{{item}}/restore"),
    Change("PUT", f"{API}/links/{{item}}/marks/starred"),
    Change("DELETE", f"{API}/links/{{item}}/marks/starred"),
    Change("POST", f"{API}/pools", {"name": "new", "parent": "{pool}"}),
    Change("PATCH", f"{API}/pools/{{pool}}", {"name": "renamed"}),
    Change("PATCH", f"{API}/pools/{{my_pool}}", {"parent": "{pool}"}),
    Change("DELETE", f"{API}/pools/{{pool}}"),
    Change("POST", f"{API}/pools/{{pool}}/restore"),
    Change("PUT", f"{API}/pools/{{pool}}/entries/{{my_item}}"),
    Change("PUT", f"{API}/pools/{{my_pool}}/entries/{{item}}"),
    Change("DELETE", f"{API}/pools/{{pool}}/entries/{{my_item}}"),
    Change("DELETE", f"{API}/pools/{{my_pool}}/entries/{{item}}"),
    Change("POST", f"{API}/secrets", {"label": "x", "pool": "{pool}"}),
    Change("DELETE", f"{API}/secrets/{{secret}}"),
    Change("POST", f"{API}/import?pool={{pool}}"),
    Change("POST", f"{API}/import/mail?pool={{pool}}"),
    Change("POST", f"{API}/links/{{item}}/captures"),
    Change("DELETE", f"{API}/links/{{item}}/captures/{{capture}}"),
    Change("DELETE", f"{API}/links/{{my_item}}/captures/{{capture}}"),
    Change("PUT", f"{API}/links/{{item}}/archive"),
    Change("DELETE", f"{API}/links/{{item}}/archive"),
    Change("PUT", f"{API}/links/{{item}}/deferral", {"until": "2030-01-01T08:00:00Z"}),
    Change("DELETE", f"{API}/links/{{item}}/deferral"),
    Change("POST", f"{API}/messages/{{message}}/links", {"url": LETTER_LINK}),
    Change("POST", f"{API}/addresses", {"label": "x", "pool": "{pool}"}),
    Change("PATCH", f"{API}/addresses/{{address}}", {"label": "x"}),
    Change("PATCH", f"{API}/accounts/{{account}}", {"label": "x"}),
    Change("PUT", f"{API}/accounts/{{account}}/place", _PLACE),
    Change("POST", f"{API}/accounts/{{account}}/pull"),
    Change("DELETE", f"{API}/accounts/{{account}}"),
    Change("PATCH", f"{API}/accounts/{{account}}/folders/{{folder}}", {"pool": "{my_pool}"}),
    Change("POST", f"{API}/jobs/{{job}}/retry"),
    Change("DELETE", f"{API}/jobs/{{job}}"),
)
"""Changes that name a thing, which may be another person's."""

OF_ONESELF = (
    Change("POST", "/account/password", {"old_password": "x", "password": "another long one"}),
    Change("POST", "/account/tokens", {"label": "x"}),
    Change("POST", "/trash/empty", {}),
    Change("POST", "/jobs/check-links", {}),
    Change("POST", "/addresses/own", {"own": "me@own.example"}),
    Change("POST", "/accounts", _PLACE),
    Change("POST", f"{API}/accounts", _PLACE),
    Change("POST", "/logout", {}),
    Change("PUT", f"{API}/own-addresses", {"addresses": ["me@own.example"]}),
    Change("DELETE", f"{API}/trash"),
    Change("POST", f"{API}/checks"),
)
"""Changes that name nothing: they are about whoever asks."""

OF_STRANGERS = (
    Change("POST", "/login", {"name": "zqanna", "password": "x"}),
    Change("POST", "/welcome/made-up", {"name": "zqdora", "password": "a long password"}),
)
"""Changes that need no account."""

ALL = (*OF_THINGS, *OF_ONESELF, *OF_STRANGERS)


def routes_that_change() -> set[tuple[str, str]]:
    """Every method and path that is there to change something, by the doors' own tables."""
    pages = {("POST", web_template(page.path)) for page in PAGES if page.post}
    return pages | {(each.method, api_template(each.path)) for each in ENDPOINTS if each.method != "GET"}


def ids(home: Home, *, only: int | None = None) -> dict[str, int]:
    """The ids by which things of this person's are named, or the one that is nobody's."""
    if only is not None:
        return dict.fromkeys(KINDS, only)
    assert home.session_id is not None
    return {
        "pool": home.pools[2].id,
        "item": home.items[0].id,
        "message": home.letters[0],
        "address": home.addresses[0],
        "account": home.accounts[0],
        "folder": home.folders[0],
        "secret": home.feed_secrets[0][1],
        "session": home.session_id,
        "capture": home.items[0].id,
        "job": home.jobs[0],
    }


def attempt(
    world: World,
    change: Change,
    *,
    caller: Home,
    target: dict[str, int],
    headers: dict[str, str] | None = None,
    token: str | None = None,
) -> Answer:
    """Ask for a change of `target`, as `caller` unless other headers are given; pages with their form's token."""
    mine = {"my_pool": caller.pools[3].id, "my_item": caller.items[0].id}
    path = change.path.format(**target, **mine)
    fields = {name: _filled(value, {**target, **mine}) for name, value in (change.fields or {}).items()}
    if change.is_api:
        headers = bearer(caller.token) if headers is None else headers
        if "/import" in change.path:
            is_mail = "/mail" in change.path
            media_type, file = ("message/rfc822", LETTER) if is_mail else ("text/html", BOOKMARKS)
            return world.asker.ask(change.method, path, {**headers, "content-type": media_type}, body=file)
        data = {name: _number(value) for name, value in fields.items()}
        return world.asker.ask(change.method, path, headers, data=data or None)
    headers = cookie(caller.session) if headers is None else headers
    if token is None:
        token = world.house.vault.form_token(caller.session)
    shown = {**headers, "accept": "text/html"}
    if change.path == "/import":
        body = multipart({**fields, "token": token}, BOOKMARKS)
        kind = {"content-type": "multipart/form-data; boundary=edge"}
        return world.asker.ask(change.method, path, {**shown, **kind}, body=body)
    return world.asker.ask(change.method, path, shown, form={**fields, "token": token})


def multipart(fields: dict[str, Any], content: bytes) -> bytes:
    """A form with a file, as a browser sends it with the boundary `edge`."""
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode(
            "utf-8", "replace"
        )
        for name, value in fields.items()
    ]
    disposition = b'Content-Disposition: form-data; name="file"; filename="bookmarks.html"'
    return b"".join((*parts, b"--edge\r\n", disposition, b"\r\n\r\n", content, b"\r\n--edge--\r\n"))


def _filled(value: Any, identities: dict[str, int]) -> Any:
    if isinstance(value, list):
        return [_filled(each, identities) for each in value]
    return value.format(**identities)


def _number(value: Any) -> Any:
    if isinstance(value, list):
        return [_number(each) for each in value]
    return int(value) if value.isdecimal() else value
