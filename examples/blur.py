"""Blur a picture in a worker process: only the work travels, the picture stays where it is in shared memory."""

import asyncio
import sys
from dataclasses import dataclass

from PIL import Image, ImageFilter

from poolhouse.space import BlockRef, MemorySpace, WorkerPool
from poolhouse.space.declared import declared
from poolhouse.space.remote import space


@dataclass(frozen=True)
class Picture:
    pixels: BlockRef
    size: tuple[int, int]


@declared(cpu_seconds=20, memory_bytes=512 * 1024 * 1024)
def blur(picture: Picture) -> Picture:
    with space().blocks.open(picture.pixels) as block:
        image = Image.frombytes("RGB", picture.size, block.view)
        block.view[:] = image.filter(ImageFilter.GaussianBlur(4)).tobytes()
        return Picture(block.ref, picture.size)


async def main(source: str, target: str) -> None:
    image = Image.open(source).convert("RGB")
    tuples = MemorySpace()
    async with WorkerPool(tuples, [__name__]):
        block = tuples.blocks.new(image.width * image.height * 3)
        block.view[:] = image.tobytes()
        call = await tuples.eval(blur, Picture(block.ref, image.size))
        async with call.take() as blurred:
            with tuples.blocks.open(blurred.pixels) as done:
                Image.frombytes("RGB", blurred.size, done.view).save(target)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
