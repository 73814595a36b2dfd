"""Pictures become small ones, or it is said why not; none of them can take more than its share of memory."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from poolhouse.errors import UnfitImageError
from poolhouse.workers.thumbnails import (
    HEIGHT_LIMIT,
    PIXEL_LIMIT,
    SIZE_LIMIT_BYTES,
    WIDTH_LIMIT,
    Thumbnail,
    make_thumbnail,
)

EXIF_ORIENTATION, EXIF_MAKER = 0x0112, 0x010F


def picture(
    width: int = 900, height: int = 600, *, mode: str = "RGB", kind: str = "PNG", **options: object
) -> bytes:
    """A picture whose upper left quarter is red, the rest blue."""
    made = Image.new("RGB", (width, height), "blue")
    made.paste("red", (0, 0, width // 2, height // 2))
    out = io.BytesIO()
    made.convert(mode).save(out, kind, **options)
    return out.getvalue()


def seen(thumbnail: Thumbnail) -> Image.Image:
    image = Image.open(io.BytesIO(thumbnail.body))
    assert image.format == "WEBP"
    assert image.size == (thumbnail.width, thumbnail.height)
    assert thumbnail.width <= WIDTH_LIMIT
    assert thumbnail.height <= HEIGHT_LIMIT
    assert len(thumbnail.body) <= SIZE_LIMIT_BYTES
    assert not image.getexif()
    assert "icc_profile" not in image.info
    return image


def is_red(image: Image.Image, x: float, y: float) -> bool:
    pixel = image.convert("RGB").getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(pixel, tuple)
    return pixel[0] > 150 and pixel[2] < 100


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in ("RGB", "RGBA", "P", "L", "LA", "1")),
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        *(("WEBP", mode) for mode in ("RGB", "RGBA")),
        ("GIF", "P"),
        ("AVIF", "RGB"),
    ],
)
def test_every_kind(kind: str, mode: str) -> None:
    image = seen(make_thumbnail(picture(mode=mode, kind=kind)))
    assert image.size == (480, 320)
    if mode not in {"L", "LA", "1"}:
        assert is_red(image, 0.25, 0.25)
        assert not is_red(image, 0.75, 0.75)


def test_what_is_clear_stays_so() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(out, "PNG")
    pixel = seen(make_thumbnail(out.getvalue())).convert("RGBA").getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[3] == 0


@pytest.mark.parametrize(
    ("orientation", "red"),
    [(1, (0.25, 0.25)), (2, (0.75, 0.25)), (3, (0.75, 0.75)), (6, (0.75, 0.25)), (8, (0.25, 0.75))],
)
def test_a_turned_camera(orientation: int, red: tuple[float, float]) -> None:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION], exif[EXIF_MAKER] = orientation, "Somebody's camera"
    body = picture(kind="JPEG", exif=exif)
    image = seen(make_thumbnail(body))
    assert (image.width > image.height) == (orientation < 5)
    assert is_red(image, *red)
    assert sum(is_red(image, x, y) for x in (0.25, 0.75) for y in (0.25, 0.75)) == 1
    assert b"camera" not in make_thumbnail(body).body


def test_sixteen_bits_of_grey() -> None:
    grey = Image.frombytes("I;16", (200, 200), struct.pack("<H", 0x8000) * 40_000)
    out = io.BytesIO()
    grey.save(out, "PNG")
    pixel = seen(make_thumbnail(out.getvalue())).convert("L").getpixel((9, 9))
    assert pixel == pytest.approx(128, abs=4)


def test_the_first_picture_of_a_film() -> None:
    frames = [Image.new("RGB", (200, 200), colour) for colour in ("red", "blue", "green")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert is_red(seen(make_thumbnail(out.getvalue())), 0.5, 0.5)


def test_small_ones_are_not_made_larger() -> None:
    assert seen(make_thumbnail(picture(150, 120))).size == (150, 120)
    assert seen(make_thumbnail(picture(100, 6_000))).size[1] == 320


def test_noise_fits_too() -> None:
    noise = Image.frombytes("RGB", (800, 800), random.Random(1).randbytes(800 * 800 * 3))
    out = io.BytesIO()
    noise.save(out, "PNG")
    assert seen(make_thumbnail(out.getvalue())).width > 100


def png_head(width: int, height: int, packed: bytes = b"") -> bytes:
    """A PNG that says it is so large; what it holds is of no account."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def jpeg_head(width: int, height: int) -> bytes:
    """A JPEG that says it is so large (ITU-T T.81 §B.2.2)."""
    body = picture(kind="JPEG")
    place = body.index(b"\xff\xc0") + 5
    return body[:place] + struct.pack(">HH", height, width) + body[place + 4 :]


def test_a_large_photograph() -> None:
    photograph = picture(6_000, 5_000, kind="JPEG")
    assert is_red(seen(make_thumbnail(photograph)), 0.25, 0.25)


REFUSED = [
    (jpeg_head(10_000, 10_000), "pixels"),
    (jpeg_head(65_500, 65_500), "pixels"),
    (b"", "kind"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' width='900' height='900'/>", "kind"),
    (b"%PDF-1.7", "kind"),
    (b"\x89PNG\r\n\x1a\n", "kind"),
    (b"GIF89a", "kind"),
    (b"\xff\xd8\xff\xe0" + bytes(100), "kind"),
    (b"RIFF\x10\0\0\0WEBPVP8 ", "damaged"),
    (picture(99, 400), "small"),
    (picture(1, 1, kind="GIF", mode="P"), "small"),
    (png_head(100_000, 100_000), "pixels"),
    (png_head(2**31 - 1, 2**31 - 1), "pixels"),
    (png_head(8_000, PIXEL_LIMIT // 8_000 + 1), "pixels"),
    (png_head(400, 400, zlib.compress(b"")), "damaged"),
    (picture(kind="JPEG")[:2_000], "damaged"),
    (picture()[:300], "damaged"),
    (picture(kind="BMP"), "kind"),
    (picture(kind="TIFF"), "kind"),
]


@pytest.mark.parametrize(("body", "why"), REFUSED)
def test_what_is_refused_says_why(body: bytes, why: str) -> None:
    with pytest.raises(UnfitImageError, match=why) as caught:
        make_thumbnail(body)
    assert caught.value.reason.endswith(".")


SMALL = [picture(130, 120, kind=kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "AVIF")]


@given(st.sampled_from(SMALL), st.data())
def test_damaged_anywhere(body: bytes, data: st.DataObject) -> None:
    damaged = bytearray(body[: data.draw(st.integers(0, len(body)))])
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=5)):
        if place < len(damaged):
            damaged[place] = data.draw(st.integers(0, 255))
    try:
        seen(make_thumbnail(bytes(damaged)))
    except UnfitImageError as error:
        assert error.reason.startswith("The picture ")  # noqa: PT017 - it may also be well


@given(st.sampled_from([body[:12] for body in SMALL]), st.binary(max_size=200))
def test_any_bytes_are_refused(head: bytes, body: bytes) -> None:
    with pytest.raises(UnfitImageError):
        make_thumbnail(head + body)
