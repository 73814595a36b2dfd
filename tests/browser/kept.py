"""Pages that were captured, jobs and dead links, put beside a running server without asking any site for anything."""

from __future__ import annotations

import gzip
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.services.captures import record_capture
from poolhouse.types import (
    Captured,
    CaptureMode,
    CheckLink,
    ImportFile,
    ItemId,
    LinkHealth,
    PageState,
    Query,
    ReadPage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from poolhouse.app.data import OpenData
    from poolhouse.types import JobId, PersonId

FAR_AWAY = 4_000_000_000
ESSAY = """<p>Consider a future device for individual use, which is a sort of mechanized private file and library. It
needs a name, and, to coin one at random, “memex” will do. A memex is a device in which an individual stores all his
books, records, and communications, and which is mechanized so that it may be consulted with
<a href="https://example.org/speed" rel="noopener noreferrer nofollow">exceeding speed and flexibility</a>.</p>
<img src="https://pictures.example/desk.png" alt="A desk with two slanting screens" width="600" height="300">
<h2>Trails</h2>
<p>It affords an immediate step, however, to associative indexing, the basic idea of which is a provision whereby any
item may be caused at will to select immediately and automatically another. This is the essential feature of the memex.
The process of tying two items together is the important thing.</p>
<blockquote><p>Wholly new forms of encyclopedias will appear, ready made with a mesh of associative trails running
through them, ready to be dropped into the memex and there amplified.</p></blockquote>
<ul><li>The lawyer has at his touch the associated opinions of his whole experience.</li>
<li>The patent attorney has on call the millions of issued patents.</li></ul>
<pre>trail: bow and arrow → elasticity → tables of physical constants</pre>
<table><tr><th>Year</th><th>Device</th></tr><tr><td>1945</td><td>Memex</td></tr>
<tr><td>1968</td><td>oN-Line System</td></tr></table>
"""
HOSTILE = (
    "<script>parent.zqpwn = 1; document.title = 'zqpwn'</script><img src=x onerror='top.zqpwn = 1'>"
    "<form action=/logout method=post><button>zqpwn</button></form><style>p { position: fixed }</style>"
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>"
    "<iframe srcdoc='<script>top.zqpwn=1</script>'></iframe>"
)
PAGE = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>As We May Think</title>
<style>body {{ font: 18px serif; background: #fdf6e3; color: #222 }} h1 {{ color: #900 }}</style>
<h1>As We May Think</h1>
<img alt="" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7">
{ESSAY}</html>"""


def picture(colour: str) -> bytes:
    """A small image, as the workshop makes them."""
    image = Image.new("RGB", (240, 180), colour)
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 180), (90, 60), (150, 130), (190, 90), (240, 150), (240, 180)], fill="#22333b")
    draw.ellipse((170, 25, 210, 65), fill="#f6e7b4")
    written = BytesIO()
    image.save(written, "WEBP")
    return written.getvalue()


@dataclass(frozen=True, slots=True)
class Shelf:
    """The store of one person, opened beside the server that runs on it."""

    data: OpenData
    person_id: PersonId

    def item_id(self, title: str) -> ItemId:
        items = self.data.database.read(lambda tx: tx.search.find(self.person_id, Query(), limit=200))
        return next(item.id for item in items if item.title == title)

    def set_state(self, item_id: ItemId, state: PageState, error: str | None = None) -> None:
        """Have it look as if the page waited, or could not be read."""
        self.data.database.write(lambda tx: tx.items.edit(item_id, page_state=state, page_error=error))

    def capture(
        self, item_id: ItemId, *, text: str = ESSAY, colour: str = "", page: str = "", words: int = 903
    ) -> None:
        """File a reading of the page as the workshop does."""
        put = self.data.blobs.put
        packed = gzip.compress(text.encode())
        thumbnail = put(picture(colour)) if colour else None
        captured = Captured(
            url="https://example.org/",
            mode=CaptureMode.FULL if page else CaptureMode.TEXT,
            title="As We May Think",
            author="Vannevar Bush",
            published_at=datetime(1945, 7, 1, tzinfo=UTC),
            language="en",
            excerpt="Consider a future device for individual use, a sort of mechanized private file and library.",
            word_count=words,
            text="memex associative trails",
            reader_blob=put(packed) if words else None,
            page_blob=put(gzip.compress(page.encode())) if page else None,
            thumbnail_blob=thumbnail,
            size_bytes=len(packed) + len(page) // 3,
        )
        self.set_state(item_id, PageState.PENDING)
        url = self.data.database.read(lambda tx: tx.items.get(item_id, self.person_id)).url  # type: ignore[union-attr]  # it is there
        self.data.database.write(lambda tx: record_capture(tx, item_id, url, captured))

    def lose(self, item_id: ItemId) -> None:
        """Have it look as if the link led nowhere any more."""
        at = datetime(2026, 3, 4, tzinfo=UTC)
        health = LinkHealth(
            failing_since=at, dead_since=at, dead_reason="the site says that there is no such page."
        )
        self.data.database.write(lambda tx: tx.checks.record(item_id, health))

    def clear_captures(self) -> None:
        self._run("DELETE FROM capture")

    def clear_jobs(self) -> None:
        self._run("DELETE FROM tuple")

    def run_job(
        self, entry: object, label: str, *, done: int | None = None, total: int | None = None
    ) -> JobId:
        """A job that somebody works at, and that nobody else takes."""
        job_id = self.wait_job(entry, label, total=total)
        self.go_on(job_id, done)
        return job_id

    def wait_job(self, entry: object, label: str, *, total: int | None = None) -> JobId:
        put = self.data.database.write
        return put(lambda tx: tx.tuples.put(entry, person_id=self.person_id, label=label, total=total))

    def go_on(self, job_id: JobId, done: int | None) -> None:
        self._run(
            "UPDATE tuple SET state = 'held', owner = 'test', attempts = 1, lease_until = ?, done = ? WHERE id = ?",
            FAR_AWAY,
            done,
            job_id,
        )

    def fail_job(self, entry: object, label: str, reason: str) -> JobId:
        job_id = self.wait_job(entry, label)
        self._run("UPDATE tuple SET state = 'dead', attempts = 5, reason = ? WHERE id = ?", reason, job_id)
        return job_id

    def finish_job(self, job_id: JobId, report: str | None = None) -> None:
        if report is None:
            self._run("DELETE FROM tuple WHERE id = ?", job_id)
            return
        self._run(
            "UPDATE tuple SET state = 'done', owner = NULL, lease_until = NULL, done = total, report = ? WHERE id = ?",
            report,
            job_id,
        )

    def _run(self, sql: str, *values: object) -> None:
        database = self.data.database
        database.write(lambda _: database.writing.execute(sql, values))


@contextmanager
def shelf(directory: Path) -> Iterator[Shelf]:
    """The store of the only person there is."""
    data = open_data(directory, SystemClock())
    try:
        yield Shelf(data, data.database.read(lambda tx: tx.persons.all())[0].id)
    finally:
        data.close()


def fill(kept: Shelf) -> None:
    """One link of every state that a page can be in, and a job of every kind."""
    kept.clear_jobs()
    kept.clear_captures()
    essay = kept.item_id("As We May Think")
    kept.capture(essay, colour="#c8553d", text=HOSTILE + ESSAY)
    kept.capture(essay, colour="#c8553d", page=PAGE)
    kept.capture(kept.item_id("The Rise and Demise of RSS"), colour="#588b8b", words=3_200)
    kept.set_state(
        kept.item_id("OpenStreetMap"), PageState.FAILED, "The site did not answer within 20 seconds."
    )
    solar = kept.item_id("Low-tech Magazine")
    kept.capture(solar, colour="#ffd5c2", words=1_450)
    kept.lose(solar)
    kept.set_state(kept.item_id("The Public Domain Review"), PageState.PENDING)
    waiting = kept.item_id("The Public Domain Review")
    kept.run_job(ImportFile("0" * 64, None, "bookmarks.html"), "bookmarks.html", done=240, total=1_200)
    kept.run_job(ReadPage(waiting, "https://publicdomainreview.org/"), "The Public Domain Review")
    kept.fail_job(
        ReadPage(1, "https://x.example/"),
        "A page that is too large",
        "The page took more memory than a page may.",
    )
    kept.wait_job(CheckLink(1, "https://x.example/"), "As We May Think")
    imported = kept.run_job(ImportFile("1" * 64, None, "pinboard.html"), "pinboard.html", done=1, total=3)
    kept.finish_job(
        imported,
        '{"added": 412, "merged": 7, "refused_count": 1, "problems": [], "refused":'
        ' [{"place": "Toolbar/Scripts", "url": "javascript:alert(1)", "reason": "addresses that run are not kept"}]}',
    )
