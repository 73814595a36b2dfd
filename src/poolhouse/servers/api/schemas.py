"""JSON Schema (2020-12) in few words: what the shapes of answers are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolhouse.types import FeedFormat

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A reference to one of the shapes."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(about: str = "", /, **properties: Schema) -> Schema:
    """An object that has all of these properties."""
    described = {"description": about} if about else {}
    return {**described, "type": "object", "properties": properties, "required": list(properties)}


def array_of(items: Schema) -> Schema:
    """An array."""
    return {"type": "array", "items": items}


def page_of(name: str, **more: Schema) -> Schema:
    """A page of a list."""
    following = or_null(
        {"type": "string", "format": "uri"}, "The address of the next page; null on the last."
    )
    return object_of(items=array_of(ref(name)), **more, next=following)


def string(description: str = "") -> Schema:
    """A string."""
    return {"type": "string", **({"description": description} if description else {})}


def url(description: str = "") -> Schema:
    """An address."""
    return {**string(description), "format": "uri"}


def time(description: str) -> Schema:
    """A time (RFC 3339)."""
    return {"type": "string", "format": "date-time", "description": description}


def integer(description: str, minimum: int = 0) -> Schema:
    """A whole number."""
    return {"type": "integer", "minimum": minimum, "description": description}


def choice(choices: type[StrEnum], description: str) -> Schema:
    """One of the values of an enumeration."""
    return {"type": "string", "enum": [each.value for each in choices], "description": description}


def or_null(schema: Schema, description: str = "") -> Schema:
    """That, or null."""
    inner = {key: value for key, value in schema.items() if key != "description"}
    text = description or schema.get("description", "")
    return {"anyOf": [inner, {"type": "null"}], **({"description": text} if text else {})}


def feeds(description: str, formats: Iterable[FeedFormat] = FeedFormat) -> Schema:
    """The addresses of a feed in its formats."""
    return object_of(description, **{each.value: url() for each in formats})
