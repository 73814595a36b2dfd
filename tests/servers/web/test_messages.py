"""One message, read here; its documents, its files, and who may have them."""

from __future__ import annotations

import re
from base64 import encodebytes
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING

import pytest

from poolhouse.servers.web.plain_text import BLOCK_LIMIT
from poolhouse.services.messages import record_unreadable
from poolhouse.services.reading import get_item
from poolhouse.services.trash import trash_item
from poolhouse.types import Mailbox, MessageLink, Part, Unsubscribe
from tests.conftest import make_person, principal_of
from tests.security.inert import check_page, check_policy_of_stored, policy_of
from tests.servers.web.conftest import keep, titles
from tests.servers.web.letters import KIM, RAW, ROBIN, bring, letter, read

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import ItemId, Principal
    from tests.servers.web.conftest import Browser

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
HTML = (
    '<p>Dig <b>none</b>.</p><img src="part:2" alt="plan">'
    '<img data-remote="https://count.example/o.gif" alt="A garden">'
)


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def frame_of(page: str) -> str:
    found = re.search(r'<iframe class="text letter-frame" src="([^"]+)"', page)
    assert found
    return found[1]


def test_row_beside_links(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    keep(house, principal, "https://example.org/a", title="A link", pool_id=1)
    parts = (Part(path="2", media_type="image/png", start=0, end=0, size_bytes=1, is_attachment=True),)
    first = letter(house, principal, text="Dig none, cover well.", parts=parts)
    second = letter(house, principal, RAW + b"2", subject="Re: Beds", references=(f"{first}@berg.example",))
    page = browser.get("/pools/1").text
    assert titles(page) == ["Re: Beds", "Beds", "A link"]
    row = page.partition(f'id="item-{first}"')[2].partition("</li>")[0]
    for expected in (
        "Robin Berg",
        f'href="/items/{first}"',
        "Dig none, cover well.",
        "1 attachment",
        "2 messages in this conversation",
        f"/items/{first}/archive",
        f"/items/{first}/defer",
        f"/items/{first}/delete",
    ):
        assert expected in row, expected
    assert "3 items" in page
    assert second != first
    found = browser.get("/search?q=from:robin").text
    assert titles(found) == ["Re: Beds", "Beds"]


def test_message_is_shown_with_its_head(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item_id = letter(
        house,
        principal,
        to=(KIM, *(Mailbox(f"Person {number}", f"p{number}@x.example") for number in range(5))),
        reply_to=(Mailbox("", "list@berg.example"),),
        sent_at=datetime(2026, 1, 1, 12, 30, tzinfo=UTC),
        warnings=("The name is another address: bank@example.org",),
        remark="Two parts were left out.",
    )
    page = browser.get(f"/items/{item_id}")
    check_page(page.content)
    text = words_of(page.text)
    for expected in (
        "Beds",
        "Robin Berg robin@berg.example",
        "to kim@ahlberg.example, Person 0, Person 1 and 3 more",
        "Thursday 1 January 2026, 12:30 UTC",
        "The name is another address: bank@example.org",
        "Two parts were left out.",
        "Dig none.",
    ):
        assert expected in text, expected
    assert 'href="mailto:list@berg.example?subject=Re%3A%20Beds&amp;in-reply-to=' in page.text
    assert "<iframe" not in page.text


def test_html_is_shown_in_a_frame_and_nowhere_else(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item_id = letter(house, principal, html=HTML, remote_image_count=1)
    answer = browser.get(f"/items/{item_id}")
    assert "<b>none</b>" not in answer.text
    assert "1 picture from elsewhere is not loaded" in answer.text
    assert "frame-src 'self'" in answer.headers["content-security-policy"]
    check_page(answer.content)
    assert frame_of(answer.text) == f"/items/{item_id}/message"
    shown = browser.get(f"/items/{item_id}?images=1").text
    assert frame_of(shown) == f"/items/{item_id}/message?images=1"
    assert "Hide images" in shown
    plain = browser.get(f"/items/{item_id}?as=text").text
    assert "Dig none." in words_of(plain)
    assert "<iframe" not in plain


@pytest.mark.parametrize(
    ("site", "is_asked"), [("none", True), ("same-origin", True), ("same-site", False), ("cross-site", False)]
)
def test_no_other_site_has_pictures_loaded(
    browser: Browser, house: RunningHouse, principal: Principal, site: str, *, is_asked: bool
) -> None:
    item_id = letter(house, principal, html=HTML, remote_image_count=1)
    page, document = (
        browser.get(f"/items/{item_id}{path}?images=1", **{"sec-fetch-site": site})
        for path in ("", "/message")
    )
    assert frame_of(page.text).endswith("?images=1") is is_asked
    assert ("https:" in policy_of(document.headers["content-security-policy"])["img-src"]) is is_asked
    assert ("count.example" in document.text) is is_asked


def test_a_text_of_too_many_quotes_says_that_it_goes_on(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item_id = letter(house, principal, text=">a\nb\n" * BLOCK_LIMIT)
    page = browser.get(f"/items/{item_id}").text
    assert page.count("<blockquote>") == BLOCK_LIMIT / 2
    assert "It goes on. The whole of it is in the file: download the message" in words_of(page)


def test_document_is_shut_in_and_loads_nothing(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    body = encodebytes(PNG)
    raw = RAW + body
    part = Part(
        path="2",
        media_type="image/jpeg",
        start=len(RAW),
        end=len(raw),
        size_bytes=len(PNG),
        encoding="base64",
        content_id="plan",
    )
    item_id = letter(house, principal, raw, html=HTML, remote_image_count=1, parts=(part,))
    without, with_images = (browser.get(f"/items/{item_id}/message{query}") for query in ("", "?images=1"))
    check_policy_of_stored(policy_of(without.headers["content-security-policy"]))
    for answer in (without, with_images):
        policy = policy_of(answer.headers["content-security-policy"])
        assert set(policy["sandbox"].split()) == {"allow-popups", "allow-popups-to-escape-sandbox"}
        assert (policy["default-src"], policy["form-action"]) == ("'none'", "'none'")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-dns-prefetch-control"] == "off"
        assert "no-store" in answer.headers["cache-control"]
        assert '<img src="data:image/png;base64,' in answer.text
    assert "count.example" not in without.text
    assert '<span class="image">A garden</span>' in without.text
    assert '<img src="https://count.example/o.gif"' in with_images.text
    policy = policy_of(with_images.headers["content-security-policy"])
    assert policy["img-src"] == "data: http: https:"


def test_what_chose_no_colours_follows_the_scheme(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    plain = letter(house, principal, html="<p>plain</p>")
    coloured = letter(house, principal, RAW + b"2", html='<p style="color:#333">x</p>')
    assert 'class="sheet"' not in browser.get(f"/items/{plain}/message").text
    assert 'class="sheet"' in browser.get(f"/items/{coloured}/message").text


def test_before_it_is_read_and_when_it_cannot_be(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item_id = bring(house, principal)
    page = browser.get(f"/items/{item_id}").text
    assert "The message is being read." in page
    assert 'data-page="pending"' in page
    assert "message is being read" in browser.get("/pools/1").text
    assert browser.get(f"/items/{item_id}/message").status_code == 404
    why = "It took more time than a message may."
    house.data.database.write(lambda tx: record_unreadable(tx, item_id, why))
    page = browser.get(f"/items/{item_id}").text
    assert f"This message cannot be read here: {why}" in page
    assert f'href="/items/{item_id}/raw"' in page
    assert browser.get(f"/items/{item_id}/raw").content == RAW
    assert browser.post(f"/items/{item_id}/capture", {"token": browser.token()}).status_code == 303
    assert "It will be read again" in browser.said(f"/items/{item_id}")
    read(house, item_id)
    assert "cannot be read here" not in browser.get(f"/items/{item_id}").text


def test_raw_is_byte_for_byte_and_source_is_text(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    raw = RAW + bytes(range(256)) + b"<script>alert(1)</script>"
    item_id = letter(house, principal, raw, subject="Beds / borders\u202e")
    answer = browser.get(f"/items/{item_id}/raw")
    assert answer.content == raw
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"].startswith('attachment; filename="Beds borders.eml"')
    source = browser.get(f"/items/{item_id}/source")
    assert source.headers["content-type"] == "text/plain; charset=utf-8"
    for each in (answer, source):
        assert each.headers["x-content-type-options"] == "nosniff"
        assert each.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "<script>" in source.text


def test_long_source_is_cut(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item_id = letter(house, principal, RAW + b"x" * 1_000_000)
    source = browser.get(f"/items/{item_id}/source").text
    assert len(source) < 1_000_100
    assert f"({len(RAW)} bytes more" in source


def test_attachments_are_files_to_keep(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    bodies = {"2": b"%PDF-1.4", "3": PNG, "4.1": b"<script>alert(1)</script>"}
    raw, parts = RAW, []
    for path, media_type, name in (
        ("2", "application/pdf", "Minutes ☃.pdf"),
        ("3", "image/png", "plan.png"),
        ("4.1", "text/html", "page.html"),
    ):
        body = encodebytes(bodies[path])
        parts.append(
            Part(
                path=path,
                media_type=media_type,
                start=len(raw),
                end=len(raw) + len(body),
                size_bytes=len(bodies[path]),
                encoding="base64",
                name=name,
                is_attachment=True,
            )
        )
        raw += body
    item_id = letter(house, principal, raw, parts=tuple(parts))
    page = browser.get(f"/items/{item_id}").text
    assert "3 attachments" in page
    assert page.count("?show=1") == 1
    for part in parts:
        answer = browser.get(f"/items/{item_id}/parts/{part.path}")
        assert answer.content == bodies[part.path]
        assert answer.headers["content-disposition"].startswith("attachment;")
    assert (
        browser.get(f"/items/{item_id}/parts/4.1?show=1").headers["content-type"]
        == "application/octet-stream"
    )
    shown = browser.get(f"/items/{item_id}/parts/3?show=1")
    assert shown.headers["content-disposition"].startswith("inline;")
    for odd in ("1", "9", "x", "%2e%2e", "2.", "1" * 300, "2%2f", "%00"):
        assert browser.get(f"/items/{item_id}/parts/{odd}").status_code == 404, odd


def test_conversation_stands_around_it(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    ids: list[ItemId] = []
    for number in range(6):
        names = tuple(f"{each}@berg.example" for each in ids)
        ids.append(
            letter(house, principal, RAW + bytes([number]), subject=f"Beds {number}", references=names)
        )
    page = browser.get(f"/items/{ids[4]}").text
    links = re.findall(r'<li[^>]*><a href="/items/(\d+)"><span class="from">', page)
    assert links == [str(each) for each in (*ids[:4], ids[5])]
    assert "3 earlier messages" in page
    house.data.database.write(lambda tx: trash_item(tx, principal, ids[5]))
    assert f'<a href="/items/{ids[5]}">' not in browser.get(f"/items/{ids[4]}").text


def test_links_are_saved_with_one_click_and_point_back(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    links = (MessageLink("https://example.org/beds", "No-dig beds"), MessageLink("https://example.org/2", ""))
    item_id = letter(house, principal, links=links)
    page = browser.get(f"/items/{item_id}").text
    assert 'name="url" value="https://example.org/beds"' in page
    browser.send(f"/items/{item_id}/links", url="https://example.org/beds")
    saved = re.search(r'href="/items/(\d+)"><svg[^>]*>.*?</svg>saved', browser.get(f"/items/{item_id}").text)
    assert saved
    found = browser.get(f"/items/{saved[1]}").text
    assert "Found in" in found
    assert f'<a href="/items/{item_id}">Beds</a>' in found
    # what is not in the message is not saved as found in it
    browser.send(f"/items/{item_id}/links", url="javascript:alert(1)")
    assert titles(browser.get("/").text) == ["No-dig beds"]


def test_list_offers_a_pool_and_says_where_leaving_leads(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    leave = Unsubscribe(
        url="https://berg.example/leave?x=1", is_one_click=True, mailto="leave@berg.example?subject=a b"
    )
    item_id = letter(house, principal, list_id="beds.berg.example", list_name="Beds", unsubscribe=leave)
    page = browser.get(f"/items/{item_id}").text
    assert "On berg.example" in page
    assert "By mail to leave@berg.example" in page
    assert 'href="mailto:leave@berg.example?subject=a%20b"' in page
    offered = re.search(r'href="(/pools/new\?[^"]+)">Make a pool', page)
    assert offered
    form = browser.get(unescape(offered[1])).text
    assert 'value="list:beds.berg.example"' in form
    assert 'name="skips_inbox" value="1" checked' in form
    listed = browser.get("/lists").text
    assert unescape(offered[1]).split("query=")[1].split("&")[0] in listed
    done = browser.send("/pools/new", name="Beds", query="list:beds.berg.example", skips_inbox="1")
    pool = done.headers["location"]
    assert titles(browser.get(pool).text) == ["Beds"]
    assert 'name="skips_inbox" value="1" checked' in browser.get(f"{pool}/edit").text
    assert f'Its mail is in <a href="{pool}">' in browser.get(f"/items/{item_id}").text
    assert f'href="{pool}">Beds</a>' in browser.get("/lists").text.partition("<main")[2]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", ""])
def test_leaving_leads_nowhere_that_runs(
    browser: Browser, house: RunningHouse, principal: Principal, url: str
) -> None:
    item_id = letter(house, principal, unsubscribe=Unsubscribe(url=url, mailto=url))
    page = browser.get(f"/items/{item_id}")
    check_page(page.content)
    assert not url or url not in page.text


def test_note_tags_and_pools_of_a_message(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item_id = letter(house, principal)
    form = browser.get(f"/items/{item_id}/edit").text
    assert "Edit message" in form
    assert 'name="url"' not in form
    browser.send(
        f"/items/{item_id}/edit", note="for spring", tags="garden", pools="1", url="https://x.example/"
    )
    item = get_item(house.glance(), principal, item_id)
    assert (item.note, item.tags, item.title, item.url) == ("for spring", ("garden",), "Beds", "")
    assert titles(browser.get("/search?q=tag:garden").text) == ["Beds"]


def test_delete_and_bring_back(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item_id = letter(house, principal)
    browser.send(f"/items/{item_id}/delete", back="/pools/1")
    assert browser.said("/pools/1").startswith("Deleted: Beds")
    assert titles(browser.get("/pools/1").text) == []
    assert "Robin Berg" in browser.get("/trash").text
    assert "This message is in the trash." in browser.get(f"/items/{item_id}").text
    browser.send(f"/items/{item_id}/restore", back="/pools/1")
    assert browser.said("/pools/1").startswith("Back in Inbox: Beds")


def test_a_link_has_no_message(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    item = keep(house, principal, "https://example.org/")
    for what in ("message", "raw", "source", "parts/1"):
        assert browser.get(f"/items/{item.id}/{what}").status_code == 404


def test_nobody_else_reads_it(browser: Browser, house: RunningHouse) -> None:
    other = principal_of(make_person(house, "bob"))
    item_id = letter(house, other, html="<p>private</p>", links=(MessageLink("https://x.example/", "x"),))
    paths = ["", "/message", "/raw", "/source", "/parts/1", "/defer", "/edit"]
    for path in paths:
        assert browser.get(f"/items/{item_id}{path}").status_code == 404, path
    for path in ("links", "archive", "unarchive", "defer", "undefer"):
        answer = browser.send(f"/items/{item_id}/{path}", url="https://x.example/", when="tomorrow")
        assert answer.status_code == 404, path
    browser.client.cookies.clear()
    for path in paths:
        assert browser.get(f"/items/{item_id}{path}").status_code == 401, path


def test_names_of_people_stay_text(browser: Browser, house: RunningHouse, principal: Principal) -> None:
    evil = "<script>zqpwn()</script>"
    item_id = letter(
        house,
        principal,
        subject=evil,
        text=evil,
        senders=(Mailbox(evil, evil),),
        to=(Mailbox(evil, ""),),
        cc=(ROBIN,),
        list_id=evil,
        list_name=evil,
        warnings=(evil,),
        remark=evil,
        links=(MessageLink("https://x.example/?q=<script>", evil),),
        parts=(Part(path="2", media_type=evil, start=0, end=0, size_bytes=1, name=evil, is_attachment=True),),
        authentication=(evil,),
    )
    for path in (
        f"/items/{item_id}",
        "/pools/1",
        "/lists",
        f"/items/{item_id}/defer",
        f"/items/{item_id}/edit",
    ):
        answer = browser.get(path)
        assert "zqpwn" in answer.text
        check_page(answer.content)


def test_reading_again_shows_what_is_there(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    item_id = letter(house, principal)
    read(house, item_id, text="Dig nothing at all.", subject="Beds, again")
    assert "Dig nothing at all." in browser.get(f"/items/{item_id}").text
    assert titles(browser.get("/pools/1").text) == ["Beds, again"]


def test_only_the_trusted_server_says_who_sent_it(
    browser: Browser, house: RunningHouse, principal: Principal
) -> None:
    said = ("mx.pools.test; spf=pass; dmarc=pass", "evil.example; dmarc=fail")
    good = letter(house, principal, authentication=said)
    bad = letter(house, principal, RAW + b"2", authentication=said[::-1])
    assert "sender not checked" in browser.get(f"/items/{good}").text
    house.authserv = "mx.pools.test"
    page = browser.get(f"/items/{good}").text
    assert "sender passed" in page
    assert "SPF: pass, DMARC: pass" in page
    assert "sender not checked" in browser.get(f"/items/{bad}").text
    house.authserv = "evil.example"
    assert "sender failed" in browser.get(f"/items/{bad}").text
