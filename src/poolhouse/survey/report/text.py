"""Text: the report as Markdown, with links to the sheets that were drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poolhouse.survey.report.document import Section
    from poolhouse.survey.report.tables import Table


def markdown(title: str, sections: Sequence[Section], sheets: Sequence[str] = ()) -> str:
    """The sections as Markdown; `sheets` are the names of those that lie beside the text as SVG."""
    return (
        "\n\n".join([f"# {title}", *(part for section in sections for part in _section(section, sheets))])
        + "\n"
    )


def _section(section: Section, sheets: Sequence[str]) -> Iterator[str]:
    yield f"## {section.title}"
    yield from section.paragraphs
    for sheet in sheets_of(section, sheets):
        yield f"![{section.title}: {sheet}; its figures are in the table below]({sheet}.svg)"
    for table in section.tables:
        if table.rows:
            yield f"**{_cell(table.caption)}**"
            yield table_of(table)


def sheets_of(section: Section, sheets: Sequence[str]) -> list[str]:
    """Those of a section, among all that were drawn."""
    return [
        sheet for name in section.sheets for sheet in sheets if sheet == name or sheet.startswith(f"{name}-")
    ]


def table_of(table: Table) -> str:
    """One table."""
    rule = ["---:" if place in table.numeric else "---" for place in range(len(table.columns))]
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in (table.columns, rule, *table.rows))


def _cell(words: str) -> str:
    """On one line, and without what Markdown would read: a reason may hold whatever a program said."""
    plain = " ".join(words.split())
    for mark in "\\`*_|[]<>":
        plain = plain.replace(mark, f"\\{mark}")
    return plain
