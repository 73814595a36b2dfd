"""Records come back as they were written, and half a line does no harm."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from poolhouse.errors import InvalidInputError
from poolhouse.survey.histogram import Histogram
from poolhouse.survey.records import (
    AbsentMechanism,
    Canary,
    Cell,
    End,
    Gate,
    Images,
    MeasuredMechanism,
    Record,
    Run,
    decode,
    encode,
    read_result,
)

if TYPE_CHECKING:
    from pathlib import Path

RUN = Run(
    id="r1",
    started_at="2026-11-25T10:00:00+00:00",
    command="poolhouse survey run",
    seed=7,
    profile="smoke",
    poolhouse="0.1.0",
    machine={"cores": 2},
    limits={"descriptors": 20000},
    mechanisms=[MeasuredMechanism(name="selectors-epoll", title="epoll", family="selectors", version="3.11")],
    absent=[AbsentMechanism(name="uvloop-protocol", reason="uvloop is not installed")],
)
CELL = Cell(
    scenario="open",
    mechanism="selectors-epoll",
    round=0,
    place=3,
    transport="tcp",
    parameters={"connections": 8, "rate_per_s": 1000},
    latency=Histogram([100, 200]).to_json(),
    errors={"ECONNRESET": 1},
)
OTHERS: list[Record] = [
    Gate(mechanism="selectors-epoll", check="half-close", is_passed=True),
    CELL,
    Canary(round=0, lateness_ms={"p50": 0.1, "p99": 0.4}),
    Images(round=0, strategy="threads", transform="pillow", figures={"pictures_per_s": 3.5}),
    End(ended_at="2026-11-25T10:03:00+00:00"),
]


@pytest.mark.parametrize("record", [RUN, *OTHERS])
def test_a_record_says_what_it_is_and_comes_back(record: Record) -> None:
    line = encode(record)
    assert line.count(b"\n") == 1
    assert json.loads(line)["record"] == type(record).__name__.lower()
    assert decode(line) == record


def test_a_cell_has_its_latencies() -> None:
    assert CELL.histogram == Histogram([100, 200])


def test_a_result_sorts_its_records(tmp_path: Path) -> None:
    dropped = structs.replace(CELL, dropped="noisy")
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"".join(map(encode, [RUN, *OTHERS[:2], dropped, *OTHERS[2:]])))
    found = read_result(path)
    assert (found.run, found.cells, found.counted) == (RUN, [CELL, dropped], [CELL])
    assert [found.gates, found.canaries, found.images] == [[OTHERS[0]], [OTHERS[2]], [OTHERS[3]]]
    assert found.end == OTHERS[4]


def test_half_a_last_line_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(encode(RUN) + encode(CELL) + encode(CELL)[:-5])
    found = read_result(path)
    assert (found.cells, found.end) == ([CELL], None)


def test_a_packed_result_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl.gz"
    path.write_bytes(gzip.compress(encode(RUN) + encode(CELL)))
    assert read_result(path).cells == [CELL]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"no result\n",
        encode(CELL),
        encode(RUN) * 2,
        gzip.compress(encode(RUN))[:-9],
        b"\x1f\x8bno",
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError):
        read_result(path)


def test_fields_of_a_later_version_are_passed_over() -> None:
    assert decode(encode(CELL)[:-2] + b',"new": 1}\n') == CELL
