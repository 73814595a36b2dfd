"""Blocks: shared memory without a name, of a size that is sealed, passed on as a descriptor inside an entry.

The taker of the one entry that names a block is its only writer, so nobody needs a lock. Giving it on, in an entry
with its `ref`, makes a new generation: who opened an earlier one has lost it. The kernel frees the memory when the last
descriptor is closed, however those who had them ended (memfd_create(2)).
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING, Literal

from poolhouse.errors import StaleBlockError
from poolhouse.space.entries import field_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

OnCrash = Literal["retry", "copy", "dead"]
"""What becomes of a block whose writer died or failed: the next one writes over it, and can see that it is torn
(`retry`); what was in it before is put back, at the cost of a copy each time it is taken (`copy`); the entry that names
it is a dead letter at once (`dead`)."""

_MAP_FAILED = ctypes.c_void_p(-1).value
_MAP_FIXED = 0x10
_NAMELESS = frozenset((str, int, float, bool, bytes, type(None)))


@dataclass(frozen=True, slots=True)
class BlockRef:
    """How an entry names a block. Of no use to who was not given the entry: ids cannot be guessed."""

    id: int
    size_bytes: int
    generation: int


class Block:
    """A block that was opened: `view` is its memory. Close it, or use it as a context manager.

    Leaving the context by an exception marks it torn. `ref` is what an entry that gives it on names.
    """

    __slots__ = ("_closing", "_descriptor", "_is_given", "_map", "_view", "is_frozen", "is_torn", "opened")

    def __init__(
        self,
        opened: BlockRef,
        descriptor: int,
        *,
        is_frozen: bool = False,
        is_torn: bool = False,
        closing: Callable[[Block, bool], None] | None = None,
    ) -> None:
        self.opened = opened
        self.is_frozen = is_frozen
        self.is_torn = is_torn
        self._descriptor = descriptor
        self._closing = closing
        self._is_given = False
        self._map: mmap.mmap | None = None
        self._view: memoryview | None = None

    @property
    def ref(self) -> BlockRef:
        """The name under which it is given on: of the next generation, or of the same where nobody can write it."""
        step = 0 if self.is_frozen else 1
        return BlockRef(self.opened.id, self.opened.size_bytes, self.opened.generation + step)

    @property
    def size_bytes(self) -> int:
        """Its size, for ever."""
        return self.opened.size_bytes

    @property
    def view(self) -> memoryview:
        """Its memory, without a copy; `numpy.frombuffer` takes it. Raises StaleBlockError once it was given on.

        Arrays over it see nought after that, and what is written into them goes nowhere.
        """
        if self._is_given:
            raise StaleBlockError(f"block {self.opened.id} was given on")
        if self._view is None:
            access = mmap.ACCESS_READ if self.is_frozen else mmap.ACCESS_WRITE
            self._map = mmap.mmap(self._descriptor, self.size_bytes, access=access)
            self._view = memoryview(self._map)
        return self._view

    def close(self, *, is_torn: bool = False) -> None:
        """Let go of its memory. `is_torn` says that what is in it is neither the old nor the new."""
        if not self._is_given:
            self.give()
            if self._closing is not None:
                self._closing(self, is_torn and not self.is_frozen)

    def give(self) -> None:
        """It is somebody else's now: take it away from whoever still looks into it here."""
        self._is_given = True
        if self._map is None or self._view is None:
            return
        try:
            self._view.release()
            self._map.close()
        except BufferError:  # an array is still over it
            if not self.is_frozen:
                _put_nothing_over(self._map, self.size_bytes)
        self._map = self._view = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(is_torn=error is not None)


def make_memory(size_bytes: int) -> int:
    """A descriptor of that much nameless memory, all nought, that can neither grow nor shrink. Raises OSError."""
    descriptor = os.memfd_create("poolhouse-block", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(descriptor, size_bytes)
        seal(descriptor, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def seal(descriptor: int, seals: int) -> None:
    """Add seals to a memfd (fcntl(2), F_ADD_SEALS); nothing where no more can be added."""
    if not fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SEAL:
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)


def copy_memory(source: int, size_bytes: int) -> int:
    """A new block's descriptor, with what is in `source`. Costs the copy: about 10 ms for 36 MB."""
    copy = make_memory(size_bytes)
    try:
        with (
            mmap.mmap(source, size_bytes, access=mmap.ACCESS_READ) as old,
            mmap.mmap(copy, size_bytes) as new,
        ):
            new[:] = old
    except OSError:
        os.close(copy)
        raise
    return copy


def refs_in(value: object) -> Iterator[BlockRef]:
    """Every block that an entry names, in its fields and in what they hold, in order."""
    if type(value) in _NAMELESS:
        return
    if isinstance(value, BlockRef):
        yield value
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from refs_in(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from refs_in(each)
    elif is_dataclass(value) and not isinstance(value, type):
        for name in field_names(type(value)):
            yield from refs_in(getattr(value, name))


def _put_nothing_over(mapping: mmap.mmap, size_bytes: int) -> None:
    """Replace the pages of a mapping that cannot be closed by empty ones of this process (mmap(2), MAP_FIXED)."""
    place = ctypes.addressof(ctypes.c_char.from_buffer(mapping))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    protection = mmap.PROT_READ | mmap.PROT_WRITE
    flags = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | _MAP_FIXED
    if libc.mmap(place, size_bytes, protection, flags, -1, 0) in (None, _MAP_FAILED):
        os.abort()  # it would write into what others own now
