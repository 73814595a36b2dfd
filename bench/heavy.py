"""What is heavy to do: a page of 2 MB with pictures in it, and a photograph of 12 megapixels. The same for a seed."""

from __future__ import annotations

import io
from dataclasses import dataclass
from random import Random

from PIL import Image

from bench.stores import links

PAGE_URL = "https://wheels.example/read/1"
PAGE_BYTES = 2_000_000
PICTURES = 8
PHOTOGRAPH = (4000, 3000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heavy:
    """A page in UTF-8, the pictures that it shows by address, and a photograph, each as fetched."""

    page: bytes
    pictures: dict[str, bytes]
    photograph: bytes


def make_heavy(seed: int, page_bytes: int = PAGE_BYTES, photograph: tuple[int, int] = PHOTOGRAPH) -> Heavy:
    """Costs some seconds, most of them for the photograph."""
    pictures = {
        f"https://wheels.example/pictures/{number}.jpg": _jpeg((640, 480), seed + number)
        for number in range(PICTURES)
    }
    return Heavy(
        page=_page(seed, page_bytes, list(pictures)),
        pictures=pictures,
        photograph=_jpeg(photograph, seed),
    )


def _page(seed: int, size_bytes: int, pictures: list[str]) -> bytes:
    """An article between a menu, a list of links and a footer, as long as `size_bytes` say."""
    around = "".join(
        f'<li><a href="{link.url}" class="teaser">{link.title}</a><span>{", ".join(link.tags)}</span></li>'
        for link in links(150, seed)
    )
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>How wheels stay round</title>'
        '<meta name="author" content="Ilse Brandvold"><style>li { margin: 1em } .teaser { color: #123 }</style>'
        f"<script>{'track(0);' * 2000}</script></head><body><nav><ul>{around}</ul></nav><main><article>"
        "<h1>How wheels stay round</h1>"
    )
    tail = (
        f"</article><aside><ul>{around}</ul></aside></main><footer>All of it is ours.</footer></body></html>"
    )
    parts, size = [head], len(head) + len(tail)
    for number, link in enumerate(links(size_bytes // 100, seed, first=1)):
        if size >= size_bytes:
            break
        part = f'<p>{link.note} <a href="{link.url}">{link.title}</a>, {link.note} <em>{link.title}.</em></p>'
        if number % 300 == 0:
            part += f'<figure><img src="{pictures[number // 300 % len(pictures)]}" alt=""></figure>'
        parts.append(part)
        size += len(part)
    return "".join([*parts, tail]).encode()


def _jpeg(size: tuple[int, int], seed: int) -> bytes:
    """A photograph of nothing: coarse noise, smoothly enlarged, so that it is as large in JPEG as a real one."""
    random = Random(seed)
    coarse = Image.frombytes(
        "RGB", (size[0] // 8, size[1] // 8), random.randbytes(size[0] // 8 * (size[1] // 8) * 3)
    )
    made = io.BytesIO()
    coarse.resize(size, Image.Resampling.BICUBIC).save(made, "JPEG", quality=85)
    return made.getvalue()
