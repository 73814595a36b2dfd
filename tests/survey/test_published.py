"""The published survey: its results are read by this version, and its pages say what they say."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.survey.figures import values
from poolhouse.survey.report.comparing import compare_results
from poolhouse.survey.report.view import view_of
from tests.survey.published import (
    COST,
    DECISION,
    MAIN,
    OTHERS,
    PAGE,
    PLACE,
    SHEETS,
    UNIX,
    facet,
    has_failed,
    results_of,
    tables,
    with_tables,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from poolhouse.survey.records import Cell, Result

ABOVE_THE_LOOP = ("uvloop-streams", "curio", "asyncio-sockets")
DEARER = ("asyncio-streams", "trio", "anyio-asyncio", "anyio-uvloop", "anyio-trio")
BARE = ("uvloop-protocol", "io-uring", "epoll-level", "selectors-poll", "selectors-select")
POOLS = ("thread-pool", "threads-accepting")


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return results_of()


def test_it_is_whole_and_of_many(results: dict[str, Result]) -> None:
    assert all(each.end is not None for each in results.values())
    assert len({cell.mechanism for cell in results[MAIN].counted if not cell.failure}) > 30


@pytest.mark.parametrize("page", [PAGE, DECISION], ids=lambda page: page.stem)
def test_every_table_with_figures_is_made_of_the_results(results: dict[str, Result], page: Path) -> None:
    """`python -m tests.survey.published` writes them."""
    text = page.read_text("utf-8")
    assert with_tables(text, tables(results)[page]) == text


def test_a_page_without_a_place_for_a_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="no table that begins with b"):
        with_tables("x\n\n| a | 1 |\n| --- | --- |\n\ny", ["| b | 1 |"])


def test_every_sheet_that_is_shown_was_drawn() -> None:
    text = PAGE.read_text("utf-8")
    assert {path.stem for path in PLACE.glob("*.png")} == SHEETS.keys()
    assert all(f"(survey/{name}.png)" in text for name in SHEETS)


@pytest.mark.parametrize(("other", "least"), [*zip(OTHERS, (1_000, 900), strict=False)])
def test_another_run_agrees_on_what_both_resolve(results: dict[str, Result], other: str, least: int) -> None:
    found = compare_results(results[MAIN], results[other])
    assert found.same > least
    assert found.same > 0.8 * sum(len(each.same) + each.first_only for each in found.orders)
    assert found.reversed == 0


# what the page says in words


class Told:
    """The medians that its words are about."""

    def __init__(self, results: dict[str, Result]) -> None:
        self.main, self.unix = view_of(results[MAIN]), view_of(results[UNIX])
        self.new, self.kept = self.costs("one-shot"), self.costs("keep-alive")
        self.heavy = self.medians("heavy", "rps")

    def costs(self, mode: str, transport: str = "tcp") -> dict[str, float]:
        """Of the reference, which is 1. Of the result with AF_UNIX where it says so, for both sides."""
        cells = facet(self.main, "closed", transport, mode=mode).cells
        return self._times([cell for cell in cells if not has_failed(cell)])

    def over(self, transport: str) -> dict[str, float]:
        return self._times(facet(self.unix, "closed", transport, mode="one-shot").cells)

    def beside(self, count: int) -> dict[str, float]:
        return self.medians("idle", "active_rps", idle=count)

    def medians(self, scenario: str, figure: str, **more: Any) -> dict[str, float]:
        found = values(facet(self.main, scenario, **more).cells, figure)
        return {name: median(each.values()) for name, each in found.items()}

    @staticmethod
    def _times(cells: Sequence[Cell]) -> dict[str, float]:
        found = {name: median(each.values()) for name, each in values(cells, COST).items()}
        return {name: each / found["selectors-epoll"] for name, each in found.items()}


@pytest.fixture(scope="module")
def told(results: dict[str, Result]) -> Told:
    return Told(results)


@pytest.mark.parametrize(
    ("words", "is_so"),
    [
        ("Two thirds of it are the kernel's", lambda told: 0.55 < told.new["c-epoll"] < 0.8),
        ("two to four times as fast", lambda told: min([*told.new.values(), *told.kept.values()]) > 0.5),
        (
            "are within a quarter of it",
            lambda told: all(0.75 <= each[name] <= 1.25 for each in (told.new, told.kept) for name in BARE),
        ),
        (
            "about a fifth above the reference",
            lambda told: all(told.new[each] < 1.35 for each in ABOVE_THE_LOOP),
        ),
        ("take two to four times as much", lambda told: all(1.7 < told.new[each] < 4.7 for each in DEARER)),
        ("looks like a quarter or a third more", lambda told: 1.1 < told.kept["threads"] < 1.5),
        ("costs three times as much where each is new", lambda told: 2.4 < told.new["threads"] < 3.6),
        (
            "it is the other way round",
            lambda told: told.kept["asyncio-protocol"] > told.new["asyncio-protocol"],
        ),
        (
            "as many answers a second as any single loop",
            lambda told: 0.85 < told.heavy["threads"] / told.heavy["selectors-epoll"] < 1.15,
        ),
        (
            "only processes give more",
            lambda told: (
                {name for name, each in told.heavy.items() if each > 1.3 * told.heavy["threads"]}
                == {"fork", "pre-fork"}
            ),
        ),
        ("here that is a failure", lambda told: not {*POOLS} & told.kept.keys()),
        ("it serves nobody", lambda told: not {*POOLS} & told.beside(1_000).keys()),
        ("dozens of times the reference", lambda told: told.new["fork"] > 24),
        ("about twice as much afterwards", lambda told: 1.4 < told.kept["fork"] < 2.6),
        ("a thread for each of 19,000", lambda told: "threads" in told.beside(19_000)),
        (
            "the more wait the less is answered",
            lambda told: (
                told.beside(1_000)["selectors-poll"]
                > 1.5 * told.beside(5_000)["selectors-poll"]
                > 3 * told.beside(19_000)["selectors-poll"]
            ),
        ),
        (
            "several times what uvloop does",
            lambda told: told.kept["asyncio-protocol"] > 2.5 * told.kept["uvloop-protocol"],
        ),
        (
            "several times as much as beside 5,000",
            lambda told: (
                told.beside(19_000)["asyncio-protocol"] > 2.5 * told.beside(5_000)["asyncio-protocol"]
            ),
        ),
        (
            "and so does loopmini",
            lambda told: (
                told.beside(19_000)["loopmini-protocol"] > 2 * told.beside(5_000)["loopmini-protocol"]
            ),
        ),
        (
            "in multiples of the reference, grows by half",
            lambda told: all(
                1.3 < told.over("unix")[name] / told.over("tcp")[name] < 1.9
                for name in ("threads", "asyncio-protocol", "trio")
            ),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_it_says_in_words_is_so(told: Told, words: str, is_so: Callable[[Told], bool]) -> None:
    assert words in " ".join(PAGE.read_text("utf-8").split())
    assert is_so(told)
