"""Callers: everybody who could ask at a door of a world, with the keys they show there, rightly and wrongly."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.security.homes import Home, PoolThere


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who asks, with what they show; and as whom each door shall take them, None for nobody.

    `feed_of` is the one pool whose feed a reader's secret opens; `path` is the secret as it stands in an address.
    """

    name: str
    headers: dict[str, str]
    path: str = ""
    web: Home | None = None
    api: Home | None = None
    feeds: Home | None = None
    feed_of: PoolThere | None = None

    def homes(self) -> list[Home]:
        return [home for home in (self.web, self.api, self.feeds) if home]


def basic(name: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{name}:{secret}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def cookie(session: str) -> dict[str, str]:
    return {"cookie": f"poolhouse_session={session}"}


def callers_of(home: Home) -> list[Caller]:
    """Everything that is or was this person's key, used rightly and wrongly."""
    live = None if home.is_disabled else home
    found = [
        Caller(name=f"{home.name}: session", headers=cookie(home.session), web=live, feeds=live),
        Caller(name=f"{home.name}: session ended", headers=cookie(home.dead_session)),
        Caller(name=f"{home.name}: token", headers=bearer(home.token), api=live, feeds=live),
        Caller(name=f"{home.name}: token cut off", headers=bearer(home.dead_token)),
        Caller(name=f"{home.name}: token as password", headers=basic(home.name, home.token)),
        Caller(name=f"{home.name}: token as cookie", headers=cookie(home.token)),
        Caller(name=f"{home.name}: token in the path", headers={}, path=home.token),
        Caller(name=f"{home.name}: session as token", headers=bearer(home.session)),
        Caller(
            name=f"{home.name}: session beside a wrong password",
            headers={**cookie(home.session), **basic(home.name, "wrong")},
            web=live,
        ),
    ]
    for pool, _, text in home.feed_secrets[:2]:
        opened = {"feeds": live, "feed_of": pool}
        found += [
            Caller(name=f"{home.name}: reader of {pool.name}", headers=basic(home.name, text), **opened),  # type: ignore[arg-type]  # a dict of keywords
            Caller(name=f"{home.name}: path reader of {pool.name}", headers={}, path=text, **opened),  # type: ignore[arg-type]  # a dict of keywords
            Caller(name=f"{home.name}: reader as another", headers=basic("zqnobody", text)),
            Caller(name=f"{home.name}: reader as script", headers=bearer(text)),
            Caller(name=f"{home.name}: reader as browser", headers=cookie(text)),
            Caller(name=f"{home.name}: reader in capitals", headers={}, path=text.swapcase()),
        ]
    if home.dead_feed_secret:
        dead = home.dead_feed_secret[1]
        found += [
            Caller(name=f"{home.name}: reader cut off", headers=basic(home.name, dead)),
            Caller(name=f"{home.name}: path reader cut off", headers={}, path=dead),
        ]
    return found
