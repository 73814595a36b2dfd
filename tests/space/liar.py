"""A worker that lies: a program that a test starts in a worker's place, told by its first argument how to."""

from __future__ import annotations

import signal
import socket
import sys
from typing import TYPE_CHECKING

from poolhouse.space import frames
from poolhouse.space.blocks import BlockRef
from poolhouse.space.frames import Sent, Sought, decode_to_worker, encode_frame, receive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.space.frames import FromWorker, Job


def said(how: str, job: Job) -> Sequence[FromWorker | bytes]:
    """What it says when it is given a job."""
    number = b'{"value":1}'
    stolen = BlockRef(4711, 10, 1)
    done = frames.Done(job.id, (), Sent("Number", number))
    lies: dict[str, Sequence[FromWorker | bytes]] = {
        "garbage": [b"\xff" * 50],
        "pickle": [b"cos\nsystem\n(S'true'\ntR."],
        "another's job": [frames.Done(job.id + 1, (), Sent("Number", number))],
        "early": [done],
        "silent": [done],
        "hung up": [],
        "twice": [done, done],
        "no result": [frames.Done(job.id, (), None)],
        "both": [frames.Done(job.id, (Sent("Doubled", number),), Sent("Number", number))],
        "another kind": [frames.Done(job.id, (), Sent("eval os:system", b'["true"]'))],
        "no entry": [frames.Done(job.id, (), Sent("Number", b"[" * 10_000))],
        "large entry": [frames.Done(job.id, (), Sent("Number", b'{"value":' + b"1" * 70_000 + b"}"))],
        "stolen block": [frames.Done(job.id, (), Sent("Number", number, (stolen,)))],
        "not taken": [frames.Commit(job.id, ())],
        "forged call": [frames.Put((Sent("eval tests.space.jobs:double", b"[1]"),)), done],
        "forbidden": [frames.Take(Sought("Inverted", b"{}", ()), waits=True), done],
        "no template": [frames.Take(Sought("Token", b"[]", ()), waits=True)],
        "no field": [frames.Take(Sought("Token", b'{"colour":1}', ()), waits=False)],
        "many words": [frames.Failed(job.id, "\n".join(map(str, range(10_000))))],
        "many blocks": [frames.NewBlock(1, "retry")] * 65 + [done],
        "impatient": [frames.Take(Sought("Token", b"{}", ()), waits=True)] * 2,
        "greedy": [frames.NewBlock(2**60, "retry"), done],
        "deaf": [frames.NewBlock(10, "retry")] * 5000,
        "unfit": [frames.Unfit("no reason")],
        "setup again": [frames.Ready(("nothing",)), done],
    }
    return lies[how]


def main() -> None:
    """Be a worker that lies about every job."""
    how, link = sys.argv[1], socket.socket(fileno=int(sys.argv[2]))
    receive(link)
    if how != "early":
        link.send(encode_frame(frames.Ready(())))
    while True:
        packet, _ = receive(link)
        job = decode_to_worker(packet) if packet else None
        if job is None or how == "hung up":
            break
        if isinstance(job, frames.Job):
            for lie in said(how, job):
                link.send(lie if isinstance(lie, bytes) else encode_frame(lie))
        if how == "silent":
            break
    link.close()
    signal.pause()  # it does not end because its parent hung up


main()
