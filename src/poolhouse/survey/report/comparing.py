"""Comparing: two results side by side. Do they agree on what both call resolved, and how far are their ratios apart?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.survey.figures import FIGURES, RANKED
from poolhouse.survey.report.tables import Table
from poolhouse.survey.report.view import view_of
from poolhouse.survey.statistics import compare, order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poolhouse.survey.figures import Setting
    from poolhouse.survey.records import Cell, Result
    from poolhouse.survey.report.view import View
    from poolhouse.survey.statistics import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """One figure in one setting that both results have: what both call resolved.

    Pairs are (better, worse): `same` in both, `reversed` as the first result has them and the second the other way
    round; `first_only` and `second_only` are how many only one of the two resolves.
    """

    figure: str
    setting: str
    same: frozenset[tuple[str, str]]
    reversed: frozenset[tuple[str, str]]
    first_only: int
    second_only: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    """A mechanism's ratio to the reference in both results. `overlaps`: their intervals have something in common."""

    figure: str
    setting: str
    mechanism: str
    first: Interval
    second: Interval

    @property
    def overlaps(self) -> bool:
        """Whether one true ratio could explain both."""
        return self.first.low <= self.second.high and self.second.low <= self.first.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Everything that two results have in common."""

    orders: Sequence[Orders]
    ratios: Sequence[Ratios]

    @property
    def same(self) -> int:
        """How many pairs both resolve, and alike."""
        return sum(len(each.same) for each in self.orders)

    @property
    def reversed(self) -> int:
        """How many pairs both resolve, and not alike."""
        return sum(len(each.reversed) for each in self.orders)

    @property
    def overlapping(self) -> int:
        """How many ratios could be the same."""
        return sum(each.overlaps for each in self.ratios)


def compare_results(first: Result, second: Result) -> Agreement:
    """Compare what both have: the same settings, the same mechanisms."""
    one, other = view_of(first), view_of(second)
    shared = [*_shared(one, other)]
    return Agreement(
        orders=[_orders(one, other, setting, figure) for setting, figure in shared],
        ratios=[ratios for setting, figure in shared for ratios in _ratios(one, other, setting, figure)],
    )


def _shared(one: View, other: View) -> Iterator[tuple[Setting, str]]:
    for setting in one.settings:
        if setting in other.settings:
            yield from ((setting, figure) for figure in RANKED.get(setting.scenario, ()))


def _orders(one: View, other: View, setting: Setting, figure: str) -> Orders:
    first = _resolved(one, one.settings[setting], figure)
    second = _resolved(other, other.settings[setting], figure)
    turned = frozenset((worse, better) for better, worse in second)
    return Orders(
        figure=figure,
        setting=setting.title,
        same=first & second,
        reversed=first & turned,
        first_only=len(first - second - turned),
        second_only=len(turned - first - frozenset((worse, better) for better, worse in first)),
    )


def _resolved(view: View, cells: Sequence[Cell], figure: str) -> frozenset[tuple[str, str]]:
    return order(cells, figure, view.calibration).resolved


def _ratios(one: View, other: View, setting: Setting, figure: str) -> Iterator[Ratios]:
    first = compare(one.settings[setting], figure, one.reference, one.calibration)
    second = compare(other.settings[setting], figure, other.reference, other.calibration)
    for name in first.keys() & second.keys() - {one.reference}:
        mine, theirs = first[name].ratio, second[name].ratio
        if mine is not None and theirs is not None:
            yield Ratios(figure=figure, setting=setting.title, mechanism=name, first=mine, second=theirs)


def tables_of(agreement: Agreement) -> list[Table]:
    """In words: the orders, then the ratios."""
    orders = [
        [
            f"{FIGURES[each.figure].title}: {each.setting}",
            str(len(each.same)),
            str(len(each.reversed)),
            f"{each.first_only} / {each.second_only}",
            "; ".join(f"{better} before {worse}" for better, worse in sorted(each.reversed)),
        ]
        for each in agreement.orders
    ]
    ratios = [
        [
            f"{FIGURES[each.figure].title}: {each.setting}",
            each.mechanism,
            _words(each.first),
            _words(each.second),
            "yes" if each.overlaps else "no",
        ]
        for each in sorted(agreement.ratios, key=lambda each: (each.setting, each.figure, each.first.median))
    ]
    return [
        Table(
            caption="Pairs that both results resolve",
            columns=(
                "figure and setting",
                "alike",
                "not alike",
                "in one only",
                "the first has, the second reverses",
            ),
            rows=orders,
            numeric=frozenset({1, 2, 3}),
        ),
        Table(
            caption="Ratios to the reference",
            columns=("figure and setting", "mechanism", "first", "second", "intervals overlap"),
            rows=ratios,
            numeric=frozenset({2, 3}),
        ),
    ]


def _words(ratio: Interval) -> str:
    return f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
