"""Machine: what was measured on. Figures without it say nothing."""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def describe_machine(packages: Iterable[str] = ()) -> dict[str, object]:
    """Processor, kernel, interpreter and the versions of the packages that matter; "none" where one is not here."""
    return {
        "processor": processor(Path("/proc/cpuinfo").read_text("utf-8")),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2,
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "python_compiler": platform.python_compiler(),
        "has_gil": has_gil(),
        **{name: _version(name) for name in packages},
    }


def processor(cpuinfo: str) -> str:
    """The model of the first processor in a /proc/cpuinfo."""
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def has_gil() -> bool:
    """Whether threads of this interpreter take turns now; an import can turn a free-threaded one back to it."""
    asked = getattr(sys, "_is_gil_enabled", None)
    return asked is None or bool(asked())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
