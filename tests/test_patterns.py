"""Every regular expression means the same on each Python that we support.

Before 3.11.5, a possessive repeat of a group goes on from wherever its last, failed turn had come to (python/cpython
#100061, #106052): a header block was read as empty, a tag's end was missed. A group whose last alternative is empty
never fails, so none of ours ends otherwise. Debian 12 has 3.11.2.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from re import _constants, _parser  # type: ignore[attr-defined]  # typeshed leaves them out
from typing import TYPE_CHECKING, Any

import pytest

import poolhouse

if TYPE_CHECKING:
    from collections.abc import Iterator

ADAPTERS = "poolhouse.survey.mechanisms."
"""Each imports a library that wants a process of its own."""

_ONE = {_constants.IN, _constants.LITERAL, _constants.NOT_LITERAL, _constants.ANY}


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Every pattern that a module holds, alone or in a collection; but for the survey's adapters, which need none."""
    for module in pkgutil.walk_packages(poolhouse.__path__, "poolhouse."):
        if not module.name.endswith("__main__") and not module.name.startswith(ADAPTERS):
            for name, value in vars(importlib.import_module(module.name)).items():
                for each in inside(value):
                    yield f"{module.name}.{name}", each


def inside(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from inside(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from inside(each)


def groups_that_may_fail(parsed: object) -> Iterator[object]:
    """The possessive repeats of a group, in a parsed pattern, whose last alternative is not empty."""
    if not isinstance(parsed, (list, tuple, _parser.SubPattern)):
        return
    for each in parsed:
        if isinstance(each, tuple) and each[0] is _constants.POSSESSIVE_REPEAT:
            body = each[1][2]
            if not (len(body) == 1 and (body[0][0] in _ONE or may_be_empty(body[0]))):
                yield body
        yield from groups_that_may_fail(each)


def may_be_empty(part: tuple[Any, Any]) -> bool:
    return part[0] is _constants.BRANCH and len(part[1][1][-1]) == 0


def test_possessive_groups_end_with_nothing() -> None:
    found = dict(patterns())
    assert "poolhouse.formats.mail_headers._FIELD" in found
    bad = [
        name
        for name, each in found.items()
        if any(groups_that_may_fail(_parser.parse(each.pattern, each.flags)))
    ]
    assert bad == []


@pytest.mark.parametrize(("pattern", "is_bad"), [(r"(?:a|b|)*+", 0), (r"a*+", 0), (r"(x(?:a\d{2}|b)++)?", 1)])
def test_groups_that_may_fail_are_found(pattern: str, is_bad: bool) -> None:
    assert any(groups_that_may_fail(_parser.parse(pattern))) is bool(is_bad)
