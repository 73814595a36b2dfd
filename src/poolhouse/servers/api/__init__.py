"""The REST API, `/api/v1`: bearer tokens, JSON, keyset pages, problem+json; imports `services` and below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse
from starlette.routing import Route

from poolhouse.servers.api.answers import PRIVATE_HEADERS, json_answer
from poolhouse.servers.api.calls import API_PATH, BASE_PATH
from poolhouse.servers.api.door import Door, OpenDoor
from poolhouse.servers.api.openapi import build_openapi
from poolhouse.servers.api.pages import index_page
from poolhouse.servers.api.table import ENDPOINTS

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from poolhouse.servers.house import House

__all__ = ["routes"]

OPENAPI_PATH = f"{API_PATH}/openapi.json"


def routes(house: House) -> list[BaseRoute]:
    """Every route beneath /api, the last one for what is not there."""
    paths = list(dict.fromkeys(endpoint.path for endpoint in ENDPOINTS))
    doors: list[BaseRoute] = [
        Route(BASE_PATH + path, Door(house, [each for each in ENDPOINTS if each.path == path]))
        for path in paths
    ]

    def index() -> Response:
        base_url = house.addresses.base_url
        page = index_page(base_url + BASE_PATH, base_url + OPENAPI_PATH)
        return HTMLResponse(page, headers=PRIVATE_HEADERS)

    def openapi() -> Response:
        return json_answer(build_openapi(house.addresses.base_url))

    return [
        Route(API_PATH, OpenDoor(house, index)),
        Route(OPENAPI_PATH, OpenDoor(house, openapi)),
        *doors,
        Route(API_PATH + "/{rest:path}", Door(house)),
    ]
