"""Messages by the API: what they say, their bytes and parts, setting them aside, the addresses they are sent to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.services.messages import record_unreadable
from tests.letters import deliver, receive, write_letter

if TYPE_CHECKING:
    from poolhouse.app.house import RunningHouse
    from tests.servers.api.conftest import Api

HTML = (
    '<p>Hello <a href="https://example.org/page">you</a><script>alert(1)</script>'
    '<img src="https://count.example/1.png" width="90"></p>'
)
RAW = write_letter(
    text="See https://example.org/page.",
    html=HTML,
    files=(("plan é.pdf", b"%PDF-1.4"),),
    Message_ID="<one@x.example>",
    List_Id="Garden <garden.lists.example>",
)


@pytest.fixture
def message(api: Api, house: RunningHouse) -> Any:
    """A message that was read."""
    return api.get(f"/messages/{receive(house.data, RAW).item_id}")


def test_one_that_cannot_be_read_is_asked_for_again(api: Api, house: RunningHouse) -> None:
    item_id = deliver(house.data, RAW).item_id
    house.data.database.write(lambda tx: record_unreadable(tx, item_id, "It took too long."))
    assert not api.get(f"/messages/{item_id}")["is_read"]
    job = api.ask("POST", f"/links/{item_id}/captures", 202).json()
    assert (job["kind"], job["state"]) == ("read-mail", "waiting")
    api.ask("POST", f"/links/{item_id}/captures", 409)


def test_what_a_message_says(message: Any) -> None:
    assert message["subject"] == "Beds"
    assert message["senders"] == [{"name": "Robin", "address": "robin@elsewhere.example"}]
    assert message["text"] == "See https://example.org/page."
    assert message["is_read"]
    assert (message["list_id"], message["envelope_recipient"]) == ("garden.lists.example", "anna@pools.test")
    assert message["item"]["kind"] == "message"
    assert message["item"]["url"] is None
    assert message["item"]["attachment_count"] == 1


def test_its_bytes_come_as_they_are(api: Api, message: Any) -> None:
    answer = api.ask("GET", message["raw_url"])
    assert answer.content == RAW
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_its_html_is_clean_and_shut_in(api: Api, message: Any) -> None:
    answer = api.ask("GET", message["html_url"])
    assert "script" not in answer.text
    assert 'data-remote="https://count.example/1.png"' in answer.text
    assert answer.headers["content-security-policy"].startswith("sandbox")


def test_its_parts_are_files(api: Api, message: Any) -> None:
    (part,) = [each for each in message["parts"] if each["is_attachment"]]
    answer = api.ask("GET", part["url"])
    assert answer.content == b"%PDF-1.4"
    assert "plan%20%C3%A9.pdf" in answer.headers["content-disposition"]
    api.ask("GET", f"/messages/{message['item']['id']}/parts/9", 404)


def test_its_conversation(api: Api, house: RunningHouse, message: Any) -> None:
    receive(house.data, write_letter("Re: Beds", Message_ID="<two@x.example>", In_Reply_To="<one@x.example>"))
    found = api.get(f"/messages/{message['item']['id']}/thread")["items"]
    assert [each["title"] for each in found] == ["Beds", "Re: Beds"]


def test_a_link_in_it_is_saved(api: Api, message: Any) -> None:
    path = f"/messages/{message['item']['id']}/links"
    link = api.ask("POST", path, 201, json={"url": message["links"][0]["url"]}).json()
    assert link["found_in"] == message["item"]["id"]
    api.ask("POST", path, 200, json={"url": link["url"]})
    api.ask("POST", path, 404, json={"url": "https://example.org/else"})


def test_set_aside_and_back(api: Api, message: Any) -> None:
    path = f"/links/{message['item']['id']}"
    archived = api.ask("PUT", f"{path}/archive").json()
    assert [pool["path"] for pool in archived["pools"]] == ["Archive"]
    assert api.ask("DELETE", f"{path}/archive").json()["pools"][0]["path"] == "Inbox"
    deferred = api.ask("PUT", f"{path}/deferral", json={"until": "2036-01-01T00:00:00Z"}).json()
    assert (deferred["deferred_until"], deferred["pools"][0]["path"]) == ("2036-01-01T00:00:00Z", "Later")
    assert api.ask("DELETE", f"{path}/deferral").json()["deferred_until"] is None
    api.ask("PUT", f"{path}/deferral", 422, json={"until": "2001-01-01T00:00:00Z"})
    api.ask("DELETE", path, 204)
    api.ask("PUT", f"{path}/archive", 409)


def test_messages_stand_in_the_lists_of_links(api: Api, message: Any) -> None:
    api.save("https://example.org/")
    assert [each["kind"] for each in api.get("/links")["items"]] == ["link", "message"]
    assert api.get("/search?q=from:robin")["items"][0]["id"] == message["item"]["id"]
    assert api.get("/lists")["items"] == [{"list_id": "garden.lists.example", "name": "Garden", "count": 1}]


def test_a_link_is_no_message(api: Api) -> None:
    link = api.save("https://example.org/")
    for rest in ("", "/raw", "/html", "/thread", "/parts/1"):
        api.ask("GET", f"/messages/{link['id']}{rest}", 404)


def test_addresses_are_made_changed_and_disabled(api: Api) -> None:
    api.make_pool("News")
    made = api.ask(
        "POST", "/addresses", 201, json={"label": "Post", "pool": "News", "allowed_senders": ["Post.example"]}
    ).json()
    assert made["address"].endswith("@pools.test")
    assert made["allowed_senders"] == ["post.example"]
    path = f"/addresses/{made['id']}"
    assert api.get(path) == made
    changed = api.ask("PATCH", path, json={"pool": None, "is_disabled": True}).json()
    assert (changed["pool_id"], changed["label"]) == (None, "Post")
    assert changed["disabled_at"] is not None
    assert api.ask("PATCH", path, json={"is_disabled": False}).json()["disabled_at"] is None
    assert api.get("/addresses")["items"][0]["id"] == made["id"]
    for wrong in (
        {"label": ""},
        {"label": "x", "pool": "Nowhere"},
        {"label": "x", "allowed_senders": ["a b"]},
    ):
        api.ask("POST", "/addresses", 422, json=wrong)


def test_own_addresses(api: Api) -> None:
    wanted = {"addresses": ["Me@Home.example", "me@home.example"]}
    assert api.ask("PUT", "/own-addresses", json=wanted).json() == {"addresses": ["me@home.example"]}
    assert api.get("/own-addresses") == {"addresses": ["me@home.example"]}
    api.ask("PUT", "/own-addresses", 422, json={"addresses": ["home.example"]})
