"""The page of jobs, the badge in the frame, and importing a file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import NotFoundError
from poolhouse.services.jobs import get_job
from poolhouse.services.mail_imports import mail_report_json
from poolhouse.services.reading import get_item
from poolhouse.types import ImportFile, ImportMail, JobId, JobState, MailReport, PageState, refusal
from tests.conftest import make_person, principal_of
from tests.jobs import finish_job
from tests.servers.web.conftest import fail_job, keep, run_job

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Job, Principal
    from tests.servers.web.conftest import Browser

BOOKMARKS = b'<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><p><DT><A HREF="https://new.example/">New</A></DL>'


def jobs_of(house: RunningHouse, principal: Principal) -> list[Job]:
    return list(house.read(lambda tx: tx.tuples.of(principal.person_id, limit=100)))


def put_import(house: RunningHouse, principal: Principal, label: str) -> JobId:
    entry = ImportFile("0" * 64, None, label)
    return house.data.database.write(
        lambda tx: tx.tuples.put(entry, person_id=principal.person_id, label=label)
    )


def words_of(page: str) -> str:
    found = re.search(r'<span class="count" data-work-words>([^<]*)</span>', page)
    assert found
    return found[1].strip()


def test_nothing_under_way(browser: Browser) -> None:
    page = browser.get("/jobs").text
    assert "Nothing is under way." in page
    assert words_of(page) == ""
    assert "data-work-dot hidden" in page


def test_jobs_of_every_state(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    keep(house, principal, "https://a.example/", title="Waits")
    running, failed = (put_import(house, principal, name) for name in ("half.html", "bad.html"))
    run_job(house, running, 240, 1_200)
    fail_job(house, failed, "This is no bookmark file.")
    page = browser.get("/jobs").text
    assert words_of(page) == words_of(browser.get("/tags").text) == "2 under way · 1 failed"
    assert "data-work-dot hidden" not in page
    assert '<progress aria-label="half.html" max="1200" value="240"></progress>' in page
    for words in ("Waits", "Reading the page", "Importing a file", "This is no bookmark file."):
        assert words in page
    assert f'formaction="/jobs/{failed}/retry"' in page
    assert f'formaction="/jobs/{running}/' not in page


def test_try_again_forget_and_call_off(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://a.example/")
    (reading,) = jobs_of(house, principal)
    failed, other = (put_import(house, principal, name) for name in ("bad.html", "worse.html"))
    for job_id in (failed, other):
        fail_job(house, job_id, "No.")
    browser.send(f"/jobs/{failed}/retry")
    assert get_job(house.glance(), principal, failed).state is JobState.WAITING
    assert browser.said("/jobs") == "It is tried again."
    browser.send(f"/jobs/{other}/drop")
    with pytest.raises(NotFoundError):
        get_job(house.glance(), principal, other)
    browser.send(f"/jobs/{reading.id}/cancel")
    after = get_item(house.glance(), principal, item.id)
    assert (after.page_state, after.page_error) == (
        PageState.FAILED,
        "The reading of this page was called off.",
    )
    run_job(house, failed)
    assert browser.send(f"/jobs/{failed}/cancel").headers["location"] == "/jobs"
    assert browser.said("/jobs") == "It went on meanwhile. Here is how it stands now."
    assert browser.send(f"/jobs/{reading.id}/retry").status_code == 404


def test_jobs_of_others_are_not_there(browser: Browser, house: RunningHouse) -> None:
    bob = principal_of(make_person(house, "bob"))
    theirs = put_import(house, bob, "bobs.html")
    fail_job(house, theirs, "bobs reason")
    page = browser.get("/jobs").text
    assert "bobs" not in page
    assert words_of(page) == ""
    for what in ("retry", "drop", "cancel"):
        assert browser.send(f"/jobs/{theirs}/{what}").status_code == 404
    assert get_job(house.glance(), bob, theirs).state is JobState.FAILED


def test_check_all_links(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    for number in range(3):
        keep(house, principal, f"https://a.example/{number}", fetch_page=False)
    assert 'href="/search?q=is%3Adead"' in browser.get("/jobs").text
    browser.send("/jobs/check-links")
    assert browser.said("/jobs").startswith("All your links are looked at now")
    assert [job.kind for job in jobs_of(house, principal)] == ["check-link"] * 3
    browser.send("/jobs/check-links")
    assert browser.said("/jobs") == "Your links are being looked at already."
    assert len(jobs_of(house, principal)) == 3


def test_what_came_of_an_import(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    done = put_import(house, principal, "old.html")
    report = (
        '{"added": 412, "merged": 1, "refused_count": 3, "problems": ["line 7: cut off"], "refused":'
        ' [{"place": "Tools", "url": "javascript:<b>x</b>", "reason": "it runs"}]}'
    )
    database = house.data.database
    sql = "UPDATE tuple SET state = 'done', report = ? WHERE id = ?"
    database.write(lambda _: database.writing.execute(sql, (report, done)))
    page = browser.get("/jobs").text
    assert "412 links added, 1 merged with what was there, 3 not taken." in page
    for words in ("Tools/javascript:&lt;b&gt;x&lt;/b&gt;", "it runs", "line 7: cut off", "and 2 more"):
        assert words in page
    browser.send(f"/jobs/{done}/drop")
    assert "412" not in browser.get("/jobs").text


def send_file(
    browser: Browser, content: bytes, name: str = "bookmarks.html", **fields: str
) -> tuple[int, str]:
    answer = browser.client.post(
        "/import",
        data={"token": browser.token(), **fields},
        files={"file": (name, content, "text/html")},
        headers={"accept": "text/html"},
    )
    return answer.status_code, answer.text or answer.headers.get("location", "")


def test_import_is_a_job(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    assert 'enctype="multipart/form-data"' in browser.get("/import").text
    assert send_file(browser, BOOKMARKS, "<b>mine</b>.html", pool="1") == (303, "/jobs")
    (job,) = jobs_of(house, principal)
    assert (job.kind, job.label, job.state) == ("import-file", "<b>mine</b>.html", JobState.WAITING)
    body = house.read(lambda tx: tx.tuples.body(job.id)) or b""
    (blob,) = re.findall(rb"[0-9a-f]{64}", body)
    assert house.blobs.get(blob.decode()) == BOOKMARKS
    assert b'"pool_id":1' in body.replace(b" ", b"")
    page = browser.get("/jobs").text
    assert "&lt;b&gt;mine&lt;/b&gt;.html" in page
    assert "is being imported" in page


def test_mail_is_known_by_what_it_is(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    mbox = b"From anna@example.org Thu Jan  1 00:00:00 2026\nSubject: one\n\nText\n"
    assert send_file(browser, mbox, "bookmarks.html") == (303, "/jobs")
    assert send_file(browser, mbox, "mine.eml", pool="1") == (303, "/jobs")
    first, second = sorted(jobs_of(house, principal), key=lambda job: job.id)
    assert (first.kind, second.kind) == ("import-mail", "import-mail")
    assert "Importing mail" in browser.get("/jobs").text
    pools = [
        json.loads(house.read(lambda tx, job=job: tx.tuples.body(job.id)) or b"")["pool_id"]  # type: ignore[misc]  # bound at once
        for job in (first, second)
    ]
    made = house.read(lambda tx: tx.pools.by_path(principal.person_id, "Imported mail"))
    assert made is not None
    assert pools == [made.id, 1]


def test_what_came_of_mail(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    report = mail_report_json(
        MailReport(added=412, present=1) + refusal("the message at byte 9", "it is empty")
    )
    entry = ImportMail("0" * 64, 1, "old.mbox")
    done = house.data.database.write(lambda tx: tx.tuples.put(entry, person_id=principal.person_id))
    finish_job(house.data.database, ImportMail, json.loads(report))
    page = browser.get("/jobs").text
    assert "412 messages added, 1 merged with what was there, 1 not taken." in page
    assert "the message at byte 9</span>: it is empty" in page
    browser.send(f"/jobs/{done}/drop")
    assert "412" not in browser.get("/jobs").text


def test_import_without_a_file_or_into_a_search_is_refused(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    status, page = send_file(browser, b"")
    assert status == 400
    assert 'id="wrong-file"' in page
    made = browser.send("/pools/new", name="Found", query="tag:x").headers["location"].rpartition("/")[2]
    status, page = send_file(browser, BOOKMARKS, pool=made)
    assert status == 400
    assert 'id="wrong-pool"' in page
    assert send_file(browser, BOOKMARKS, pool="999")[0] == 404
    assert jobs_of(house, principal) == []


def test_import_that_is_too_large_or_no_form_is_refused(
    browser: Browser, house: RunningHouse, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poolhouse.servers.web.door.FILE_LIMIT_BYTES", 100_000)
    status, page = send_file(browser, b"x" * 200_000)
    assert status == 413
    assert "64 megabytes" in page
    for content, kind in (
        (b"token=x", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data"),
    ):
        answer = browser.client.post("/import", content=content, headers={"content-type": kind})
        assert answer.status_code == 415
    assert jobs_of(house, principal) == []
    assert list(house.data.blobs.addresses()) == []


def test_import_of_strangers_is_not_even_read(stranger: Browser) -> None:
    answer = stranger.client.post(
        "/import",
        content=b"--x",
        headers={"content-type": "multipart/form-data; boundary=x", "accept": "text/html"},
    )
    assert answer.status_code == 401
