"""The sample mail of the demo: every message is there, is read, and shows what a list and a page can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.app.demo import fill_with_samples
from poolhouse.app.demo_mail import fill_with_mail
from poolhouse.rules.query import parse_query
from poolhouse.services.deliveries import list_delivery_addresses
from poolhouse.services.messages import FIRST_CONTACT, READER_REVISION, get_message, record_reading
from poolhouse.types import ItemKind, PageState, PoolRole
from poolhouse.workers.mail_reading import read_message

if TYPE_CHECKING:
    from poolhouse.app.data import OpenData
    from poolhouse.types import ItemId, Principal


def test_the_samples_show_what_mail_can_be(data: OpenData) -> None:
    me, _ = data.database.write(fill_with_samples)
    data.database.write(lambda tx: fill_with_mail(tx, data.vault, me, data.blobs))
    unread = data.database.read(lambda tx: tx.messages.unread_by(READER_REVISION, me.person_id, limit=50))
    for item_id, _, _ in unread:
        _read(data, me, item_id)
    found = data.database.read(lambda tx: tx.search.all_matches(me.person_id, parse_query("kind:message")))
    assert len(found) == 9
    glance = data.database.glance()
    items = [glance.items.get(each, me.person_id) for each in found]
    shown = [item for item in items if item is not None]
    assert {(item.kind, item.page_state) for item in shown} == {(ItemKind.MESSAGE, PageState.DONE)}
    assert max(item.attachment_count for item in shown) == 2
    facts = [get_message(glance, me, item.id).facts for item in shown]
    told = [each for each in facts if each is not None]
    assert any(set(each.warnings) - {FIRST_CONTACT} for each in told)
    assert any(each.remote_image_count for each in told)
    pools = {pool.role or pool.name: pool for pool in glance.pools.of(me.person_id)}
    assert (pools[PoolRole.ARCHIVE].entry_count, pools["Feeds list"].entry_count) == (2, 2)
    threads = glance.messages.thread_counts(me.person_id, [item.thread_id for item in shown])
    assert max(threads.values()) == 3
    (address,) = list_delivery_addresses(glance, me)
    assert address.label == "The Letterpress Post"


def _read(data: OpenData, me: Principal, item_id: ItemId) -> None:
    item = data.database.glance().items.get(item_id, me.person_id)
    assert item is not None
    assert item.blob is not None
    raw = data.blobs.get(item.blob)
    assert raw is not None
    reading = read_message(raw)
    data.database.write(lambda tx: record_reading(tx, item_id, reading))
