"""Links: saved, found, changed, marked, deleted and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from tests.conftest import StillClock
    from tests.servers.api.conftest import Api


def test_saves_a_link(api: Api) -> None:
    answer = api.ask(
        "POST",
        "/links",
        201,
        json={
            "url": "https://example.org/a",
            "title": "A page",
            "note": "worth it",
            "tags": ["Python", "web"],
            "created_at": "2020-02-03T04:05:06+02:00",
        },
    )
    link = answer.json()
    assert (link["url"], link["title"], link["note"]) == ("https://example.org/a", "A page", "worth it")
    assert set(link["tags"]) == {"Python", "web"}
    assert link["created_at"] == "2020-02-03T02:05:06Z"
    assert [pool["path"] for pool in link["pools"]] == ["Bookmarks"]
    assert answer.headers["location"] == f"http://pools.test/api/v1/links/{link['id']}"
    assert api.get(answer.headers["location"]) == link


def test_a_page_saved_twice_is_one_link(api: Api) -> None:
    first = api.save("https://example.org/a", tags=["a"], title="First")
    answer = api.ask("POST", "/links", 200, json={"url": "http://EXAMPLE.org/a?utm_source=x", "tags": ["b"]})
    again = answer.json()
    assert again["id"] == first["id"]
    assert set(again["tags"]) == {"a", "b"}
    assert again["title"] == "First"
    assert answer.headers["location"].endswith(f"/links/{first['id']}")


@pytest.mark.parametrize("by", ["id", "path"])
def test_saves_into_a_pool_by_id_or_path(api: Api, by: str) -> None:
    api.make_pool("Reading")
    pool = api.make_pool("Python", parent="Reading")
    link = api.save("https://example.org/", pool=pool["id"] if by == "id" else "reading/python")
    assert [each["id"] for each in link["pools"]] == [pool["id"]]


def test_lists_the_newest_first(api: Api) -> None:
    links = [api.save(f"https://example.org/{number}") for number in range(3)]
    listed = api.get("/links")
    assert [link["id"] for link in listed["items"]] == [link["id"] for link in reversed(links)]
    assert listed["next"] is None


def test_lists_what_a_search_finds(api: Api) -> None:
    api.save("https://example.org/a", tags=["python"])
    api.save("https://example.org/b", title="A snake")
    for path in ("/links", "/search"):
        found = [link["url"] for link in api.get(path, params={"q": "tag:python"})["items"]]
        assert found == ["https://example.org/a"]
    assert [link["title"] for link in api.get("/search", params={"q": "snak*"})["items"]] == ["A snake"]


@pytest.mark.parametrize("by", ["id", "path"])
def test_lists_a_pool_topmost_first(api: Api, by: str) -> None:
    pool = api.make_pool("Reading")
    first, second = (api.save(f"https://example.org/{number}", pool="Reading") for number in range(2))
    api.ask("POST", "/links", json={"url": first["url"], "pool": "Reading"})
    api.save("https://example.org/elsewhere")
    value = str(pool["id"]) if by == "id" else "Reading"
    listed = api.get("/links", params={"pool": value})["items"]
    assert [link["id"] for link in listed] == [first["id"], second["id"]]


def test_pool_and_search_are_not_given_together(api: Api) -> None:
    problem = api.get("/links", 422, params={"pool": "Bookmarks", "q": "x"})
    assert problem["field"] == "q"


def test_finds_the_link_of_a_page(api: Api) -> None:
    link = api.save("https://example.org/a")
    assert api.get("/links/lookup", params={"url": "http://example.org/a?utm_campaign=x"}) == link
    api.get("/links/lookup", 404, params={"url": "https://example.org/b"})
    assert api.get("/links/lookup", 422, params={"url": "javascript:alert(1)"})["field"] == "url"
    assert api.get("/links/lookup", 422)["field"] == "url"
    api.ask("DELETE", f"/links/{link['id']}", 204)
    api.get("/links/lookup", 404, params={"url": "https://example.org/a"})


def test_changes_what_is_given(api: Api, clock: StillClock) -> None:
    api.make_pool("Reading")
    link = api.save("https://example.org/a", title="Old", note="stays", tags=["a"])
    clock.pass_seconds(60)
    changed = api.ask(
        "PATCH",
        f"/links/{link['id']}",
        json={"title": "New", "tags": ["b"], "pools": ["Reading"], "url": "https://example.org/b"},
    ).json()
    assert (changed["title"], changed["note"], changed["tags"]) == ("New", "stays", ["b"])
    assert changed["url"] == "https://example.org/b"
    assert [pool["path"] for pool in changed["pools"]] == ["Reading"]
    assert changed["created_at"] == link["created_at"]
    assert changed["changed_at"] == "2026-01-02T03:05:05Z"
    assert api.get(f"/links/{link['id']}") == changed


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "body"),
        ({"pools": []}, "pools"),
        ({"pools": ["None such"]}, "pools"),
        ({"pools": ["Starred"]}, "pools"),
        ({"title": None}, "title"),
        ({"title": 5}, "title"),
        ({"tags": "a"}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"id": 5}, "id"),
        ({"url": "data:text/html,x"}, "url"),
        ({"title": "t" * 2_001}, "title"),
        ({"note": "n" * 100_001}, "note"),
    ],
)
def test_refuses_a_change_and_names_the_field(api: Api, change: dict[str, Any], field: str) -> None:
    api.make_pool("Starred", query="is:starred")
    link = api.save("https://example.org/a")
    problem = api.ask("PATCH", f"/links/{link['id']}", 422, json=change).json()
    assert problem["field"] == field
    assert api.get(f"/links/{link['id']}") == link


def test_an_address_that_is_kept_already_is_a_conflict(api: Api) -> None:
    api.save("https://example.org/a")
    link = api.save("https://example.org/b")
    problem = api.ask("PATCH", f"/links/{link['id']}", 409, json={"url": "https://example.org/a"}).json()
    assert problem["field"] == "url"


def test_deletes_to_the_trash_and_restores(api: Api) -> None:
    api.make_pool("Reading")
    link = api.save("https://example.org/a", pool="Reading", tags=["x"])
    for _ in range(2):
        api.ask("DELETE", f"/links/{link['id']}", 204)
    assert api.get("/links")["items"] == []
    assert api.get("/tags")["items"] == []
    assert api.get(f"/links/{link['id']}")["trashed_at"] == "2026-01-02T03:04:05Z"
    for _ in range(2):
        assert api.ask("POST", f"/links/{link['id']}/restore").json() == link
    assert [each["id"] for each in api.get("/links", params={"pool": "Reading"})["items"]] == [link["id"]]


def test_a_link_in_the_trash_goes_into_no_pool(api: Api) -> None:
    link = api.save("https://example.org/a")
    pool = api.make_pool("Reading")
    api.ask("DELETE", f"/links/{link['id']}", 204)
    api.ask("PATCH", f"/links/{link['id']}", 409, json={"pools": ["Reading"]})
    api.ask("PUT", f"/pools/{pool['id']}/entries/{link['id']}", 409)
    assert api.get(f"/pools/{pool['id']}")["entry_count"] == 0


def test_marks(api: Api) -> None:
    link = api.save("https://example.org/a")
    path = f"/links/{link['id']}/marks"
    for _ in range(2):
        assert api.ask("PUT", f"{path}/read").json()["marks"] == ["read"]
    assert api.ask("PUT", f"{path}/starred").json()["marks"] == ["read", "starred"]
    assert [each["id"] for each in api.get("/search", params={"q": "is:starred"})["items"]] == [link["id"]]
    for _ in range(2):
        assert api.ask("DELETE", f"{path}/read").json()["marks"] == ["starred"]
    api.ask("PUT", f"{path}/loved", 404)


def test_what_may_not_be_opened_does_not_go_out(api: Api, house: RunningHouse) -> None:
    link = api.save("https://example.org/a")
    house.data.database.write(lambda tx: tx.items.edit(link["id"], url="javascript:alert(1)"))
    assert api.get(f"/links/{link['id']}")["url"] is None


@pytest.mark.parametrize("path", ["/links", "/search", "/links?pool=Bookmarks", "/pools/{bookmarks}/entries"])
@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_hold_everything_once_while_more_is_saved(api: Api, path: str, limit: int) -> None:
    path = path.format(bookmarks=api.bookmarks()["id"])
    there = [api.save(f"https://example.org/{number}")["id"] for number in range(7)]
    path += ("&" if "?" in path else "?") + f"limit={limit}"
    found = []
    while path:
        answer = api.ask("GET", path)
        page = answer.json()
        assert len(page["items"]) <= limit
        found += [each.get("link", each)["id"] for each in page["items"]]
        assert answer.headers.get("link") == (f'<{page["next"]}>; rel="next"' if page["next"] else None)
        path = page["next"]
        api.save(f"https://example.org/new/{len(found)}")
    assert found == there[::-1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=" + "9" * 5_000, "limit"),
        ("limit=%D9%A1", "limit"),
        ("before=x", "before"),
        ("before=", "before"),
        ("before=" + "9" * 19, "before"),
        ("q=a&q=b", "q"),
        ("page=2", "page"),
        ("q=before:yesterday", "q"),
        ("q=" + "x" * 1_001, "q"),
        ("pool=99", "pool"),
        ("pool=None%20such", "pool"),
    ],
)
def test_refuses_a_query_and_names_the_parameter(api: Api, query: str, field: str) -> None:
    assert api.get(f"/links?{query}", 422)["field"] == field


def test_a_query_is_utf8(api: Api) -> None:
    assert api.get("/links?q=%ff", 400)["field"] == "query"
