"""Whatever a worker says within a job, the space stays whole: nothing lost, doubled or left held, no block stolen."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from typing import TYPE_CHECKING, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.space import MemorySpace, frames
from poolhouse.space.assignment import Assignment
from poolhouse.space.blocks import BlockRef
from poolhouse.space.declared import declarations_of
from poolhouse.space.entries import encode, field_names
from poolhouse.space.frames import FrameError
from poolhouse.space.templates import Template
from poolhouse.space.waiting import Waiter
from tests.space import jobs
from tests.space.contract import settle
from tests.space.jobs import Inverted, Picture, Token

if TYPE_CHECKING:
    from poolhouse.space.bag import Stored
    from poolhouse.space.process import WorkerProcess

DECLARATION = dict(declarations_of(jobs, jobs.__name__))["Picture"]
KINDS = {cls.__name__: frozenset(field_names(cls)) for cls in (Token, Picture)}
names = st.sampled_from(["a", "b", "other"])


class Said:
    """The worker's end of the socket: what was sent to it."""

    def __init__(self) -> None:
        self.frames: list[frames.ToWorker] = []

    def send(self, frame: frames.ToWorker, descriptors: tuple[int, ...] = ()) -> None:
        """Remember it, if it could be sent; write into what comes with it."""
        frames.encode_frame(frame)
        self.frames.append(frame)
        for descriptor in descriptors:
            os.pwrite(descriptor, b"scribble", 0)


def puts(known: list[BlockRef], kind: str) -> st.SearchStrategy[tuple[frames.Sent, ...]]:
    """What a worker can put, mostly of what there is: blocks and their generations."""
    refs = st.builds(
        lambda ref, step: BlockRef(ref.id, ref.size_bytes, ref.generation + step),
        st.sampled_from(known),
        st.sampled_from([1, 1, 1, 0, 2]),
    )
    pictures = st.builds(
        lambda name, ref, kind: frames.Sent(kind, encode(Picture(name, ref)), (ref,)),
        names,
        refs,
        st.sampled_from([kind, kind, kind, "Picture", "Inverted"]),
    )
    tokens = st.builds(lambda name: frames.Sent("Token", encode(Token(name))), names)
    others = st.sampled_from([frames.Sent("eval x:y", b'{"x":1}'), frames.Sent("Token", b"{")])
    mixed = st.lists(st.one_of(pictures, tokens, others), max_size=3)
    return st.one_of(mixed, st.lists(pictures, min_size=1, max_size=2)).map(tuple)


def words(known: list[BlockRef], ids: list[int]) -> st.SearchStrategy[frames.FromWorker]:
    """Anything that a worker can say within a job."""
    outs = puts(known, "Picture")
    actuals = st.sampled_from([b"{}", b'{"name":"a"}', b'{"age":1}', b"[]", b"{"])
    sought = st.builds(frames.Sought, st.sampled_from(["Token", "Picture", "Inverted"]), actuals, st.just(()))
    held = st.sampled_from([*ids * 5, 4711])
    return st.one_of(
        st.builds(frames.Take, sought, st.booleans()),
        st.builds(frames.Read, sought, st.booleans()),
        st.builds(frames.Put, outs),
        st.builds(frames.Commit, held, outs),
        st.builds(frames.PutBack, held, st.none() | names),
        st.builds(
            frames.NewBlock, st.sampled_from([0, 8, 10, 2**40]), st.sampled_from(["retry", "copy", "dead"])
        ),
    )


@settings(max_examples=200)
@given(st.data())
def test_the_space_stays_whole(data: st.DataObject) -> None:
    asyncio.run(talk(data))


