"""All my feeds in one OPML 2.0 file, for a reader that asks for name and secret itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from poolhouse.formats import text
from poolhouse.formats.xmltext import XML_DECLARATION, escape_attribute
from poolhouse.servers.web.door import Page
from poolhouse.servers.web.tree import read_tree
from poolhouse.types import FeedFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poolhouse.rules.addresses import Addresses
    from poolhouse.servers.web.tree import Node
    from poolhouse.servers.web.visit import Visit


async def show_opml(visit: Visit) -> Response:
    """The file. There is no secret in it, so whoever finds it reads nothing."""
    me = visit.me
    tree = visit.house.read(lambda tx: read_tree(tx, me))
    body = "".join(
        (
            XML_DECLARATION,
            '<opml version="2.0">\n<head><title>Poolhouse</title></head>\n<body>\n',
            *_outlines(tree.roots, visit.house.addresses),
            "</body>\n</opml>\n",
        )
    )
    headers = {"content-disposition": 'attachment; filename="poolhouse.opml"'}
    return Response(text.encode(body), media_type="text/x-opml", headers=headers)


def _outlines(nodes: Sequence[Node], addresses: Addresses) -> Iterator[str]:
    for node in nodes:
        pool = node.pool
        name = escape_attribute(pool.name)
        feed = escape_attribute(addresses.feed(pool.id, FeedFormat.ATOM))
        page = escape_attribute(addresses.pool(pool.id))
        yield f'<outline text="{name}" title="{name}" type="rss" xmlUrl="{feed}" htmlUrl="{page}">\n'
        yield from _outlines(node.children, addresses)
        yield "</outline>\n"


PAGES = (Page(path="/opml", get=show_opml),)
