"""Blocks within one process: seals, views, generations, who may write, and that nothing is left of them."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import SpaceError, StaleBlockError, TornBlockError
from poolhouse.space import MemorySpace
from poolhouse.space.blocks import BlockRef, OnCrash, make_memory, refs_in
from poolhouse.space.keeper import Blocks
from poolhouse.space.limits import MEBIBYTE
from tests.space.contract import begin, settle
from tests.space.jobs import Inverted, Picture, Token

if TYPE_CHECKING:
    from collections.abc import Iterator


def memory_in_use() -> int:
    """The blocks that this process has a descriptor of, or has mapped."""
    gc.collect()  # what a test before left to it
    links = [os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    maps = Path("/proc/self/maps").read_text("utf-8").splitlines()
    return sum("poolhouse-block" in each for each in [*links, *maps])


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = memory_in_use()
    yield
    assert memory_in_use() == before


@pytest.fixture
def blocks() -> Iterator[Blocks]:
    kept = Blocks()
    yield kept
    kept.close()


@pytest.fixture
def space(blocks: Blocks) -> MemorySpace:
    return MemorySpace(blocks=blocks)


def test_its_size_is_sealed() -> None:
    descriptor = make_memory(100)
    for size in (99, 101):
        with pytest.raises(PermissionError):
            os.ftruncate(descriptor, size)
    os.close(descriptor)


async def test_it_is_all_nought_and_numpy_takes_it(blocks: Blocks) -> None:
    with blocks.new(12) as block:
        array = np.frombuffer(block.view, np.uint16)
        assert array.tolist() == [0] * 6
        array[:] = 258
        assert bytes(block.view) == b"\x02\x01" * 6
        del array


async def test_what_nobody_names_is_freed(blocks: Blocks) -> None:
    with blocks.new(5000):
        assert blocks.size_bytes == 5000
    await settle()
    assert (blocks.size_bytes, blocks.count) == (0, 0)


async def test_it_lives_as_long_as_an_entry_names_it(space: MemorySpace, blocks: Blocks) -> None:
    with blocks.new(3) as block:
        block.view[:] = b"abc"
        await space.out(Picture("a", block.ref))
    await settle()
    async with space.take(Picture) as taken:
        with blocks.open(taken.pixels) as opened:
            assert bytes(opened.view) == b"abc"
    await settle()
    assert blocks.count == 0


async def test_what_was_taken_for_good_can_be_opened_before_anything_else_happens(
    space: MemorySpace, blocks: Blocks
) -> None:
    with blocks.new(3) as block:
        await space.out(Picture("a", block.ref))
    taken = await space.take(Picture)
    with blocks.open(taken.pixels) as opened:
        await settle()
        assert bytes(opened.view) == b"\0\0\0"
    await settle()
    with pytest.raises(StaleBlockError, match="no block"):
        blocks.open(taken.pixels)


async def test_who_gave_it_on_cannot_use_it(space: MemorySpace, blocks: Blocks) -> None:
    block = blocks.new(4)
    array = np.frombuffer(block.view, np.uint8)
    array[:] = 1
    await space.out(Picture("a", block.ref))
    with pytest.raises(StaleBlockError, match="given on"):
        _ = block.view
    assert array.tolist() == [0, 0, 0, 0], "what still looks at it sees nought"
    array[:] = 2
    async with space.take(Picture) as taken:
        with blocks.open(taken.pixels) as opened:
            assert bytes(opened.view) == b"\1\1\1\1", "and what it writes goes nowhere"


async def test_a_generation_is_good_until_the_next(space: MemorySpace, blocks: Blocks) -> None:
    with blocks.new(4) as block:
        await space.out(Picture("a", block.ref))
    taking = space.take(Picture)
    async with taking as taken:
        with blocks.open(taken.pixels) as opened:
            opened.view[0] = 9
            taking.out(Inverted("a", opened.ref))
    with pytest.raises(StaleBlockError, match="given on"):
        blocks.open(taken.pixels)
    async with space.take(Inverted) as inverted:
        assert inverted.pixels.generation == taken.pixels.generation + 1
        with blocks.open(inverted.pixels) as opened:
            assert opened.view[0] == 9


async def test_an_entry_may_be_passed_on_as_it_is(space: MemorySpace, blocks: Blocks) -> None:
    with blocks.new(4) as block:
        await space.out(Picture("a", block.ref))
    taking = space.take(Picture)
    async with taking as taken:
        taking.out(Inverted("a", taken.pixels))
    async with space.take(Inverted) as inverted:
        blocks.open(inverted.pixels).close()


async def test_one_entry_names_it_at_a_time(space: MemorySpace, blocks: Blocks) -> None:
    block = blocks.new(4)
    await space.out(Picture("a", block.ref))
    with pytest.raises(StaleBlockError):
        await space.out(Picture("b", block.ref))
    assert await space.try_take(Picture, name="b") is None


async def test_one_has_it_open_at_a_time(space: MemorySpace, blocks: Blocks) -> None:
    with blocks.new(4) as block:
        await space.out(Picture("a", block.ref))
    async with space.take(Picture) as taken:
        with blocks.open(taken.pixels), pytest.raises(StaleBlockError, match="open already"):
            blocks.open(taken.pixels)


async def test_any_number_may_read_what_is_frozen(space: MemorySpace, blocks: Blocks) -> None:
    with blocks.freeze(b"read me") as block:
        await space.out(Picture("a", block.ref), Picture("b", block.ref))
        assert bytes(block.view) == b"read me"
        with pytest.raises(TypeError):
            block.view[0] = 1
    async with space.take(Picture) as one, space.take(Picture) as two:
        with blocks.open(one.pixels) as first, blocks.open(two.pixels) as second:
            assert bytes(first.view) == bytes(second.view) == b"read me"
    await settle()
    assert blocks.count == 0


async def test_what_is_large_is_frozen_in_many_turns_of_the_loop(blocks: Blocks) -> None:
    content = os.urandom(5 * MEBIBYTE + 7)
    freezing = await begin(blocks.freeze_in_turns(memoryview(content)), turns=3)
    assert not freezing.done()
    with await freezing as block:
        assert bytes(block.view) == content
        with pytest.raises(TypeError):
            block.view[0] = 1
        with pytest.raises(OSError, match="not permitted"):
            os.pwrite(block._descriptor, b"x", 0)


@pytest.mark.parametrize("is_closed", [False, True])
async def test_what_is_frozen_only_in_part_is_gone(blocks: Blocks, is_closed: bool) -> None:
    freezing = await begin(blocks.freeze_in_turns(bytes(5 * MEBIBYTE)), turns=3)
    if is_closed:
        blocks.close()
    else:
        freezing.cancel()
    (error,) = await asyncio.gather(freezing, return_exceptions=True)
    assert isinstance(error, StaleBlockError if is_closed else asyncio.CancelledError)
    assert (blocks.count, blocks.size_bytes) == (0, 0)


async def test_it_is_torn_where_its_writer_failed(space: MemorySpace, blocks: Blocks) -> None:
    await space.out(*[Picture(policy, blocks.new(1, on_crash=policy).ref) for policy in POLICIES])
    for policy in POLICIES:
        with pytest.raises(ZeroDivisionError):
            await write_half(space, blocks, policy)
    async with space.take(Picture, name="retry") as taken:
        with blocks.open(taken.pixels) as block:
            assert (block.is_torn, block.view[0]) == (True, 7)
        with blocks.open(taken.pixels) as block:
            assert not block.is_torn, "it was written over"
    async with space.take(Picture, name="copy") as taken:
        with blocks.open(taken.pixels) as block:
            assert (block.is_torn, block.view[0]) == (False, 0)
    async with space.take(Picture, name="dead") as taken:
        with pytest.raises(TornBlockError):
            blocks.open(taken.pixels)


POLICIES: tuple[OnCrash, ...] = ("retry", "copy", "dead")


async def write_half(space: MemorySpace, blocks: Blocks, name: str) -> None:
    async with space.take(Picture, name=name) as taken:
        with blocks.open(taken.pixels) as block:
            block.view[0] = 7
            raise ZeroDivisionError


async def test_what_there_is_no_room_for_is_refused() -> None:
    blocks = Blocks(capacity_bytes=100)
    with blocks.new(60):
        for size in (41, 0, -1):
            with pytest.raises(SpaceError, match="no room"):
                blocks.new(size)
        blocks.new(40).close()
    await settle()
    blocks.new(100).close()


async def test_a_worker_takes_it_from_who_only_read_the_entry(space: MemorySpace, blocks: Blocks) -> None:
    with blocks.new(4) as block:
        await space.out(Picture("a", block.ref))
    seen = await space.rd(Picture)
    opened = blocks.open(seen.pixels)
    blocks.grant((seen.pixels.id,), "a worker")
    with pytest.raises(StaleBlockError):
        _ = opened.view
    with pytest.raises(StaleBlockError, match="in a worker's hands"):
        blocks.open(seen.pixels)
    with pytest.raises(StaleBlockError, match="not yours"):
        await space.out(Inverted("a", seen.pixels))


async def test_no_seal_can_be_added_to_what_a_worker_has(space: MemorySpace, blocks: Blocks) -> None:
    with blocks.new(4) as block:
        await space.out(Picture("a", block.ref))
    (slot,) = blocks.grant((block.opened.id,), "a worker")
    with pytest.raises(PermissionError):
        fcntl.fcntl(slot.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)


async def test_closing_the_space_frees_them(space: MemorySpace, blocks: Blocks) -> None:
    with blocks.new(4) as block:
        await space.out(Picture("a", block.ref))
    space.close()
    await settle()
    assert blocks.count == 0


@dataclass(frozen=True)
class Album:
    """Blocks wherever there can be some."""

    cover: BlockRef
    pages: tuple[BlockRef, ...]
    by_name: dict[str, list[BlockRef]]
    title: Token


@given(st.lists(st.integers(0, 99), unique=True, max_size=8), st.data())
def test_every_block_that_an_entry_names_is_found(ids: list[int], data: st.DataObject) -> None:
    refs = [BlockRef(each, 1, 1) for each in [100, *ids]]
    one, two = sorted(data.draw(st.tuples(*[st.integers(1, len(refs))] * 2)))
    album = Album(refs[0], tuple(refs[1:one]), {"a": refs[one:two], "b": refs[two:]}, Token("x"))
    rest = refs[1:one] + refs[one:two] + refs[two:]
    assert list(refs_in(album)) == [refs[0], *rest]
