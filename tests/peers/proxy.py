"""A recording relay: hands bytes on both ways and notes the status of each answer."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


class RecordingProxy:
    """Listens on a port of its own from the start; `target` is set once the server has one."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.target = ""
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                proxy.relay(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def relay(self, client: socket.socket) -> None:
        """Carry one connection until either side ends it."""
        parts = urlsplit(self.target)
        with socket.create_connection((parts.hostname, parts.port)) as server:
            back = threading.Thread(target=self._back, args=(server, client))
            back.start()
            _carry(client, server)
            back.join()

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        for data in _carry(server, client, each=True):
            self.statuses.extend(int(status) for status in _STATUS.findall(data))

    def taken(self) -> list[int]:
        """The statuses since the last time."""
        statuses, self.statuses = self.statuses, []
        return statuses

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _chunks(source: socket.socket, sink: socket.socket) -> Iterator[bytes]:
    try:
        while data := source.recv(65_536):
            yield data
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def _carry(source: socket.socket, sink: socket.socket, *, each: bool = False) -> Iterator[bytes]:
    chunks = _chunks(source, sink)
    if each:
        return chunks
    for _ in chunks:
        pass
    return iter(())
