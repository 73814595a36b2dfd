"""What came out of the workshop's questions: medians and quartiles over rounds, and whether each goal is held."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from poolhouse.survey.images.cell import IDLE
from poolhouse.survey.images.figures import NOISE_LIMIT, figures, is_noisy
from poolhouse.survey.images.runs import rounds_of
from poolhouse.survey.images.strategies import STRATEGIES
from poolhouse.survey.images.transforms import TRANSFORMS
from poolhouse.survey.spread import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from poolhouse.survey.spread import Spread

    Cells = Sequence[Mapping[str, Any]]

OURS = "blocks"
RATIO_GOAL = 1.8
RATIO_GOAL_OF = "pillow"
TICK_GOAL_MS = 5.0
LOOP_GOAL_MS = 10.0
DURABLE_GOAL = 3_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came out for one question. A goal is a bound of the median, from above or from below.

    `is_noisy` where others took more than a tenth of the machine in every round: it says more of them.
    """

    name: str
    sentence: str
    unit: str
    spread: Spread
    at_most: float | None = None
    at_least: float | None = None
    is_noisy: bool = False

    @property
    def is_held(self) -> bool:
        """Whether the goal is reached; true where there is none."""
        return (self.at_most is None or self.spread.median <= self.at_most) and (
            self.at_least is None or self.spread.median >= self.at_least
        )


def findings(result: Mapping[str, Any]) -> list[Finding]:
    """Every finding of a result, in an order to be read; what was not asked is not there."""
    found = [*_images(result["images"])]
    for name, make in (
        ("loop_delay", _loop_delay),
        ("small_jobs", _small_jobs),
        ("durable_jobs", _durable_jobs),
    ):
        cells = result[name]
        quiet = [cell for cell in cells if cell["foreign_share"] <= NOISE_LIMIT]
        found += [replace(each, is_noisy=not quiet) for each in make(quiet or cells)]
    return found


def lines(found: Sequence[Finding]) -> list[str]:
    """The findings as lines to be read."""
    told = []
    for each in found:
        goal = ""
        if each.at_most is not None or each.at_least is not None:
            bound = f"≤ {each.at_most:g}" if each.at_most is not None else f"≥ {each.at_least:g}"
            goal = f"  goal {bound}: {'held' if each.is_held else 'MISSED'}"
        summary = each.spread
        told.append(
            f"{each.sentence:<76} {summary.median:>10,.2f} {each.unit:<12}"
            f" [{summary.low:,.2f} to {summary.high:,.2f}, n={summary.count}{', noisy' if each.is_noisy else ''}]{goal}"
        )
    return told


def idle_tick_p99(images: Mapping[str, Any]) -> Spread:
    """The ticks of a loop that has nothing else to do, in milliseconds: what no strategy can better."""
    idle = [cell for cells in rounds_of(images) for cell in cells if cell.strategy == IDLE]
    quiet = [cell for cell in idle if not is_noisy(cell)]
    return spread([cell.tick_p99_ms for cell in quiet or idle])


def _images(images: Mapping[str, Any]) -> Iterator[Finding]:
    if not images["cells"]:
        return
    places = [*TRANSFORMS, *STRATEGIES]
    for figure in sorted(
        figures(rounds_of(images)),
        key=lambda each: (places.index(each.transform), places.index(each.strategy)),
    ):
        name = f"images-{figure.transform}-{figure.strategy}"
        words = f"{TRANSFORMS[figure.transform].sentence}, {STRATEGIES[figure.strategy].sentence}"
        is_ours = figure.strategy == OURS
        yield Finding(
            name=f"{name}-ratio",
            sentence=f"{words}: throughput",
            unit="of inline",
            spread=figure.ratio,
            at_least=RATIO_GOAL if is_ours and figure.transform == RATIO_GOAL_OF else None,
            is_noisy=figure.is_noisy,
        )
        yield Finding(
            name=f"{name}-tick",
            sentence=f"{words}: ticks late, p99",
            unit="ms",
            spread=figure.tick_p99_ms,
            at_most=TICK_GOAL_MS if is_ours else None,
            is_noisy=figure.is_noisy,
        )
        yield Finding(
            name=f"{name}-cpu",
            sentence=f"{words}: processor time",
            unit="s a picture",
            spread=figure.cpu_seconds,
        )
        yield Finding(
            name=f"{name}-peak", sentence=f"{words}: peak memory", unit="MiB", spread=figure.peak_mib
        )
    yield Finding(
        name="images-idle-tick",
        sentence="an idle loop: ticks late, p99",
        unit="ms",
        spread=idle_tick_p99(images),
    )


