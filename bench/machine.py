"""What was measured on: figures without it say nothing."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import apsw

from bench.servers import find_nginx

PACKAGES = ("apsw", "uvicorn", "uvloop", "httptools", "starlette")


def describe_machine() -> dict[str, object]:
    """Processor, kernel and versions."""
    return {
        "processor": processor(Path("/proc/cpuinfo").read_text("utf-8")),
        "cores": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2,
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "python_compiler": platform.python_compiler(),
        "sqlite": apsw.sqlite_lib_version(),
        **{name: version(name) for name in PACKAGES},
        "nginx": _nginx_version(),
        "poolhouse": version("poolhouse"),
    }


def processor(cpuinfo: str) -> str:
    """The model of the first processor in /proc/cpuinfo."""
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _nginx_version() -> str:
    program = find_nginx()
    if program is None:
        return "none"
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
    return said.strip().removeprefix("nginx version: ")
