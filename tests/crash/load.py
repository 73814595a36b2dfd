"""A server under load that is killed: clients that save as fast as they are answered, and note every answer."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

CLIENTS = 16
LINE = "Poolhouse listens on http://"
LONGEST_SECONDS = 60


class Server:
    """`poolhouse serve` in a process of its own, on a free port; killed at the latest when its `with` ends."""

    def __init__(self, directory: Path) -> None:
        command = [sys.executable, "-m", "poolhouse", "serve", "--data", str(directory)]
        self._process = subprocess.Popen(
            [*command, "--http", "127.0.0.1:0", "--fetch-pages", "no"], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        assert line.startswith(LINE), line
        host, _, port = line.removeprefix(LINE).partition(":")
        self.address = (host, int(port))

    def kill(self) -> None:
        """SIGKILL: no handler, no flush, no goodbye."""
        self._process.kill()

    def stop(self) -> int:
        """SIGTERM, as a service manager does; returns the exit status."""
        self._process.terminate()
        return self._process.wait(LONGEST_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


@dataclass
class Load:
    """CLIENTS threads, each saving pages of its own and, every third time, one that all of them save."""

    address: tuple[str, int]
    token: str
    name: str
    acknowledged: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._more = threading.Condition()
        self._threads = [threading.Thread(target=self._save, args=(each,)) for each in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, count: int) -> None:
        """Until so many saves were acknowledged."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.acknowledged) >= count, LONGEST_SECONDS), self.faults

    def join(self) -> None:
        """Until every client has seen that the server is gone."""
        for thread in self._threads:
            thread.join(LONGEST_SECONDS)
            assert not thread.is_alive()

    def _save(self, client: int) -> None:
        connection = http.client.HTTPConnection(*self.address, timeout=LONGEST_SECONDS)
        number = 0
        try:
            while True:
                number += 1
                own = f"https://{self.name}.test/{client}/{number}"
                shared = f"http://{self.name}.test/all/{number}?utm_source={client}"
                self._save_one(connection, shared if number % 3 == 0 else own)
        except (OSError, http.client.HTTPException):
            return  # killed
        finally:
            connection.close()

    def _save_one(self, connection: http.client.HTTPConnection, url: str) -> None:
        body = json.dumps({"url": url, "tags": ["crash", self.name], "note": "n" * 200})
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/links", body, headers)
        answer = connection.getresponse()
        told = answer.read()
        with self._more:
            if answer.status in {200, 201}:
                self.acknowledged.append(url)
            else:
                self.faults.append(f"{answer.status}: {told[:300]!r}")
            self._more.notify_all()
