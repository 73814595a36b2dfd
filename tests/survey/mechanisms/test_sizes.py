"""Adapters stay small: what is compared is how libraries wait, not how well each was tuned."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import poolhouse.survey.mechanisms
from poolhouse.survey.mechanisms.known import KNOWN

LINES = 30
PLACE = Path(poolhouse.survey.mechanisms.__file__).parent
MODULES = sorted({each.adapter.partition(":")[0].rpartition(".")[2] for each in KNOWN})


@pytest.mark.parametrize("module", MODULES)
def test_every_function_is_short(module: str) -> None:
    tree = ast.parse((PLACE / f"{module}.py").read_text("utf-8"))
    for part in tree.body:
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            lines = ast.unparse(part).splitlines()
            docstring = len((ast.get_docstring(part) or "").splitlines())
            assert sum(bool(line) for line in lines) - docstring <= LINES, part.name
