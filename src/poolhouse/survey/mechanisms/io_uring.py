"""io_uring by uring-api: one accept for all connections, receives into buffers that the kernel chooses."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, cast

import uring_api

from poolhouse.survey.mechanisms.service import RECEIVE_BYTES

if TYPE_CHECKING:
    from poolhouse.survey.conversation import Conversation
    from poolhouse.survey.mechanisms.service import Service

_ENTRIES = 4096
_BUFFERS = 1024
_FLAGS = uring_api.IORING_SETUP_SINGLE_ISSUER | uring_api.IORING_SETUP_DEFER_TASKRUN


def serve(listener: socket.socket, service: Service) -> None:
    """One loop of completions. What follows a send on the same descriptor waits for it, a close too."""
    ring = uring_api.Ring(_ENTRIES, _FLAGS)
    buffers = ring.create_buf_group(RECEIVE_BYTES, _BUFFERS)
    accepting = _accept(ring, listener)
    service.ready()
    while True:
        for done in ring.wait() or ():
            if done.kind == uring_api.COMPLETION_KIND_ACCEPT:
                if done.res >= 0:
                    conversation = service.conversation()
                    if greeting := conversation.greeting():
                        ring.prepare_send_all(done.res, greeting)
                    ring.prepare_recv_buf(done.res, buffers, 0, (done.res, conversation))
                # one that failed would fail again at once, and nothing else would get its turn
                accepting = _accept(ring, listener) if done is accepting and done.res >= 0 else accepting
            elif done.kind == uring_api.COMPLETION_KIND_RECV_BUF:
                descriptor, conversation = cast("tuple[int, Conversation]", done.take_user_data())
                if done.res > 0:
                    with memoryview(cast("bytes", done.result)) as view:
                        ring.prepare_send_all(descriptor, conversation.receive(bytes(view)))
                # once more where no buffer was free
                if not conversation.is_over and (done.res > 0 or done.res == -errno.ENOBUFS):
                    ring.prepare_recv_buf(descriptor, buffers, 0, (descriptor, conversation))
                else:
                    ring.prepare_close(descriptor)
            elif done.kind == uring_api.COMPLETION_KIND_CLOSE and accepting.res < 0:
                accepting = _accept(ring, listener)


def _accept(ring: uring_api.Ring, listener: socket.socket) -> uring_api.Completion:
    return ring.prepare_accept_multishot(listener.fileno(), socket.SOCK_CLOEXEC)
