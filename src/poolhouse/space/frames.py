"""Frames: what a pool and its workers say to each other, one packet each, over a Unix socket that keeps boundaries.

A frame is MessagePack of a tagged array (msgspec); the entries in it stay the JSON that they are in the space. Nothing
is unpickled: whoever takes over a worker that reads hostile bytes can send frames, but can run nothing with them. A
packet (unix(7), SOCK_SEQPACKET) is sent whole or not at all and carries its descriptors, so none is ever half there
and no descriptor is taken for another frame's. Descriptors go to workers only.
"""

from __future__ import annotations

import array
import socket
from typing import Any, Literal, TypeAlias

import msgspec

from poolhouse.errors import NotAnEntryError
from poolhouse.space.blocks import BlockRef  # noqa: TC001 - msgspec reads the annotations
from poolhouse.space.entries import look_into
from poolhouse.space.limits import Limits  # noqa: TC001 - msgspec reads the annotations

FRAME_BYTES = 96 * 1024
"""The most of one frame: what the socket's buffer takes in one piece by default (212,992 bytes with the kernel's own
accounting), with room to spare. A copy of it costs about 10 µs; what is larger belongs into a block."""
BODY_BYTES = 64 * 1024
"""The most of an entry's JSON that a worker is given or may send."""
NESTING = 100
"""The most levels of lists and dicts within each other: what compares entries calls itself once for each."""
DESCRIPTORS = 32
"""The most blocks that one entry may name for a worker; the kernel's own limit is 253 (SCM_MAX_FD)."""
BLOCKS = 64
"""The most blocks that a job may have at a time: each is a descriptor of the pool's process too."""
REASON_CHARACTERS = 500


class FrameError(Exception):
    """What came is no frame that may come."""


class _Frame(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """One thing said."""


class Grant(_Frame):
    """A block that goes along with an entry; its descriptor is in the same packet, at the same place."""

    ref: BlockRef
    is_torn: bool
    is_frozen: bool


class Sent(_Frame):
    """An entry that a worker puts, with the blocks that it names."""

    kind: str
    body: bytes
    blocks: tuple[BlockRef, ...] = ()


class Sought(_Frame):
    """A template that a worker asks with: the actuals as JSON, an object."""

    kind: str
    actuals: bytes
    formals: tuple[tuple[str, Literal["str", "int", "float", "bool", "none", "list", "dict"]], ...]


# from a pool to its workers


class Setup(_Frame, tag=1):
    """The first frame: what a worker is to be. `modules` are names and, where they are no importable ones, files."""

    modules: tuple[tuple[str, str | None], ...]
    paths: tuple[str, ...]
    preload: tuple[str, ...]
    niceness: int
    most: Limits
    network: bool
    files: bool


class Job(_Frame, tag=2):
    """An entry to work on; also the answer to Take, and with id 0 to Read."""

    id: int
    kind: str
    body: bytes
    attempts: int
    blocks: tuple[Grant, ...] = ()


class CallOff(_Frame, tag=3):
    """Nobody wants that job's result any more: stop if you can."""

    id: int


class Granted(_Frame, tag=4):
    """The answer to NewBlock; the descriptor is in the same packet."""

    block: Grant


class Did(_Frame, tag=5):
    """The answer to Put, Commit and PutBack: done. And to Take and Read: there is none, and none was waited for."""


class Refused(_Frame, tag=6):
    """The answer to what cannot be done; `reason` is a short sentence."""

    reason: str


# from a worker to its pool


class Ready(_Frame, tag=16):
    """It is set up; `unconfined` says what the kernel could not take from it."""

    unconfined: tuple[str, ...]


class Unfit(_Frame, tag=17):
    """It cannot be what it was to be, and ends."""

    reason: str


class Done(_Frame, tag=18):
    """A job's commit, with its result and what else came of it. `is_last`: it ends now, give it no more."""

    id: int
    outs: tuple[Sent, ...]
    result: Sent | None
    is_last: bool = False


class Failed(_Frame, tag=19):
    """A job was not done."""

    id: int
    reason: str
    is_last: bool = False


class Take(_Frame, tag=20):
    """Within a job: take another entry; answered by Job or Did."""

    template: Sought
    waits: bool


class Read(_Frame, tag=21):
    """Within a job: read an entry; answered by Job with id 0, or Did."""

    template: Sought
    waits: bool


class Put(_Frame, tag=22):
    """Within a job: put entries now, whatever becomes of the job."""

    outs: tuple[Sent, ...]


class Commit(_Frame, tag=23):
    """Within a job: another entry that it took is done."""

    id: int
    outs: tuple[Sent, ...]


class PutBack(_Frame, tag=24):
    """Within a job: another entry that it took was not done."""

    id: int
    reason: str | None


class NewBlock(_Frame, tag=25):
    """Within a job: make a block."""

    size_bytes: int
    on_crash: Literal["retry", "copy", "dead"]


ToWorker: TypeAlias = Setup | Job | CallOff | Granted | Did | Refused
FromWorker: TypeAlias = Ready | Unfit | Done | Failed | Take | Read | Put | Commit | PutBack | NewBlock

_encoder = msgspec.msgpack.Encoder()
_to_worker: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)


def encode_frame(frame: ToWorker | FromWorker) -> bytes:
    """A frame as a packet. Raises FrameError where it is too large for one."""
    packet = _encoder.encode(frame)
    if len(packet) > FRAME_BYTES:
        raise FrameError(f"a frame of {len(packet)} bytes: send a block")
    return packet


def decode_to_worker(packet: bytes | memoryview) -> ToWorker:
    """What a pool said. Raises FrameError."""
    try:
        return _to_worker.decode(packet)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(str(error)) from error


def decode_from_worker(packet: bytes | memoryview) -> FromWorker:
    """What a worker said, whoever it may be by now: any bytes give a frame or a FrameError."""
    try:
        return _from_worker.decode(packet)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(str(error)) from error


def check_body(body: bytes) -> dict[str, Any]:
    """The fields in what a worker sent as an entry. Raises FrameError where it is none, too large, or too deep."""
    if len(body) > BODY_BYTES:
        raise FrameError(f"an entry of {len(body)} bytes: send a block")
    try:
        fields = look_into(body)
    except (NotAnEntryError, RecursionError) as error:
        raise FrameError(str(error)) from error
    if body.count(b"[") + body.count(b"{") > NESTING and _is_deeper(fields, NESTING):
        raise FrameError(f"an entry of more than {NESTING} levels")
    return fields


def _is_deeper(value: object, levels: int) -> bool:
    """Whether lists and dicts are nested in more levels."""
    level = [value]
    for _ in range(levels + 1):
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                inner += each.values()
            elif isinstance(each, list):
                inner += each
        if not inner:
            return False
        level = inner
    return True


def short(reason: str) -> str:
    """A reason as long as a person wants to read it, whoever wrote it, on one line."""
    return " ".join(reason[:REASON_CHARACTERS].split())


def receive(link: socket.socket, flags: int = 0) -> tuple[bytes, list[int]]:
    """The next packet and the descriptors in it; an empty one where the other end is closed. Raises OSError."""
    room = socket.CMSG_SPACE(DESCRIPTORS * array.array("i").itemsize)
    packet, ancillary, _, _ = link.recvmsg(FRAME_BYTES, room, flags | socket.MSG_CMSG_CLOEXEC)
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return packet, list(descriptors)
