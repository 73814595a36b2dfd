"""Messages: kept once, read afterwards, filed where they belong, and found by what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from poolhouse.services.captures import recapture
from poolhouse.services.deliveries import (
    add_delivery_address,
    resolve_recipient,
    set_own_addresses,
)
from poolhouse.services.links import edit_link, save_link
from poolhouse.services.messages import (
    FIRST_CONTACT,
    NO_SUBJECT,
    ask_to_reread,
    get_message,
    mailing_lists,
    message_bodies,
    recipients_of,
    record_reading,
    record_unreadable,
    save_found_link,
    thread_of,
)
from poolhouse.services.pools import add_pool, find_pool, trash_pool
from poolhouse.services.reading import get_item, pools_of_item, search_items
from poolhouse.services.setting_aside import (
    archive_item,
    defer_item,
    return_deferred,
    unarchive_item,
    undefer_item,
)
from poolhouse.services.trash import restore_item, trash_item
from poolhouse.types import DeliveryPurpose, JobState, Mark, PageState, ReadMail
from poolhouse.workers.mail_reading import read_message
from tests.conftest import make_person, principal_of
from tests.letters import SENDER, deliver, paths, receive, write_letter

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.app.house import RunningHouse
    from poolhouse.types import Principal
    from tests.conftest import StillClock


pytestmark = pytest.mark.usefixtures("sound")


def found(data: OpenData, principal: Principal, query: str) -> list[str]:
    return [item.title for item in data.database.read(lambda tx: search_items(tx, principal, query))]


def test_a_message_is_there_at_once_and_what_it_says_later(data: OpenData, principal: Principal) -> None:
    raw = write_letter()
    delivered = deliver(data, raw)
    item = data.database.read(lambda tx: get_item(tx, principal, delivered.item_id))
    assert (item.title, item.page_state, item.url) == (NO_SUBJECT, PageState.PENDING, "")
    assert paths(data, principal, item.id) == ["Inbox"]
    (job,) = data.database.read(lambda tx: tx.tuples.of(principal.person_id, limit=9))
    assert (job.kind, job.state) == (ReadMail.KIND, JobState.WAITING)
    data.database.write(lambda tx: record_reading(tx, item.id, read_message(raw)))
    item = data.database.read(lambda tx: get_item(tx, principal, item.id))
    assert (item.title, item.author, item.description) == ("Beds", "Robin", "Dig none.")
    assert data.blobs.get(item.blob or "") == raw
    bodies = data.database.read(lambda tx: message_bodies(tx, principal, item.id))
    assert bodies is not None
    assert bodies.text == "Dig none."


def test_many_messages_ask_for_one_job(data: OpenData, principal: Principal) -> None:
    for number in range(5):
        deliver(data, write_letter(f"{number}"))
    assert len(data.database.read(lambda tx: tx.tuples.of(principal.person_id, limit=9))) == 1


def test_the_same_bytes_are_one_item_whatever_is_done(data: OpenData, principal: Principal) -> None:
    raw = write_letter()
    first = deliver(data, raw)
    again = deliver(data, raw)
    assert (first.is_new, again.is_new) == (True, False)
    assert first.item_id == again.item_id
    data.database.write(lambda tx: add_pool(tx, principal, "Garden"))
    deliver(data, raw, "anna+garden@pools.test")
    assert paths(data, principal, first.item_id) == ["Garden", "Inbox"]
    data.database.write(lambda tx: trash_item(tx, principal, first.item_id))
    deliver(data, raw)
    assert data.database.read(lambda tx: get_item(tx, principal, first.item_id)).trashed_at is not None


def test_a_redelivery_does_not_bring_back_what_was_archived(data: OpenData, principal: Principal) -> None:
    raw = write_letter()
    item_id = receive(data, raw).item_id
    data.database.write(lambda tx: archive_item(tx, principal, item_id))
    deliver(data, raw)
    assert paths(data, principal, item_id) == ["Archive"]


def test_what_was_set_aside_joins_other_pools_but_never_the_inbox(
    data: OpenData, principal: Principal, clock: StillClock
) -> None:
    data.database.write(lambda tx: add_pool(tx, principal, "Garden"))
    archived, deferred = (receive(data, write_letter(name)).item_id for name in ("Old", "Soon"))
    data.database.write(lambda tx: archive_item(tx, principal, archived))
    data.database.write(lambda tx: defer_item(tx, principal, deferred, clock.now() + timedelta(hours=1)))
    for name in ("Old", "Soon"):
        deliver(data, write_letter(name))
        deliver(data, write_letter(name), "anna+garden@pools.test")
    assert paths(data, principal, archived) == ["Archive", "Garden"]
    assert paths(data, principal, deferred) == ["Garden", "Later"]
    item = data.database.read(lambda tx: get_item(tx, principal, deferred))
    assert item.deferred_until == clock.now() + timedelta(hours=1)


def test_one_that_cannot_be_read_stays_and_says_why(data: OpenData, principal: Principal) -> None:
    item_id = deliver(data, b"\xff\x00 nothing").item_id
    data.database.write(lambda tx: record_unreadable(tx, item_id, "It took too long."))
    item = data.database.read(lambda tx: get_item(tx, principal, item_id))
    assert (item.page_state, item.page_error) == (PageState.FAILED, "It took too long.")
    assert data.database.read(lambda tx: get_message(tx, principal, item_id)).facts is None
    data.database.write(lambda tx: record_reading(tx, item_id, read_message(write_letter())))
    assert data.database.read(lambda tx: get_item(tx, principal, item_id)).title == "Beds"


def test_what_was_read_can_be_read_again_and_is_no_news(data: OpenData, principal: Principal) -> None:
    item_id = receive(data, write_letter()).item_id
    data.database.write(lambda tx: archive_item(tx, principal, item_id))
    data.database.write(lambda tx: tx.tuples.cancel(tx.tuples.of(principal.person_id, limit=9)[0].id))
    first, second = (data.database.write(lambda tx: recapture(tx, principal, item_id)) for _ in range(2))
    assert first == second  # one job reads all
    assert data.database.read(lambda tx: get_item(tx, principal, item_id)).page_state is PageState.DONE
    data.database.write(lambda tx: record_reading(tx, item_id, read_message(write_letter())))
    assert paths(data, principal, item_id) == ["Archive"]
    data.database.write(lambda tx: trash_item(tx, principal, item_id))
    with pytest.raises(ConflictError):
        data.database.write(lambda tx: recapture(tx, principal, item_id))


def test_after_an_upgrade_what_an_older_reader_read_is_asked_for(
    data: OpenData, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = receive(data, write_letter()).item_id
    (job,) = data.database.read(lambda tx: tx.tuples.of(principal.person_id, limit=9))
    data.database.write(lambda tx: tx.tuples.cancel(job.id))
    data.database.write(ask_to_reread)
    assert data.database.read(lambda tx: tx.tuples.of(principal.person_id, limit=9)) == []
    monkeypatch.setattr("poolhouse.services.messages.READER_REVISION", 2)
    data.database.write(ask_to_reread)
    assert len(data.database.read(lambda tx: tx.tuples.of(principal.person_id, limit=9))) == 1
    unread = data.database.read(lambda tx: tx.messages.unread_by(2, principal.person_id, limit=9))
    assert [each[0] for each in unread] == [item_id]


def test_a_title_that_its_person_gave_stays_when_it_is_read_again(
    data: OpenData, principal: Principal
) -> None:
    raw = write_letter()
    item_id = receive(data, raw).item_id
    data.database.write(lambda tx: edit_link(tx, principal, item_id, title="Mine", note="n", tags=["t"]))
    data.database.write(lambda tx: record_reading(tx, item_id, read_message(raw)))
    item = data.database.read(lambda tx: get_item(tx, principal, item_id))
    assert (item.title, item.note, item.tags) == ("Mine", "n", ("t",))
    with pytest.raises(InvalidInputError):
        data.database.write(lambda tx: edit_link(tx, principal, item_id, url="https://example.org/"))


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("from:robin", True),
        ("from:ROBIN", True),
        ('from:"robin robin@elsewhere.example"', True),
        ("from:elsewh*", True),
        ("from:anna", False),
        ("to:anna", True),
        ("subject:beds", True),
        ("subject:dig", False),
        ("has:attachment", True),
        ("-has:attachment", False),
        ("list:garden", True),
        ("list:garden.lists.example", True),
        ("kind:message", True),
        ("kind:link", False),
        ("robin", True),
        ("none", True),
        ("from:robin subject:beds none", True),
    ],
)
def test_search_finds_it_by_its_fields(
    data: OpenData, principal: Principal, query: str, *, is_found: bool
) -> None:
    receive(data, write_letter(files=(("plan.pdf", b"%PDF"),), List_Id="Garden <garden.lists.example>"))
    data.database.write(lambda tx: save_link(tx, principal, "https://other.example/", title="Else"))
    assert ("Beds" in found(data, principal, query)) is is_found


def test_a_saved_search_files_on_arrival_and_may_keep_it_out_of_the_inbox(
    data: OpenData, principal: Principal
) -> None:
    data.database.write(lambda tx: add_pool(tx, principal, "Garden", query="list:garden", skips_inbox=True))
    data.database.write(lambda tx: add_pool(tx, principal, "Robin", query="from:robin"))
    listed = receive(data, write_letter(List_Id="<garden.lists.example>")).item_id
    other = receive(data, write_letter("Else")).item_id
    assert paths(data, principal, listed) == ["Archive", "Garden", "Robin"]
    assert paths(data, principal, other) == ["Inbox", "Robin"]
    assert data.database.read(lambda tx: mailing_lists(tx, principal)) == [("garden.lists.example", "", 1)]


def test_who_refer_to_each_other_are_one_conversation_in_any_order(
    data: OpenData, principal: Principal
) -> None:
    letters = {
        "a": write_letter("a", Message_ID="<a@x>"),
        "b": write_letter("b", Message_ID="<b@x>", In_Reply_To="<a@x>"),
        "c": write_letter("c", Message_ID="<c@x>", References="<a@x> <b@x>"),
        "d": write_letter("d", Message_ID="<d@x>"),
    }
    ids = {name: receive(data, letters[name]).item_id for name in "dcab"}
    for name in "abc":
        thread = data.database.read(partial(thread_of, principal=principal, item_id=ids[name]))
        assert sorted(item.title for item in thread) == ["a", "b", "c"]
    assert len(data.database.read(lambda tx: thread_of(tx, principal, ids["d"]))) == 1


def test_somebody_new_is_said_to_be_new_once(data: OpenData, principal: Principal) -> None:
    first, second = (receive(data, write_letter(f"{number}")).item_id for number in range(2))
    warnings = [
        data.database.read(partial(get_message, principal=principal, item_id=each)).facts
        for each in (first, second)
    ]
    assert [FIRST_CONTACT in facts.warnings for facts in warnings if facts] == [True, False]


def test_a_link_in_a_message_is_saved_and_points_back(data: OpenData, principal: Principal) -> None:
    item_id = receive(data, write_letter(text="Look at https://example.org/page now.")).item_id
    saved = data.database.write(
        lambda tx: save_found_link(tx, principal, item_id, "https://example.org/page")
    )
    assert saved.item.found_in == item_id
    with pytest.raises(NotFoundError):
        data.database.write(lambda tx: save_found_link(tx, principal, item_id, "https://example.org/other"))


def test_archive_and_back(data: OpenData, principal: Principal) -> None:
    item_id = receive(data, write_letter()).item_id
    data.database.write(lambda tx: archive_item(tx, principal, item_id))
    assert paths(data, principal, item_id) == ["Archive"]
    data.database.write(lambda tx: unarchive_item(tx, principal, item_id))
    assert paths(data, principal, item_id) == ["Inbox"]


def test_deferred_until_its_time_then_unread_on_top(
    data: OpenData, principal: Principal, clock: StillClock
) -> None:
    item_id = receive(data, write_letter()).item_id
    receive(data, write_letter("Else"))
    data.database.write(lambda tx: tx.items.set_mark(item_id, principal.person_id, Mark.READ, is_on=True))
    until = clock.now() + timedelta(hours=5)
    data.database.write(lambda tx: defer_item(tx, principal, item_id, until))
    assert paths(data, principal, item_id) == ["Later"]
    assert data.database.write(return_deferred) == 0
    clock.pass_seconds(5 * 3_600)
    assert data.database.write(return_deferred) == 1
    assert paths(data, principal, item_id) == ["Inbox"]
    inbox = data.database.read(lambda tx: pools_of_item(tx, principal, item_id))[0]
    top = data.database.read(lambda tx: tx.memberships.newest(inbox.id, principal.person_id, limit=1))[0]
    assert (top.item.id, top.item.marks, top.item.deferred_until) == (item_id, frozenset(), None)


def test_deferred_twice_it_goes_back_to_where_it_was_first(
    data: OpenData, principal: Principal, clock: StillClock
) -> None:
    garden = data.database.write(lambda tx: add_pool(tx, principal, "Garden"))
    item_id = receive(data, write_letter(), "anna+garden@pools.test").item_id
    for hours in (1, 2):
        until = clock.now() + timedelta(hours=hours)
        data.database.write(partial(defer_item, principal=principal, item_id=item_id, until=until))
    data.database.write(lambda tx: undefer_item(tx, principal, item_id))
    assert paths(data, principal, item_id) == ["Garden"]
    data.database.write(lambda tx: defer_item(tx, principal, item_id, clock.now() + timedelta(hours=1)))
    data.database.write(lambda tx: trash_pool(tx, principal, garden.id))
    data.database.write(lambda tx: undefer_item(tx, principal, item_id))
    assert paths(data, principal, item_id) == ["Inbox"]
    with pytest.raises(InvalidInputError):
        data.database.write(lambda tx: defer_item(tx, principal, item_id, clock.now()))


def test_deferred_anew_it_stays_in_its_other_pools_but_leaves_the_inbox(
    data: OpenData, principal: Principal, clock: StillClock
) -> None:
    data.database.write(lambda tx: add_pool(tx, principal, "Garden"))
    item_id = receive(data, write_letter()).item_id
    receive(data, write_letter(), "anna+garden@pools.test")

    def defer(hours: int) -> list[str]:
        until = clock.now() + timedelta(hours=hours)
        data.database.write(lambda tx: defer_item(tx, principal, item_id, until))
        return paths(data, principal, item_id)

    assert defer(1) == defer(2) == ["Garden", "Later"]
    pools = [pool.id for pool in data.database.read(lambda tx: pools_of_item(tx, principal, item_id))]
    inbox = data.database.read(lambda tx: find_pool(tx, principal, "Inbox"))
    data.database.write(lambda tx: edit_link(tx, principal, item_id, pool_ids=[*pools, inbox.id]))
    assert defer(3) == ["Garden", "Later"]
    data.database.write(lambda tx: undefer_item(tx, principal, item_id))
    assert paths(data, principal, item_id) == ["Garden", "Inbox"]


def test_trash_and_restore(data: OpenData, principal: Principal) -> None:
    garden = data.database.write(lambda tx: add_pool(tx, principal, "Garden"))
    item_id = receive(data, write_letter(), "anna+garden@pools.test").item_id
    data.database.write(lambda tx: trash_item(tx, principal, item_id))
    assert found(data, principal, "from:robin") == []
    with pytest.raises(ConflictError):
        data.database.write(lambda tx: archive_item(tx, principal, item_id))
    data.database.write(lambda tx: trash_pool(tx, principal, garden.id))
    data.database.write(lambda tx: restore_item(tx, principal, item_id))
    assert paths(data, principal, item_id) == ["Inbox"]


def test_mail_to_oneself_at_the_save_address_saves_its_link(data: OpenData, principal: Principal) -> None:
    with pytest.raises(ForbiddenError):
        data.database.read(lambda tx: resolve_recipient(tx, "anna+save@pools.test", sender=SENDER))
    data.database.write(lambda tx: set_own_addresses(tx, principal, [SENDER]))
    raw = write_letter("Apples #garden #fruit", "https://example.org/apples\n\nhttps://example.org/pears\n")
    item_id = receive(data, raw, "anna+save@pools.test").item_id
    (link,) = data.database.read(lambda tx: search_items(tx, principal, "kind:link"))
    assert (link.url, link.title, link.found_in) == ("https://example.org/apples", "Apples", item_id)
    assert set(link.tags) == {"garden", "fruit"}
    message = data.database.read(lambda tx: get_item(tx, principal, item_id))
    assert message.marks == {Mark.READ}
    assert paths(data, principal, item_id) == ["Archive"]


def test_what_saves_nothing_stays_an_ordinary_message(
    data: OpenData, house: RunningHouse, principal: Principal
) -> None:
    data.database.write(lambda tx: set_own_addresses(tx, principal, [SENDER]))
    without = receive(data, write_letter("No link"), "anna+save@pools.test").item_id
    forged = receive(
        data,
        write_letter("F", "https://e.example/", Authentication_Results="mx.test; dmarc=fail"),
        "anna+save@pools.test",
        authserv="mx.test",
    ).item_id
    for item_id in (without, forged):
        assert paths(data, principal, item_id) == ["Inbox"]
    unread = data.database.read(lambda tx: search_items(tx, principal, "is:unread kind:message"))
    assert {item.id for item in unread} == {without, forged}
    address = data.database.write(
        lambda tx: add_delivery_address(
            tx, house.vault, principal, label="Phone", purpose=DeliveryPurpose.SAVE
        )
    )
    receive(
        data, write_letter("S", "https://s.example/"), f"{address.local_part}@pools.test", "any@where.example"
    )
    assert found(data, principal, "kind:link") == ["S"]


@pytest.mark.parametrize(
    ("said", "sender", "is_saved"),
    [
        ("spf=pass smtp.mailfrom=elsewhere.example", SENDER, True),
        ('spf=fail smtp.mailfrom="x; dmarc=pass "@elsewhere.example; dmarc=fail', SENDER, False),
        ("spf=fail; dkim=pass header.d=evil.example", SENDER, False),
        ("spf=fail; dkim=pass header.d=evil.example; dmarc=pass", "x@evil.example", False),
        ("spf=fail; dkim=pass header.d=elsewhere.example; dmarc=pass", SENDER, True),
    ],
)
def test_what_another_signs_does_not_save(
    data: OpenData, principal: Principal, said: str, sender: str, *, is_saved: bool
) -> None:
    data.database.write(lambda tx: set_own_addresses(tx, principal, [SENDER]))
    raw = write_letter("S", "https://s.example/", sender=sender, Authentication_Results=f"mx.test; {said}")
    receive(data, raw, "anna+save@pools.test", authserv="mx.test")
    assert found(data, principal, "kind:link") == (["S"] if is_saved else [])


def test_a_link_is_no_message(data: OpenData, principal: Principal) -> None:
    link = data.database.write(lambda tx: save_link(tx, principal, "https://one.test/")).item
    for ask in (get_message, message_bodies, thread_of):
        with pytest.raises(NotFoundError):
            data.database.read(partial(ask, principal=principal, item_id=link.id))


def test_nothing_is_anybody_elses(data: OpenData, house: RunningHouse, principal: Principal) -> None:
    item_id = receive(data, write_letter(List_Id="<l.example>")).item_id
    ben = principal_of(make_person(house, "ben"))
    for ask in (get_message, message_bodies, thread_of):
        with pytest.raises(NotFoundError):
            data.database.read(partial(ask, principal=ben, item_id=item_id))
    for change in (archive_item, unarchive_item, undefer_item):
        with pytest.raises(NotFoundError):
            data.database.write(partial(change, principal=ben, item_id=item_id))
    item = data.database.read(lambda tx: get_item(tx, principal, item_id))
    assert data.database.read(lambda tx: recipients_of(tx, principal, [item])) == {item_id: "anna@pools.test"}
    with pytest.raises(NotFoundError):
        data.database.read(lambda tx: recipients_of(tx, ben, [item]))
    assert data.database.read(lambda tx: mailing_lists(tx, ben)) == []
    reader = replace(principal, scope=type(principal.scope).FEED)
    with pytest.raises(NotFoundError):
        data.database.read(lambda tx: get_message(tx, reader, item_id))
