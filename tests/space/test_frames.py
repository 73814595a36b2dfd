"""Frames: what is said is heard; any bytes are a frame or refused; a packet keeps its descriptors."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.space import frames
from poolhouse.space.blocks import BlockRef
from poolhouse.space.frames import (
    NESTING,
    FrameError,
    check_body,
    decode_from_worker,
    decode_to_worker,
    encode_frame,
    receive,
)
from poolhouse.space.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

ids = st.integers(0, 2**53)
names = st.text(max_size=30)
refs = st.builds(BlockRef, ids, ids, ids)
bodies = st.binary(max_size=200)
sent = st.builds(frames.Sent, names, bodies, st.lists(refs, max_size=3).map(tuple))
outs = st.lists(sent, max_size=3).map(tuple)
grants = st.builds(frames.Grant, refs, st.booleans(), st.booleans())
formals = st.lists(st.tuples(names, st.sampled_from(["str", "int", "list"])), max_size=2).map(tuple)
sought = st.builds(frames.Sought, names, bodies, formals)

to_worker = st.one_of(
    st.builds(frames.Job, ids, names, bodies, ids, st.lists(grants, max_size=3).map(tuple)),
    st.builds(frames.CallOff, ids),
    st.builds(frames.Granted, grants),
    st.builds(frames.Did),
    st.builds(frames.Refused, names),
)
from_worker = st.one_of(
    st.builds(frames.Ready, st.lists(names, max_size=2).map(tuple)),
    st.builds(frames.Unfit, names),
    st.builds(frames.Done, ids, outs, st.none() | sent, st.booleans()),
    st.builds(frames.Failed, ids, names, st.booleans()),
    st.builds(frames.Take, sought, st.booleans()),
    st.builds(frames.Read, sought, st.booleans()),
    st.builds(frames.Put, outs),
    st.builds(frames.Commit, ids, outs),
    st.builds(frames.PutBack, ids, st.none() | names),
    st.builds(frames.NewBlock, ids, st.sampled_from(["retry", "copy", "dead"])),
)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        yield here, there


@given(to_worker)
def test_a_worker_hears_what_is_said(frame: frames.ToWorker) -> None:
    assert decode_to_worker(encode_frame(frame)) == frame


@given(from_worker)
def test_a_pool_hears_what_is_said(frame: frames.FromWorker) -> None:
    assert decode_from_worker(encode_frame(frame)) == frame


def test_the_setup_is_heard() -> None:
    setup = frames.Setup((("a", None), ("__main__", "/a.py")), ("/x",), (), 10, Limits(), False, True)
    assert decode_to_worker(encode_frame(setup)) == setup


@given(st.binary(max_size=400))
def test_any_bytes_are_a_frame_or_refused(packet: bytes) -> None:
    with suppress(FrameError):
        assert isinstance(decode_from_worker(packet), msgspec.Struct)


@given(from_worker, st.data())
def test_a_changed_frame_is_a_frame_or_refused(frame: frames.FromWorker, data: st.DataObject) -> None:
    packet = bytearray(encode_frame(frame))
    place = data.draw(st.integers(0, len(packet) - 1))
    packet[place] = data.draw(st.integers(0, 255))
    with suppress(FrameError):
        assert isinstance(decode_from_worker(bytes(packet)), msgspec.Struct)


@given(from_worker, st.integers(1, 50))
def test_a_cut_frame_is_refused(frame: frames.FromWorker, missing: int) -> None:
    with pytest.raises(FrameError):
        decode_from_worker(encode_frame(frame)[:-missing])


@pytest.mark.parametrize(
    "packet",
    [
        encode_frame(frames.CallOff(1)),  # what only a pool says
        encode_frame(frames.Setup((), (), (), 0, Limits(), True, True)),
        b"\x91" * 50_000 + b"\xc0",  # arrays in arrays
        b"\xdd\xff\xff\xff\xff",  # an array of four thousand million
        msgspec.msgpack.encode([16, ["x"], "more than there is"]),
        msgspec.msgpack.encode([20, ["kind", b"{}", [["field", "module"]]], True]),
    ],
)
def test_what_a_worker_may_not_say_is_refused(packet: bytes) -> None:
    with pytest.raises(FrameError):
        decode_from_worker(packet)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"1",
        b"[]",
        b'{"a": 1',
        b'{"a": NaN}',
        b'{"a": "\xff"}',
        b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"a": "' + b"x" * frames.BODY_BYTES + b'"}',
    ],
)
def test_a_body_that_is_no_entry_is_refused(body: bytes) -> None:
    with pytest.raises(FrameError):
        check_body(body)


@given(st.binary(max_size=100))
def test_any_body_is_an_entry_or_refused(body: bytes) -> None:
    with suppress(FrameError):
        assert isinstance(check_body(body), dict)


def test_a_body_may_be_wide_and_not_deep() -> None:
    assert len(check_body(b'{"a":[' + b"[{}]," * 5_000 + b"[]]}")["a"]) == 5_001
    check_body(b'{"a":' + b"[" * (NESTING - 1) + b"]" * (NESTING - 1) + b"}")
    with pytest.raises(FrameError, match="levels"):
        check_body(b'{"a":' + b"[" * 2 * NESTING + b"]" * 2 * NESTING + b"}")


def test_what_is_too_large_for_a_packet_is_refused() -> None:
    with pytest.raises(FrameError, match="send a block"):
        encode_frame(frames.Job(1, "x", b"x" * frames.FRAME_BYTES, 1))


def test_the_largest_frame_goes_in_one_piece(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    here.setblocking(False)
    packet = b"x" * frames.FRAME_BYTES
    assert here.send(packet) == len(packet)
    assert receive(there) == (packet, [])


def test_descriptors_stay_with_their_packet(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    files = [os.memfd_create(f"file {number}") for number in range(3)]
    socket.send_fds(here, [b"two"], files[:2])
    here.send(b"none")
    socket.send_fds(here, [b"one"], files[2:])
    got = [receive(there) for _ in range(3)]
    assert [(packet, len(descriptors)) for packet, descriptors in got] == [
        (b"two", 2),
        (b"none", 0),
        (b"one", 1),
    ]
    received = [descriptor for _, descriptors in got for descriptor in descriptors]
    assert [os.fstat(each).st_ino for each in received] == [os.fstat(each).st_ino for each in files]
    assert not any(os.get_inheritable(descriptor) for descriptor in received)
    for descriptor in files + received:
        os.close(descriptor)


def test_who_hangs_up_is_heard_as_nothing(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    here.send(b"last")
    here.close()
    assert [receive(there) for _ in range(2)] == [(b"last", []), (b"", [])]
