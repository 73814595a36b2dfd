"""Drawing: a result's whole report into a directory."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from poolhouse.errors import InvalidInputError
from poolhouse.survey import INSTALL
from poolhouse.survey.report.document import document
from poolhouse.survey.report.text import markdown
from poolhouse.survey.report.view import view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure as Drawing

    from poolhouse.survey.records import Result
    from poolhouse.survey.report.view import View

TITLE: Final = "A survey of I/O multiplexing in Python"
NEEDS: Final = {"matplotlib": "matplotlib", "vl_convert": "vl-convert-python"}
_PNG_DPI: Final = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The files of a report."""

    text: Path
    page: Path | None
    sheets: list[Path]


def draw_report(
    result: Result,
    directory: Path,
    say: Callable[[str], None] = lambda _: None,
    *,
    has_page: bool = True,
    formats: Sequence[str] = ("svg", "png"),
    is_noisy: bool = False,
) -> Drawn:
    """Write report.md, the sheets in their `formats`, and report.html; the same result gives the same text and SVG.

    `say` hears what is drawn now. `is_noisy`: cells count that were dropped, and every sheet says so. Costs some
    seconds. Raises InvalidInputError where the libraries are not installed or there is nothing to draw.
    """
    missing = [package for module, package in NEEDS.items() if find_spec(module) is None]
    if missing:
        raise InvalidInputError("survey", f"{' and '.join(missing)} is not installed: {INSTALL}")
    if not result.cells and not result.images:
        raise InvalidInputError("survey", "the result has no measured cells yet")
    directory.mkdir(parents=True, exist_ok=True)
    view = view_of(result, is_noisy=is_noisy)
    sheets: list[Path] = []
    for name, drawing in _sheets(view):
        say(name)
        sheets += [_save(drawing, directory / f"{name}.{each}") for each in formats]
    sections = document(view)
    text = directory / "report.md"
    text.write_text(
        markdown(TITLE, sections, [path.stem for path in sheets if path.suffix == ".svg"]), "utf-8"
    )
    made = None
    if has_page:
        from poolhouse.survey.report.charts import charts
        from poolhouse.survey.report.page import page

        say("report.html")
        made = directory / "report.html"
        made.write_text(page(TITLE, view, sections, charts(view)), "utf-8")
    return Drawn(text=text, page=made, sheets=sheets)


def _sheets(view: View) -> Iterator[tuple[str, Drawing]]:
    from poolhouse.survey.report.sheets import draw_sheets
    from poolhouse.survey.report.style import styled

    with styled():
        yield from draw_sheets(view)


def _save(drawing: Drawing, path: Path) -> Path:
    # without date and version, so that a result drawn again gives the same file
    metadata = {"Date": None, "Title": path.stem} if path.suffix == ".svg" else {"Software": None}
    drawing.savefig(path, dpi=_PNG_DPI, metadata=metadata)
    return path
