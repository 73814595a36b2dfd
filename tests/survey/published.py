"""The published survey: which results it is made of, and every table of its pages that has figures of them.

`python -m tests.survey.published` writes the tables anew into the pages. With a directory, it first takes the results
from there (`survey.jsonl`, `again.jsonl`, `closed.jsonl`, as far as there are), packs them, and draws the sheets.
"""

from __future__ import annotations

import gzip
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from PIL import Image

from poolhouse.survey.figures import values
from poolhouse.survey.records import Result, read_result
from poolhouse.survey.report.comparing import compare_results
from poolhouse.survey.report.drawing import draw_report
from poolhouse.survey.report.style import number, sureness
from poolhouse.survey.report.tables import Table
from poolhouse.survey.report.text import table_of
from poolhouse.survey.report.view import View, view_of
from poolhouse.survey.statistics import CLIENT_BOUND, compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.survey.records import Cell

DOCS: Final = Path(__file__).parents[2] / "docs"
PLACE: Final = DOCS / "explanation" / "survey"
PAGE: Final = DOCS / "explanation" / "survey.md"
DECISION: Final = DOCS / "decisions" / "0015-the-loop-by-the-survey.md"

MAIN: Final = "survey"
"""The result that the page is about; the others measured some of it again."""
OTHERS: Final = ("again", "closed")
UNIX: Final = "closed"
"""The result with closed loops over AF_UNIX beside TCP."""
SHEETS: Final = {
    "burst-tcp": (MAIN, ("burst-tcp", "burst-tcp-backlog-4096")),
    "ceilings": (MAIN, ("ceilings",)),
    "cost": (MAIN, ("cost", "cost-tcp")),
    "cost-unix": (UNIX, ("cost-unix",)),
    "idle-throughput-tcp": (MAIN, ("idle-throughput-tcp",)),
    "images": (MAIN, ("images",)),
}
"""By the name here: of which result, and what a report calls it, alone or beside others of its kind."""

FAILED, NOT_THERE = "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"
COST: Final = "server_cpu_us_per_request"
COSTS_FROM: Final = "2026-12"
"""Results from before counted the end of thousands of connections among what requests beside them cost."""
IDLE: Final = (1_000, 5_000, 19_000)
DECIDED: Final = [
    "c-epoll",
    "io-uring",
    "selectors-epoll",
    "uvloop-protocol",
    "uvloop-streams",
    "gevent",
    "twisted-epoll",
    "asyncio-protocol",
    "trio",
    "threads",
    "fork",
]
BESIDE_IDLE: Final = [
    "c-epoll",
    "selectors-epoll",
    "uvloop-protocol",
    "threads",
    "trio",
    "asyncio-protocol",
    "loopmini-protocol",
    "twisted-epoll",
    "selectors-poll",
    "asyncio-protocol-poll",
    "twisted-poll",
]
OVER_UNIX: Final = [
    "c-epoll",
    "io-uring",
    "uvloop-protocol",
    "selectors-epoll",
    "curio",
    "twisted-epoll",
    "gevent",
    "tornado",
    "anyio-asyncio",
    "asyncio-protocol",
    "asyncio-streams",
    "threads",
    "trio",
]
TRANSFORMS: Final = {"pillow": "Pillow", "numpy": "numpy", "python": "pure Python"}
STRATEGIES: Final = {
    "inline": "in the loop",
    "threads": "threads",
    "pickled": "processes, pictures through a pipe",
    "blocks": "processes, pictures in shared memory",
}


@dataclass(frozen=True, slots=True)
class Facet:
    """The cells of one setting, as a page tells of them."""

    view: View
    cells: Sequence[Cell]

    def mine(self, name: str) -> list[Cell]:
        """One mechanism's."""
        return [cell for cell in self.cells if cell.mechanism == name]

    def gap(self, name: str) -> str:
        """What stands where it has no figure: it failed in half of the rounds or more, or was not tried; or nothing."""
        mine = self.mine(name)
        if not mine:
            return NOT_THERE
        return FAILED if sum(map(has_failed, mine)) * 2 >= len(mine) else ""

    def cost(self, name: str) -> str:
        """Median of the server's processor time for a request, in µs."""
        return self.gap(name) or microseconds(median(values(self._served, COST)[name].values()))

    def ratio(self, name: str) -> str:
        """The same with its ratio to the reference."""
        found = compare(self._served, COST).get(name)
        if self.gap(name) or found is None or found.ratio is None:
            return self.gap(name) or NOT_THERE
        if name == self.view.reference:
            return f"{microseconds(found.value.median)} · 1"
        ratio = f"{found.ratio.median:.2f} [{found.ratio.low:.2f}, {found.ratio.high:.2f}]"
        return f"{microseconds(found.value.median)} · {ratio}{'' if found.is_resolved else ' tie'}"

    def figure(self, name: str, figure: str, bound: str = "") -> str:
        """The median of a figure; after `bound` where the client was the limit and it could be better."""
        if self.gap(name):
            return self.gap(name)
        is_bound = median(cell.client_utilisation for cell in self.mine(name)) > CLIENT_BOUND
        return f"{bound} " * is_bound * bool(bound) + number(
            median(values(self.cells, figure)[name].values())
        )

    def memory(self, name: str) -> str:
        """Of a connection that waits, in kB."""
        parts = ("server_pss_kb", "kernel_stack_kb", "page_table_kb")
        found = [values(self.cells, f"{part}_per_connection").get(name, {}) for part in parts]
        return self.gap(name) or f"{sum(max(median(each.values()), 0) for each in found if each):.1f}"

    @property
    def _served(self) -> list[Cell]:
        return [cell for cell in self.cells if not has_failed(cell)]


