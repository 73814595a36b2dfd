"""Transforms: what is done to a picture, in place, in three ways that treat the interpreter's lock differently.

`gaussian` is C that lets the lock go for most of its time (Pillow), `binomial` many short pieces of C (numpy),
`equalise` Python that keeps it. A picture is 8-bit RGB, row after row without gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

BANDS = 3
_RADIUS = 4
_BINOMIAL = (1, 8, 28, 56, 70, 56, 28, 8, 1)  # they sum to 256: what they make of bytes fits into 16 bits
_STRIP = 100
_COUNT_EVERY = 6


@dataclass(frozen=True, slots=True)
class Size:
    """Of a picture, in pixels."""

    width: int
    height: int

    @property
    def size_bytes(self) -> int:
        """What its pixels take."""
        return self.width * self.height * BANDS


TWELVE_MEGAPIXELS = Size(4000, 3000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """A way to change a picture. `needs` is the package without which it cannot be done, `preload` what to import."""

    name: str
    sentence: str
    change: Callable[[memoryview, Size], None]
    needs: str | None = None
    preload: tuple[str, ...] = ()

    def missing(self) -> str | None:
        """Why it cannot be done here, or None."""
        if self.needs is not None and find_spec(self.needs) is None:
            return f"{self.needs} is not installed"
        return None


def picture(size: Size, seed: int) -> bytes:
    """Pixels of a picture: noise, the same for the same seed. Nothing here is faster or slower for what it shows."""
    return Random(seed).randbytes(size.size_bytes)  # noqa: S311 - a picture, no secret


def gaussian(pixels: memoryview, size: Size) -> None:
    """Pillow's GaussianBlur(4). Costs some 0.5 s of C for 12 megapixels, and two copies."""
    from PIL import Image, ImageFilter

    whole = (size.width, size.height)
    image = Image.frombuffer("RGB", whole, pixels, "raw", "RGB", 0, 1)  # type: ignore[arg-type]  # any buffer will do
    pixels[:] = image.filter(ImageFilter.GaussianBlur(_RADIUS)).tobytes()


def binomial(pixels: memoryview, size: Size) -> None:
    """numpy: nine binomial weights down, then across, in strips that the processor's cache holds. Costs some 0.3 s."""
    import numpy as np

    rows = np.frombuffer(pixels, np.uint8).reshape(size.height, size.width, BANDS)
    for at in range(0, size.width, _STRIP):
        _weigh(np, rows[:, at : at + _STRIP], 0)
    for at in range(0, size.height, _STRIP):
        _weigh(np, rows[at : at + _STRIP], 1)


def _weigh(np: Any, strip: Any, axis: int) -> None:
    """Blur a strip in place along an axis; at an edge its last pixel goes on."""
    margins = [(_RADIUS, _RADIUS) if each == axis else (0, 0) for each in range(3)]
    padded = np.pad(strip, margins, "edge")
    total = np.zeros(strip.shape, np.uint16)
    for at, weight in enumerate(_BINOMIAL):
        shifted = padded[at : at + strip.shape[0]] if axis == 0 else padded[:, at : at + strip.shape[1]]
        total += shifted * np.uint16(weight)
    strip[...] = total >> 8


def equalise(pixels: memoryview, size: Size) -> None:
    """Spread the brightness over the whole range, counted in plain Python on every sixth pixel. Costs some 0.5 s."""
    counts = [0] * 256
    step = BANDS * (_COUNT_EVERY if size.size_bytes > 1_000_000 else 1)
    for red, green, blue in zip(pixels[0::step], pixels[1::step], pixels[2::step], strict=False):
        counts[(red * 77 + green * 150 + blue * 29) >> 8] += 1
    total, so_far, table = sum(counts), 0, bytearray(256)
    for brightness, count in enumerate(counts):
        so_far += count
        table[brightness] = so_far * 255 // total
    pixels[:] = bytes(pixels).translate(bytes(table))


TRANSFORMS = {
    each.name: each
    for each in (
        Transform(
            name="pillow",
            sentence="Pillow GaussianBlur(4)",
            change=gaussian,
            needs="PIL",
            preload=("PIL.Image", "PIL.ImageFilter"),
        ),
        Transform(
            name="numpy",
            sentence="numpy separable blur",
            change=binomial,
            needs="numpy",
            preload=("numpy",),
        ),
        Transform(name="python", sentence="equalising in pure Python", change=equalise),
    )
}
