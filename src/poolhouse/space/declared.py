"""Declared functions: the only ones that workers call, and what each job of theirs may take.

    @declared(cpu_seconds=10, memory_bytes=256 * MEBIBYTE)
    def read_page(page: Page) -> PageText: ...        # called by `space.eval(read_page, page)`

    @handles(Thumbnail, attempts=2)
    def make_thumbnail(job: Thumbnail) -> Picture | None: ...     # called for each Thumbnail that is put

A module of declared functions is imported by the server too, which asks it what there is: let it import what is heavy
inside its functions, and have the pool `preload` that.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from poolhouse.errors import NotAnEntryError, SpaceError
from poolhouse.space.entries import kind_of
from poolhouse.space.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

E = TypeVar("E")
P = ParamSpec("P")
R = TypeVar("R")

_MARK = "declaration"
_DEFAULT = Limits()


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A function that workers may call: for a call of it, or for each entry of the class that it `takes`."""

    function: Callable[..., object]
    limits: Limits
    attempts: int | None = None
    takes: type | None = None

    def kind(self, module: str) -> str:
        """The kind of entry that it waits for, where `module` is the name of its module."""
        if self.takes is not None:
            return kind_of(self.takes)
        return f"eval {module}:{self.function.__qualname__}"

    @cached_property
    def gives(self) -> frozenset[str]:
        """The kinds of entries that it may return. Raises SpaceError where its annotations do not say."""
        return frozenset(kind_of(cls) for cls in _classes_in(self._hints["return"]))

    def check(self) -> None:
        """Raises SpaceError where its annotations do not say what it takes and gives."""
        assert self.gives is not None
        assert self._decoder is not None

    def arguments(self, body: bytes) -> tuple[Any, ...]:
        """What it is called with, from an entry's JSON, by its annotations. Raises NotAnEntryError."""
        try:
            return self._decoder.decode(body) if self.takes is None else (self._decoder.decode(body),)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NotAnEntryError(f"{self.function.__qualname__} cannot be called so: {error}") from error

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[Any]:
        if self.takes is not None:
            return msgspec.json.Decoder(self.takes)
        hints = [hint for name, hint in self._hints.items() if name != "return"]
        return msgspec.json.Decoder(tuple[tuple(hints)] if hints else tuple[()])  # type: ignore[misc]  # made at run time

    @cached_property
    def _hints(self) -> Mapping[str, Any]:
        hints = get_type_hints(self.function)
        code = self.function.__code__
        names = code.co_varnames[: code.co_argcount]
        if "return" not in hints or any(name not in hints for name in names) or len(hints) != len(names) + 1:
            raise SpaceError(
                f"{self.function.__qualname__} does not say of what type each argument is, or its result"
            )
        return hints


def declared(
    *,
    attempts: int | None = None,
    cpu_seconds: int = _DEFAULT.cpu_seconds,
    wall_seconds: float = _DEFAULT.wall_seconds,
    memory_bytes: int = _DEFAULT.memory_bytes,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let workers call a function for `space.eval`. It takes plain data and entries, by position, and returns an entry.

    `attempts` is how often it is tried before it is a dead letter, in place of the space's number.
    """
    limits = Limits(cpu_seconds=cpu_seconds, wall_seconds=wall_seconds, memory_bytes=memory_bytes)

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        _mark(function, Declaration(function=function, limits=limits, attempts=attempts))
        return function

    return mark


def handles(
    cls: type[E],
    *,
    attempts: int | None = None,
    cpu_seconds: int = _DEFAULT.cpu_seconds,
    wall_seconds: float = _DEFAULT.wall_seconds,
    memory_bytes: int = _DEFAULT.memory_bytes,
) -> Callable[[Callable[[E], R]], Callable[[E], R]]:
    """Have workers call a function with each entry of `cls`. It returns an entry, a tuple of entries, or None."""
    limits = Limits(cpu_seconds=cpu_seconds, wall_seconds=wall_seconds, memory_bytes=memory_bytes)

    def mark(function: Callable[[E], R]) -> Callable[[E], R]:
        _mark(function, Declaration(function=function, limits=limits, attempts=attempts, takes=cls))
        return function

    return mark


def declarations_of(module: ModuleType, name: str) -> Iterator[tuple[str, Declaration]]:
    """What a module declares itself, not what it imported, with the kinds it waits for as module `name`."""
    for value in list(vars(module).values()):
        declaration = getattr(value, _MARK, None)
        if isinstance(declaration, Declaration) and value.__module__ == module.__name__:
            yield declaration.kind(name), declaration


def _mark(function: Callable[..., object], declaration: Declaration) -> None:
    function.__dict__[_MARK] = declaration
    function.__dict__["attempt_limit"] = declaration.attempts


def _classes_in(hint: Any) -> Iterator[type]:
    """The classes of the entries that a return annotation allows."""
    origin = get_origin(hint)
    if hint is None or hint is type(None) or hint is Ellipsis:
        return
    if origin in {Union, types.UnionType, tuple}:
        for each in get_args(hint):
            yield from _classes_in(each)
    elif isinstance(hint, type):
        yield hint
    else:
        raise SpaceError(f"{hint} is no class of entries")