def has_failed(cell: Cell) -> bool:
    """Also where a loop that keeps its connections left requests on some unanswered: those were never served."""
    return bool(cell.failure) or (
        cell.scenario == "closed" and 2 * cell.censored >= cell.parameters["connections"]
    )


def microseconds(value: float) -> str:
    """With one place after the point, as far as there is any use in it."""
    return f"{value:.{0 if value >= 100 else 1}f}"


def facet(view: View, scenario: str, transport: str = "tcp", **parameters: object) -> Facet:
    """The cells of a setting that count."""
    (found,) = (
        cells
        for setting, cells in view.scenario(scenario).items()
        if setting.transport == transport
        and all(getattr(setting, name) == value for name, value in parameters.items())
    )
    return Facet(view, found)


def costs(view: View) -> Table:
    """What a request costs, and the rest that is told of all mechanisms."""
    one_shot, kept = (facet(view, "closed", mode=mode) for mode in ("one-shot", "keep-alive"))
    burst = facet(view, "burst", connections=10_000, backlog=4096)
    idle, heavy = facet(view, "idle", idle=5_000), facet(view, "heavy")
    order = values(one_shot.cells, COST)
    return _table(
        f"mechanism|one-shot: µs · ratio|keep-alive: µs · ratio|10,000 at once: answered, ms|{IDLE[1]:,} idle: kB each"
        "|beside them: answers/s|0.3 ms of Python each: answers/s",
        [
            [
                view.title(name),
                one_shot.ratio(name),
                kept.ratio(name),
                burst.figure(name, "answered_ms", "≤"),
                idle.memory(name),
                idle.figure(name, "active_rps", "≥"),
                heavy.figure(name, "rps"),
            ]
            for name in sorted(order, key=lambda name: median(order[name].values()))
        ],
    )


def decided(view: View) -> Table:
    """What the decision on the server's loop rests on."""
    one_shot, kept = (facet(view, "closed", mode=mode) for mode in ("one-shot", "keep-alive"))
    idle, heavy = facet(view, "idle", idle=5_000), facet(view, "heavy")
    return _table(
        "mechanism, on one processor|one-shot: µs · ratio|keep-alive: µs · ratio|kB for each that waits"
        "|with 0.3 ms of Python: answers/s",
        [
            [
                view.title(name),
                one_shot.ratio(name),
                kept.ratio(name),
                idle.memory(name),
                heavy.figure(name, "rps"),
            ]
            for name in DECIDED
        ],
    )


def beside_idle(view: View) -> Table:
    """What 32 active clients get beside those that only wait, and what their requests cost."""
    facets = [facet(view, "idle", idle=count) for count in IDLE]
    has_costs = view.result.run.started_at >= COSTS_FROM
    return _table(
        "|".join(
            [
                "32 active clients",
                *(f"beside {count:,}: answers/s{' · µs' * has_costs}" for count in IDLE),
            ]
        ),
        [[view.title(name), *(_rate(each, name, has_costs) for each in facets)] for name in BESIDE_IDLE],
    )


def _rate(beside: Facet, name: str, has_costs: bool) -> str:
    rate = beside.figure(name, "active_rps", "≥")
    return f"{rate} · {beside.cost(name)}" if has_costs and not beside.gap(name) else rate


def over_unix(view: View) -> Table:
    """What a request costs over AF_UNIX and over TCP."""
    kinds = [(mode, transport) for mode in ("one-shot", "keep-alive") for transport in ("tcp", "unix")]
    facets = [facet(view, "closed", transport, mode=mode) for mode, transport in kinds]
    return _table(
        "mechanism, µs|one-shot, TCP|one-shot, AF_UNIX|keep-alive, TCP|keep-alive, AF_UNIX",
        [[view.title(name), *(each.cost(name) for each in facets)] for name in OVER_UNIX],
    )