async def talk(data: st.DataObject) -> None:
    space, said = MemorySpace(attempt_limit=1_000), Said()
    blocks = space.blocks
    stolen = blocks.new(5)
    await space.out(Inverted("not its to have", stolen.ref))
    for name in ("a", "b"):
        await space.out(Picture(name, blocks.new(8, on_crash="copy").ref), Token(name))
    first = [each.id for each in space.bag.all()]
    job: list[Stored] = []
    space.wait_now(Waiter((Template("Picture"),), job.append, lambda _: None))
    assignment = Assignment(space, blocks, cast("WorkerProcess", said), job[0], DECLARATION, KINDS)
    assignment.begin()
    try:
        for _ in range(data.draw(st.integers(0, 12))):
            assignment.hear(data.draw(words(refs_of(space), list(assignment._taken))))
            await settle()
        if data.draw(st.booleans()):
            assignment.finish(frames.Done(job[0].id, data.draw(puts(refs_of(space), "Inverted")), None))
        else:
            assignment.fail("it died")
    except FrameError as error:
        assignment.fail(str(error))
    await settle()
    is_done = space.bag.get(job[0].id) is None
    everything = space.bag.all()
    assert {each.state for each in everything} <= {"ready"}
    assert is_done or len([each for each in everything if each.kind == "Inverted"]) == 1
    assert blocks.open(stolen.ref).size_bytes == 5, "what it was not given is as it was"
    named = Counter(block for each in everything for block in each.blocks)
    assert named.keys() == blocks._slots.keys()
    assert set(named.values()) <= {1}, "one entry names a block"
    assert all(slot.writer is None and slot.names == 1 for slot in blocks._slots.values())
    assert {each.kind for each in everything} <= {"Inverted", *KINDS}
    for each in everything:
        if each.id in first and each.blocks:
            slot = blocks._slots[each.blocks[0]]
            assert not any(os.pread(slot.descriptor, 10, 0)), "what was not committed was not written"
    space.close()
    blocks.close()


def refs_of(space: MemorySpace) -> list[BlockRef]:
    """Every block that there is, the worker's or not, and one that there is not."""
    return [slot.ref for slot in space.blocks._slots.values()] + [BlockRef(1, 1, 1)]


async def test_what_was_called_off_is_asked_for_no_more() -> None:
    space, said = MemorySpace(), Said()
    await space.out(Picture("a", space.blocks.new(8).ref))
    job: list[Stored] = []
    space.wait_now(Waiter((Template("Picture"),), job.append, lambda _: None))
    assignment = Assignment(space, space.blocks, cast("WorkerProcess", said), job[0], DECLARATION, KINDS)
    assignment.begin()
    take = frames.Take(frames.Sought("Token", b"{}", ()), waits=True)
    assignment.hear(take)
    assignment.stop()
    assignment.hear(take)
    assert said.frames[1:] == [frames.Refused("it was called off")] * 2
    await space.out(Token("x"))
    assignment.fail(None)
    assert await space.try_rd(Token) == Token("x")
    space.close()


async def test_a_commit_that_names_what_another_entry_names_is_refused_whole() -> None:
    space, said = MemorySpace(), Said()
    await space.out(Picture("a", space.blocks.new(8).ref), Token("a"))
    job: list[Stored] = []
    space.wait_now(Waiter((Template("Picture"),), job.append, lambda _: None))
    assignment = Assignment(space, space.blocks, cast("WorkerProcess", said), job[0], DECLARATION, KINDS)
    assignment.begin()
    assignment.hear(frames.Take(frames.Sought("Token", b"{}", ()), waits=True))
    (own,) = refs_of(space)[:-1]
    given = BlockRef(own.id, own.size_bytes, own.generation + 1)
    sent = frames.Sent("Picture", encode(Picture("b", given)), (given,))
    (token,) = assignment._taken
    assignment.hear(frames.Commit(token, (frames.Sent("Token", encode(Token("b"))), sent)))
    assert said.frames[-1] == frames.Refused(f"another entry names block {own.id}")
    assignment.fail("it died")
    assert sorted(each.kind for each in space.bag.all()) == ["Picture", "Token"]
    assert await space.try_rd(Token) == Token("a")
    space.close()


async def test_what_a_function_leaves_taken_goes_back_as_it_was() -> None:
    space, said = MemorySpace(), Said()
    await space.out(*[Picture(name, space.blocks.new(8, on_crash="copy").ref) for name in ("a", "b")])
    job: list[Stored] = []
    space.wait_now(Waiter((Template("Picture"),), job.append, lambda _: None))
    assignment = Assignment(space, space.blocks, cast("WorkerProcess", said), job[0], DECLARATION, KINDS)
    assignment.begin()
    assignment.hear(frames.Take(frames.Sought("Picture", b"{}", ()), waits=True))
    assignment.finish(frames.Done(job[0].id, (), None))
    async with space.take(Picture) as left:
        with space.blocks.open(left.pixels) as block:
            assert (left.name, bytes(block.view), block.is_torn) == ("b", bytes(8), False)
    space.close()
