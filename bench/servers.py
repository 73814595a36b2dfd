"""The two servers: nginx, and the real `poolhouse serve`, both on the servers' core, each with its own directory."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from bench.processes import cpu_ns, memory_mib, on_core, tree

if TYPE_CHECKING:
    from pathlib import Path

NGINX_FILE_BYTES = 20_480
NGINX_PATH = "/feed.atom"
_START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_LISTENS = re.compile(r"Poolhouse listens on http://[^:]+:(\d+)")
_CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
pid {place}/nginx.pid;
error_log {place}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    etag on;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    open_file_cache max=100 inactive=1h;
    open_file_cache_valid 1h;
    types {{ application/atom+xml atom; }}
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {place}/files;
    }}
}}
"""


@dataclass
class Server:
    """A program under test that listens on `port` of this machine."""

    process: subprocess.Popen[str]
    port: int
    is_traced: bool = False
    pids: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.pids = tree(self.process.pid)[self.is_traced :]

    def cpu_ns(self) -> int:
        """The processor time of the whole tree so far."""
        return cpu_ns(self.pids)

    def memory_mib(self) -> float:
        """The memory of the whole tree now."""
        return memory_mib(self.pids)

    def stop(self) -> None:
        """End it, and wait until it has."""
        os.kill(self.pids[0], signal.SIGTERM)
        self.process.communicate(timeout=_STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()


def find_nginx() -> str | None:
    """The nginx program, which Debian keeps out of an ordinary person's PATH."""
    return shutil.which("nginx", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")


def start_nginx(place: Path, core: int) -> Server:
    """nginx with one worker and one static file of 20 KiB, which it keeps open."""
    program = find_nginx()
    if program is None:
        raise FileNotFoundError("nginx is not here: apt-get install nginx-light")
    files = place / "files"
    files.mkdir(parents=True)
    (files / NGINX_PATH.strip("/")).write_bytes(b"x" * NGINX_FILE_BYTES)
    port = free_port()
    # started by root, it would read the file as somebody else, who may not look into a temporary directory
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    (place / "nginx.conf").write_text(_CONFIGURATION.format(user=user, place=place, port=port), "utf-8")
    with on_core(core):
        process = subprocess.Popen(
            [program, "-p", str(place), "-c", str(place / "nginx.conf"), "-e", str(place / "error.log")],
            stderr=subprocess.PIPE,
            text=True,
        )
    wait_until_open(process, port)
    return Server(process, port)


def start_poolhouse(
    data: Path, core: int | None, *, under: tuple[str, ...] = (), arguments: tuple[str, ...] = ()
) -> Server:
    """`poolhouse serve` as a person runs it, on a free port; `under` is what runs it, such as strace.

    Without a core it runs where it likes."""
    command = [sys.executable, "-m", "poolhouse", "serve", "--http", "127.0.0.1:0", "--fetch-pages", "no"]
    with nullcontext() if core is None else on_core(core):
        process = subprocess.Popen(
            [*under, *command, "--data", str(data), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    assert process.stdout is not None
    for line in process.stdout:
        if found := _LISTENS.search(line):
            return Server(process, int(found[1]), is_traced=bool(under))
    raise ChildProcessError(f"poolhouse serve ended with status {process.wait()}")


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def wait_until_open(process: subprocess.Popen[str], port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            assert process.stderr is not None
            raise ChildProcessError(f"the server ended: {process.stderr.read()}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError("the server does not listen")
