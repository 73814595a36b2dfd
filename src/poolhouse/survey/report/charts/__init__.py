"""Charts: the interactive graphs, each a Vega-Lite specification with its data within. Data, no code: they can be read.

All of them know two signals that the page sets: `chosen`, the mechanisms that have colour and a name, and `faint`, the
colour of all others, which goes with the page's light or dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from poolhouse.survey.report.charts.dots import dots
from poolhouse.survey.report.charts.lines import percentiles, sweep
from poolhouse.survey.report.charts.others import images_chart, memory_chart, noise_chart

if TYPE_CHECKING:
    from poolhouse.survey.report.charts.chart import Chart
    from poolhouse.survey.report.view import View


_STEPS: Final = ("answered_ms", "connected_ms", "greeted_ms", "closed_ms")


def charts(view: View) -> list[Chart]:
    """All that the result has something for."""
    made = (
        dots(view, "cost", "closed", "server_cpu_us_per_request", "Processor time of the server a request, µs"),
        dots(view, "rate", "closed", "rps", "Requests a second; pale ones are the client's limit"),
        sweep(view, "burst", "burst", _STEPS, "connections at once"),
        sweep(view, "latency", "open", ("p99_ms", "p50_ms", "p999_ms"), "requests offered a second"),
        percentiles(view),
        sweep(view, "idle", "idle", ("active_rps", "p99_ms", "p50_ms"), "idle connections"),
        memory_chart(view),
        dots(view, "churn", "churn", "server_cpu_us_per_connection", "Processor time of the server a connection, µs"),
        images_chart(view),
        noise_chart(view),
    )  # fmt: skip
    return [chart for chart in made if chart is not None]
