"""A small picture of a large one, made where a picture that is a bomb can do no more than end its own process."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from poolhouse.errors import UnfitImageError
from poolhouse.formats.raster import sniff_raster

WIDTH_LIMIT: Final = 480
HEIGHT_LIMIT: Final = 320
SIZE_LIMIT_BYTES: Final = 30_720

PIXEL_LIMIT: Final = 24_000_000
"""How many pixels a picture may say it has before any of them is unpacked; WebP takes sixteen bytes for each."""

JPEG_PIXEL_LIMIT: Final = 50_000_000
"""The same of a JPEG, which is unpacked small: at most six bytes for each."""

SIDE_LEAST: Final = 100
"""A picture with a side shorter than this, in pixels, is a button or a tracker."""

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_ON_ITS_SIDE: Final = frozenset({5, 6, 7, 8})
_QUALITIES: Final = (80, 65, 50, 35)
_SHRINK: Final = 0.75
_LEAST_STEPS: Final = 6

# Pillow's readers meet damage with any of these (python-pillow/Pillow, PIL/ImageFile.py and its plugins).
_DAMAGES: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    OverflowError,
    RuntimeError,
)
_TOO_LARGE: Final = "The picture has too many pixels."
_TOO_SMALL: Final = "The picture is too small to be shown."
_UNKNOWN: Final = "The picture is of a kind that is not shown."
_DAMAGED: Final = "The picture is damaged."


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """A WebP picture without metadata; `width` and `height` in pixels."""

    body: bytes
    width: int
    height: int
    media_type: str = "image/webp"


def make_thumbnail(body: bytes) -> Thumbnail:
    """Return a picture of at most `WIDTH_LIMIT` by `HEIGHT_LIMIT` pixels and `SIZE_LIMIT_BYTES`.

    Raises UnfitImageError, with a sentence that says why. Reads JPEG, PNG, WebP, AVIF and the first picture of a GIF,
    told by their bytes. What a camera says of how it was held is obeyed, then dropped with all else that the file
    says. Needs at most 400 MiB, within the limits above.
    """
    if sniff_raster(body) is None:
        raise UnfitImageError(_UNKNOWN)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of damage, which is met below, and of size, which is judged here
            with Image.open(io.BytesIO(body), formats=_FORMATS) as picture:
                _judge(picture)
                return _written(_reduced(picture))
    except UnfitImageError:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise UnfitImageError(_TOO_LARGE) from None
    except UnidentifiedImageError:
        raise UnfitImageError(_UNKNOWN) from None
    except _DAMAGES:
        raise UnfitImageError(_DAMAGED) from None


def is_bomb(body: bytes) -> bool:
    """Whether a picture says that it has more pixels than a browser should be made to unpack; reads its head alone.

    What cannot be read here is none: whoever shows it will find that it is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(body), formats=_FORMATS) as picture:
                return _has_too_many_pixels(picture)
    except Image.DecompressionBombError:
        return True
    except _DAMAGES:
        return False


def _has_too_many_pixels(picture: Image.Image) -> bool:
    width, height = picture.size
    return width * height > (JPEG_PIXEL_LIMIT if picture.format == "JPEG" else PIXEL_LIMIT)


def _judge(picture: Image.Image) -> None:
    """Refuse by what the head of the file says; nothing is unpacked yet."""
    if _has_too_many_pixels(picture):
        raise UnfitImageError(_TOO_LARGE)
    if min(picture.size) < SIDE_LEAST:
        raise UnfitImageError(_TOO_SMALL)


def _reduced(picture: Image.Image) -> Image.Image:
    # A JPEG is unpacked at a half, a quarter or an eighth of its size where that is still enough for either way up.
    picture.draft("RGB", (WIDTH_LIMIT * 2, WIDTH_LIMIT * 2))
    picture.load()
    if picture.mode.startswith("I"):  # sixteen bits of grey, of which the upper eight are to be seen
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode not in {"RGB", "RGBA"}:
        is_clear = picture.mode in {"LA", "PA", "RGBa", "La"} or "transparency" in picture.info
        picture = picture.convert("RGBA" if is_clear else "RGB")
    is_turned = picture.getexif().get(ExifTags.Base.Orientation, 1) in _ON_ITS_SIDE
    box = (HEIGHT_LIMIT, WIDTH_LIMIT) if is_turned else (WIDTH_LIMIT, HEIGHT_LIMIT)
    picture.thumbnail(box, Image.Resampling.LANCZOS)  # turned when it is small: to turn it is to copy it
    return ImageOps.exif_transpose(picture)


def _written(picture: Image.Image) -> Thumbnail:
    """Write with less quality, then smaller, until it fits; noise of any size does in the end."""
    for _ in range(_LEAST_STEPS):
        for quality in _QUALITIES:
            out = io.BytesIO()
            picture.save(out, "WEBP", quality=quality, method=4, exif=b"", icc_profile=b"", xmp=b"")
            if out.tell() <= SIZE_LIMIT_BYTES:
                return Thumbnail(body=out.getvalue(), width=picture.width, height=picture.height)
        size = (max(1, int(picture.width * _SHRINK)), max(1, int(picture.height * _SHRINK)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    raise UnfitImageError(_TOO_LARGE)
