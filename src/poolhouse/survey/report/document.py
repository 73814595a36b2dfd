"""Document: the report's sections, each with words, its sheets and tables; text and page are made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from poolhouse.survey.report import facts, tables
from poolhouse.survey.statistics import coverage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolhouse.survey.records import Result
    from poolhouse.survey.report.tables import Table
    from poolhouse.survey.report.view import View

NOT_SAID: Final = (
    "Everything here went over the loopback of one machine, client and server on a core each: no network card, no loss,"
    " no delay. Messages are nine bytes and the handler does next to nothing, so what shows is the cost of"
    " accepting, waking and dispatching; a program that parses, asks a database or renders a page spends most of its"
    " time elsewhere, and would hardly notice most differences. The kernel's own share of each request is the same for"
    " all mechanisms, which makes their ratios smaller than the libraries' own. There is no TLS. The processor time of"
    " one request depends on how many come together. Nothing is said of how easy a mechanism is to write for, to debug"
    " or to keep correct, which is what one should choose by when two are near each other. What was measured on a"
    " virtual machine is the virtual machine's.",
)

HOW_TO_READ: Final = (
    "Each mechanism serves in each round from a fresh process, in an order that is shuffled anew for each. What is said"
    " of two of them is the median of their ratios within rounds, with an interval between two of these ratios: the"
    " least and the greatest, or as many places within as 95 % allow. “Not resolved” is a result: the interval contains"
    " 1, there were fewer than five rounds, or the figure is the client's and not the server's (its processor was busy"
    " over 80 % of the time, the rate is within 10 % of the compiled calibration's, or of the 99 % latency the client"
    " itself was late by half or more). Such figures are shown and rank nothing.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, paragraphs, the names (or their beginnings) of its sheets and charts, and its tables."""

    name: str
    title: str
    paragraphs: Sequence[str] = ()
    sheets: Sequence[str] = ()
    charts: Sequence[str] = ()
    tables: Sequence[Table] = field(default=())


def document(view: View) -> list[Section]:
    """All sections that the result has something for."""
    return [each for each in (*_front(view), *_results(view), *_conditions(view)) if _has_something(each)]


def _has_something(section: Section) -> bool:
    return bool(section.paragraphs or any(table.rows for table in section.tables))


def summary(result: Result) -> str:
    """One sentence: what was measured, when, how much of it counts."""
    cells, counted = len(result.cells), len(result.counted)
    rounds = len({cell.round for cell in result.cells})
    words = "round" if rounds == 1 else "rounds"
    broken = "" if result.end else " The run was broken off: what is here is what it had measured by then."
    processor = result.run.machine.get("processor", "an unknown processor")
    return (
        f"{len(result.run.mechanisms)} mechanisms, {rounds} {words}, {cells:,} cells of which {counted:,} count,"
        f" measured from {result.run.started_at} on {processor}.{broken}"
    )


def _front(view: View) -> list[Section]:
    return [
        Section(
            name="reading",
            title="How to read it",
            paragraphs=(*_warning(view), summary(view.result), *HOW_TO_READ, _sureness(view)),
        ),
        Section(name="not-said", title="What the numbers do not say", paragraphs=NOT_SAID),
        Section(name="orders", title="What may be ranked", tables=[tables.orderings(view)]),
    ]


def _sureness(view: View) -> str:
    """What intervals are worth, and that there are many."""
    shares = 100 * coverage(view.rounds)
    return (
        f"Over {view.rounds} {'round' if view.rounds == 1 else 'rounds'} an interval holds the true median in"
        f" {shares:.3g} of 100 cases; where cells do not count there are fewer rounds, and a column's heading says what"
        " its intervals hold. This is so of each interval by itself, and nothing makes up for how many there are: of a"
        f" hundred pairs that do not differ, {100 - shares:.2g} are called different by chance."
    )


def _warning(view: View) -> tuple[str, ...]:
    cells, counted = len(view.result.cells), len(view.result.counted)
    if view.is_noisy:
        return (
            f"The machine was not quiet: of {cells:,} cells {cells - counted:,} were dropped for what others took of"
            " its processors, or for another reason, and all that follows counts them all the same. Take it as a try,"
            " not as a result.",
        )
    if counted * 2 < cells:
        return (
            f"The machine was not quiet: more than half of all cells ({cells - counted:,}) were dropped.",
        )
    return ()


def _results(view: View) -> list[Section]:
    has = {setting.scenario for setting in view.settings}

    def of(scenario: str, figures: Sequence[str]) -> list[Table]:
        return tables.sweep(view, scenario, figures) if scenario in has else []

    steps = ("connected_ms", "greeted_ms", "answered_ms", "closed_ms")
    waits = ("p50_ms", "p99_ms", "p999_ms")
    return [
        Section(
            name="cost", title="What a request costs", sheets=("cost", "throughput", "heavy"), charts=("cost", "rate"),
            tables=[*tables.comparisons(view, "closed"), *tables.comparisons(view, "heavy")],
        ),
        Section(name="burst", title="Many at once", sheets=("burst",), charts=("burst",), tables=of("burst", steps)),
        Section(
            name="latency", title="Latency at an offered rate", sheets=("latency-rate", "percentiles"),
            charts=("latency", "percentiles"), tables=of("open", (*waits, "client_late_p99_us")),
        ),
        Section(
            name="idle", title="Idle many, active few", sheets=("idle-throughput", "idle-latency"), charts=("idle",),
            tables=of("idle", ("active_rps", *waits[:2])),
        ),
        Section(
            name="memory", title="Memory of an idle connection", sheets=("memory",), charts=("memory",),
            tables=[tables.of_memory(view)],
        ),
        Section(
            name="churn", title="Clients that come and go", sheets=("churn",), charts=("churn",),
            tables=tables.comparisons(view, "churn"),
        ),
        Section(
            name="ceilings", title="What breaks, and how", sheets=("ceilings",),
            tables=[tables.of_ceilings(view), facts.errors(view)],
        ),
        Section(
            name="images", title="Pictures beside a loop", sheets=("images",), charts=("images",),
            tables=[tables.of_images(view)],
        ),
    ]  # fmt: skip


def _conditions(view: View) -> list[Section]:
    run = view.result.run
    asked: Mapping[str, object] = {
        "command": run.command, "seed": run.seed, "profile": run.profile, "poolhouse": run.poolhouse,
        "started": run.started_at, "ended": view.result.end.ended_at if view.result.end else "broken off",
        **run.parameters,
    }  # fmt: skip
    return [
        Section(name="noise", title="How quiet the machine was", sheets=("noise",), charts=("noise",),
                tables=[facts.dropped(view)], paragraphs=(_noise(view),)),
        Section(name="measured", title="What was measured",
                tables=[facts.mechanisms(view), facts.not_run(view), facts.gates(view)]),
        Section(name="conditions", title="Machine, limits and command",
                tables=[facts.pairs("Machine", run.machine), facts.pairs("Limits", run.limits),
                        facts.pairs("The run", asked)]),
    ]  # fmt: skip


def _noise(view: View) -> str:
    late = [each.lateness_ms["p99"] for each in view.result.canaries if "p99" in each.lateness_ms]
    dropped = len(view.result.cells) - len(view.result.counted)
    canary = (
        f"A sleeper of 1 ms woke up to {max(late):.2g} ms late (99 %, in the worst round): no latency below that means"
        " anything. "
        if late
        else ""
    )
    return f"{canary}{dropped:,} of {len(view.result.cells):,} cells do not count."
