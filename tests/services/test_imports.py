"""Imports: folders are pools, the newest ends on top, and no row fails the others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import InvalidInputError
from poolhouse.formats.netscape import NetscapeBookmark, NetscapeReading, read_netscape
from poolhouse.services.imports import ImportReport, import_batch, plan_import
from poolhouse.services.links import save_link
from poolhouse.services.pools import DEPTH_LIMIT, add_pool, find_or_add_pool, find_pool, list_pools
from poolhouse.services.reading import list_entries, pools_of_item, search_items
from poolhouse.services.trash import trash_item
from poolhouse.types import Item, Mark, PageState, Pool, Principal

if TYPE_CHECKING:
    from pathlib import Path

    from poolhouse.app.house import RunningHouse

OLD = datetime(2020, 5, 1, tzinfo=UTC)
NEW = datetime(2024, 5, 1, tzinfo=UTC)


def bring_in(
    house: RunningHouse, principal: Principal, *bookmarks: NetscapeBookmark, base_pool: Pool | None = None
) -> ImportReport:
    plan = plan_import(NetscapeReading(bookmarks))
    return house.data.database.write(lambda tx: import_batch(tx, principal, plan, base_pool=base_pool))


def contents(house: RunningHouse, principal: Principal, path: str) -> list[Item]:
    return house.read(
        lambda tx: [
            each.item for each in list_entries(tx, principal, find_pool(tx, principal, path).id, limit=200)
        ]
    )


def urls(items: list[Item]) -> list[str]:
    return [item.url for item in items]


def test_keeps_what_a_bookmark_says(house: RunningHouse, principal: Principal) -> None:
    report = bring_in(
        house,
        principal,
        NetscapeBookmark(
            url="https://example.org/a",
            title="A page",
            note="worth it",
            tags=("python", "web"),
            added_at=OLD,
            is_unread=False,
        ),
    )
    (item,) = contents(house, principal, "Bookmarks")
    assert (report.added, report.merged, report.refused) == (1, 0, ())
    assert (item.title, item.note, set(item.tags), item.created_at) == (
        "A page",
        "worth it",
        {"python", "web"},
        OLD,
    )
    assert item.marks == {Mark.READ}
    assert item.page_state is PageState.UNWANTED


def test_the_newest_ends_on_top_and_the_undated_below(house: RunningHouse, principal: Principal) -> None:
    bring_in(
        house,
        principal,
        NetscapeBookmark(url="https://example.org/undated"),
        NetscapeBookmark(url="https://example.org/new", added_at=NEW),
        NetscapeBookmark(url="https://example.org/old", added_at=OLD),
        NetscapeBookmark(url="https://example.org/old-and-later-in-the-file", added_at=OLD),
    )
    assert urls(contents(house, principal, "Bookmarks")) == [
        "https://example.org/new",
        "https://example.org/old",
        "https://example.org/old-and-later-in-the-file",
        "https://example.org/undated",
    ]


def test_folders_become_pools_at_the_top(house: RunningHouse, principal: Principal) -> None:
    bring_in(
        house,
        principal,
        NetscapeBookmark(url="https://example.org/1", folders=("Reading", "Python")),
        NetscapeBookmark(url="https://example.org/2", folders=("reading",)),
    )
    assert urls(contents(house, principal, "Reading/Python")) == ["https://example.org/1"]
    assert urls(contents(house, principal, "Reading")) == ["https://example.org/2"]


def test_everything_goes_beneath_the_base(house: RunningHouse, principal: Principal) -> None:
    base = house.data.database.write(lambda tx: find_or_add_pool(tx, principal, ["From", "Firefox"]))
    bring_in(
        house,
        principal,
        NetscapeBookmark(url="https://example.org/loose"),
        NetscapeBookmark(url="https://example.org/filed", folders=("News",)),
        base_pool=base,
    )
    assert urls(contents(house, principal, "From/Firefox")) == ["https://example.org/loose"]
    assert urls(contents(house, principal, "From/Firefox/News")) == ["https://example.org/filed"]


def test_refuses_a_saved_search_as_base(house: RunningHouse, principal: Principal) -> None:
    base = house.data.database.write(lambda tx: add_pool(tx, principal, "Starred", query="is:starred"))
    with pytest.raises(InvalidInputError, match="saved search"):
        bring_in(house, principal, NetscapeBookmark(url="https://example.org/"), base_pool=base)


def test_a_saved_search_of_a_folders_name_stays_one(house: RunningHouse, principal: Principal) -> None:
    house.data.database.write(lambda tx: add_pool(tx, principal, "Starred", query="is:starred"))
    bring_in(house, principal, NetscapeBookmark(url="https://example.org/", folders=("Starred",)))
    assert urls(contents(house, principal, "Starred")) == []
    assert urls(contents(house, principal, "Starred (2)")) == ["https://example.org/"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("AC/DC", "AC-DC"),
        ("..", "Unnamed"),
        ("\x07\u200dbell\x00", "\u200dbell"),
        ("n" * 500, "n" * 195),
        ("", "Unnamed"),
    ],
)
def test_a_folder_name_becomes_one_a_pool_can_have(
    house: RunningHouse, principal: Principal, folder: str, name: str
) -> None:
    report = bring_in(house, principal, NetscapeBookmark(url="https://example.org/", folders=(folder,)))
    assert report.added == 1
    assert urls(contents(house, principal, name)) == ["https://example.org/"]


def test_folders_too_deep_are_part_of_the_last(house: RunningHouse, principal: Principal) -> None:
    base = house.data.database.write(lambda tx: find_or_add_pool(tx, principal, ["Base", "Here"]))
    deep = NetscapeBookmark(url="https://example.org/", folders=("f",) * 50)
    assert bring_in(house, principal, deep, base_pool=base).added == 1
    (item,) = contents(house, principal, "/".join(["Base", "Here", *["f"] * (DEPTH_LIMIT - 2)]))
    assert item.url == "https://example.org/"


def test_one_bad_row_fails_no_other(house: RunningHouse, principal: Principal) -> None:
    report = bring_in(
        house,
        principal,
        NetscapeBookmark(url="javascript:alert(1)", folders=("Toolbar", "Tricks")),
        NetscapeBookmark(url="https://example.org/n", note="n" * 200_000),
        NetscapeBookmark(url="https://example.org/t", tags=("t" * 101,)),
        NetscapeBookmark(url="https://example.org/kept", title="t" * 5_000),
    )
    assert report.added == 1
    refused = {each.url: each for each in report.refused}
    assert refused.keys() == {"javascript:alert(1)", "https://example.org/n", "https://example.org/t"}
    assert refused["javascript:alert(1)"].place == "Toolbar/Tricks"
    assert "javascript" in refused["javascript:alert(1)"].reason
    (item,) = contents(house, principal, "Bookmarks")
    assert item.title == "t" * 2_000
    paths = house.read(lambda tx: [pool.path for pool in list_pools(tx, principal)])
    assert paths == ["Bookmarks", "Inbox"], "what was refused left pools behind"


def test_merges_what_is_kept_already(house: RunningHouse, principal: Principal) -> None:
    house.data.database.write(
        lambda tx: save_link(tx, principal, "https://example.org/?utm_source=x", title="Mine", tags=["a"])
    )
    report = bring_in(
        house,
        principal,
        NetscapeBookmark(url="http://EXAMPLE.org:80/", tags=("b",), folders=("Else",)),
        NetscapeBookmark(url="https://example.org/", folders=("Elsewhere",)),
    )
    assert (report.added, report.merged) == (0, 2)
    (item,) = contents(house, principal, "Bookmarks")
    assert (item.title, set(item.tags)) == ("Mine", {"a", "b"})
    paths = house.read(lambda tx: {pool.path for pool in pools_of_item(tx, principal, item.id)})
    assert paths == {"Bookmarks", "Else", "Elsewhere"}


def test_tags_that_do_not_fit_together_change_nothing(house: RunningHouse, principal: Principal) -> None:
    tags = [f"tag{number}" for number in range(90)]
    saved = house.data.database.write(
        lambda tx: save_link(tx, principal, "https://example.org/", title="Mine", tags=tags)
    )
    house.data.database.write(lambda tx: trash_item(tx, principal, saved.item.id))
    more = tuple(f"more{number}" for number in range(90))
    report = bring_in(
        house, principal, NetscapeBookmark(url="https://example.org/", title="Theirs", tags=more)
    )
    item = house.read(lambda tx: tx.items.get(saved.item.id, principal.person_id))
    assert [each.reason for each in report.refused] == ["There are more than 100 tags."]
    assert item is not None
    assert item.title == "Mine"
    assert item.trashed_at is not None


def test_reports_add_up() -> None:
    assert ImportReport(added=1) + ImportReport(added=2, merged=3) == ImportReport(added=3, merged=3)


def test_imports_what_browsers_write(house: RunningHouse, principal: Principal, fixtures: Path) -> None:
    bookmark_files = [
        path
        for path in sorted(fixtures.rglob("*.htm*"))
        if b"netscape-bookmark-file" in path.read_bytes()[:500].lower()
    ]
    if not bookmark_files:
        pytest.skip("no bookmark files among the shared fixtures")
    for path in bookmark_files:
        bookmarks = read_netscape(path.read_bytes()).bookmarks
        report = bring_in(house, principal, *bookmarks)
        assert report.added + report.merged + len(report.refused) == len(bookmarks), path.name
    assert house.read(lambda tx: search_items(tx, principal, "", limit=1))
