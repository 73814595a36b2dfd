"""A tiny server for tests: `python tiny.py OPTIONS` (JSON), prints its address. No mechanism that anybody measures.

Options: mode, greets, path (AF_UNIX), stall_every (requests) and stall_seconds, descriptors (which it does not give
back: it dies, however quickly its clients come and go), backlog, wrong (replies),
work ("thread", "fork" or "": here) and work_seconds of processor time for each connection, end_seconds of it when a
client ends one.
"""

from __future__ import annotations

import json
import os
import resource
import selectors
import socket
import sys
import threading
import time
from typing import Any

OPTIONS: dict[str, Any] = {
    "mode": "one-shot",
    "greets": False,
    "path": None,
    "stall_every": 0,
    "stall_seconds": 0.0,
    "descriptors": 0,
    "backlog": 4096,
    "wrong": False,
    "work": "",
    "work_seconds": 0.0,
    "end_seconds": 0.0,
    **json.loads(sys.argv[1]),
}


def spin(seconds: float) -> None:
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        pass


def work() -> None:
    if OPTIONS["work"] == "thread":
        worker = threading.Thread(target=spin, args=(OPTIONS["work_seconds"],))
        worker.start()
        worker.join()
    elif OPTIONS["work"] == "fork":
        child = os.fork()
        if not child:
            spin(OPTIONS["work_seconds"])
            os._exit(0)
        os.waitpid(child, 0)


class Server:
    def __init__(self) -> None:
        self.requests = 0
        self.selector = selectors.EpollSelector()
        path = OPTIONS["path"]
        self.listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.listener.bind(path or ("127.0.0.1", 0))
        self.listener.listen(OPTIONS["backlog"])
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ)
        address = path or self.listener.getsockname()
        if OPTIONS["descriptors"]:
            resource.setrlimit(resource.RLIMIT_NOFILE, (OPTIONS["descriptors"],) * 2)
        print(json.dumps(address), flush=True)

    def run(self) -> None:
        while True:
            for key, _ in self.selector.select():
                peer = key.fileobj
                assert isinstance(peer, socket.socket)
                if peer is self.listener:
                    self.accept()
                else:
                    self.read(peer)

    def accept(self) -> None:
        peer, _ = self.listener.accept()  # dies of EMFILE: the failure that the tests want to see
        if OPTIONS["descriptors"]:
            os.open(os.devnull, os.O_RDONLY)
        peer.setblocking(False)
        self.selector.register(peer, selectors.EVENT_READ)
        if OPTIONS["greets"]:
            peer.send(b"hello\n")

    def read(self, peer: socket.socket) -> None:
        try:
            data = peer.recv(4096)
        except ConnectionError:
            data = b""
        if data:
            self.requests += 1
            if OPTIONS["stall_every"] and self.requests % OPTIONS["stall_every"] == 0:
                time.sleep(OPTIONS["stall_seconds"])  # the stall that a test asked for
            work()
            peer.send(b"0\n" if OPTIONS["wrong"] else b"%d\n" % (int(data) * 2 + 1))
        else:
            spin(OPTIONS["end_seconds"])
        if not data or OPTIONS["mode"] == "one-shot":
            self.selector.unregister(peer)
            peer.close()


if __name__ == "__main__":
    Server().run()
