"""Cookies: which there are, and how each is set. None can be read by a script, none is sent along by another site.

session  who is logged in; new at every log in
form     what the forms of a browser that is not logged in are bound to
device   that somebody was logged in as that name here, so that strangers cannot lock them out
said     what the next page says of the change just made
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from poolhouse.servers.house import House

SESSION, FORM, DEVICE, SAID = "poolhouse_session", "poolhouse_form", "poolhouse_device", "poolhouse_said"
_YEAR_SECONDS = 31_536_000
_SECRET = re.compile(r"[A-Za-z0-9_-]{32}")


def cookie_name(house: House, name: str) -> str:
    """The name as browsers know it: over https they let nobody but this very host set it (`__Host-`)."""
    return f"__Host-{name}" if house.addresses.is_secure else name


def get_cookie(house: House, request: Request, name: str) -> str:
    """A cookie's value, or an empty text."""
    return request.cookies.get(cookie_name(house, name), "")


def set_cookie(
    house: House, response: Response, name: str, value: str, *, age_seconds: int | None = None
) -> None:
    """Set a cookie: HttpOnly, SameSite=Lax, for the whole site, Secure where people reach us over https."""
    response.set_cookie(
        cookie_name(house, name),
        value,
        max_age=age_seconds,
        path="/",
        secure=house.addresses.is_secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(house: House, response: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    set_cookie(house, response, name, "", age_seconds=0)


def form_cookie(house: House, request: Request) -> str:
    """The cookie that forms are bound to before log in; empty where the browser has none that we made."""
    value = get_cookie(house, request, FORM)
    # only our own shape: whoever could choose the text would get our signature under it
    return value if _SECRET.fullmatch(value) else ""


def is_known_device(house: House, request: Request, name: str) -> bool:
    """Whether somebody has been logged in as `name` in this browser before."""
    return house.vault.is_form_token(_device(name), get_cookie(house, request, DEVICE))


def set_device(house: House, response: Response, name: str) -> None:
    """Remember that `name` was logged in here."""
    set_cookie(house, response, DEVICE, house.vault.form_token(_device(name)), age_seconds=_YEAR_SECONDS)


def _device(name: str) -> str:
    return f"device {name.strip().casefold()}"
