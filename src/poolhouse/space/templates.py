"""Templates: a kind with some fields filled in. An actual asks for that value, a formal for any value of a type.

Both backings match alike, and as `jsonb @>` does: numbers by value (1 is 1.0), and a boolean is no number.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, Any

import msgspec

from poolhouse.errors import NotAnEntryError
from poolhouse.space.entries import field_names, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolhouse.space.entries import Plain

FORMALS: dict[type, str] = {
    str: "str",
    int: "int",
    float: "float",
    bool: "bool",
    NoneType: "none",
    tuple: "list",
    list: "list",
    dict: "dict",
}
"""The types that a template may ask a field for, and their names on the wire; a nested dataclass is a dict."""

_PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),  # JSON writes 1.0 and 1 for the same number
    "bool": (bool,),
    "none": (NoneType,),
    "list": (list,),
    "dict": (dict,),
}


@dataclass(frozen=True, slots=True)
class Template:
    """What is wanted: entries of `kind` whose fields equal the `actuals` and are of the types the `formals` name."""

    kind: str
    actuals: tuple[tuple[str, Any], ...] = ()
    formals: tuple[tuple[str, str], ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether any entry of the kind will do."""
        return not self.actuals and not self.formals

    def matches(self, plain: Plain) -> bool:
        """Whether an entry of the right kind is wanted. A field that it does not have matches nothing."""
        return all(name in plain and is_same(plain[name], value) for name, value in self.actuals) and all(
            name in plain and is_of(plain[name], formal) for name, formal in self.formals
        )


def template(cls: type, wanted: Mapping[str, object]) -> Template:
    """The template of a class and field values or types. Raises NotAnEntryError for a field that it does not have."""
    names = field_names(cls) if kind_of(cls) else ()
    actuals: list[tuple[str, Any]] = []
    formals: list[tuple[str, str]] = []
    for name, value in wanted.items():
        if name not in names:
            raise NotAnEntryError(f"{cls.__qualname__} has no field {name}")
        if not isinstance(value, type):
            actuals.append((name, _plain(cls, name, value)))
        elif value in FORMALS:
            formals.append((name, FORMALS[value]))
        else:
            raise NotAnEntryError(f"{name} cannot be asked for as any {value.__qualname__}")
    return Template(kind_of(cls), tuple(actuals), tuple(formals))


def _plain(cls: type, name: str, value: object) -> Any:
    try:
        return msgspec.json.decode(msgspec.json.encode(value))
    except (TypeError, ValueError, OverflowError) as error:
        raise NotAnEntryError(f"{cls.__qualname__}.{name} cannot be {value!r}: {error}") from error


def is_same(one: object, other: object) -> bool:
    """Whether two plain values are the same to JSON: Python alone takes True for 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[name]) for name, value in one.items())
    return one == other


def is_of(value: object, formal: str) -> bool:
    """Whether a plain value is of the type that a formal names."""
    return isinstance(value, _PLAIN[formal]) and (formal == "bool" or not isinstance(value, bool))
