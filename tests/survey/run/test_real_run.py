"""Real runs of the smoke profile: three mechanisms in every scenario, and one that is killed and goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from poolhouse.survey.campaign import key_of
from poolhouse.survey.records import Cell, decode
from poolhouse.survey.run import RunOptions, run_survey

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

CLOSED = RunOptions(profile="smoke", scenarios=("closed",), seed=3, rounds=2)
KILLED = """
import sys
from pathlib import Path
from poolhouse.survey.run import RunOptions, run_survey
run_survey(RunOptions(profile="smoke", scenarios=("closed",), seed=3, rounds=2), Path(sys.argv[1]))
"""


def test_every_scenario_is_measured_with_real_servers(tmp_path: Path) -> None:
    found = run_survey(RunOptions(profile="smoke", seed=1), tmp_path / "run.jsonl")
    assert found.end is not None
    assert [each for each in found.gates if each.is_excluding and not each.is_passed] == []
    assert {each.scenario for each in found.cells} == {"burst", "idle", "closed", "open", "churn", "heavy"}
    names = {each.name for each in found.run.mechanisms}
    assert {"selectors-epoll", "threads"} <= names
    keys = {(each.scenario, each.transport, each.parameters["mode"]) for each in found.cells}
    for name in names:
        mine = [each for each in found.cells if each.mechanism == name]
        assert {(each.scenario, each.transport, each.parameters["mode"]) for each in mine} == keys
    for cell in found.cells:
        assert (cell.failure, cell.errors, cell.censored) == ("", {}, 0)
        assert cell.server_cpu_seconds > 0
        assert 0 < cell.client_utilisation <= 1
        assert cell.histogram.total == (0 if cell.scenario == "burst" else cell.requests)
    idle = {each.mechanism: each.figures for each in found.cells if each.scenario == "idle"}
    assert idle["threads"]["kernel_stack_kb_per_connection"] == 16
    assert idle["selectors-epoll"]["kernel_stack_kb_per_connection"] == 0


def test_a_run_that_is_killed_goes_on_and_has_each_cell_once(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.touch()
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)]) as run, path.open("rb") as written:
        cells, line = 0, b""
        while cells < 2 and run.poll() is None:
            line += written.readline()
            if line.endswith(b"\n"):
                cells += isinstance(decode(line), Cell)
                line = b""
        run.send_signal(signal.SIGKILL)
    before = path.read_bytes()
    found = run_survey(CLOSED, path)
    assert path.read_bytes().startswith(before[: before.rindex(b"\n") + 1])
    counted = Counter((key_of(each), each.attempt) for each in found.cells)
    assert set(counted.values()) == {1}
    assert len({key_of(each) for each in found.cells}) == 2 * 3 * len(found.run.mechanisms)
    assert found.end is not None
