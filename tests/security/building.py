"""Builds the homes of a plan through the services: pools, links with what was captured of them, and keys."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from poolhouse.services.captures import record_capture
from poolhouse.services.links import mark_item, save_link
from poolhouse.services.people import add_person, end_session, set_person_disabled, start_session
from poolhouse.services.pools import add_pool, list_pools, trash_pool
from poolhouse.services.secrets import add_feed_secret, add_token, cut_off
from poolhouse.services.trash import trash_item
from poolhouse.types import Captured, CaptureMode, Mark, PoolKind, PoolRole
from tests.security.homes import FIRST_ID, SHARED_TAG, Home, ItemThere, PoolThere
from tests.security.mail import build_mail
from tests.security.oracle import foresee

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolhouse.app.data import OpenData
    from poolhouse.ports import Transaction
    from poolhouse.rules.vault import Vault
    from poolhouse.types import Pool, PoolId
    from tests.security.plans import ItemPlan, PersonPlan

NAMES = ("zqanna", "zqbob", "zqcarl")
PNG = b"\x89PNG\r\n\x1a\n"


def build_homes(tx: Transaction, data: OpenData, plan: Sequence[PersonPlan]) -> list[Home]:
    """The homes of a plan, in a store that has nobody yet."""
    for table in (
        *("person", "pool", "item", "secret", "session", "tag", "capture", "tuple"),
        *("delivery_address", "mail_account", "mail_folder"),
    ):
        data.database.writing.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        data.database.writing.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, FIRST_ID)
        )
    homes = [_build_home(tx, data, name, each) for name, each in zip(NAMES, plan, strict=False)]
    for home in homes:  # after all links, which have the numbers of their captures and jobs
        build_mail(tx, data, home)
    for home, each in zip(homes, plan, strict=True):
        if each.is_disabled:
            set_person_disabled(tx, home.name, is_disabled=True)
    return homes


def _build_home(tx: Transaction, data: OpenData, name: str, plan: PersonPlan) -> Home:
    home = Home(person=add_person(tx, name, None), is_disabled=plan.is_disabled)
    manual, planned = _build_pools(tx, home, plan)
    items = [_build_item(tx, data, home, number, each, manual) for number, each in enumerate(plan.items)]
    home.jobs = [job.id for job in tx.tuples.of(home.person.id, limit=100)]
    assert home.jobs == [item.id for item, _ in items]
    # the first of them failed
    data.database.writing.execute(
        "UPDATE tuple SET state = 'dead', reason = ? WHERE id = ?",
        (f"{home.name} reason", min(home.jobs, default=0)),
    )
    _build_keys(tx, data.vault, home, [*manual, *planned])
    for each, pool in zip(plan.pools, planned, strict=True):
        if each.is_trashed and (found := tx.pools.get(pool.id)) and found.trashed_at is None:
            trash_pool(tx, home.me, pool.id)
    foresee(home, plan, [*manual[:2], *planned], items)
    return home


def _build_pools(tx: Transaction, home: Home, plan: PersonPlan) -> tuple[list[Pool], list[Pool]]:
    """The manual pools, Bookmarks and Inbox first; and those of the plan."""
    roles = {pool.role: pool for pool in list_pools(tx, home.me) if pool.role}
    planned: list[Pool] = []
    for number, each in enumerate(plan.pools):
        parent_id = None if each.parent is None else planned[each.parent].id
        query = f"tag:{home.name}tag0" if each.is_search else None
        planned.append(add_pool(tx, home.me, f"{home.name} pool {number}", parent_id=parent_id, query=query))
    return [
        roles[PoolRole.BOOKMARKS],
        roles[PoolRole.INBOX],
        *(pool for pool in planned if pool.kind is PoolKind.MANUAL),
    ], planned


def _build_item(
    tx: Transaction, data: OpenData, home: Home, number: int, plan: ItemPlan, manual: list[Pool]
) -> tuple[ItemThere, set[PoolId]]:
    # the same page is kept by everybody: that it is must not show
    host = "common.example" if plan.is_common else f"{home.name}.example"
    url, title = f"https://{host}/{number}", f"{home.name} title {number} common"
    tags = (SHARED_TAG, *(f"{home.name}tag{tag}" for tag in sorted(plan.tags)))
    pool_ids = {manual[place % len(manual)].id for place in plan.pools}
    for pool_id in sorted(pool_ids):
        item = save_link(
            tx, home.me, url, pool_id=pool_id, title=title, note=f"{home.name} note", tags=tags
        ).item
    capture_id = record_capture(tx, item.id, url, _captured(data, home, url))
    assert capture_id is not None
    assert int(capture_id) == item.id
    mark_item(tx, home.me, item.id, Mark.STARRED, is_on=True)
    if plan.is_trashed:
        trash_item(tx, home.me, item.id)
    there = ItemThere(id=item.id, title=title, url=url, tags=tags, is_live=not plan.is_trashed)
    return there, pool_ids


def _captured(data: OpenData, home: Home, url: str) -> Captured:
    says, picture = f"{home.name} says", data.blobs.put(PNG + home.mark)
    html = data.blobs.put(gzip.compress(f"<p>{says} on {url}</p>".encode(), mtime=0))
    return Captured(
        url=url,
        mode=CaptureMode.FULL,
        title=says,
        description=says,
        author=says,
        language="en",
        excerpt=says,
        word_count=3,
        text=f"{says} captured",
        favicon=picture,
        reader_blob=html,
        page_blob=html,
        thumbnail_blob=picture,
        size_bytes=1_000,
    )


def _build_keys(tx: Transaction, vault: Vault, home: Home, pools: Sequence[Pool]) -> None:
    for pool in dict.fromkeys(pool.id for pool in pools):
        secret, text = add_feed_secret(tx, vault, home.me, pool, f"{home.name} reader")
        home.feed_secrets.append((PoolThere(id=pool, name="", is_live=True), secret.id, text))
    dead, text = add_feed_secret(tx, vault, home.me, pools[0].id, f"{home.name} old reader")
    cut_off(tx, home.me, dead.id)
    home.dead_feed_secret = (PoolThere(id=pools[0].id, name="", is_live=True), text)
    _, home.token = add_token(tx, vault, home.me, f"{home.name} script")
    dead, home.dead_token = add_token(tx, vault, home.me, f"{home.name} old script")
    cut_off(tx, home.me, dead.id)
    _, home.dead_session = start_session(tx, vault, home.person.id, f"{home.name} browser")
    end_session(tx, vault, home.dead_session)
    session, home.session = start_session(tx, vault, home.person.id, f"{home.name} browser")
    home.session_id = session.id
