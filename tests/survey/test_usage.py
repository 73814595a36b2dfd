"""What Linux says of processes and of the machine, read from known texts and from real processes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from poolhouse.survey.machine import describe_machine, has_gil, processor
from poolhouse.survey.usage import (
    Usage,
    busy_seconds,
    cpu_seconds,
    foreign_share,
    forget_peaks,
    group,
    group_cpu_seconds,
    peak_mib,
)

SPUN_SECONDS = 0.2
# Linux cuts each of the four times that are added to ticks: a child spins for so much more
SPIN_SECONDS = SPUN_SECONDS + 4 / os.sysconf("SC_CLK_TCK")
SPIN = f"import time\nwhile time.process_time() < {SPIN_SECONDS}: pass\n"
MEBIBYTE = 1024 * 1024


def test_a_name_may_hold_anything() -> None:
    tick = 1 / os.sysconf("SC_CLK_TCK")
    said = "42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 100 20 3000 400 20 0 1 0 5 6 7\n"
    assert cpu_seconds(said) == pytest.approx(3520 * tick)


def test_all_but_idle_is_busy_and_guests_count_once() -> None:
    tick = 1 / os.sysconf("SC_CLK_TCK")
    said = "cpu  100 20 30 9000 800 4 5 6 70 8\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
    assert busy_seconds(said) == pytest.approx(165 * tick)


def test_what_others_took_is_what_is_busy_and_not_ours() -> None:
    before = Usage(at=10.0, own_cpu=1.0, all_cpu=100.0)
    assert foreign_share(before, Usage(at=12.0, own_cpu=4.0, all_cpu=104.0), 2) == pytest.approx(0.25)
    assert foreign_share(before, Usage(at=12.0, own_cpu=4.02, all_cpu=103.0), 2) == 0.0


def test_children_that_ended_count_for_their_parent() -> None:
    before = group_cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", SPIN], check=True)
    assert group_cpu_seconds(os.getpid()) - before >= SPUN_SECONDS


def test_children_that_run_count_and_so_do_theirs() -> None:
    inmost = SPIN + "print(1, flush=True); input()"
    inner = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inmost!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", inner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert len(group(child.pid)) == 2
        assert group_cpu_seconds(child.pid) >= SPUN_SECONDS
        child.communicate("\n")
    assert group_cpu_seconds(child.pid) == 0.0


def test_a_peak_is_remembered_until_it_is_forgotten() -> None:
    pid = os.getpid()
    before = peak_mib(pid)
    assert before > 5
    held = bytearray(b"x" * 100 * MEBIBYTE)
    assert peak_mib(pid) >= 100
    del held
    assert peak_mib(pid) >= 100
    high = peak_mib(pid)
    forget_peaks(pid)
    assert peak_mib(pid) < high


def test_the_machine_has_a_name_and_versions() -> None:
    assert processor("processor\t: 0\nmodel name\t: AMD EPYC\nmodel name\t: other\n") == "AMD EPYC"
    found = describe_machine(["pytest", "no-such-package"])
    assert found["pytest"] == pytest.__version__
    assert found["no-such-package"] == "none"
    assert found["cores"] == len(os.sched_getaffinity(0))
    assert has_gil() is getattr(sys, "_is_gil_enabled", lambda: True)()
