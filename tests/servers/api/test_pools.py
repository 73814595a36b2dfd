"""Pools: made, nested, renamed, deleted and brought back; and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.servers.api.conftest import Api


def test_a_person_has_two_from_the_start(api: Api) -> None:
    assert [(pool["path"], pool["role"]) for pool in api.get("/pools")["items"]] == [
        ("Bookmarks", "bookmarks"),
        ("Inbox", "inbox"),
    ]


def test_makes_one(api: Api) -> None:
    answer = api.ask("POST", "/pools", 201, json={"name": "Reading"})
    pool = answer.json()
    assert (pool["path"], pool["kind"], pool["query"], pool["parent_id"]) == ("Reading", "manual", None, None)
    assert pool["url"] == f"http://pools.test/pools/{pool['id']}"
    assert pool["feeds"]["atom"] == f"http://pools.test/pools/{pool['id']}.atom"
    assert answer.headers["location"] == f"http://pools.test/api/v1/pools/{pool['id']}"
    assert api.get(answer.headers["location"]) == pool


@pytest.mark.parametrize("by", ["id", "path"])
def test_nests(api: Api, by: str) -> None:
    parent = api.make_pool("Reading")
    pool = api.make_pool("Python", parent=parent["id"] if by == "id" else "Reading")
    assert (pool["path"], pool["parent_id"]) == ("Reading/Python", parent["id"])


def test_a_saved_search_fills_itself(api: Api) -> None:
    api.save("https://example.org/a", tags=["python"])
    pool = api.make_pool("Python", query="tag:python")
    assert (pool["kind"], pool["entry_count"]) == ("computed", 1)
    api.save("https://example.org/b", tags=["python"])
    assert api.get(f"/pools/{pool['id']}")["entry_count"] == 2
    changed = api.ask("PATCH", f"/pools/{pool['id']}", json={"query": "tag:snake"}).json()
    assert (changed["query"], changed["entry_count"]) == ("tag:snake", 0)


def test_renames_and_moves(api: Api) -> None:
    first, second = api.make_pool("First"), api.make_pool("Second")
    path = f"/pools/{second['id']}"
    assert api.ask("PATCH", path, json={"name": "2nd"}).json()["path"] == "2nd"
    assert api.ask("PATCH", path, json={"parent": first["id"]}).json()["path"] == "First/2nd"
    assert api.ask("PATCH", path, json={"name": "Second"}).json()["path"] == "First/Second"
    assert api.ask("PATCH", path, json={"parent": None}).json()["path"] == "Second"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({}, 422, "body"),
        ({"name": None}, 422, "name"),
        ({"name": "a/b"}, 422, "name"),
        ({"name": ""}, 422, "name"),
        ({"name": "Bookmarks"}, 409, "name"),
        ({"parent": "None such"}, 422, "parent"),
        ({"parent": 99}, 422, "parent"),
        ({"parent": 0}, 422, "parent"),
        ({"parent": True}, 422, "parent"),
        ({"parent": 10**30}, 422, "parent"),
        ({"parent": "Here"}, 422, "parent"),
        ({"parent": "Here/Beneath"}, 422, "parent"),
        ({"query": "is:read"}, 422, "query"),
        ({"kind": "computed"}, 422, "kind"),
    ],
)
def test_refuses_a_change_and_names_the_field(
    api: Api, change: dict[str, Any], status: int, field: str
) -> None:
    pool = api.make_pool("Here")
    api.make_pool("Beneath", parent="Here")
    before = api.get("/pools")
    assert api.ask("PATCH", f"/pools/{pool['id']}", status, json=change).json()["field"] == field
    assert api.get("/pools") == before


@pytest.mark.parametrize(
    ("new", "status", "field"),
    [
        ({}, 422, "name"),
        ({"name": "x" * 201}, 422, "name"),
        ({"name": "\ud800"}, 201, None),
        ({"name": "\x00"}, 422, "name"),
        ({"name": "inbox"}, 409, "name"),
        ({"name": "x", "query": ""}, 422, "query"),
        ({"name": "x", "query": "after:never"}, 422, "query"),
        ({"name": "x", "query": 5}, 422, "query"),
    ],
)
def test_what_a_new_one_may_be(api: Api, new: dict[str, Any], status: int, field: str | None) -> None:
    assert api.ask("POST", "/pools", status, json=new).json().get("field") == field


def test_deletes_and_restores_with_what_is_in_it(api: Api) -> None:
    pool = api.make_pool("Reading")
    beneath = api.make_pool("Python", parent="Reading")
    link = api.save("https://example.org/a", pool="Reading/Python")
    api.ask("DELETE", f"/pools/{pool['id']}", 204)
    for gone in (pool, beneath):
        api.get(f"/pools/{gone['id']}", 404)
        api.get(f"/pools/{gone['id']}/entries", 404)
    assert [each["path"] for each in api.get("/trash")["pools"]] == ["Reading", "Reading/Python"]
    assert api.ask("POST", f"/pools/{pool['id']}/restore").json()["path"] == "Reading"
    entries = api.get(f"/pools/{beneath['id']}/entries")["items"]
    assert [entry["link"]["id"] for entry in entries] == [link["id"]]


def test_those_from_the_start_stay(api: Api) -> None:
    api.ask("DELETE", f"/pools/{api.bookmarks()['id']}", 422)


def test_entries_have_numbers_that_stay(api: Api) -> None:
    pool = api.make_pool("Reading")
    first, second = (api.save(f"https://example.org/{number}", pool="Reading") for number in range(2))
    path = f"/pools/{pool['id']}/entries"
    entries = api.get(path)["items"]
    assert [(entry["number"], entry["link"]) for entry in entries] == [(2, second), (1, first)]
    api.ask("POST", "/links", 200, json={"url": first["url"], "pool": "Reading"})
    assert [entry["number"] for entry in api.get(path)["items"]] == [1, 2]


def test_puts_in_and_takes_out(api: Api) -> None:
    pool = api.make_pool("Reading")
    link = api.save("https://example.org/a")
    path = f"/pools/{pool['id']}/entries/{link['id']}"
    for _ in range(2):
        paths = [each["path"] for each in api.ask("PUT", path).json()["pools"]]
        assert paths == ["Bookmarks", "Reading"]
    assert api.get(f"/pools/{pool['id']}")["entry_count"] == 1
    api.ask("DELETE", path, 204)
    api.ask("DELETE", path, 404)
    assert [each["path"] for each in api.get(f"/links/{link['id']}")["pools"]] == ["Bookmarks"]


def test_the_last_pool_stays(api: Api) -> None:
    pool = api.bookmarks()
    link = api.save("https://example.org/a")
    problem = api.ask("DELETE", f"/pools/{pool['id']}/entries/{link['id']}", 409).json()
    assert "no other pool" in problem["detail"]
    assert api.get(f"/links/{link['id']}") == link


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_saved_search_is_not_filled_by_hand(api: Api, method: str) -> None:
    pool = api.make_pool("Python", query="tag:python")
    link = api.save("https://example.org/a", tags=["python"])
    api.ask(method, f"/pools/{pool['id']}/entries/{link['id']}", 422)
    assert api.get(f"/pools/{pool['id']}")["entry_count"] == 1


def test_how_much_is_kept_of_its_pages(api: Api) -> None:
    pool = api.make_pool("Reading")
    assert (pool["capture"], pool["feed_text"]) == ("text", False)
    path = f"/pools/{pool['id']}"
    changed = api.ask("PATCH", path, json={"capture": "full", "feed_text": True}).json()
    assert (changed["capture"], changed["feed_text"], changed["name"]) == ("full", True, "Reading")
    assert api.get(path) == changed
    again = api.ask("PATCH", path, json={"name": "Read"}).json()
    assert (again["capture"], again["feed_text"]) == ("full", True)
    assert not api.ask("PATCH", path, json={"feed_text": False}).json()["feed_text"]
    made = api.make_pool("Scraps", capture="off", feed_text=True)
    assert (made["capture"], made["feed_text"]) == ("off", True)
    search = api.make_pool("Python", query="tag:python", feed_text=True)
    assert (search["capture"], search["feed_text"]) == ("off", True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"capture": "everything"}, "capture"),
        ({"capture": None}, "capture"),
        ({"capture": True}, "capture"),
        ({"feed_text": "yes"}, "feed_text"),
        ({"feed_text": 1}, "feed_text"),
        ({"feed_text": None}, "feed_text"),
    ],
)
def test_refuses_what_a_pool_cannot_keep(api: Api, change: dict[str, Any], field: str) -> None:
    pool = api.make_pool("Reading")
    assert api.ask("PATCH", f"/pools/{pool['id']}", 422, json=change).json()["field"] == field
    assert api.ask("POST", "/pools", 422, json={"name": "x", **change}).json()["field"] == field
    assert api.get(f"/pools/{pool['id']}") == pool


def test_a_saved_search_keeps_no_pages(api: Api) -> None:
    search = api.make_pool("Python", query="tag:python", capture="off")
    problem = api.ask("PATCH", f"/pools/{search['id']}", 422, json={"capture": "text"}).json()
    assert problem["field"] == "capture"
    new = {"name": "Snakes", "query": "tag:snake", "capture": "full"}
    assert api.ask("POST", "/pools", 422, json=new).json()["field"] == "capture"
