"""Entries: frozen dataclasses of plain data, with a kind each; how they become bytes and are looked into."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from poolhouse.errors import NotAnEntryError

if TYPE_CHECKING:
    from collections.abc import Callable

E = TypeVar("E")
Plain = dict[str, Any]
"""An entry's fields as JSON knows them: str, int, float, bool, None, list, dict."""

_encoder = msgspec.json.Encoder()


def kind_of(cls: type) -> str:
    """The name under which entries of `cls` are kept: its `KIND` if it has one, else its qualified name.

    Give an entry that is kept over restarts a `KIND`, so that the class can be moved. Raises NotAnEntryError for what
    is not a frozen dataclass: whoever reads an entry must see what everybody else sees.
    """
    kind = _kinds.get(cls)
    if kind is None:
        if not is_dataclass(cls) or not cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # every dataclass has them
            raise NotAnEntryError(f"{cls.__qualname__} is not a frozen dataclass")
        kind = _kinds[cls] = str(getattr(cls, "KIND", cls.__qualname__))
    return kind


# dictionaries and not lru_cache, which mypy does not let take a type[E]
_kinds: dict[type, str] = {}
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def kind_of_call(function: Callable[..., object]) -> str:
    """The kind of an active tuple (Linda's `eval`): the function that it waits for."""
    return f"eval {function.__module__}:{function.__qualname__}"


@lru_cache(maxsize=1024)
def key_field(cls: type) -> str | None:
    """The field that the durable backing indexes: the first one."""
    kind_of(cls)
    names = field_names(cls)
    return names[0] if names else None


@lru_cache(maxsize=1024)
def field_names(cls: type) -> tuple[str, ...]:
    """The names of an entry's fields, in order."""
    return tuple(field.name for field in fields(cls))


def encode(value: object) -> bytes:
    """An entry, or a call's arguments, as JSON (RFC 8259). Raises NotAnEntryError for what is no plain data."""
    try:
        return _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, UnicodeEncodeError) as error:
        raise NotAnEntryError(f"{type(value).__qualname__} cannot be kept: {error}") from error


def decode(cls: type[E], body: bytes) -> E:
    """The entry in `body`, checked against the types of its fields. Raises NotAnEntryError."""
    decoder: msgspec.json.Decoder[E] | None = _decoders.get(cls)
    if decoder is None:
        decoder = _decoders[cls] = msgspec.json.Decoder(cls)
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # a ValidationError is one
        raise NotAnEntryError(f"this is no {cls.__qualname__}: {error}") from error


def look_into(body: bytes) -> Plain:
    """The fields in `body`, whatever its class. Raises NotAnEntryError where it holds no fields."""
    try:
        return _plain_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotAnEntryError(f"this is no entry: {error}") from error


_plain_decoder: msgspec.json.Decoder[Plain] = msgspec.json.Decoder(Plain)
