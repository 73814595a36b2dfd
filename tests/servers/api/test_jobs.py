"""Jobs: seen, tried again, called off; and all links looked at on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.types import CheckLink
from tests.jobs import SERVER, fail_job, finish_job, hold_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.app.house import RunningHouse
    from tests.servers.api.conftest import Api


def save(api: Api, count: int) -> list[Any]:
    return [api.save(f"https://example.org/{number}", title=f"Page {number}") for number in range(count)]


def states(jobs: Sequence[Any]) -> list[str]:
    return [job["state"] for job in jobs]


def test_what_runs_then_what_failed_then_what_waits(api: Api, house: RunningHouse) -> None:
    save(api, 4)
    failed, running = fail_job(house.data.database), hold_job(house.data.database)
    house.data.database.write(lambda tx: tx.tuples.progress(running, SERVER, 3, 10))
    found = api.get("/jobs")
    assert states(found["items"]) == ["running", "failed", "waiting", "waiting"]
    assert found["counts"] == {"running": 1, "failed": 1, "done": 0, "waiting": 2}
    assert found["next"] is None
    first, second, third, _ = found["items"]
    assert (first["id"], first["done"], first["total"], first["reason"]) == (running, 3, 10, None)
    assert (second["id"], second["reason"], second["attempts"]) == (failed, "no such host", 1)
    assert (third["kind"], third["label"], third["done"]) == ("read-page", "Page 2", None)
    for job in found["items"]:
        assert api.get(f"/jobs/{job['id']}") == job


def test_by_state_and_kind_at_most_so_many(api: Api, house: RunningHouse) -> None:
    save(api, 3)
    failed = fail_job(house.data.database)
    api.ask("POST", "/checks", 202)
    assert [job["id"] for job in api.get("/jobs?state=failed")["items"]] == [failed]
    assert api.get("/jobs?state=running")["items"] == []
    assert {job["kind"] for job in api.get("/jobs?kind=check-link&state=waiting")["items"]} == {"check-link"}
    assert len(api.get("/jobs?kind=read-page")["items"]) == 3
    assert api.get("/jobs?kind=import-file")["items"] == []
    cut = api.get("/jobs?limit=2")
    assert states(cut["items"]) == ["failed", "waiting"]
    assert sum(cut["counts"].values()) == 6


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=ready", "state"),
        ("state=", "state"),
        ("kind=x", "kind"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("before=5", "before"),
        ("state=failed&state=failed", "state"),
    ],
)
def test_refuses_a_query_and_names_the_parameter(api: Api, query: str, field: str) -> None:
    assert api.get(f"/jobs?{query}", 422)["field"] == field


def test_tries_one_again_that_failed(api: Api, house: RunningHouse) -> None:
    save(api, 2)
    failed = fail_job(house.data.database)
    job = api.ask("POST", f"/jobs/{failed}/retry").json()
    assert (job["id"], job["state"], job["attempts"]) == (failed, "waiting", 0)
    assert api.get("/jobs")["items"][0]["id"] == failed
    assert api.ask("POST", f"/jobs/{failed}/retry", 409).json()["field"] == "job"
    assert hold_job(house.data.database) == failed
    api.ask("POST", f"/jobs/{failed}/retry", 409)


def test_calls_off_what_waits_and_forgets_what_failed(api: Api, house: RunningHouse) -> None:
    first, second = save(api, 2)
    failed = fail_job(house.data.database)
    (waiting,) = api.get("/jobs?state=waiting")["items"]
    for number in (failed, waiting["id"]):
        api.ask("DELETE", f"/jobs/{number}", 204)
        api.ask("DELETE", f"/jobs/{number}", 404)
        api.get(f"/jobs/{number}", 404)
    assert api.get("/jobs")["items"] == []
    for link in (first, second):
        shown = api.get(f"/links/{link['id']}")
        assert shown["page_state"] == "failed"
        assert "called off" in shown["page_error"]


def test_one_that_runs_is_not_called_off(api: Api, house: RunningHouse) -> None:
    save(api, 1)
    running = hold_job(house.data.database)
    api.ask("DELETE", f"/jobs/{running}", 409)
    assert api.get(f"/jobs/{running}")["state"] == "running"


def test_one_that_is_done_says_what_came_of_it_until_it_is_forgotten(api: Api, house: RunningHouse) -> None:
    save(api, 1)
    report = {"added": 3, "merged": 0, "refused_count": 0, "refused": [], "problems": ["line 4: no date"]}
    done = finish_job(house.data.database, report=report)
    (job,) = api.get("/jobs?state=done")["items"]
    assert (job["id"], job["state"], job["report"]) == (done, "done", report)
    api.ask("POST", f"/jobs/{done}/retry", 409)
    api.ask("DELETE", f"/jobs/{done}", 204)
    assert api.get("/jobs")["items"] == []


def test_the_servers_own_jobs_are_nobodys(api: Api, house: RunningHouse) -> None:
    entry = CheckLink(item_id=1, url="https://example.org/")
    number = house.data.database.write(lambda tx: tx.tuples.put(entry))
    assert api.get("/jobs")["items"] == []
    api.get(f"/jobs/{number}", 404)
    api.ask("DELETE", f"/jobs/{number}", 404)
    api.ask("POST", f"/jobs/{number}/retry", 404)


@pytest.mark.parametrize("wrong", ["0", "x", "9" * 30, "-1"])
def test_a_job_that_is_not_there(api: Api, wrong: str) -> None:
    api.get(f"/jobs/{wrong}", 404)
    api.ask("DELETE", f"/jobs/{wrong}", 404)


def test_looks_at_all_links_once(api: Api, house: RunningHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    links = save(api, 5)
    api.save("mailto:somebody@example.org")
    api.ask("DELETE", f"/links/{links[0]['id']}", 204)
    assert api.ask("POST", "/checks", 202).json() == {"queued": 4}
    found = api.get("/jobs?kind=check-link")["items"]
    assert [job["label"] for job in found] == [link["title"] for link in links[:0:-1]]
    assert api.ask("POST", "/checks", 409).json()["field"] == "links"
    for job in found:
        api.ask("DELETE", f"/jobs/{job['id']}", 204)
    assert api.ask("POST", "/checks", 202).json() == {"queued": 4}


def test_nothing_to_look_at(api: Api) -> None:
    assert api.ask("POST", "/checks", 202).json() == {"queued": 0}


def test_a_link_says_that_it_is_dead(api: Api, house: RunningHouse) -> None:
    from poolhouse.types import ItemId, LinkHealth

    (link,) = save(api, 1)
    assert (link["checked_at"], link["dead_since"], link["dead_reason"]) == (None, None, None)
    dead = LinkHealth(failing_since=house.clock.now(), dead_since=house.clock.now(), dead_reason="404")
    house.data.database.write(lambda tx: tx.checks.record(ItemId(link["id"]), dead))
    shown = api.get(f"/links/{link['id']}")
    assert shown["dead_since"] == shown["checked_at"] == "2026-01-02T03:04:05Z"
    assert shown["dead_reason"] == "404"
