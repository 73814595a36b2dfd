"""Jobs: a transform as other processes do it, over a shared block and over data that is sent."""

from __future__ import annotations

import os
from dataclasses import dataclass

from poolhouse.space.blocks import BlockRef  # noqa: TC001 - read from the annotations
from poolhouse.space.declared import declared
from poolhouse.space.remote import space
from poolhouse.survey.images.transforms import TRANSFORMS, Size


@dataclass(frozen=True, slots=True)
class Changed:
    """A picture is done: it is in the block."""

    pixels: BlockRef


@declared(cpu_seconds=60)
def change_block(transform: str, size: Size, pixels: BlockRef) -> Changed:
    """Change the picture in a block, and give the block back. What travels is this call and its result."""
    with space().blocks.open(pixels) as block:
        TRANSFORMS[transform].change(block.view, size)
        return Changed(block.ref)


def change_data(transform: str, size: Size, pixels: bytes) -> bytes:
    """Change a picture that was sent here, and send it back."""
    changed = bytearray(pixels)
    TRANSFORMS[transform].change(memoryview(changed), size)
    return bytes(changed)


def start_worker(niceness: int) -> None:
    """Give way to the loop as a pool's own workers do."""
    os.nice(niceness)
