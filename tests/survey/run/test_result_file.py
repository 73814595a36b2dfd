"""A result file that was broken off anywhere goes on from what is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import InvalidInputError
from poolhouse.survey.records import Canary, Gate, Images, Record, encode, read_records
from poolhouse.survey.result_file import ResultFile, whole_count

if TYPE_CHECKING:
    from pathlib import Path


def _gate(mechanism: str) -> Gate:
    return Gate(mechanism=mechanism, check="c", is_passed=True)


def _images(turn: int) -> Images:
    return Images(round=turn, strategy="s", transform="t", figures={})


CANARY = Canary(round=0, lateness_ms={"p50": 0.1, "p99": 1.0})


@given(st.integers(0, 10_000))
def test_wherever_it_was_cut_it_goes_on_with_whole_records(
    tmp_path_factory: pytest.TempPathFactory, at: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "run.jsonl"
    records = [CANARY] * 20
    content = b"".join(map(encode, records))[: at % 1500]
    path.write_bytes(content)
    with ResultFile(path) as file:
        assert file.records == records[: content.count(b"\n")]
        file.append(CANARY)
    assert read_records(path) == records[: content.count(b"\n") + 1]


@pytest.mark.parametrize(
    ("records", "whole"),
    [
        ([], 0),
        ([CANARY], 1),
        ([_gate("a"), _gate("a")], 0),
        ([_gate("a"), _gate("b"), _gate("b")], 1),
        ([_gate("a"), CANARY], 2),
        ([CANARY, _images(0), CANARY, _images(1), _images(1)], 3),
        ([CANARY, _images(0), _images(1)], 2),
    ],
)
def test_what_belongs_together_is_measured_together(records: list[Record], whole: int) -> None:
    assert whole_count(records) == whole


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with ResultFile(tmp_path / "run.jsonl"), pytest.raises(InvalidInputError, match="another run"):
        ResultFile(tmp_path / "run.jsonl")
    with ResultFile(tmp_path / "run.jsonl"):
        pass


@pytest.mark.parametrize(
    "content", [b"Dear Sir,\nhalf a line", b"Dear Sir,", b'{"name": 1}', b'{"name": 1}\n']
)
def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError):
        ResultFile(path)
    assert path.read_bytes() == content
