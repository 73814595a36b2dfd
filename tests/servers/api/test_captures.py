"""Captured pages: listed, read, read again, deleted; and documents that do nothing wherever they are opened."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.servers import packed
from poolhouse.services.pages import record_page_failure
from poolhouse.types import CaptureMode, ItemId
from tests.servers.api.conftest import BASE, PNG, capture

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from tests.conftest import StillClock
    from tests.servers.api.conftest import Api

SANDBOX = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline' data:; font-src data:;"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
MADE_UP = "0123456789abcdef" * 4


def read_again(api: Api, house: RunningHouse, link: Any, text: str, **more: Any) -> int:
    api.ask("POST", f"/links/{link['id']}/captures", 202)
    return capture(house, link, text, **more)


def test_versions_newest_first_and_each_with_its_text(
    api: Api, house: RunningHouse, clock: StillClock
) -> None:
    link = api.save("https://example.org/a", title="A")
    path = f"/links/{link['id']}/captures"
    assert api.get(path) == {"items": [], "next": None}
    first = capture(house, link, "Some old words.", author="Ada", published_at=clock.time)
    clock.pass_seconds(60)
    second = read_again(api, house, link, "Newer words " * 250, mode=CaptureMode.TEXT, page_blob=None)
    newer, older = api.get(path)["items"]
    assert (newer["id"], older["id"]) == (second, first)
    assert (newer["mode"], newer["page_url"], newer["published_at"]) == ("text", None, None)
    assert (newer["word_count"], newer["reading_minutes"]) == (500, 3)
    assert older["html_url"] == f"{BASE}{path}/{first}/html"
    assert (older["author"], older["published_at"]) == ("Ada", "2026-01-02T03:04:05Z")
    assert (older["captured_at"], newer["captured_at"]) == ("2026-01-02T03:04:05Z", "2026-01-02T03:05:05Z")
    assert api.get(f"{path}/{first}") == {**older, "text": "Some old words."}


def test_a_link_says_what_it_shows(api: Api, house: RunningHouse) -> None:
    link = api.save("https://example.org/a")
    assert (link["capture_id"], link["capture_count"], link["thumbnail_url"]) == (None, 0, None)
    first = capture(house, link, "word " * 239, language="de")
    shown = api.get(f"/links/{link['id']}")
    assert (shown["capture_id"], shown["capture_count"], shown["language"]) == (first, 1, "de")
    assert (shown["word_count"], shown["reading_minutes"]) == (239, 2)
    assert api.ask("GET", shown["thumbnail_url"]).content == PNG
    assert api.get("/search?q=word")["items"] == [shown]
    (entry,) = api.get(f"/pools/{api.bookmarks()['id']}/entries")["items"]
    assert entry["link"] == shown


def test_documents_are_sandboxes(api: Api, house: RunningHouse) -> None:
    link = api.save("https://example.org/a")
    number = capture(house, link, "Words.")
    for rest, body in (("html", b"<p>Words.</p>"), ("page", b"<!DOCTYPE html><title>All</title>Words.")):
        path = f"/links/{link['id']}/captures/{number}/{rest}"
        for method in ("GET", "HEAD"):
            answer = (
                api.ask(method, path)
                if method == "GET"
                else api.browser.head(f"/api/v1{path}", headers={"Authorization": f"Bearer {api.token}"})
            )
            assert answer.headers["content-security-policy"] == SANDBOX
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.content == (body if method == "GET" else b"")
    picture = api.ask("GET", f"/links/{link['id']}/captures/{number}/thumbnail")
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in picture.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("accepted", "is_packed"), [("gzip", True), ("*", True), ("", False), ("gzip;q=0", False)]
)
def test_packed_for_whoever_takes_that(api: Api, house: RunningHouse, accepted: str, is_packed: bool) -> None:
    link = api.save("https://example.org/a")
    path = f"/links/{link['id']}/captures/{capture(house, link, 'Words.')}/html"
    with api.browser.stream(
        "GET",
        f"/api/v1{path}",
        headers={"Authorization": f"Bearer {api.token}", "Accept-Encoding": accepted},
    ) as answer:
        content = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == ("gzip" if is_packed else None)
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(content)
    assert (gzip.decompress(content) if is_packed else content) == b"<p>Words.</p>"


def test_what_a_version_has_not_is_not_there(api: Api, house: RunningHouse) -> None:
    link = api.save("https://example.org/a")
    number = capture(house, link, page_blob=None, reader_blob=None, thumbnail_blob=None)
    path = f"/links/{link['id']}/captures"
    (listed,) = api.get(path)["items"]
    assert (listed["html_url"], listed["page_url"], listed["thumbnail_url"]) == (None, None, None)
    for rest in ("html", "page", "thumbnail"):
        api.get(f"{path}/{number}/{rest}", 404)
    for wrong in (f"{path}/{number + 1}", f"{path}/x", f"{path}/{'9' * 30}", f"{path}/-1"):
        api.get(wrong, 404)
        api.ask("DELETE", wrong, 404)


def test_a_file_that_is_gone_damaged_or_no_picture_is_not_there(
    api: Api, house: RunningHouse, caplog: pytest.LogCaptureFixture
) -> None:
    link = api.save("https://example.org/a")
    put = house.blobs.put
    number = capture(
        house,
        link,
        reader_blob=MADE_UP,
        page_blob=put(gzip.compress(b"<p>whole")[:-4]),
        thumbnail_blob=put(b"<svg onload=alert(1)>"),
    )
    for rest in ("html", "page", "thumbnail"):
        api.get(f"/links/{link['id']}/captures/{number}/{rest}", 404, headers={"Accept-Encoding": "identity"})
    assert "poolhouse verify" in caplog.text


def test_a_page_that_would_fill_the_memory_is_not_unpacked(
    api: Api, house: RunningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "DOCUMENT_LIMIT_BYTES", 1_000)
    link = api.save("https://example.org/a")
    large, fitting = (house.blobs.put(gzip.compress(b"x" * size)) for size in (1_001, 999))
    number = capture(house, link, page_blob=large, reader_blob=fitting)
    plain = {"Accept-Encoding": "identity"}
    api.get(f"/links/{link['id']}/captures/{number}/page", 404, headers=plain)
    assert len(api.ask("GET", f"/links/{link['id']}/captures/{number}/html", headers=plain).content) == 999


def test_an_address_that_may_not_be_opened_does_not_go_out(api: Api, house: RunningHouse) -> None:
    link = api.save("https://example.org/a")
    number = capture(house, {**link}, url="https://example.org/a")
    house.data.database.writing.execute("UPDATE capture SET url = 'javascript:alert(1)'")
    assert api.get(f"/links/{link['id']}/captures/{number}")["url"] is None


def test_reads_a_page_again(api: Api, house: RunningHouse) -> None:
    link = api.save("https://example.org/a", title="A")
    path = f"/links/{link['id']}/captures"
    assert api.ask("POST", path, 409).json()["field"] == "page"
    capture(house, link)
    answer = api.ask("POST", path, 202)
    job = answer.json()
    assert (job["kind"], job["state"], job["label"]) == ("read-page", "waiting", "A")
    assert api.get(answer.headers["location"]) == job
    assert api.get(f"/links/{link['id']}")["page_state"] == "pending"
    api.ask("POST", path, 409)
    house.data.database.write(
        lambda tx: record_page_failure(tx, ItemId(link["id"]), link["url"], "no answer")
    )
    shown = api.get(f"/links/{link['id']}")
    assert (shown["page_state"], shown["page_error"], shown["capture_count"]) == ("failed", "no answer", 1)
    api.ask("DELETE", f"/links/{link['id']}", 204)
    assert api.ask("POST", path, 409).json()["field"] == "link"
    mail = api.save("mailto:somebody@example.org")
    assert api.ask("POST", f"/links/{mail['id']}/captures", 422).json()["field"] == "url"


def test_deletes_a_version_and_shows_the_one_before(api: Api, house: RunningHouse) -> None:
    link = api.save("https://example.org/a")
    first = capture(house, link, "The text is about apples.")
    second = read_again(api, house, link, "The text is about pears.")
    path = f"/links/{link['id']}/captures"
    assert api.get(f"/links/{link['id']}")["capture_id"] == second
    api.ask("DELETE", f"{path}/{second}", 204)
    assert [each["id"] for each in api.get(path)["items"]] == [first]
    assert api.get(f"/links/{link['id']}")["capture_id"] == first
    assert len(api.get("/search?q=apples")["items"]) == 1
    assert api.get("/search?q=pears")["items"] == []
    api.ask("DELETE", f"{path}/{first}", 204)
    shown = api.get(f"/links/{link['id']}")
    assert (shown["capture_id"], shown["word_count"], shown["thumbnail_url"]) == (None, 0, None)


def test_versions_of_a_former_address_say_so(api: Api, house: RunningHouse) -> None:
    link = api.save("https://example.org/a")
    capture(house, link)
    api.ask("PATCH", f"/links/{link['id']}", json={"url": "https://example.org/b"})
    (kept,) = api.get(f"/links/{link['id']}/captures")["items"]
    assert not kept["is_of_address"]
    assert api.get(f"/links/{link['id']}")["capture_id"] is None


def test_what_is_captured_stays_with_a_link_in_the_trash(api: Api, house: RunningHouse) -> None:
    link = api.save("https://example.org/a")
    number = capture(house, link, "Words.")
    api.ask("DELETE", f"/links/{link['id']}", 204)
    assert api.get(f"/links/{link['id']}/captures/{number}")["text"] == "Words."
    api.ask("DELETE", "/trash")
    api.get(f"/links/{link['id']}/captures/{number}", 404)
