"""Page: the report as one HTML file that opens without a network: graphs, and the tables beside them.

What draws the graphs (Vega, Vega-Lite, Vega-Embed) is within, as is all data. A content security policy in the page
forbids the browser to load anything at all.
"""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from poolhouse.survey.report.charts.chart import colours, first_chosen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from poolhouse.survey.report.charts.chart import Chart
    from poolhouse.survey.report.document import Section
    from poolhouse.survey.report.tables import Table
    from poolhouse.survey.report.view import View

# Vega compiles the expressions of a specification to functions, which needs 'unsafe-eval'; all of them are ours
POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:;"
    " base-uri 'none'; form-action 'none'"
)


def page(title: str, view: View, sections: Sequence[Section], charts: Sequence[Chart]) -> str:
    """The whole page. Needs vl_convert, which has Vega's programs; some 900 kB of the page are theirs."""
    import vl_convert

    # the stub wants a program of ours; without one the bundle has all of the three
    bundle = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its stub wants what has a default
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{_file('page.css')}</style></head><body>",
            '<a class="skip" href="#main">To the report</a>',
            *_header(title, view, sections),
            '<main id="main">',
            *_choices(view),
            *(
                part
                for section in sections
                for part in _section(section, {each.name: each for each in charts})
            ),
            "</main>",
            f"<footer><p>{escape(view.note())}</p></footer>",
            f'<script type="application/json" id="told">{_told(charts)}</script>',
            f'<script type="module">{_inline(bundle)}\n{_inline(_file("page.js"))}</script>',
            "</body></html>\n",
        )
    )


def _file(name: str) -> str:
    return files("poolhouse.survey.report").joinpath(name).read_text("utf-8")


def _inline(script: str) -> str:
    """A script as it may stand within a page: in a string `<\\/script` is the same, and elsewhere there is none."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _told(charts: Sequence[Chart]) -> str:
    told = {"charts": {each.name: each.spec for each in charts}}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace(
        "<", "\\u003c"
    )


def _header(title: str, view: View, sections: Sequence[Section]) -> Iterator[str]:
    run = view.result.run
    yield f"<header><h1>{escape(title)}</h1>"
    yield f"<p>{escape(run.command)}</p>"
    yield '<p><button class="look" id="look" type="button">Light or dark</button></p>'
    links = "".join(f'<li><a href="#{each.name}">{escape(each.title)}</a></li>' for each in sections)
    yield f'<nav aria-label="Sections"><ul>{links}</ul></nav>'
    yield "<noscript><p>The graphs need scripts; every figure is in the tables too.</p></noscript></header>"


def _choices(view: View) -> Iterator[str]:
    """A box for each mechanism."""
    chosen, colour_of = first_chosen(view), colours(view)
    yield '<fieldset id="mechanisms"><legend>In colour and named in the graphs</legend><div>'
    for each in view.result.run.mechanisms:
        checked = " checked" if each.title in chosen else ""
        title, colour = escape(each.title), colour_of[each.title]
        box = f'<input type="checkbox" value="{title}"{checked}>'
        yield f'<label style="--swatch: {colour}">{box} {title}</label>'
    yield "</div></fieldset>"


def _section(section: Section, charts: Mapping[str, Chart]) -> Iterator[str]:
    yield f'<section aria-labelledby="{section.name}"><h2 id="{section.name}">{escape(section.title)}</h2>'
    yield from (f"<p>{escape(words)}</p>" for words in section.paragraphs)
    for name in section.charts:
        if name in charts:
            yield f'<figure><div class="chart" id="chart-{name}"></div>'
            yield f"<figcaption>{escape(charts[name].description)}</figcaption></figure>"
    # where no graph says it, the table stands open
    yield from (_table(table, is_open=not section.charts) for table in section.tables if table.rows)
    yield "</section>"


def _table(table: Table, *, is_open: bool) -> str:
    caption = escape(table.caption)
    head = "".join(
        f'<th scope="col"{_numeric(table, place)}>{escape(each)}</th>'
        for place, each in enumerate(table.columns)
    )
    rows = "".join(f"<tr>{_row(table, row)}</tr>" for row in table.rows)
    return (
        f"<details{' open' if is_open else ''}><summary>Table: {caption}</summary>"
        f'<div class="scroll" role="region" tabindex="0" aria-label="{caption}"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _row(table: Table, row: Sequence[str]) -> str:
    first, *others = map(escape, row)
    cells = "".join(f"<td{_numeric(table, place)}>{each}</td>" for place, each in enumerate(others, 1))
    return f'<th scope="row">{first}</th>{cells}'


def _numeric(table: Table, place: int) -> str:
    return ' class="n"' if place in table.numeric else ""