def pictures(view: View) -> Table:
    """Pictures a second, and how late the ticks of the loop are."""
    return _table(
        "|".join(["12-megapixel pictures", *TRANSFORMS.values()]),
        [
            [title, *(_picture(view.result, strategy, transform) for transform in TRANSFORMS)]
            for strategy, title in STRATEGIES.items()
        ],
    )


def _picture(result: Result, strategy: str, transform: str) -> str:
    found = [
        each.figures
        for each in result.images
        if (each.strategy, each.transform, each.dropped) == (strategy, transform, "")
    ]
    rate, late = (median(each[name] for each in found) for name in ("pictures_per_s", "tick_p99_ms"))
    return f"{rate:.1f} · {number(late)} ms"


def agreements(results: dict[str, Result]) -> Table:
    """How much was measured, how much of it counts, and whether the others agree with the first."""
    rows = []
    for name, result in results.items():
        found = None if name == MAIN else compare_results(results[MAIN], result)
        rounds = len({cell.round for cell in result.cells})
        rows.append(
            [
                f"[{name}](survey/{name}.jsonl.gz)",
                result.run.started_at[:10],
                f"{rounds}, {sureness([rounds])}",
                f"{len(result.cells):,}",
                f"{len(result.cells) - len(result.counted):,}",
                *(
                    [NOT_THERE] * 3
                    if found is None
                    else [
                        f"{found.same:,}",
                        f"{found.reversed:,}",
                        f"{found.overlapping:,} of {len(found.ratios):,}",
                    ]
                ),
            ]
        )
    return _table(
        "result|day|rounds, an interval covers|cells|too noisy|pairs that both resolve: alike|not alike"
        "|ratios whose intervals overlap",
        rows,
    )


def _table(columns: str, rows: Sequence[Sequence[str]]) -> Table:
    names = columns.split("|")
    return Table(caption="", columns=names, rows=rows, numeric=frozenset(range(1, len(names))))


def results_of(place: Path = PLACE) -> dict[str, Result]:
    """The published results by name, the main one first."""
    return {name: read_result(place / f"{name}.jsonl.gz") for name in (MAIN, *OTHERS)}


def tables(results: dict[str, Result]) -> dict[Path, list[str]]:
    """Every table with figures, as its page has to have it."""
    view = view_of(results[MAIN])
    page = [
        costs(view),
        beside_idle(view),
        over_unix(view_of(results[UNIX])),
        pictures(view),
        agreements(results),
    ]
    return {PAGE: [*map(_markdown, page)], DECISION: [_markdown(decided(view))]}


def _markdown(table: Table) -> str:
    """Without the marks against marking up: all words here are ours."""
    return table_of(table).replace("\\", "")


def with_tables(text: str, made: Sequence[str]) -> str:
    """A page with each table in the place of the one that begins with the same cell. Raises ValueError without one."""
    for table in made:
        before, first, rest = text.partition(f"\n| {_first(table)} |")
        if not first:
            raise ValueError(f"the page has no table that begins with {_first(table)}")
        _, _, after = rest.partition("\n\n")
        text = f"{before}\n{table}\n\n{after}"
    return text


def _first(table: str) -> str:
    return table.split("|")[1].strip()


def publish(place: Path) -> None:
    """Take the results of a directory, and draw the sheets of all."""
    for name in (MAIN, *OTHERS):
        if (fresh := place / f"{name}.jsonl").exists():
            (PLACE / f"{name}.jsonl.gz").write_bytes(gzip.compress(fresh.read_bytes(), 9, mtime=0))
    for result in {result for result, _ in SHEETS.values()}:
        with TemporaryDirectory() as drawn:
            draw_report(
                read_result(PLACE / f"{result}.jsonl.gz"), Path(drawn), print, has_page=False, formats=["png"]
            )
            for name, (of, called) in SHEETS.items():
                if of == result:
                    (path,) = (found for each in called if (found := Path(drawn) / f"{each}.png").exists())
                    with Image.open(path) as drawing:  # a third of the size, and nobody sees a difference
                        packed = drawing.convert("RGB").quantize(128, dither=Image.Dither.NONE)
                    packed.save(PLACE / f"{name}.png", optimize=True)


def main() -> None:
    """Publish the directory that the only argument names, if there is one; then write the tables."""
    for each in sys.argv[1:]:
        publish(Path(each))
    for path, made in tables(results_of()).items():
        path.write_text(with_tables(path.read_text("utf-8"), made), "utf-8")


if __name__ == "__main__":
    main()
