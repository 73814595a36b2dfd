"""The image that is to be kept of those a page offers: `srcset` (WHATWG HTML §4.8.4.2.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH_WANTED: Final = 1_000
"""In pixels: what a page's column of text shows on a fine screen."""

DENSITY_WANTED: Final = 2.0

_TEXT_LIMIT: Final = 16_384
_CANDIDATE: Final = re.compile(r"[\s,]*+(\S++)")
_DESCRIPTOR: Final = re.compile(r"((?:[^,(]++|\([^)]*+\)?|)*+),?")
_SIZE: Final = re.compile(r"(?:^|\s)(\d{1,6}(?:\.\d{1,6})?)([wx])(?=\s|$)")


def best_of_srcset(text: str) -> str:
    """Return the address, as written, of the smallest image that is large enough, else of the largest; "" for none.

    Widths are judged by `WIDTH_WANTED`, densities by `DENSITY_WANTED`: the largest that is no more. Never raises.
    """
    candidates = list(_candidates(text[:_TEXT_LIMIT]))
    widths = sorted((size, url) for url, size, unit in candidates if unit == "w")
    if widths:
        return next((url for width, url in widths if width >= WIDTH_WANTED), widths[-1][1])
    densities = sorted((size, url) for url, size, _ in candidates)
    wanted = [url for density, url in densities if density <= DENSITY_WANTED]
    return wanted[-1] if wanted else densities[0][1] if densities else ""


def _candidates(text: str) -> Iterator[tuple[str, float, str]]:
    position = 0
    while candidate := _CANDIDATE.match(text, position):
        url = candidate[1].rstrip(",")
        position = candidate.end()
        descriptor = ""
        if url == candidate[1] and (found := _DESCRIPTOR.match(text, position)):
            descriptor, position = found[1], found.end()
        size = _SIZE.search(descriptor)
        if url:
            yield (url, float(size[1]), size[2]) if size else (url, 1.0, "x")
