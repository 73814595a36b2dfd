"""Run: measure what is asked for, and write each record as it comes. Goes on where an earlier run was broken off.

`run_survey` is what a command line calls; `poolhouse.survey.campaign` does the work.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import msgspec

from poolhouse.errors import InvalidInputError
from poolhouse.survey.campaign import Campaign
from poolhouse.survey.machine import describe_machine
from poolhouse.survey.mechanisms.mechanism import CALIBRATION, REFERENCE
from poolhouse.survey.parts import real_parts
from poolhouse.survey.plan import ALWAYS, PROFILES, settings_for
from poolhouse.survey.progress import Pace, Progress
from poolhouse.survey.records import AbsentMechanism, End, MeasuredMechanism, Result, Run, read_result
from poolhouse.survey.result_file import ResultFile
from poolhouse.survey.surroundings import choose_processors, descriptor_limit, limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from poolhouse.survey.mechanisms.mechanism import Mechanism
    from poolhouse.survey.parts import Parts
    from poolhouse.survey.setting import Profile
    from poolhouse.survey.surroundings import Processors

__all__ = ["Progress", "RunOptions", "run_survey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What to measure: a profile, or what of it. Where nothing is named, all of it.

    `mechanisms` are names of the catalogue, or `module:function`; reference and calibration are always measured too.
    `seed` decides the order and the arrivals; None is one by chance. `command` is what somebody typed.
    """

    profile: str = "quick"
    mechanisms: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    transports: tuple[str, ...] = ()
    rounds: int | None = None
    seed: int | None = None
    command: str = ""


def run_survey(
    options: RunOptions,
    out: Path,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    parts: Parts | None = None,
) -> Result:
    """Measure into the file `out`, and return all that is in it.

    Where `out` has a run of the same options that was broken off, it goes on, if all that it measures and measures with
    is still the same. Costs what the profile says, minutes to hours, and two processors. Raises InvalidInputError where
    the options name nothing, or `out` is another run's;
    NotFoundError for a mechanism that nobody knows; OSError. KeyboardInterrupt leaves a file to go on with.
    """
    parts = parts or real_parts()
    profile = profile_for(options)
    chosen, absent = _choose(options, profile, parts)
    processors = choose_processors()
    with ResultFile(out) as file:
        run = _new_run(options, profile, processors, chosen, absent, parts)
        if file.records:
            run = _same_run(file.records[0], run, options)
        else:
            file.append(run)
        if not any(isinstance(each, End) for each in file.records):
            names = [each.name for each in run.mechanisms]
            campaign = Campaign(file, parts, profile, run.seed, processors, Pace(progress))
            campaign.run([parts.mechanism(name) for name in names])
            file.append(End(ended_at=_now()))
    return read_result(out)


def profile_for(options: RunOptions) -> Profile:
    """The profile, less what is not asked for, fitted to this machine. Raises InvalidInputError for nothing."""
    if options.profile not in PROFILES:
        raise InvalidInputError("profile", f"there is none named {options.profile}")
    if options.rounds is not None and options.rounds < 1:
        raise InvalidInputError("rounds", "there has to be one at least")
    profile = PROFILES[options.profile]
    settings = tuple(
        each
        for each in settings_for(profile, descriptor_limit())
        if (not options.scenarios or each.scenario in options.scenarios)
        and (not options.transports or each.transport in options.transports)
    )
    has_images = not options.scenarios or "images" in options.scenarios
    images_rounds = profile.images_rounds if has_images else 0
    if "images" in options.scenarios:  # asked for by name: in every profile
        images_rounds = max(images_rounds, 1)
    if not settings and not images_rounds:
        raise InvalidInputError("scenarios", f"the profile {profile.name} has none of these")
    return msgspec.structs.replace(
        profile,
        settings=settings,
        images_rounds=images_rounds,
        rounds=(options.rounds or profile.rounds) if settings else 0,
    )


def _choose(
    options: RunOptions, profile: Profile, parts: Parts
) -> tuple[list[Mechanism], list[AbsentMechanism]]:
    if not profile.settings:
        return [], []
    names = options.mechanisms or profile.mechanisms or [each.name for each in parts.mechanisms()]
    chosen: list[Mechanism] = []
    absent: list[AbsentMechanism] = []
    for name in dict.fromkeys([*ALWAYS, *names]):
        found = parts.availability(name)
        if found.is_available:
            chosen.append(parts.mechanism(name))
        else:
            absent.append(AbsentMechanism(name=name, reason=found.reason))
    return chosen, absent


def _new_run(
    options: RunOptions,
    profile: Profile,
    processors: Processors,
    chosen: list[Mechanism],
    absent: list[AbsentMechanism],
    parts: Parts,
) -> Run:
    return Run(
        id=secrets.token_hex(8),
        started_at=_now(),
        command=options.command,
        seed=secrets.randbelow(2**31) if options.seed is None else options.seed,
        profile=profile.name,
        poolhouse=version("poolhouse"),
        machine=describe_machine(),
        limits=limits(),
        mechanisms=[_described(each, parts) for each in chosen],
        absent=absent,
        parameters={
            "options": _asked(options),
            "rounds": profile.rounds,
            "processors": {"server": processors.server, "clients": list(processors.clients)},
            "reference": REFERENCE,
            "calibration": CALIBRATION,
            "settings": msgspec.to_builtins(profile.settings),
        },
    )


def _same_run(first: object, new: Run, options: RunOptions) -> Run:
    """The run that the file is of. Raises InvalidInputError where the new one would measure anything else."""
    if not isinstance(first, Run):
        raise InvalidInputError("out", "this file is no result")
    seed = first.seed if options.seed is None else options.seed
    if seed != first.seed or first.parameters.get("options") != _asked(options):
        raise InvalidInputError("out", "this file is of a run with other options")
    changed = [words for words, of in _GOES_ON_WITH.items() if _as_read(of(first)) != _as_read(of(new))]
    if changed:
        raise InvalidInputError(
            "out", f"this file is of a run with {' and '.join(changed)}: name another file to begin anew"
        )
    return first


_GOES_ON_WITH: Final[Mapping[str, Callable[[Run], object]]] = {
    "another machine or another Python": lambda run: run.machine,
    "another version of poolhouse": lambda run: run.poolhouse,
    "other mechanisms, or other versions of them": lambda run: (run.mechanisms, run.absent),
    "other settings of the same profile": lambda run: [
        run.parameters.get(name) for name in ("settings", "rounds", "reference", "calibration")
    ],
    "other processors": lambda run: run.parameters.get("processors"),
    "other limits of the system": lambda run: run.limits,
}
"""What has to be the same for a run to go on, beside its options: else half of it would be of something else."""


def _as_read(value: object) -> object:
    """As a file would give it back."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _asked(options: RunOptions) -> dict[str, Any]:
    """What has to be equal for a run to go on; as JSON gives it back."""
    asked = asdict(replace(options, command="", seed=None))
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()}


def _described(mechanism: Mechanism, parts: Parts) -> MeasuredMechanism:
    found = parts.availability(mechanism.name)
    return MeasuredMechanism(
        name=mechanism.name,
        title=mechanism.title,
        family=mechanism.family,
        version=found.version,
        licence=found.licence,
    )


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
