"""The catalogue: every mechanism that is known, whether it runs here, and where one's own comes in.

Nothing here imports a mechanism's library: what it is made of is read from its package's metadata.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, entry_points
from typing import TYPE_CHECKING

from poolhouse.errors import NotFoundError
from poolhouse.survey.mechanisms.known import KNOWN
from poolhouse.survey.mechanisms.mechanism import CALIBRATION, Availability, Mechanism

if TYPE_CHECKING:
    from collections.abc import Sequence

ENTRY_POINTS = "poolhouse.survey.mechanisms"
_YOURS = "yours"
_LICENCE_COLUMNS = 40  # some packages have the licence's whole text where its name belongs


def mechanisms() -> Sequence[Mechanism]:
    """All that is known, whether it runs here or not: ours, then those that installed packages bring."""
    own_names = {each.name for each in KNOWN}
    brought = (
        _own(entry.name, entry.value, entry.dist.name if entry.dist else "")
        for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name)
        if entry.name not in own_names
    )
    return (*KNOWN, *brought)


def mechanism(name: str) -> Mechanism:
    """The mechanism of that name, or what `module:function` names. Raises NotFoundError where there is none."""
    if ":" in name:
        return _own(name, name)
    for each in mechanisms():
        if each.name == name:
            return each
    raise NotFoundError(f"mechanism: {name}")


@cache
def availability(name: str) -> Availability:
    """Whether the mechanism runs here. Costs a look at its package's metadata; raises NotFoundError."""
    known = mechanism(name)
    reason = known.obstacle()
    found: list[Distribution] = []
    for each in known.distributions:
        try:
            found.append(distribution(each))
        except PackageNotFoundError:
            reason = reason or f"{each} is not installed"
    version, licence = _made_of(known, found)
    return Availability(version=version, licence=licence, is_available=not reason, reason=reason)


def _made_of(known: Mechanism, found: Sequence[Distribution]) -> tuple[str, str]:
    """Version and licence of what a mechanism stands on."""
    if known.distributions:
        return (found[0].version, licence_of(found[0])) if found else ("", "")
    if known.name == CALIBRATION:
        return _compiler_version(), ""
    return platform.python_version(), "" if known.family == _YOURS else "PSF-2.0"


def _compiler_version() -> str:
    if not shutil.which("cc"):
        return ""
    return subprocess.run(
        ["cc", "-dumpfullversion", "-dumpversion"], capture_output=True, text=True, check=False
    ).stdout.strip()


def licence_of(package: Distribution) -> str:
    """A package's licence in few words, by its metadata; empty where it names none."""
    of = package.metadata
    said = of["License-Expression"] or of["License"] or ""
    if said and "\n" not in said and len(said) <= _LICENCE_COLUMNS:
        return said
    classes = [
        each.rpartition(" :: ")[2] for each in of.get_all("Classifier") or [] if each.startswith("License")
    ]
    return ", ".join(classes)


def _own(name: str, adapter: str, package: str = "") -> Mechanism:
    return Mechanism(
        name=name,
        family=_YOURS,
        title=name,
        note="An adapter that did not come with Poolhouse.",
        adapter=adapter,
        distributions=(package,) if package else (),
    )
