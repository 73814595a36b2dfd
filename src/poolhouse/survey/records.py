"""Records: what a result file holds, one JSON object a line, in the order in which it was measured.

A line is complete or it is not there: a run that is broken off leaves at most half a last line, which is not read and,
when the run goes on, written over. Fields that a reader does not know are passed over, ones that a writer did not know
have defaults: results can be redrawn later.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from poolhouse.errors import InvalidInputError
from poolhouse.survey.histogram import Histogram

if TYPE_CHECKING:
    from pathlib import Path

_GZIP: Final = b"\x1f\x8b"

Scenario = Literal["burst", "idle", "closed", "open", "churn", "heavy"]
Transport = Literal["tcp", "unix"]


class MeasuredMechanism(msgspec.Struct, frozen=True, kw_only=True):
    """A mechanism that the run measures, as it was here."""

    name: str
    title: str
    family: str
    version: str
    licence: str = ""


class AbsentMechanism(msgspec.Struct, frozen=True, kw_only=True):
    """A mechanism that was asked for and is not measured, and why."""

    name: str
    reason: str


class Run(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="run"):
    """The first record: what was asked, of what, where. `started_at` is ISO 8601 in UTC.

    `limits` is what the system allows, `parameters` what the plan asks for.
    """

    id: str
    started_at: str
    command: str
    seed: int
    profile: str
    poolhouse: str
    machine: dict[str, Any]
    limits: dict[str, Any]
    mechanisms: list[MeasuredMechanism]
    absent: list[AbsentMechanism] = []
    parameters: dict[str, Any] = {}


class Gate(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="gate"):
    """What one conformance check said of one mechanism. Who fails an excluding one is not timed."""

    mechanism: str
    check: str
    is_passed: bool
    is_excluding: bool = True
    reason: str = ""


class Cell(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="cell"):
    """One mechanism in one scenario, measured once, by a server process of its own.

    `place` is its place within the shuffled round, `attempt` counts from 0 where a noisy cell was measured again.
    `figures` have their units in their names; a figure that could not be had is not there. `latency` is a
    `Histogram`'s JSON; `censored` counts requests without an answer at the end. `curves` have a value for each of
    evenly spaced shares of the connections, first to last: [5.0, 7.0, 30.0] is 5 ms for the first, 7 for half of them,
    30 for all; a curve of failure ends early, and `alive_count` in the figures says where. `failure` is a sentence
    where the mechanism failed, `dropped` one where the cell does not count.
    """

    scenario: Scenario
    mechanism: str
    round: int
    place: int
    transport: Transport
    parameters: dict[str, Any]
    attempt: int = 0
    seconds: float = 0.0
    figures: dict[str, float] = {}
    latency: dict[str, int] = {}
    curves: dict[str, list[float]] = {}
    client_utilisation: float = 0.0
    foreign_cpu_share: float = 0.0
    steal_share: float = 0.0
    server_cpu_seconds: float = 0.0
    requests: int = 0
    errors: dict[str, int] = {}
    censored: int = 0
    failure: str = ""
    dropped: str = ""

    @property
    def histogram(self) -> Histogram:
        """Its latencies."""
        return Histogram.from_json(self.latency)


class Canary(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="canary"):
    """How late a sleeper of 1 ms woke before a round, over all processors: the machine's own noise.

    `lateness_ms` has "p50" and "p99"; `by_processor` has them for each processor's number.
    """

    round: int
    lateness_ms: dict[str, float]
    by_processor: dict[str, dict[str, float]] = {}


class Images(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="images"):
    """One strategy doing one transform of pictures beside a loop.

    `figures` has "pictures_per_s", "cpu_ms_per_picture", "peak_mib", "tick_p50_ms", "tick_p99_ms" and "tick_max_ms".
    """

    round: int
    strategy: str
    transform: str
    figures: dict[str, float]
    foreign_cpu_share: float = 0.0
    dropped: str = ""


class End(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="end"):
    """The last record of a run that was not broken off."""

    ended_at: str


Record = Run | Gate | Cell | Canary | Images | End

_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything that a file holds, cells that do not count included. `end` is None where the run was broken off."""

    run: Run
    gates: list[Gate] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    canaries: list[Canary] = field(default_factory=list)
    images: list[Images] = field(default_factory=list)
    end: End | None = None

    @property
    def counted(self) -> list[Cell]:
        """The cells that count: those that were not dropped. Some of them are failures."""
        return [cell for cell in self.cells if not cell.dropped]


def encode(record: Record) -> bytes:
    """The record's line, with its end."""
    return _ENCODER.encode(record) + b"\n"


def decode(line: bytes) -> Record:
    """The record of a line. Raises InvalidInputError."""
    try:
        return _DECODER.decode(line)
    except msgspec.MsgspecError as error:
        raise InvalidInputError("result", str(error)) from error


def read_records(path: Path) -> list[Record]:
    """All complete records of a file, also of one that was packed by gzip.

    Raises InvalidInputError, and OSError where it cannot be read.
    """
    content = path.read_bytes()
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInputError("result", "it was packed by gzip, and is damaged") from error
    *lines, _half = content.split(b"\n")
    return [decode(line) for line in lines if line]


def read_result(path: Path) -> Result:
    """A file's records by kind. Raises as `read_records`."""
    records = read_records(path)
    if not records or not isinstance(records[0], Run):
        raise InvalidInputError("result", "it does not begin with the record of a run")
    if any(isinstance(each, Run) for each in records[1:]):
        raise InvalidInputError("result", "it has more than one run")
    return Result(
        run=records[0],
        gates=[each for each in records if isinstance(each, Gate)],
        cells=[each for each in records if isinstance(each, Cell)],
        canaries=[each for each in records if isinstance(each, Canary)],
        images=[each for each in records if isinstance(each, Images)],
        end=next((each for each in records if isinstance(each, End)), None),
    )
