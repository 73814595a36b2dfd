"""What came out of the questions about mail: medians over rounds, goals, and the table of docs/explanation/speed.md."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.findings import Finding
from bench.lmtp import CLIENTS, OURS, SERVERS
from bench.tables import told
from poolhouse.survey.images.figures import NOISE_LIMIT
from poolhouse.survey.spread import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Cells = Sequence[Mapping[str, Any]]

PROGRAMS = {"lmtp": "bench.lmtp", "mail_import": "bench.mail_import", "hostile_mail": "bench.hostile_mail"}
"""The questions, and the module that asks each."""

FLUSHES_GOAL = 1.2
IMPORT_GOAL_SECONDS = 10.0
SEARCH_GOAL_MS = 20.0
LATE_GOAL_MS = 50.0
_MANY = max(CLIENTS)
_TABLE = re.compile(r"^\| mail \| median \| goal \|\n(?:\|.*\n)+", re.MULTILINE)


def findings(result: Mapping[str, Any]) -> list[Finding]:
    """Every finding of a result, in an order to be read; what was not asked is not there."""
    found: list[Finding] = []
    for name, make in (("lmtp", _lmtp), ("mail_import", _mail_import), ("hostile_mail", _hostile_mail)):
        rounds = result[name]
        quiet = [each for each in rounds if each["foreign_share"] <= NOISE_LIMIT]
        if rounds:
            found += [replace(each, is_noisy=not quiet) for each in make(quiet or rounds)]
    return found


def _lmtp(rounds: Cells) -> Iterator[Finding]:
    """Ratios are made within a round: a machine that is slower for a while is so for all servers."""
    asked = [{(each["server"], each["clients"]): each for each in told["cells"]} for told in rounds]
    servers = [name for name in SERVERS if (name, _MANY) in asked[0]]
    for clients in CLIENTS:
        for server in servers:
            cells = [told[server, clients] for told in asked]
            words = f"durable delivery of 10 kB, {clients} at a time, {server}"
            name = f"lmtp-{server.replace(' ', '-')}-{clients}"
            yield Finding(name=f"{name}-rate", sentence=words, unit="a second",
                          spread=_over(cells, lambda cell: cell["messages_a_second"]))  # fmt: skip
            yield Finding(name=f"{name}-cpu", sentence=f"{words}: processor time", unit="µs a message",
                          spread=_over(cells, lambda cell: cell["cpu_us"]))  # fmt: skip
            if server == OURS:
                yield Finding(name=f"{name}-read", sentence=f"{words}: processor time, read and indexed too",
                              unit="µs a message", spread=_over(cells, lambda cell: cell["read_cpu_us"]))  # fmt: skip
            if all(cell["flushes"] is not None for cell in cells):
                yield Finding(name=f"{name}-flushes", sentence=f"{words}: flushes", unit="a message",
                              spread=_over(cells, lambda cell: cell["flushes"]),
                              at_most=FLUSHES_GOAL if (server, clients) == (OURS, _MANY) else None)  # fmt: skip
    if len(servers) > 1:
        yield from _beside([{name: told[name, _MANY] for name in servers} for told in asked])


def _beside(asked: Sequence[Mapping[str, Mapping[str, Any]]]) -> Iterator[Finding]:
    """Ours over the better of the others, at many clients."""

    def rate(told: Mapping[str, Mapping[str, Any]]) -> float:
        others = [cell["messages_a_second"] for name, cell in told.items() if name != OURS]
        return float(told[OURS]["messages_a_second"] / max(others))

    def cpu(told: Mapping[str, Mapping[str, Any]]) -> float:
        others = [cell["cpu_us"] for name, cell in told.items() if name != OURS]
        return float(told[OURS]["cpu_us"] / min(others))

    words = f"durable delivery of 10 kB, {_MANY} at a time"
    yield Finding(name="lmtp-rate", sentence=f"{words}: a second, over the better Dovecot's", unit="times",
                  spread=spread([*map(rate, asked)]), at_least=1.0)  # fmt: skip
    yield Finding(name="lmtp-cpu", sentence=f"{words}: processor time, over the better Dovecot's", unit="times",
                  spread=spread([*map(cpu, asked)]), at_most=1.0)  # fmt: skip


def _mail_import(rounds: Cells) -> Iterator[Finding]:
    yield Finding(name="import-cpu", sentence="10,000 messages imported, read and searchable: processor time",
                  unit="s", spread=_over(rounds, lambda told: told["cpu_seconds"]),
                  at_most=IMPORT_GOAL_SECONDS)  # fmt: skip
    yield Finding(name="import-wall", sentence="10,000 messages imported, read and searchable", unit="s",
                  spread=_over(rounds, lambda told: told["seconds"]))  # fmt: skip
    for name in rounds[0]["searches_ms"]:
        yield Finding(name=f"import-search-{name}", sentence=f"search over them: {name}", unit="ms",
                      spread=spread([told["searches_ms"][name] for told in rounds]),
                      at_most=SEARCH_GOAL_MS)  # fmt: skip


def _hostile_mail(rounds: Cells) -> Iterator[Finding]:
    yield Finding(name="hostile-late", sentence="a poll every 5 ms while hostile mail is read: late, p99",
                  unit="ms", spread=_over(rounds, lambda told: told["late_p99_ms"]), at_most=LATE_GOAL_MS)  # fmt: skip
    yield Finding(name="hostile-idle", sentence="the same poll of a server that does nothing else: late, p99",
                  unit="ms", spread=_over(rounds, lambda told: told["idle_late_p99_ms"]))  # fmt: skip


def _over(cells: Cells, value: Callable[[Mapping[str, Any]], float]) -> Any:
    return spread([value(cell) for cell in cells])


def replace_table(page: str, found: Sequence[Finding]) -> str:
    """The page with its table of mail replaced. Raises ValueError where it has none."""
    replaced, count = _TABLE.subn(lambda _: "\n".join(_table(found)) + "\n", page)
    if count != 1:
        raise ValueError("the page does not have the table of mail once")
    return replaced


def _table(found: Sequence[Finding]) -> Iterator[str]:
    yield "| mail | median | goal |"
    yield "| --- | --- | --- |"
    for each in found:
        goal = f"≤ {each.at_most:,g}" if each.at_most is not None else ""
        goal = f"≥ {each.at_least:,g}" if each.at_least is not None else goal
        mark = " (noisy)" if each.is_noisy else ""
        yield f"| {each.sentence} | {told(each.spread.median)} {each.unit}{mark} | {goal} |"