def _loop_delay(cells: Cells) -> Iterator[Finding]:
    words = "loop beside workers that parse, capture and shrink"
    if not cells:
        return
    yield Finding(
        name="loop-tick",
        sentence=f"{words}: late, p99",
        unit="ms",
        spread=_over(cells, lambda cell: cell["ticks"]["p99_ms"]),
        at_most=LOOP_GOAL_MS,
    )
    for name, sentence, value in _LOOP_DELAYS:
        yield Finding(name=name, sentence=f"{words}: {sentence}", unit="ms", spread=_over(cells, value))
    yield Finding(
        name="loop-busy",
        sentence=f"{words}: share of the machine that they use",
        unit="",
        spread=_over(cells, lambda cell: cell["busy_share"]),
    )


_LOOP_DELAYS: tuple[tuple[str, str, Callable[[Mapping[str, Any]], float]], ...] = (
    ("loop-tick-p50", "late, p50", lambda cell: cell["ticks"]["p50_ms"]),
    ("loop-tick-max", "late, worst", lambda cell: cell["ticks"]["max_ms"]),
    ("loop-answer-p50", "small answers after, p50", lambda cell: cell["answers"]["p50_ms"]),
    ("loop-answer-p99", "small answers after, p99", lambda cell: cell["answers"]["p99_ms"]),
    ("loop-idle-tick", "late without them, p99", lambda cell: cell["idle_ticks"]["p99_ms"]),
)


def _small_jobs(cells: Cells) -> Iterator[Finding]:
    rounds = [{each["contender"]: each for each in cell["contenders"]} for cell in cells]
    if not rounds:
        return
    for way, mark in (("from a loop", ""), ("all at once", " mapped")):
        ours, theirs = f"space{mark}", [f"executor{mark}", f"loky{mark}"]
        name = f"small-jobs{mark.replace(' ', '-')}"
        yield Finding(
            name=f"{name}-rate",
            sentence=f"small jobs {way}: a second, over the better executor's",
            unit="times",
            spread=spread([_rate(told, ours, theirs) for told in rounds]),
            at_least=None if mark else 1.0,
        )
        yield Finding(
            name=f"{name}-cpu",
            sentence=f"small jobs {way}: processor time, over the better executor's",
            unit="times",
            spread=spread([_cpu(told, ours, theirs) for told in rounds]),
            at_most=None if mark else 1.0,
        )
        for contender in (ours, *theirs):
            words = f"small jobs {way}, {contender.removesuffix(mark)}"
            yield Finding(
                name=f"{name}-{contender.partition(' ')[0]}-rate",
                sentence=words,
                unit="a second",
                spread=spread([told[contender]["jobs_a_second"] for told in rounds]),
            )
            yield Finding(
                name=f"{name}-{contender.partition(' ')[0]}-cpu",
                sentence=f"{words}: processor time",
                unit="µs a job",
                spread=spread([told[contender]["cpu_us"] for told in rounds]),
            )


def _rate(told: Mapping[str, Any], ours: str, theirs: Sequence[str]) -> float:
    return float(told[ours]["jobs_a_second"] / max(told[each]["jobs_a_second"] for each in theirs))


def _cpu(told: Mapping[str, Any], ours: str, theirs: Sequence[str]) -> float:
    return float(told[ours]["cpu_us"] / min(told[each]["cpu_us"] for each in theirs))


def _durable_jobs(cells: Cells) -> Iterator[Finding]:
    if cells:
        yield Finding(
            name="durable-jobs",
            sentence="durable jobs: put, leased, done and committed",
            unit="a second",
            spread=_over(cells, lambda cell: cell["jobs_a_second"]),
            at_least=DURABLE_GOAL,
        )
        yield Finding(
            name="durable-cpu",
            sentence="durable jobs: processor time",
            unit="µs a job",
            spread=_over(cells, lambda cell: cell["cpu_microseconds_a_job"]),
        )


def _over(cells: Cells, value: Callable[[Mapping[str, Any]], float]) -> Spread:
    return spread([value(cell) for cell in cells])
