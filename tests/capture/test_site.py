"""Every page of the site saved in a real server that keeps whole pages: the right text, or the right reason."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.capture.judging import faults_of_markup, faults_of_text
from tests.capture.shelf import all_pages
from tests.capture.site import FORBIDDEN

if TYPE_CHECKING:
    from tests.capture.conftest import Visit
    from tests.capture.pages import Page
    from tests.capture.saving import Outcome

pytestmark = pytest.mark.slow

READABLE = [page for page in all_pages() if not page.failure]
FAILING = [page for page in all_pages() if page.failure]
LEAST_PAGES = 100
LEAST_POLLS = 20


def test_the_site_is_large() -> None:
    assert len(all_pages()) >= LEAST_PAGES


@pytest.mark.parametrize("page", READABLE, ids=str)
def test_a_page_is_captured(visit: Visit, page: Page) -> None:
    outcome = visit.outcomes[page.name]
    assert outcome.link["page_state"] == "done", outcome.link["page_error"]
    if page.has_text is not None:
        assert bool(outcome.text) == page.has_text
        # a page that was read and has no text says why
        assert re.search(page.without, outcome.link["page_error"] or "")
    if page.has_text:
        assert not faults(page, outcome)
        assert outcome.found == (outcome.link["id"],), "a search finds other links than this one"
        assert outcome.link["word_count"] == outcome.captures[0]["word_count"] > 0
    if page.has_thumbnail is not None:
        assert bool(outcome.thumbnail) == page.has_thumbnail
    assert not set(page.unasked) & visit.paths_asked


@pytest.mark.parametrize("page", FAILING, ids=str)
def test_a_page_that_cannot_be_captured_says_why(visit: Visit, page: Page) -> None:
    outcome = visit.outcomes[page.name]
    assert outcome.link["page_state"] == "failed"
    assert re.search(page.failure, outcome.link["page_error"]), outcome.link["page_error"]
    assert not outcome.captures


@pytest.mark.parametrize("page", [page for page in READABLE if page.has_text], ids=str)
def test_a_whole_copy_runs_nothing_and_loads_nothing(visit: Visit, page: Page) -> None:
    outcome = visit.outcomes[page.name]
    assert outcome.whole or page.name == "plaintext"
    assert not faults_of_markup(outcome.whole)
    # the reader view names pictures where they are; whoever shows it decides whether they are fetched
    assert not faults_of_markup(re.sub(r'<img src="https?://[^"]*"', "<img", outcome.reader))
    assert outcome.whole.count("data:image/") >= page.pictures


@pytest.mark.parametrize("page", READABLE, ids=str)
def test_a_thumbnail_is_a_small_picture(visit: Visit, page: Page) -> None:
    if thumbnail := visit.outcomes[page.name].thumbnail:
        with Image.open(BytesIO(thumbnail)) as image:
            image.load()
            assert max(image.size) <= 1_000
            assert image.format in {"WEBP", "JPEG", "PNG"}


def test_nobody_was_asked_who_may_not_be(visit: Visit) -> None:
    assert {address: visit.callers[address] for address in FORBIDDEN} == dict.fromkeys(FORBIDDEN, 0)


def test_the_server_answered_all_the_while(visit: Visit) -> None:
    assert set(visit.polls) <= {200, 304}
    assert visit.polls.total() >= LEAST_POLLS


def test_the_log_tells_of_no_fault_of_ours(visit: Visit) -> None:
    assert not [line for line in visit.output if "Traceback" in line or "ERROR" in line]


def faults(page: Page, outcome: Outcome) -> list[str]:
    """What is wrong with the capture of a page that has a text."""
    capture = outcome.captures[0]
    said = {
        "title": (page.title, outcome.link["title"]),
        "author": (page.author, capture["author"]),
        "published": (page.published, (capture["published_at"] or "")[:10]),
        "language": (page.language, capture["language"]),
        "address": (page.final or f"/{page.name}", _path(capture["url"])),
        "mode": ("full", capture["mode"]),
    }
    wrong = [
        f"{name} is {found!r}"
        for name, (wanted, found) in said.items()
        if wanted is not None and found != wanted
    ]
    return [*wrong, *faults_of_text(page, outcome.text)]


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
