"""The questions about mail: what is made of their answers, and that each answers."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from bench.lmtp import MESSAGE_BYTES, flushes_in, messages
from bench.mail import QUESTIONS
from bench.mail_findings import PROGRAMS, findings, replace_table
from bench.programs import PAGE


def _cell(server: str, clients: int, rate: float, cpu_us: float) -> dict[str, Any]:
    return {
        "server": server,
        "clients": clients,
        "messages": 10,
        "messages_a_second": rate,
        "cpu_us": cpu_us,
        "read_cpu_us": 2 * cpu_us if server == "poolhouse" else None,
        "flushes": 0.5,
    }


def _result() -> dict[str, Any]:
    servers = {
        "poolhouse": (900.0, 800.0),
        "dovecot maildir": (600.0, 1_200.0),
        "dovecot sdbox": (450.0, 1_600.0),
    }
    cells = [_cell(name, clients, *told) for name, told in servers.items() for clients in (1, 8)]
    imported = {"cpu_seconds": 12.0, "seconds": 13.0, "searches_ms": {"a rare word": 0.7}}
    return {
        "lmtp": [{"turn": 0, "foreign_share": 0.0, "cells": cells}],
        "mail_import": [{"turn": 0, "foreign_share": 0.5, **imported}],
        "hostile_mail": [{"turn": 0, "foreign_share": 0.0, "late_p99_ms": 11.0, "idle_late_p99_ms": 0.5}],
    }


def test_findings_compare_with_the_better_of_the_others() -> None:
    found = {each.name: each for each in findings(_result())}
    assert found["lmtp-rate"].spread.median == 1.5
    assert found["lmtp-cpu"].spread.median == pytest.approx(800 / 1_200)
    assert found["lmtp-rate"].is_held
    assert not found["import-cpu"].is_held
    assert found["import-cpu"].is_noisy
    assert found["hostile-late"].is_held


def test_what_was_not_asked_is_not_told() -> None:
    assert findings({name: [] for name in PROGRAMS}) == []


def test_the_page_has_the_table_once() -> None:
    page = PAGE.read_text("utf-8")
    replaced = replace_table(page, findings(_result()))
    assert "| search over them: a rare word | 0.70 ms (noisy) | ≤ 20 |" in replaced
    with pytest.raises(ValueError, match="once"):
        replace_table("", [])
    assert set(QUESTIONS) == set(PROGRAMS)


def test_messages_are_as_large_as_said_and_all_different() -> None:
    made = list(itertools.islice(messages(7), 50))
    assert len(set(made)) == 50
    assert all(abs(len(each) - MESSAGE_BYTES) < 600 for each in made)
    assert all(each.endswith(b"\r\n.\r\n") and each.count(b"\r\n.\r\n") == 1 for each in made)
    assert made == list(itertools.islice(messages(7), 50))


def test_flushes_are_counted_whoever_interrupts_them() -> None:
    log = """\
12 fsync(5)                          = 0
12 fdatasync(5 <unfinished ...>
13 syncfs(7)                         = 0
12 <... fdatasync resumed>)          = 0
12 fsync(5)                          = -1 EIO (Input/output error)
12 write(5, "fsync(5) = 0", 12)      = 12
"""
    assert flushes_in(log) == 4
