"""Prove what the README promises of `make run`: it serves, its one-time link opens, and it stops cleanly.

    python3 tools/prove_run.py [DIRECTORY]

The directory is a checkout; its environment is made if it is not there yet. The data goes to a temporary
directory and the port is a free one. Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

START_SECONDS = 300  # on a slow line most of it is the download
STOP_SECONDS = 20
ANSWER_SECONDS = 10


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def status_of(url: str) -> int:
    """The HTTP status a GET of `url` ends with, redirects followed; AssertionError where there is no answer."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError as error:
        raise AssertionError(f"{url} did not answer: {error}") from error


def only_child_of(pid: int) -> int:
    """The process that `make` runs, which is the server itself: the recipe replaces its shell."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert len(children) == 1, f"make should run one process, not {children}"
    return int(children[0])


def one_time_link(make: subprocess.Popen[str], port: int) -> str:
    """Read what is printed until it holds a link into the server, and return that link."""
    link = re.compile(rf"http://127\.0\.0\.1:{port}/[^\s\"'<>]+")
    assert make.stdout is not None
    for line in make.stdout:
        print(f"  | {line}", end="")
        found = link.search(line)
        if found:
            return found.group()
    raise AssertionError("make run ended without printing a one-time link")


def show_the_rest(make: subprocess.Popen[str]) -> None:
    """Print what else it says: the reason, where the proof fails."""
    assert make.stdout is not None
    for line in make.stdout:
        print(f"  | {line}", end="", flush=True)


def prove(directory: Path, data: Path) -> None:
    """Run it and look; raises AssertionError with what was not as promised."""
    port = free_port()
    with subprocess.Popen(
        ["make", "--no-print-directory", "run", f"HTTP=127.0.0.1:{port}", f"DATA={data}"],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as make:
        too_long = threading.Timer(START_SECONDS, os.killpg, (make.pid, signal.SIGKILL))
        too_long.start()
        rest = threading.Thread(target=show_the_rest, args=[make])
        try:
            link = one_time_link(make, port)
            rest.start()
            front = status_of(f"http://127.0.0.1:{port}/")
            assert front in {200, 401}, f"the front page answered {front}"
            first = status_of(link)
            assert first == 200, f"the one-time link answered {first}"
            os.kill(only_child_of(make.pid), signal.SIGTERM)
            status = make.wait(STOP_SECONDS)
            assert status == 0, f"make run ended with status {status}"
        finally:
            too_long.cancel()
            if make.poll() is None:
                os.killpg(make.pid, signal.SIGKILL)
            if rest.ident:
                rest.join()
    assert any(data.iterdir()), "nothing was kept in the data directory"


def main() -> int:
    """Prove the checkout named on the command line, or this one."""
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    with tempfile.TemporaryDirectory(prefix="poolhouse-") as data:
        try:
            prove(directory, Path(data))
        except AssertionError as error:
            print(f"make run is not as the README promises: {error}", file=sys.stderr)
            return 1
    print("make run is as the README promises: it serves, its one-time link opens, it stops cleanly")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
