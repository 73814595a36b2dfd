"""What processes took, from processes that take a known amount; and what the kernel's texts say."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from poolhouse.survey import observe, surroundings
from poolhouse.survey.loads.clients import run_clients
from poolhouse.survey.loads.load import Load
from poolhouse.survey.surroundings import Instant
from poolhouse.survey.usage import busy_seconds
from tests.survey.loads.running import tiny_server

if TYPE_CHECKING:
    from collections.abc import Iterator

SPUN_SECONDS = 0.1
# user and system time of a child that ended are each cut to ticks: it spins for so much more
SPIN_SECONDS = SPUN_SECONDS + 2 / os.sysconf("SC_CLK_TCK")
ECHO = "print(1, flush=True); input()"
SPIN = f"""
import threading, time
def spin():
    began = time.thread_time()
    while time.thread_time() - began < {SPIN_SECONDS}: pass
"""


@contextmanager
def _program(text: str) -> Iterator[int]:
    """A program in a group of its own that has done its work and waits; its id."""
    with subprocess.Popen(
        [sys.executable, "-c", text + ECHO],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        assert program.stdout is not None
        program.stdout.readline()
        yield program.pid
        program.communicate("\n")


def test_time_of_dead_threads_counts() -> None:
    with _program(SPIN + "thread = threading.Thread(target=spin); thread.start(); thread.join()\n") as pid:
        assert observe.process_cpu(pid) >= SPUN_SECONDS
        assert observe.group_cpu(pid) >= SPUN_SECONDS


def test_time_of_waited_for_children_counts() -> None:
    with _program(SPIN + "import os\nif not os.fork(): spin(); os._exit(0)\nos.wait()\n") as pid:
        assert observe.process_cpu(pid) < observe.group_cpu(pid)
        assert observe.group_cpu(pid) >= SPUN_SECONDS


def test_time_of_children_that_nobody_has_waited_for_yet_counts() -> None:
    text = (
        SPIN
        + "import os\nif not os.fork(): spin(); os._exit(0)\nos.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)\n"
    )
    with _program(text) as pid:
        assert len(observe.stats_of_group(pid)) == 2
        assert observe.group_cpu(pid) >= SPUN_SECONDS


@pytest.mark.parametrize("work", ["thread", "fork"])
def test_a_server_whose_work_is_done_by_what_is_dead_already(work: str) -> None:
    """Each connection costs 5 ms in a thread or a process that has ended when anybody looks."""
    seen: dict[str, float] = {}
    with tiny_server(work=work, work_seconds=0.005) as server:
        load = Load(
            scenario="closed", address=server.address, connections=2, is_one_shot=True, seconds=1.0, warm_up=4
        )
        found, _ = run_clients(
            load, on_phase=lambda phase, _: seen.update({phase: observe.group_cpu(server.group)})
        )
    # of children in ticks of 10 ms, which user and system time are rounded down to, at both ends
    assert found.requests > 10
    assert seen["end"] - seen["warm"] >= 0.005 * found.requests - 0.04


def test_a_process_that_is_gone_took_nothing() -> None:
    with _program("") as pid:
        assert observe.group_switches(pid) != observe.Switches(0, 0)
    assert observe.process_cpu(pid) == observe.group_cpu(pid) == 0.0
    assert observe.group_switches(pid) == observe.Switches(0, 0)


def test_memory_is_of_all_processes_and_stacks_of_all_threads() -> None:
    hold = "held = bytearray(b'x' * 20_000_000)\n"
    wait = "import threading\nfor _ in range(5): threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    with _program("") as pid:
        before = observe.group_memory(pid)
    with _program(hold + wait) as pid:
        after = observe.group_memory(pid)
    assert after.pss_kb - before.pss_kb > 15_000
    assert before.kernel_stack_kb == observe.KERNEL_STACK_KB
    assert after.kernel_stack_kb == 6 * observe.KERNEL_STACK_KB
    assert after.page_table_kb > before.page_table_kb > 0


def test_switches_of_dead_threads_are_known_when_their_process_has_ended() -> None:
    text = """
import threading, time
for _ in range(50):
    thread = threading.Thread(target=time.sleep, args=(0.001,))
    thread.start()
    thread.join()
"""
    before = observe.children_switches()
    with _program(text) as pid:
        seen = observe.group_switches(pid)
    found = observe.children_switches() - before
    assert found.voluntary >= 50
    assert found.voluntary >= seen.voluntary


# surroundings

STAT = """cpu  200 40 60 18000 1600 8 10 12 140 0
cpu0 100 20 30 9000 800 4 5 6 70 0
cpu1 100 20 30 9000 800 4 5 6 70 0
cpu10 1 1 1 1 1 1 1 1 1 1
ctxt 5
"""


def test_only_the_processors_in_use_count() -> None:
    tick = 1 / os.sysconf("SC_CLK_TCK")
    found = surroundings.instant_of(STAT, frozenset({1}), 5.0)
    assert [found.busy, found.stolen] == pytest.approx([165 * tick, 6 * tick])
    both = surroundings.instant_of(STAT, frozenset({0, 1}), 5.0)
    assert both.busy == pytest.approx(busy_seconds(STAT))


def test_what_is_busy_and_not_ours_is_foreign() -> None:
    before, after = Instant(at=1.0, busy=10.0, stolen=0.0), Instant(at=3.0, busy=13.0, stolen=0.2)
    assert surroundings.foreign_share(before, after, 2.0, 2) == pytest.approx(0.25)
    assert surroundings.foreign_share(before, after, 3.1, 2) == 0.0
    assert surroundings.steal_share(before, after, 2) == pytest.approx(0.05)
    assert surroundings.foreign_share(before, before, 1.0, 2) == 0.0


def test_the_kernels_counters_of_tcp() -> None:
    text = "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 20 30\nIpExt: X\nIpExt: 5\n"
    assert surroundings.tcp_counters_of(text) == {"listen_overflows": 20, "listen_drops": 30}
    assert surroundings.tcp_counters_of("") == {}
    assert surroundings.grown({"a": 1}, {"a": 4, "b": 5}) == {"a": 3.0}
    assert "listen_overflows" in surroundings.tcp_counters()


def test_threads_of_one_core_are_a_list() -> None:
    assert surroundings.siblings_of("0,4\n") == [0, 4]
    assert surroundings.siblings_of("0-1,8") == [0, 1, 8]


def test_server_and_client_have_processors_of_their_own_where_there_are_two() -> None:
    found = surroundings.choose_processors()
    assert found.is_shared == (len(os.sched_getaffinity(0)) == 1)
    assert found.all <= os.sched_getaffinity(0)


def test_limits_say_how_many_descriptors_there_are() -> None:
    assert surroundings.limits()["descriptors"] == surroundings.descriptor_limit() > 0
