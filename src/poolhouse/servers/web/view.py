"""View: templates to HTML. Escapes everything, and fails where a template names what it was not given."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from jinja2 import Environment, PackageLoader, StrictUndefined

from poolhouse.formats.raster import RASTER_TYPES
from poolhouse.rules.authentication import results_of, verdict_of
from poolhouse.rules.query import describe_query
from poolhouse.rules.recipients import detail_key
from poolhouse.rules.urls import is_linkable, site_of
from poolhouse.servers.attached import part_name
from poolhouse.servers.web import ages
from poolhouse.servers.web.assets import ASSETS
from poolhouse.services.messages import FIRST_CONTACT
from poolhouse.types import (
    CaptureMode,
    Condition,
    ConditionTerm,
    DeliveryPurpose,
    ItemKind,
    JobState,
    Mark,
    MessageSource,
    PageState,
    PoolKind,
    PoolRole,
    Query,
    reading_minutes,
)

if TYPE_CHECKING:
    from poolhouse.servers.house import House
    from poolhouse.types import Item, Pool

TILE_COLOURS = 8
_ROLE_ICONS = {
    PoolRole.INBOX: "inbox",
    PoolRole.BOOKMARKS: "bookmark",
    PoolRole.ARCHIVE: "archive",
    PoolRole.LATER: "alarm-clock",
}
# the first that is found: each of these also claims to be some of those after it
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("Thunderbird/", "Thunderbird"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class View:
    """Renders the templates of one house; made once."""

    def __init__(self, house: House) -> None:
        self._environment = Environment(
            loader=PackageLoader("poolhouse.servers.web"),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        # strings are marked for gettext; there is no other language yet
        self._environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # by the extension
        self._environment.globals.update(
            asset=ASSETS.url,
            house=house,
            CaptureMode=CaptureMode,
            DeliveryPurpose=DeliveryPurpose,
            FIRST_CONTACT=FIRST_CONTACT,
            ItemKind=ItemKind,
            JobState=JobState,
            Mark=Mark,
            MessageSource=MessageSource,
            PageState=PageState,
            PoolKind=PoolKind,
            PoolRole=PoolRole,
            RASTER_TYPES=RASTER_TYPES,
        )
        self._environment.filters.update(
            age=ages.age,
            ahead=ages.ahead,
            exact=ages.exact,
            moment=ages.moment,
            day=ages.day,
            site=site,
            tile=tile,
            href=href,
            tag_query=tag_query,
            list_query=list_query,
            initial=initial,
            tile_of=tile_of,
            mail_address=mail_address,
            mail_link=mail_link,
            detail_key=detail_key,
            results_of=results_of,
            verdict_of=verdict_of,
            part_name=part_name,
            pool_icon=pool_icon,
            excerpt=excerpt,
            browser=browser,
            page_mark=page_mark,
            minutes=reading_minutes,
            size=size,
        )

    def render(self, name: str, values: dict[str, object]) -> str:
        """The page of that template."""
        return self._environment.get_template(name).render(values)


@lru_cache(maxsize=4096)
def site(url: str) -> str:
    """The host to show beside a link; where it has none, the scheme."""
    return site_of(url) or url.partition(":")[0]


@lru_cache(maxsize=4096)
def tile(url: str) -> int:
    """Which of the `TILE_COLOURS` colours stands for a site that has no icon: always the same for the same site."""
    return sum(site(url).encode("utf-8", "replace")) % TILE_COLOURS


@lru_cache(maxsize=4096)
def href(url: str) -> str:
    """The address if it may stand in a link, else an empty one: checked at ingest, and here again."""
    return url if is_linkable(url) else ""


@lru_cache(maxsize=4096)
def tag_query(tag: str) -> str:
    """The search for a tag."""
    return describe_query(Query(terms=(ConditionTerm(condition=Condition.TAG, value=tag),)))


@lru_cache(maxsize=4096)
def list_query(list_id: str) -> str:
    """The search for the messages of a mailing list."""
    return describe_query(Query(terms=(ConditionTerm(condition=Condition.LIST, value=list_id),)))


def initial(name: str) -> str:
    """The letter that stands for a person: the first of the name that is one."""
    return next((letter.upper() for letter in name if letter.isalnum()), "?")


@lru_cache(maxsize=4096)
def tile_of(name: str) -> int:
    """Which of the `TILE_COLOURS` colours stands for a person: always the same for the same name."""
    return sum(name.casefold().encode("utf-8", "replace")) % TILE_COLOURS


def mail_link(mailto: str) -> str:
    """The `mailto:` for an address, with what it asks to be written after a question mark (RFC 6068)."""
    return "mailto:" + quote(mailto.encode("utf-8", "replace"), safe="@?&=%+,.-_")


def mail_address(mailto: str) -> str:
    """The address alone, to read."""
    return unquote(mailto.partition("?")[0])


def pool_icon(pool: Pool) -> str:
    """The icon that says what a pool is for."""
    if pool.kind is PoolKind.COMPUTED:
        return "search"
    return _ROLE_ICONS[pool.role] if pool.role else "folder"


def excerpt(text: str, length: int = 160) -> str:
    """The beginning of a note, in one line."""
    return " ".join(text[: 2 * length].split())[:length]


def browser(user_agent: str) -> str:
    """A User-Agent in words a person knows: `Firefox, Linux`. What is no browser stays as it calls itself."""
    if not user_agent.startswith("Mozilla/"):
        return user_agent
    known = (
        next((name for mark, name in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(name for name in known if name) or user_agent


def page_mark(item: Item) -> str:
    """What a list shows of an item's page: `text`, `page` (nothing to read in it), `pending`, `failed` or `none`."""
    if item.page_state is PageState.PENDING:
        return "pending"
    if item.capture_id is not None:
        return "text" if item.word_count else "page"
    return "failed" if item.page_state is PageState.FAILED else "none"


def size(count_bytes: int) -> str:
    """A size in the unit that suits it, of a thousand each: `4 kB`, `1.2 MB`."""
    if count_bytes < 1_000_000:
        return f"{max(1, round(count_bytes / 1_000))} kB"
    return f"{count_bytes / 1_000_000:.1f} MB"
