"""Count primes in worker processes: chunks of numbers are put, whoever is free takes one, and counts come back."""

import asyncio
import sys
from dataclasses import dataclass
from math import isqrt

from poolhouse.space import MemorySpace, WorkerPool
from poolhouse.space.declared import handles


@dataclass(frozen=True)
class Chunk:
    first: int
    end: int


@dataclass(frozen=True)
class Primes:
    first: int
    count: int


@handles(Chunk)
def count(chunk: Chunk) -> Primes:
    numbers = range(max(chunk.first, 2), chunk.end)
    return Primes(chunk.first, sum(all(n % d for d in range(2, isqrt(n) + 1)) for n in numbers))


async def main(end: int) -> None:
    tuples = MemorySpace()
    chunks = [Chunk(first, min(first + 1_000, end)) for first in range(0, end, 1_000)]
    async with WorkerPool(tuples, [__name__]):
        await tuples.out(*chunks)
        found = [await tuples.take(Primes) for _ in chunks]
    print(sum(each.count for each in found))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
