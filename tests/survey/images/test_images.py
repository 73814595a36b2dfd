"""The image workload: every strategy makes the same pictures, and what came out is worked out rightly."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.survey.images.cell import IDLE, Asked, Cell, measure, measure_here
from poolhouse.survey.images.figures import figures
from poolhouse.survey.images.runs import (
    Images,
    PixelsDifferError,
    Plan,
    check_pixels,
    result_of,
    rounds_of,
    run,
)
from poolhouse.survey.images.strategies import NICENESS, STRATEGIES
from poolhouse.survey.images.transforms import TRANSFORMS, Size, Transform, picture

SMALL = Size(70, 50)
CALM = {"tick_p50_ms": 0.5, "tick_p99_ms": 1.0, "tick_max_ms": 2.0}


def _expected(transform: str, size: Size, times: int, seed: int = 1, count: int = 3) -> str:
    found = sha256()
    for number in range(count):
        pixels = bytearray(picture(size, seed + number))
        for _ in range(times):
            TRANSFORMS[transform].change(memoryview(pixels), size)
        found.update(pixels)
    return found.hexdigest()


def _asked(transform: str, strategy: str) -> Asked:
    return Asked(transform=transform, strategy=strategy, times=2, width=SMALL.width, height=SMALL.height)


# transforms


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
def test_a_picture_changes_in_place_and_keeps_its_size(transform: Transform) -> None:
    before = picture(SMALL, 3)
    pixels = bytearray(before)
    transform.change(memoryview(pixels), SMALL)
    assert len(pixels) == SMALL.size_bytes == 70 * 50 * 3
    assert pixels != before


@pytest.mark.parametrize("transform", ["pillow", "numpy"])
@given(st.binary(min_size=3, max_size=3), st.integers(9, 120), st.integers(9, 120))
def test_what_is_of_one_colour_stays_so_when_blurred(
    transform: str, colour: bytes, width: int, height: int
) -> None:
    pixels = bytearray(colour * (width * height))
    TRANSFORMS[transform].change(memoryview(pixels), Size(width, height))
    assert pixels == colour * (width * height)


def test_numpy_blurs_as_the_weights_say() -> None:
    size = Size(9, 9)
    pixels = bytearray(size.size_bytes)
    at = (4 * 9 + 4) * 3
    pixels[at : at + 3] = b"\xff\xff\xff"
    TRANSFORMS["numpy"].change(memoryview(pixels), size)
    weights = (1, 8, 28, 56, 70, 56, 28, 8, 1)
    down = [255 * weight >> 8 for weight in weights]
    assert list(pixels[0::3]) == [row * weight >> 8 for row in down for weight in weights]


def test_equalising_spreads_brightness_over_the_whole_range() -> None:
    pixels = bytearray(bytes([100, 100, 100] * 10 + [101, 101, 101] * 10))
    TRANSFORMS["python"].change(memoryview(pixels), Size(20, 1))
    assert pixels == bytes([127] * 30 + [255] * 30)


def test_a_transform_without_its_package_says_so() -> None:
    assert (
        replace(TRANSFORMS["numpy"], needs="no_such_package").missing() == "no_such_package is not installed"
    )
    assert TRANSFORMS["python"].missing() is None


# strategies


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("strategy", ["inline", "threads"])
async def test_strategies_within_the_process_make_the_same_pictures(strategy: str, transform: str) -> None:
    made = await measure_here(_asked(transform, strategy))
    assert made.pixels == _expected(transform, SMALL, times=3)  # once to warm up
    assert made.changes == 6


async def test_threads_that_change_pictures_give_way_to_the_loop() -> None:
    """As workers in processes do: Linux knows the niceness of each thread."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    seen: list[int] = []
    note = Transform(
        name="note", sentence="", change=lambda *_: seen.append(os.getpriority(os.PRIO_PROCESS, 0))
    )
    async with STRATEGIES["threads"].open(note, SMALL, 2) as studio:
        studio.put(picture(SMALL, 1))
        await studio.change(0)
    assert seen == [min(before + NICENESS, 19)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


@pytest.mark.slow
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("strategy", sorted(STRATEGIES.keys() - {"inline", "threads"}))
def test_strategies_with_processes_make_the_same_pictures(strategy: str, transform: str) -> None:
    made = measure(_asked(transform, strategy))
    assert made.pixels == _expected(transform, SMALL, times=3)
    assert made.changes == 6
    assert made.seconds > 0


@pytest.mark.slow
async def test_pictures_in_blocks_are_not_in_the_process_of_the_loop() -> None:
    def mapped() -> int:
        return Path("/proc/self/maps").read_text("utf-8").count("poolhouse-block")

    transform, size = TRANSFORMS["python"], Size(700, 500)
    async with STRATEGIES["blocks"].open(transform, size, 2) as studio:
        for number in range(3):
            studio.put(picture(size, number))
        assert mapped() == 3
        for _ in range(2):
            changes = [asyncio.ensure_future(studio.change(number)) for number in range(3)]
            await asyncio.wait(changes, return_when=asyncio.FIRST_COMPLETED)
            assert mapped() == 0
            await asyncio.gather(*changes)
        assert mapped() == 0
        expected = bytearray(picture(size, 2))
        for _ in range(2):
            transform.change(memoryview(expected), size)
        assert studio.pixels(2) == expected


@pytest.mark.slow
def test_a_cell_that_fails_says_why() -> None:
    with pytest.raises(ChildProcessError, match="no-such"):
        measure(_asked("python", "no-such"))


async def test_an_idle_loop_ticks_and_makes_nothing() -> None:
    idle = await measure_here(Asked(transform="", strategy=IDLE, times=1, tick_ms=20))
    assert idle.changes == 0
    assert idle.ticks >= 49
    assert 0 <= idle.tick_p50_ms <= idle.tick_p99_ms <= idle.tick_max_ms


async def test_inline_stalls_the_loop_for_as_long_as_a_picture_takes() -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    made = await measure_here(Asked(transform="python", strategy="inline", times=1, width=700, height=500))
    assert 0 < made.tick_max_ms / 1000 < loop.time() - before
    assert made.tick_max_ms > made.seconds * 1000 / made.changes / 4


# runs and figures


def _cell(transform: str, strategy: str, seconds: float, **more: float) -> Cell:
    told = {
        "changes": 6,
        "cpu_seconds": 3.0,
        "foreign_share": 0.0,
        "peak_mib": 100.0,
        "ticks": 300,
        "pixels": "the same",
        **CALM,
        **more,
    }
    return Cell(transform=transform, strategy=strategy, seconds=seconds, **told)  # type: ignore[arg-type]  # by name


def test_ratios_are_to_inline_in_the_same_round() -> None:
    # the second round's machine is three times slower, for both
    rounds = [
        [_cell("pillow", "inline", 3.0), _cell("pillow", "blocks", 1.5, tick_p99_ms=4.0)],
        [_cell("pillow", "blocks", 4.5, tick_p99_ms=6.0), _cell("pillow", "inline", 9.0)],
        [_cell("", IDLE, 1.0, changes=0)],
    ]
    blocks, inline = figures(rounds)
    assert (blocks.strategy, inline.strategy) == ("blocks", "inline")
    assert (blocks.ratio.low, blocks.ratio.high) == (2.0, 2.0)
    assert inline.ratio.median == 1.0
    assert blocks.tick_p99_ms.median == 5.0
    assert blocks.cpu_seconds.median == 0.5
    assert (blocks.noisy, blocks.is_noisy) == (0, False)


def test_noisy_rounds_are_left_out_and_counted() -> None:
    quiet = [_cell("pillow", "inline", 3.0), _cell("pillow", "blocks", 1.5)]
    mine = [_cell("pillow", "inline", 3.0), _cell("pillow", "blocks", 3.0, foreign_share=0.3)]
    base = [_cell("pillow", "inline", 9.0, foreign_share=0.3), _cell("pillow", "blocks", 1.5)]
    blocks, _ = figures([quiet, mine, base])
    assert (blocks.ratio.median, blocks.ratio.count, blocks.noisy, blocks.is_noisy) == (2.0, 1, 2, False)
    blocks, _ = figures([mine, base])
    assert (blocks.ratio.count, blocks.noisy, blocks.is_noisy) == (2, 2, True)


def test_what_has_no_base_has_no_figure() -> None:
    assert figures([[_cell("pillow", "blocks", 1.0)]]) == []


def test_each_round_measures_every_cell_once_in_an_order_of_its_own() -> None:
    asked: list[Asked] = []

    def note(each: Asked) -> Cell:
        asked.append(each)
        return _cell(each.transform, each.strategy, 1.0)

    plan = Plan(turns=3, seed=5)
    images = run(plan, lambda _: None, note)
    size = len(asked) // 3
    orders = [
        [(each.transform, each.strategy) for each in asked[at : at + size]] for at in range(0, 3 * size, size)
    ]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(orders[2])
    assert orders[0] != orders[1] != orders[2]
    assert ("", IDLE) in orders[0]
    assert (
        len(orders[0]) == len(set(orders[0])) == 1 + len(STRATEGIES) * (len(TRANSFORMS) - len(images.missing))
    )
    asked.clear()
    run(plan, lambda _: None, note)
    assert [(each.transform, each.strategy) for each in asked[:size]] == orders[0]


def test_pictures_that_differ_end_the_run() -> None:
    check_pixels([_cell("pillow", "inline", 1.0), _cell("numpy", "inline", 1.0)])
    with pytest.raises(PixelsDifferError, match="pillow"):
        check_pixels(
            [_cell("pillow", "inline", 1.0), replace(_cell("pillow", "blocks", 1.0), pixels="others")]
        )


def test_a_result_is_read_as_it_was_made() -> None:
    images = Images(plan=Plan(turns=2))
    random = Random(1)
    for _ in range(2):
        images.rounds.append([_cell("pillow", name, random.uniform(1, 2)) for name in ("inline", "blocks")])
    assert rounds_of(result_of(images)) == images.rounds
    assert rounds_of({"cells": []}) == []


@pytest.mark.slow
def test_the_survey_is_there_without_numpy() -> None:
    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "from poolhouse.survey.images.runs import Plan, run\n"
        "from poolhouse.survey.images.transforms import Size\n"
        "plan = Plan(turns=1, times=1, size=Size(30, 20), strategies=('inline',), transforms=('numpy', 'python'))\n"
        "made = run(plan, print)\n"
        "print(made.missing, [cell.transform for cell in made.rounds[0]])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "{'numpy': 'numpy is not installed'}" in done.stdout
