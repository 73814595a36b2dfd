"""Export and import over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from poolhouse.servers.api import transfer
from poolhouse.types import JobId
from tests.jobs import do_import

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from tests.servers.api.conftest import Api

FILE = b"""<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<DL><p>
<DT><H3>News</H3>
<DL><p>
<DT><A HREF="https://example.org/news" ADD_DATE="1577836800" TAGS="a,b">News \xf0\x9f\x8e\x88</A>
<DD>A note
<DT><A HREF="javascript:alert(1)">Trick</A>
</DL><p>
<DT><A HREF="https://example.org/loose" ADD_DATE="soon">Loose</A>
</DL><p>
"""
HTML = {"Content-Type": "text/html"}


def test_imports_a_bookmark_file_by_a_job(api: Api, house: RunningHouse) -> None:
    answer = api.ask("POST", "/import", 202, params={"name": "old.html"}, content=FILE, headers=HTML)
    job = answer.json()
    assert (job["kind"], job["state"], job["label"]) == ("import-file", "waiting", "old.html")
    assert api.get(answer.headers["location"]) == job
    assert api.get("/links")["items"] == []
    do_import(house)
    done = api.get(f"/jobs/{job['id']}")
    report = done["report"]
    assert (done["state"], report["added"], report["merged"]) == ("done", 2, 0)
    assert [(each["place"], each["url"]) for each in report["refused"]] == [("News", "javascript:alert(1)")]
    assert [each.partition(":")[0] for each in report["problems"]] == ["Line 10"]
    (news,) = api.get("/links", params={"pool": "News"})["items"]
    assert (news["title"], news["note"], set(news["tags"])) == ("News 🎈", "A note", {"a", "b"})
    assert news["created_at"] == "2020-01-01T00:00:00Z"
    assert api.ask("POST", "/import", 202, content=FILE, headers=HTML).json()["label"] == "bookmarks.html"
    assert do_import(house)["merged"] == 2


MBOX = b"From anna@example.org Thu Jan  1 00:00:00 2026\nSubject: one\n\nText\n"
MAIL = {"Content-Type": "application/mbox"}


def test_imports_mail_by_a_job(api: Api, house: RunningHouse) -> None:
    answer = api.ask("POST", "/import/mail", 202, params={"name": "old.mbox"}, content=MBOX, headers=MAIL)
    job = answer.json()
    assert (job["kind"], job["state"], job["label"]) == ("import-mail", "waiting", "old.mbox")
    assert api.get(answer.headers["location"]) == job
    assert api.get("/jobs?kind=import-mail")["items"] == [job]
    assert "Imported mail" in {each["path"] for each in api.get("/pools")["items"]}
    body = house.read(lambda tx: tx.tuples.body(JobId(job["id"]))) or b""
    assert house.blobs.get(json.loads(body)["blob"]) == MBOX


def test_refuses_what_is_no_mail(api: Api) -> None:
    api.make_pool("Starred", query="is:starred")
    for content in (b"", FILE):
        answer = api.ask("POST", "/import/mail", 422, content=content, headers=MAIL)
        assert answer.json()["field"] == "body"
    api.ask("POST", "/import/mail", 415, content=MBOX, headers=HTML)
    for pool in ("Starred", "None such", "99"):
        answer = api.ask("POST", "/import/mail", 422, params={"pool": pool}, content=MBOX, headers=MAIL)
        assert answer.json()["field"] == "pool"
    assert api.get("/jobs")["items"] == []
    assert "Imported mail" not in {each["path"] for each in api.get("/pools")["items"]}


@pytest.mark.parametrize("by", ["id", "path"])
def test_imports_beneath_a_pool(api: Api, house: RunningHouse, by: str) -> None:
    pool = api.make_pool("From elsewhere")
    value = str(pool["id"]) if by == "id" else pool["path"]
    api.ask("POST", "/import", 202, params={"pool": value}, content=FILE, headers=HTML)
    do_import(house)
    paths = {each["path"] for each in api.get("/pools")["items"]}
    assert paths == {"Bookmarks", "Inbox", "From elsewhere", "From elsewhere/News"}


def test_an_import_is_called_off(api: Api) -> None:
    job = api.ask("POST", "/import", 202, content=FILE, headers=HTML).json()
    api.ask("DELETE", f"/jobs/{job['id']}", 204)
    assert api.get("/jobs")["items"] == []


def test_refuses_what_is_no_bookmark_file(api: Api) -> None:
    api.make_pool("Starred", query="is:starred")
    assert api.ask("POST", "/import", 422, content=b"", headers=HTML).json()["field"] == "body"
    api.ask("POST", "/import", 415, content=FILE, headers={"Content-Type": "application/json"})
    api.ask("POST", "/import", 415, content=FILE)
    for pool in ("Starred", "None such", "99"):
        answer = api.ask("POST", "/import", 422, params={"pool": pool}, content=FILE, headers=HTML)
        assert answer.json()["field"] == "pool"
    assert api.get("/jobs")["items"] == []


def test_refuses_a_file_that_is_too_large(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "IMPORT_LIMIT_BYTES", 100)
    api.ask("POST", "/import", 413, content=FILE, headers=HTML)


def test_exports_in_three_formats(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "_MEMORY_BYTES", 16)
    api.save("https://example.org/a", title="A <b>page</b>")
    lines = api.ask("GET", "/export").text.splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["export", "pool", "pool", "item"]
    bookmarks = api.ask("GET", "/export?format=netscape")
    assert bookmarks.headers["content-disposition"] == 'attachment; filename="poolhouse.html"'
    assert "sandbox" in bookmarks.headers["content-security-policy"]
    assert "A &lt;b&gt;page" in bookmarks.text
    opml = ET.fromstring(api.ask("GET", "/export?format=opml").content)
    assert len(opml.findall("./body/outline")) == 2
    assert api.get("/export?format=csv", 422)["field"] == "format"


def test_what_is_exported_can_be_imported(api: Api, ben: Api, house: RunningHouse) -> None:
    api.make_pool("Reading")
    api.save("https://example.org/a", title="A", note="n", tags=["x"], pool="Reading")
    api.save("https://example.org/b", title="B")
    file = api.ask("GET", "/export?format=netscape").content
    ben.ask("POST", "/import", 202, content=file, headers=HTML)
    assert do_import(house)["added"] == 2

    def kept(owner: Api) -> list[tuple[object, ...]]:
        return [
            (link["title"], link["note"], link["tags"], [pool["path"] for pool in link["pools"]])
            for link in sorted(owner.get("/links")["items"], key=lambda link: str(link["url"]))
        ]

    assert kept(ben) == kept(api)
