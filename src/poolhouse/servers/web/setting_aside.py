"""Setting aside: into the archive, or until later; and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from poolhouse.errors import InvalidInputError
from poolhouse.servers.web.door import Page
from poolhouse.servers.web.forms import local_path
from poolhouse.services.reading import get_item
from poolhouse.services.setting_aside import archive_item, defer_item, unarchive_item, undefer_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.web.visit import Visit
    from poolhouse.types import ItemId, Principal

MORNING: Final = 8
EVENING: Final = 18
_ZONE_LIMIT_MINUTES: Final = 16 * 60
_YEARS: Final = 10


async def archive(visit: Visit) -> Response:
    """Out of the way, for good: still found, still in its other pools."""
    return await _change(visit, archive_item, "archived")


async def unarchive(visit: Visit) -> Response:
    """Undo."""
    return await _change(visit, unarchive_item, "unarchived")


async def undefer(visit: Visit) -> Response:
    """Back to where it was, now."""
    return await _change(visit, undefer_item, "undeferred")


async def _change(
    visit: Visit, change: Callable[[Transaction, Principal, ItemId], object], said: str
) -> Response:
    me, item_id = visit.me, visit.item_id()
    await visit.house.write(lambda tx: change(tx, me, item_id))
    return visit.back(said, item_id)


async def show_defer(visit: Visit) -> Response:
    """When shall it come back?"""
    return _ask(visit, None)


def _ask(visit: Visit, error: InvalidInputError | None) -> Response:
    me, item_id = visit.me, visit.item_id()
    item = visit.house.read(lambda tx: get_item(tx, me, item_id))
    typed = visit.form if error else visit.query
    back = local_path(typed.text("back"), f"/items/{item_id}")
    now = visit.house.clock.now()
    choices = [(when, time_of(when, "", now)) for when in ("evening", "tomorrow", "week")]
    return visit.page(
        "defer.html",
        400 if error else 200,
        item=item,
        error=error,
        back=back,
        choices=choices,
        date=visit.form.text("date"),
    )


async def defer(visit: Visit) -> Response:
    """Out of the way until then."""
    me, item_id, form = visit.me, visit.item_id(), visit.form
    zone = _zone(form.text("zone_minutes"))
    try:
        until = time_of(form.text("when"), form.text("date"), visit.house.clock.now(), zone)
        await visit.house.write(lambda tx: defer_item(tx, me, item_id, until))
    except InvalidInputError as error:
        return _ask(visit, error)
    return visit.back("deferred", item_id)


def _zone(text: str) -> timezone:
    """The person's time zone, as a script of ours told it in minutes east of Greenwich; UTC where there is none."""
    try:
        minutes = int(text)
    except ValueError:
        return UTC
    return timezone(timedelta(minutes=minutes)) if abs(minutes) <= _ZONE_LIMIT_MINUTES else UTC


def time_of(when: str, date: str, now: datetime, zone: timezone = UTC) -> datetime:
    """The moment that `evening`, `tomorrow`, `week` or a `date` (YYYY-MM-DD) means there, in UTC and later than now.

    In the evening it is six, or three hours from now where that is past; the others mean eight in the morning, `week`
    that of the next Monday. Raises InvalidInputError.
    """
    here = now.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    morning = here.replace(hour=MORNING)
    match when:
        case "evening":
            evening = here.replace(hour=EVENING)
            at = evening if evening.astimezone(UTC) > now else here + timedelta(hours=3)
        case "tomorrow":
            at = morning + timedelta(days=1)
        case "week":
            at = morning + timedelta(days=7 - here.weekday())
        case _:
            at = _day(date, morning)
    if not now < at < now + timedelta(days=366 * _YEARS):
        raise InvalidInputError("date", f"Choose a day to come, within {_YEARS} years.")
    return at.astimezone(UTC)


def _day(date: str, morning: datetime) -> datetime:
    try:
        day = datetime.strptime(date.strip(), "%Y-%m-%d")  # noqa: DTZ007 - the zone is the morning's
        return morning.replace(year=day.year, month=day.month, day=day.day)
    except ValueError:
        raise InvalidInputError("date", "Write the day as 2026-12-31.") from None


PAGES = (
    Page(path="/items/{id}/archive", post=archive),
    Page(path="/items/{id}/unarchive", post=unarchive),
    Page(path="/items/{id}/defer", get=show_defer, post=defer),
    Page(path="/items/{id}/undefer", post=undefer),
)
