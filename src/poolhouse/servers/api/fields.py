"""What the body of a request may hold: one declaration decodes it and describes it.

Decoders are small and strict: JSON's own types only, no number for a text, no unknown field.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from poolhouse.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

Value = TypeVar("Value")
Made = TypeVar("Made")
Schema = dict[str, Any]
PoolRef = int | str
"""A pool as a request names it: its id, or its path."""

_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class Unset(Enum):
    """The value of a field that was not given, where null means something else."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True, slots=True)
class Field(Generic[Value]):
    """How one field is read (given its name, for the error) and what its JSON Schema is."""

    read: Callable[[str, object], Value]
    schema: Schema


@dataclass(frozen=True, slots=True)
class Body(Generic[Made]):
    """A JSON object that becomes a frozen dataclass; fields without a default are required."""

    name: str
    make: Callable[..., Made]
    fields: Mapping[str, Field[Any]]
    required: tuple[str, ...]

    def decode(self, document: object) -> Made:
        """The dataclass of a parsed document. Raises InvalidInputError with the field's name."""
        if not isinstance(document, dict):
            raise InvalidInputError("body", "Send a JSON object.")
        for name in document:
            if name not in self.fields:
                known = ", ".join(self.fields)
                raise InvalidInputError(name[:100], f"There is no such field; there are {known}.")
        for name in self.required:
            if name not in document:
                raise InvalidInputError(name, "This field is needed.")
        if not document:
            raise InvalidInputError("body", "Say what shall be done: the object is empty.")
        return self.make(**{name: self.fields[name].read(name, value) for name, value in document.items()})

    @property
    def schema(self) -> Schema:
        """The JSON Schema of the object."""
        required: Schema = {"required": list(self.required)} if self.required else {"minProperties": 1}
        return {
            "type": "object",
            "properties": {name: field.schema for name, field in self.fields.items()},
            **required,
            "additionalProperties": False,
        }


def body_of(made: Callable[..., Made], **fields: Field[Any]) -> Body[Made]:
    """The body that becomes the dataclass `made`, which has exactly those fields."""
    declared = dataclasses.fields(made)  # type: ignore[arg-type] # a dataclass's type, which the protocol cannot say
    assert [each.name for each in declared] == list(fields), "the dataclass and its fields differ"
    required = tuple(each.name for each in declared if each.default is dataclasses.MISSING)
    return Body(name=getattr(made, "__name__", ""), make=made, fields=fields, required=required)


def text(description: str, *, length_limit: int | None = None) -> Field[str]:
    """A string, of at most `length_limit` characters; half of a surrogate pair becomes U+FFFD."""
    schema: Schema = {"type": "string", "description": description}
    if length_limit is None:
        return Field(_read_text, schema)

    def read(name: str, value: object) -> str:
        found = _read_text(name, value)
        if len(found) > length_limit:
            raise InvalidInputError(name, f"This is longer than {length_limit:,} characters.")
        return found

    return Field(read, {**schema, "maxLength": length_limit})


def texts(description: str) -> Field[tuple[str, ...]]:
    """An array of strings."""
    return Field(_read_texts, {"type": "array", "items": {"type": "string"}, "description": description})


def time(description: str) -> Field[datetime]:
    """A time (RFC 3339 §5.6) with its offset from UTC."""
    return Field(_read_time, {"type": "string", "format": "date-time", "description": description})


def pool(description: str) -> Field[PoolRef]:
    """A pool's id or path."""
    return Field(
        _read_pool,
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}], "description": description},
    )


def pools(description: str) -> Field[tuple[PoolRef, ...]]:
    """An array of pools' ids or paths."""
    items = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}
    return Field(_read_pools, {"type": "array", "items": items, "minItems": 1, "description": description})


def flag(description: str) -> Field[bool]:
    """True or false."""
    return Field(_read_flag, {"type": "boolean", "description": description})


def choice(choices: type[StrEnum], description: str) -> Field[Any]:
    """One of an enumeration's values."""
    values = [each.value for each in choices]

    def read(name: str, value: object) -> StrEnum:
        if value not in values:
            raise InvalidInputError(name, f"This is one of {', '.join(values)}.")
        return choices(value)

    return Field(read, {"type": "string", "enum": values, "description": description})


def nullable(field: Field[Value]) -> Field[Value | None]:
    """The field, or null."""
    schema = {key: value for key, value in field.schema.items() if key != "description"}
    return Field(
        lambda name, value: None if value is None else field.read(name, value),
        {
            "anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}],
            "description": field.schema["description"],
        },
    )


def _read_text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInputError(name, "This is a string.")
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _read_flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInputError(name, "This is true or false.")
    return value


def _read_texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidInputError(name, "This is an array of strings.")
    return tuple(_read_text(name, each) for each in value)


def _read_time(name: str, value: object) -> datetime:
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # the 31st of February, or a time before the first year
    raise InvalidInputError(name, "This is a time such as 2026-01-31T18:30:00Z.")


def _read_pool(name: str, value: object) -> PoolRef:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _read_text(name, value)
    raise InvalidInputError(name, "This is a pool's id (a number) or its path.")


def _read_pools(name: str, value: object) -> tuple[PoolRef, ...]:
    if not isinstance(value, list):
        raise InvalidInputError(name, "This is an array of pools' ids or paths.")
    return tuple(_read_pool(name, each) for each in value)
