"""Saving a page: the bookmarklet, the small window that asks, and the answer. Nothing is saved by looking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.servers.web.door import Page
from poolhouse.servers.web.tree import read_tree
from poolhouse.services.links import Saved, edit_link, find_saved, save_link
from poolhouse.services.reading import pools_of_item
from poolhouse.types import Item, Pool, PoolId, PoolKind, PoolRole

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import Principal

# Only opens an address: no script of ours runs in the page, so no policy of the page stands in the way. What is
# selected is cut to what fits into an address (the server takes 16 kB), and never within a character. There is no "%"
# and no "#" in it: browsers read the address of a bookmarklet as an address.
_BOOKMARKLET = (
    "javascript:(()=>{const d=document,e=encodeURIComponent,"
    "c=(t,n)=>{let s='';for(const k of String(t||'').replace(/[\\ud800-\\udfff]/gu,'')){"
    "const p=e(k);if((n-=p.length)<0)break;s+=p}return s},"
    "u='BASE/save?url='+e(location.href)+'&title='+c(d.title,1500)+'&note='+c(getSelection(),4000);"
    "if(!open(u+'&window=popup','poolhouse','popup,width=600,height=680'))location.href=u})()"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """What is known of the page that may be saved, and where it could go."""

    item: Item | None
    pools: list[Pool]
    pool_id: PoolId | None


def bookmarklet(base_url: str) -> str:
    """The address to drag to the toolbar."""
    return _BOOKMARKLET.replace("BASE", quote(base_url, safe=":/[].@~_-"))


async def show_bookmarklet(visit: Visit) -> Response:
    """What it is, and the thing itself."""
    return visit.page("bookmarklet.html", bookmarklet=bookmarklet(visit.house.addresses.base_url))


async def show_save(visit: Visit) -> Response:
    """The question: save this? As the page was named, or as it is kept already."""
    query = visit.query
    return confirm(visit, url=query.text("url"), title=query.text("title"), note=query.text("note"))


def confirm(visit: Visit, *, url: str, title: str = "", note: str = "") -> Response:
    """The small form, for an address that came from outside. Reads; saves nothing."""
    me, error = visit.me, None
    try:
        place = visit.house.read(lambda tx: _look(tx, me, url))
    except InvalidInputError as refused:
        error, place = refused, visit.house.read(lambda tx: _look(tx, me, ""))
    item = place.item
    if item:
        title, note = item.title, _joined(item.note, note)
    values = {"url": item.url if item else url, "title": title, "note": note}
    return _form(
        visit, place, error, tags=", ".join(item.tags) if item else "", chosen=place.pool_id, **values
    )


def _look(tx: Transaction, me: Principal, url: str) -> _Place:
    tree = read_tree(tx, me)
    item = find_saved(tx, me, url) if url.strip() else None
    pools = (
        pools_of_item(tx, me, item.id) if item else [p for p in tree.pools if p.role is PoolRole.BOOKMARKS]
    )
    pool_id = next((pool.id for pool in pools if pool.kind is PoolKind.MANUAL), None)
    return _Place(item, tree.manual, pool_id)


def _joined(note: str, selected: str) -> str:
    selected = selected.strip()
    return note if not selected or selected in note else f"{note}\n\n{selected}".strip()


def _form(visit: Visit, place: _Place, error: InvalidInputError | None, **values: object) -> Response:
    typed = visit.form if visit.form.text("url") else visit.query
    window, back = typed.text("window"), visit.form.text("back")
    return visit.bare(
        "save.html", 400 if error else 200, place=place, error=error, window=window, back=back, **values
    )


async def save(visit: Visit) -> Response:
    """Save, and say so: in the small window, or in the pool it went to."""
    me, form = visit.me, visit.form

    def keep(tx: Transaction) -> Saved:
        found = form.number("pool")
        pool_id = None if found is None else PoolId(found)
        tags = [form.text("tags")]
        title, note = form.text("title"), form.text("note")
        saved = save_link(tx, me, form.text("url"), pool_id=pool_id, title=title, note=note, tags=tags)
        if form.number("item") == saved.item.id:
            # the form showed all that is kept, so what was taken out of it is to go
            edit_link(tx, me, saved.item.id, title=title, note=note, tags=tags)
        return saved

    try:
        saved = await visit.house.write(keep)
    except (InvalidInputError, ConflictError) as error:
        return _refused(visit, error)
    item = saved.item
    if form.text("window"):
        pools = visit.house.read(lambda tx: pools_of_item(tx, me, item.id))
        return visit.bare("saved.html", item=item, pools=pools, window=form.text("window"))
    pool_id = form.number("pool")
    return visit.back(
        "saved" if saved.is_new else "saved-again", item.id, default=f"/pools/{pool_id}" if pool_id else "/"
    )


def _refused(visit: Visit, error: InvalidInputError | ConflictError) -> Response:
    me, form = visit.me, visit.form
    place = visit.house.read(lambda tx: _look(tx, me, ""))
    shown = error if isinstance(error, InvalidInputError) else InvalidInputError(error.field, error.reason)
    values = {name: form.text(name) for name in ("url", "title", "note", "tags")}
    return _form(visit, place, shown, chosen=form.number("pool"), **values)


PAGES = (
    Page(path="/bookmarklet", get=show_bookmarklet),
    Page(path="/save", get=show_save, post=save),
)
