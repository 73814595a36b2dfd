"""The pages a person sees: server-rendered, usable without JavaScript.

One module for what a person does on a page (`links`, `pools`, `readers` …), one for each thing they all need: `visit`
(who asks), `door` (what every request must pass), `view` (templates), `assets`. Imports the rooms below the servers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from poolhouse.servers.web import (
    account,
    accounts,
    arrival,
    captured,
    delivery,
    export,
    finding,
    front,
    icons,
    importing,
    jobs,
    links,
    lists,
    live,
    message_documents,
    messages,
    pools,
    readers,
    reading,
    saving,
    setting_aside,
    trash,
)
from poolhouse.servers.web.assets import ASSETS
from poolhouse.servers.web.door import Door
from poolhouse.servers.web.view import View

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from poolhouse.servers.house import House
    from poolhouse.servers.web.door import Page

__all__ = ["PAGES", "routes"]

PAGES: tuple[Page, ...] = (
    *arrival.PAGES,
    *account.PAGES,
    *accounts.PAGES,
    *pools.PAGES,
    *links.PAGES,
    *reading.PAGES,
    *captured.PAGES,
    *messages.PAGES,
    *message_documents.PAGES,
    *setting_aside.PAGES,
    *delivery.PAGES,
    *lists.PAGES,
    *jobs.PAGES,
    *live.PAGES,
    *readers.PAGES,
    *finding.PAGES,
    *trash.PAGES,
    *export.PAGES,
    *importing.PAGES,
    *icons.PAGES,
    *saving.PAGES,
    *front.PAGES,
)


def routes(house: House) -> list[BaseRoute]:
    """Every page, in the order in which addresses are looked up; the last one takes whatever is left."""
    view = View(house)
    return [
        Route("/assets/{mark}/{name}", ASSETS.answer, methods=["GET"]),
        *(Route(page.path, Door(house, view, page)) for page in PAGES),
    ]
