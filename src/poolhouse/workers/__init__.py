"""Heavy work on bytes that strangers wrote, to be run in a subprocess without network and files.

Plain functions: bytes in, frozen data out, no I/O and no clock. May import `formats`, `types`, `rules`, `space` and
`errors`, and the large libraries (lxml, readability, nh3, Pillow); never `store`, `fetch`, `servers` or `app`.
"""

MODULES = ("poolhouse.workers.pages", "poolhouse.workers.bookmarks", "poolhouse.workers.messages")
"""Where the functions are that a pool may be told to call."""

PRELOAD = (
    "poolhouse.workers.reading",
    "poolhouse.workers.single_file",
    "poolhouse.workers.thumbnails",
    "poolhouse.workers.mail_reading",
    "charset_normalizer",
)
"""What those import: read before a worker shuts itself in."""
