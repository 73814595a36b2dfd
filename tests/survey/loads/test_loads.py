"""The load generator against a server of which everything is known."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.survey.histogram import Histogram
from poolhouse.survey.loads.arrivals import poisson
from poolhouse.survey.loads.clients import ClientLostError, run_clients
from poolhouse.survey.loads.load import Load, Outcome
from poolhouse.survey.server_options import ServerOptions
from poolhouse.survey.server_process import start_server
from tests.survey.loads.running import tiny_server

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.slow

NOWHERE = ("127.0.0.1", 1)
SHORT: dict[str, Any] = {"seconds": 0.2, "warm_up": 50}


def _run(load: Load, processes: int = 1) -> Outcome:
    return run_clients(load, processes=processes)[0]


# each scenario, counted


@pytest.mark.parametrize("is_unix", [False, True])
@pytest.mark.parametrize("is_one_shot", [False, True])
def test_a_closed_loop_counts_every_request(place: Path, is_one_shot: bool, is_unix: bool) -> None:
    mode = "one-shot" if is_one_shot else "keep-alive"
    with tiny_server(mode=mode, path=str(place / "s") if is_unix else None) as server:
        load = Load(
            scenario="closed", address=server.address, connections=8, is_one_shot=is_one_shot, **SHORT
        )
        found = _run(load)
    assert found.failure == ""
    assert (found.errors, found.censored, found.wanted_count) == ({}, 0, 8)
    assert found.requests == Histogram.from_json(found.latency).total > 8
    assert found.figures["rps"] > 0
    assert found.cpu_seconds > 0


def test_every_arrival_of_an_open_loop_is_answered() -> None:
    with tiny_server(mode="keep-alive") as server:
        load = Load(scenario="open", address=server.address, connections=16, rate_per_s=500, seed=3, **SHORT)
        found = _run(load)
    wanted = len(poisson(500, SHORT["seconds"], 3))
    assert (found.requests, found.wanted_count, found.censored) == (wanted, wanted, 0)
    assert Histogram.from_json(found.latency).total == wanted
    assert found.figures["offered_rps"] == wanted / SHORT["seconds"]


def test_an_open_loop_may_take_a_connection_for_each_request() -> None:
    with tiny_server() as server:
        load = Load(
            scenario="open",
            address=server.address,
            connections=16,
            rate_per_s=300,
            is_one_shot=True,
            **SHORT,
        )
        found = _run(load)
    assert found.requests == found.wanted_count
    assert found.errors == {}


def test_sessions_of_churn_have_their_requests() -> None:
    with tiny_server(mode="keep-alive") as server:
        load = Load(
            scenario="churn",
            address=server.address,
            connections=64,
            rate_per_s=300,
            session_requests=3,
            **SHORT,
        )
        found = _run(load)
    assert (found.sessions, found.requests) == (found.wanted_count, 3 * found.wanted_count)
    assert found.censored == 0


def test_idle_connections_are_served_once_and_stay(place: Path) -> None:
    phases: list[str] = []
    with tiny_server(mode="keep-alive") as server:
        load = Load(scenario="idle", address=server.address, connections=4, idle=300, **SHORT)
        found, _ = run_clients(load, processes=2, on_phase=lambda phase, _: phases.append(phase))
    assert phases == ["warm", "full", "end"]
    assert (found.alive_count, found.wanted_count, found.failure) == (300, 300, "")
    assert found.figures["active_rps"] > 0


@pytest.mark.parametrize("backlog", [4096, 5])
@pytest.mark.parametrize("greets", [False, True])
def test_a_burst_sees_each_connection_through_all_stages(place: Path, greets: bool, backlog: int) -> None:
    with tiny_server(greets=greets, path=str(place / "s"), backlog=backlog) as server:
        load = Load(
            scenario="burst",
            address=server.address,
            connections=200,
            greets=greets,
            is_one_shot=True,
            **SHORT,
        )
        found = _run(load)
    assert (found.alive_count, found.failure, found.errors) == (200, "", {})
    assert {name: len(marks) for name, marks in found.marks_ms.items()} == dict.fromkeys(
        ["connected", "greeted", "answered", "closed"] if greets else ["connected", "answered", "closed"], 200
    )
    assert found.marks_ms["connected"][-1] <= found.marks_ms["closed"][-1]


@pytest.mark.parametrize(
    ("scenario", "more"), [("closed", {}), ("idle", {"idle": 60}), ("open", {"rate_per_s": 200})]
)
def test_connections_that_are_kept_are_closed_after_the_end(scenario: str, more: dict[str, Any]) -> None:
    """Whoever looks at the server at the end does not see what it costs to take them down."""
    held: dict[str, int] = {}

    def count(phase: str, clients: Sequence[int]) -> None:
        held[phase] = min(_sockets(server.pid), sum(map(_sockets, clients)))

    with tiny_server(mode="keep-alive") as server:
        run_clients(
            Load(scenario=scenario, address=server.address, connections=8, **more, **SHORT), on_phase=count
        )
    assert held["end"] >= 8 + more.get("idle", 0)


def _sockets(pid: int) -> int:
    found = Path(f"/proc/{pid}/fd").iterdir()
    return sum(str(each.readlink()).startswith("socket:") for each in found)


# what goes wrong


def test_a_burst_to_the_point_of_failure_says_how_many_were_served_and_the_errors() -> None:
    with tiny_server(greets=True, descriptors=40) as server:
        load = Load(
            scenario="burst",
            address=server.address,
            connections=400,
            greets=True,
            is_one_shot=True,
            warm_up=0,
            patience_seconds=1.0,
        )
        found = _run(load)
        assert "Errno 24" in server.error
    assert found.alive_count < 400
    assert found.failure.startswith(f"{found.alive_count} of 400 connections were served")
    assert {"ECONNRESET", "ECONNREFUSED"} & found.errors.keys()
    assert found.alive_count + sum(found.errors.values()) == 400


def test_idle_connections_that_a_server_cannot_take_are_counted() -> None:
    with tiny_server(mode="keep-alive", descriptors=40) as server:
        load = Load(
            scenario="idle", address=server.address, connections=2, idle=300, patience_seconds=0.3, **SHORT
        )
        found = _run(load)
    assert found.failure.endswith("of 300 idle connections were served")
    assert found.alive_count < 40
    assert found.errors


def test_a_server_that_is_not_there_is_a_failure_with_its_errno() -> None:
    found = _run(Load(scenario="closed", address=NOWHERE, connections=4, is_one_shot=True, **SHORT))
    assert (found.requests, set(found.errors)) == (0, {"ECONNREFUSED"})
    assert found.failure


def test_a_wrong_reply_is_counted() -> None:
    with tiny_server(mode="keep-alive", wrong=True) as server:
        found = _run(Load(scenario="closed", address=server.address, connections=2, **SHORT))
    assert found.errors == {"wrong reply": found.requests}


def test_a_client_that_breaks_is_said() -> None:
    with pytest.raises(ClientLostError, match="KeyError"):
        _run(Load(scenario="no such", address=NOWHERE, connections=1))


# coordinated omission


def test_the_open_loop_reports_a_stall_and_the_closed_loop_hides_it() -> None:
    """A server that stands still for 0.2 s in every 500 requests: what a person who comes then would see.

    Of the open loop's requests those that come during a stall all wait; of the closed loop's only two do.
    """
    stall_ms = 200
    with tiny_server(mode="keep-alive", stall_every=500, stall_seconds=stall_ms / 1000) as server:
        closed = _run(Load(scenario="closed", address=server.address, connections=2, seconds=1.0, warm_up=10))
        opened = _run(
            Load(
                scenario="open",
                address=server.address,
                connections=64,
                rate_per_s=1_000,
                seconds=3.0,
                warm_up=10,
            )
        )
    in_closed, in_open = (Histogram.from_json(each.latency) for each in (closed, opened))
    assert closed.requests > 500  # there was a stall
    assert in_closed.percentile_us(0.99) < stall_ms * 1000 / 4
    assert in_open.percentile_us(0.99) > stall_ms * 1000 / 4
    assert in_open.percentile_us(1.0) >= stall_ms * 1000 * 0.98


def test_what_is_not_answered_is_censored_and_makes_percentiles_infinite() -> None:
    with tiny_server(mode="keep-alive", stall_every=150, stall_seconds=60) as server:
        load = Load(
            scenario="open",
            address=server.address,
            connections=4,
            rate_per_s=400,
            seconds=0.5,
            warm_up=1,
            patience_seconds=0.3,
        )
        found = _run(load)
    assert found.censored == found.wanted_count - found.requests > 0
    assert Histogram.from_json(found.latency).percentile_us(1.0, found.censored) == math.inf


def test_a_pool_that_serves_some_connections_of_a_closed_loop_again_and_again_has_failed() -> None:
    """Those find it fast, and the others never hear of it."""
    with start_server(ServerOptions(mechanism="thread-pool", mode="keep-alive", workers=4)) as server:
        found = _run(Load(scenario="closed", address=server.address, connections=16, **SHORT))
    assert found.failure == "4 of 16 connections were served"
    assert (found.alive_count, found.wanted_count) == (4, 16)


def test_a_pool_serves_every_connection_of_a_closed_loop_that_ends_them() -> None:
    with start_server(ServerOptions(mechanism="thread-pool", workers=4)) as server:
        found = _run(
            Load(scenario="closed", address=server.address, connections=16, is_one_shot=True, **SHORT)
        )
    assert (found.failure, found.errors, found.censored) == ("", {}, 0)


@pytest.mark.slow
def test_a_pool_that_does_not_take_all_connections_of_an_open_loop_has_failed() -> None:
    """The connections that it takes are answered at once, and say nothing of the others."""
    with start_server(ServerOptions(mechanism="thread-pool", mode="keep-alive", workers=4)) as server:
        load = Load(
            scenario="open",
            address=server.address,
            connections=16,
            rate_per_s=200,
            seconds=0.2,
            warm_up=4,
            patience_seconds=0.5,
        )
        found = _run(load)
    assert found.failure == "4 of 16 connections were served"
    assert (found.requests, found.censored, found.latency) == (0, 0, {})


def test_time_that_the_client_wastes_slows_a_rate_that_it_limits() -> None:
    """The way to find out who is the limit."""
    with tiny_server(mode="keep-alive") as server:
        load = Load(scenario="closed", address=server.address, connections=16, seconds=0.3, warm_up=10)
        found = _run(replace(load, spin_us=1_000))
    assert (
        0 < found.requests <= 1_000 * found.seconds + 16
    )  # a millisecond each, and what was under way at the end
