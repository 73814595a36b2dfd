"""Plan: the profiles, and what of them is measured in which order. Pure arithmetic on a seed.

A round goes through the settings in an order of its own, and through all mechanisms within each: what is compared was
measured minutes apart at most, and nobody always comes first.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final

import msgspec

from poolhouse.survey.mechanisms.mechanism import CALIBRATION, REFERENCE
from poolhouse.survey.setting import Profile, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.survey.mechanisms.mechanism import Mechanism

ALWAYS: Final = (CALIBRATION, REFERENCE)
"""These are in every round: one shows what the client can do, the other is what ratios are to."""

SPARE_DESCRIPTORS: Final = 100


def _closed(**more: Any) -> tuple[Setting, Setting]:
    one_shot = Setting(scenario="closed", connections=64, mode="one-shot", **more)
    return one_shot, msgspec.structs.replace(one_shot, mode="keep-alive", warm_up=2000)


def _bursts(*counts: int, greets: bool = True, **more: Any) -> tuple[Setting, ...]:
    return tuple(
        Setting(scenario="burst", connections=count, greets=greets, warm_up=256, **more) for count in counts
    )


def _idle(*counts: int, **more: Any) -> tuple[Setting, ...]:
    return tuple(
        Setting(scenario="idle", connections=32, idle=count, mode="keep-alive", **more) for count in counts
    )


def _open(*rates: int, **more: Any) -> tuple[Setting, ...]:
    return tuple(
        Setting(scenario="open", connections=256, mode="keep-alive", rate_per_s=rate, **more)
        for rate in rates
    )


def _churn(rate: int, seconds: float = 0.75) -> Setting:
    return Setting(
        scenario="churn",
        connections=512,
        mode="keep-alive",
        rate_per_s=rate,
        session_requests=4,
        seconds=seconds,
    )


def _heavy(microseconds: int, seconds: float = 0.75) -> Setting:
    return Setting(
        scenario="heavy",
        connections=16,
        mode="keep-alive",
        heavy_us=microseconds,
        seconds=seconds,
        warm_up=100,
        is_pinned=False,
    )


SMOKE: Final = Profile(
    name="smoke",
    rounds=1,
    canary_seconds=0.1,
    mechanisms=(*ALWAYS, "threads"),
    settings=(
        *_closed(seconds=0.3),
        *_bursts(100),
        *_idle(200, seconds=0.3),
        *_open(500, seconds=0.3),
        _churn(200, seconds=0.3),
        _heavy(300, seconds=0.3),
        *_closed(seconds=0.3, transport="unix")[:1],
    ),
)
QUICK: Final = Profile(
    name="quick",
    rounds=5,
    mechanisms=(
        *ALWAYS,
        "threads",
        "asyncio-streams",
        "uvloop-protocol",
        "twisted-epoll",
        "trio",
        "gevent",
    ),
    settings=(*_closed(seconds=0.8), *_bursts(1000)),
)
FULL: Final = Profile(
    name="full",
    rounds=5,
    images_rounds=5,
    settings=(
        *_closed(),
        *_closed(transport="unix"),
        *_bursts(1000),
        *_bursts(250, 4000, 10_000, every=2),
        # Far beyond a backlog the kernel forgets connections that clients think they have: who waits for a greeting
        # on one waits for ever, whatever the server is. Who asks at once is heard at last.
        *_bursts(250, backlog=50, greets=False, every=2),
        *_idle(5000),
        *_idle(1000, 19_000, every=2),
        *_open(8000),
        *_open(2000, 16_000, every=2),
        _churn(1000),
        _heavy(300),
    ),
)
PROFILES: Final = {each.name: each for each in (SMOKE, QUICK, FULL)}


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One cell that is to be measured: which mechanism, in which setting, in which round and place."""

    setting: Setting
    mechanism: str
    round: int
    place: int


def settings_for(profile: Profile, descriptors: int) -> tuple[Setting, ...]:
    """The profile's settings with as many connections at most as processes here may have, each once."""
    room = max(descriptors - SPARE_DESCRIPTORS, 1)
    fitted = [
        msgspec.structs.replace(each, idle=min(each.idle, room - each.connections))
        if each.idle
        else msgspec.structs.replace(each, connections=min(each.connections, room))
        for each in profile.settings
    ]
    once = {msgspec.structs.replace(each, every=1): each for each in reversed(fitted)}
    return tuple(reversed(once.values()))


def round_of(
    settings: Sequence[Setting], mechanisms: Sequence[Mechanism], seed: int, number: int
) -> list[Task]:
    """The cells of a round in their order: for the same seed and number the same, for others another."""
    random = Random(f"{seed}:{number}")  # noqa: S311 - an order, no secret
    due = [setting for setting in settings if number % setting.every == 0]
    pairs = [
        (setting, mechanism.name)
        for setting in random.sample(due, len(due))
        for mechanism in random.sample(mechanisms, len(mechanisms))
        if is_tried(setting, mechanism)
    ]
    return [
        Task(setting=setting, mechanism=name, round=number, place=place)
        for place, (setting, name) in enumerate(pairs)
    ]


def is_tried(setting: Setting, mechanism: Mechanism) -> bool:
    """Whether the mechanism has the transport, and the machine bears what it would do: processes by the thousand."""
    limit = mechanism.connection_limit
    is_borne = mechanism.family != "processes" or limit is None or setting.size <= limit
    return setting.transport in mechanism.transports and is_borne
