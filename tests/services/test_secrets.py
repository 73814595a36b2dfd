"""Secrets: one for each reader and script, shown once, good for one thing, cut off at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from poolhouse.errors import InvalidInputError, NotFoundError
from poolhouse.rules.vault import Vault
from poolhouse.services.feeds import get_feed_pool
from poolhouse.services.links import edit_link, find_all_saved, find_saved, mark_item, save_link
from poolhouse.services.pools import (
    add_pool,
    edit_pool,
    find_pool,
    get_pool,
    list_pools,
    restore_pool,
    trash_pool,
)
from poolhouse.services.reading import get_item, list_entries, list_tags, pools_of_item, search_items
from poolhouse.services.secrets import (
    LABEL_LENGTH,
    add_feed_secret,
    add_token,
    cut_off,
    list_secrets,
    open_with_key_of,
    open_with_secret,
)
from poolhouse.services.trash import delete_item, empty_trash, list_trash, restore_item, trash_item
from poolhouse.types import Mark, Principal, ReaderUse, Scope, SecretId, SecretKind
from tests.store.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolhouse.app.data import OpenData
    from poolhouse.types import PoolId, Secret
    from tests.conftest import StillClock


def feed_secret(data: OpenData, anna: Actor, pool_id: PoolId, label: str = "reader") -> tuple[Secret, str]:
    return data.database.write(lambda tx: add_feed_secret(tx, data.vault, anna.principal, pool_id, label))


def token(data: OpenData, anna: Actor, label: str = "script") -> tuple[Secret, str]:
    return data.database.write(lambda tx: add_token(tx, data.vault, anna.principal, label))


def behind(data: OpenData, text: str) -> Actor | None:
    """Whoever is behind a secret, as the doors find them."""
    found = data.database.read(lambda tx: open_with_secret(tx, data.vault, text))
    return Actor(data.database, found[0]) if found else None


def test_a_token_is_its_person(data: OpenData, anna: Actor) -> None:
    secret, text = token(data, anna)
    script = behind(data, text)
    assert script is not None
    assert script.principal == Principal(
        person_id=anna.principal.person_id, scope=Scope.PERSON, secret_id=secret.id
    )
    assert script.do(save_link, "https://one.test/").is_new


def test_a_readers_secret_opens_its_feed_and_nothing_else(data: OpenData, anna: Actor) -> None:
    pool, other = anna.bookmarks.id, anna.do(add_pool, "Other").id
    item = anna.do(save_link, "https://one.test/", tags=["red"]).item.id
    secret, text = feed_secret(data, anna, pool)
    reader = behind(data, text)
    assert reader is not None
    assert reader.principal.scope is Scope.FEED
    assert reader.ask(get_feed_pool, pool).id == pool
    shut: list[Callable[[], object]] = [
        lambda: reader.ask(get_feed_pool, other),
        lambda: reader.ask(get_pool, pool),
        lambda: reader.ask(find_pool, "Bookmarks"),
        lambda: reader.ask(list_pools),
        lambda: reader.ask(list_entries, pool),
        lambda: reader.ask(get_item, item),
        lambda: reader.ask(pools_of_item, item),
        lambda: reader.ask(search_items, "one"),
        lambda: reader.ask(list_tags),
        lambda: reader.ask(find_saved, "https://one.test/"),
        lambda: reader.ask(find_all_saved, ["https://one.test/"]),
        lambda: reader.ask(list_secrets),
        lambda: reader.ask(list_trash),
        lambda: reader.do(save_link, "https://two.test/", pool_id=pool),
        lambda: reader.do(save_link, "https://two.test/"),
        lambda: reader.do(edit_link, item, title="mine"),
        lambda: reader.do(mark_item, item, Mark.READ, is_on=True),
        lambda: reader.do(trash_item, item),
        lambda: reader.do(restore_item, item),
        lambda: reader.do(delete_item, item),
        lambda: reader.do(empty_trash),
        lambda: reader.do(add_pool, "Mine"),
        lambda: reader.do(edit_pool, pool, name="Mine"),
        lambda: reader.do(trash_pool, other),
        lambda: reader.do(cut_off, secret.id),
        lambda: feed_secret(data, reader, pool),
        lambda: token(data, reader),
    ]
    before = data.database.read(lambda tx: tx.changes.last())
    for ask in shut:
        with pytest.raises(NotFoundError):
            ask()
    assert data.database.read(lambda tx: tx.changes.last()) == before


def test_a_secret_is_cut_off_with_the_commit_and_for_good(data: OpenData, anna: Actor) -> None:
    secret, text = feed_secret(data, anna, anna.bookmarks.id)
    _, kept = feed_secret(data, anna, anna.bookmarks.id, "other reader")
    anna.do(cut_off, secret.id)
    assert behind(data, text) is None
    assert behind(data, kept) is not None
    last = data.database.read(lambda tx: tx.changes.last())
    anna.do(cut_off, secret.id)
    assert data.database.read(lambda tx: tx.changes.last()) == last
    assert [each.cut_off_at is None for each in anna.ask(list_secrets)] == [False, True]


def test_a_key_opens_what_its_secret_opens_and_as_long(data: OpenData, anna: Actor) -> None:
    def opened(secret_id: SecretId) -> Principal | None:
        found = data.database.read(lambda tx: open_with_key_of(tx, secret_id))
        return found[0] if found else None

    for secret, text in (feed_secret(data, anna, anna.bookmarks.id), token(data, anna)):
        by_text = behind(data, text)
        assert by_text is not None
        assert opened(secret.id) == by_text.principal
        anna.do(cut_off, secret.id)
        assert opened(secret.id) is None
    assert opened(SecretId(999)) is None


def test_nobody_cuts_off_or_sees_anothers(data: OpenData, anna: Actor, bert: Actor) -> None:
    secret, text = token(data, anna)
    with pytest.raises(NotFoundError):
        bert.do(cut_off, secret.id)
    with pytest.raises(NotFoundError):
        bert.do(cut_off, type(secret.id)(999))
    with pytest.raises(NotFoundError):
        feed_secret(data, bert, anna.bookmarks.id)
    assert bert.ask(list_secrets) == []
    assert behind(data, text) is not None


def test_a_feed_stops_when_its_pool_is_deleted_and_comes_back_with_it(data: OpenData, anna: Actor) -> None:
    pool = anna.do(add_pool, "Reading").id
    _, text = feed_secret(data, anna, pool)
    reader = behind(data, text)
    assert reader is not None
    anna.do(trash_pool, pool)
    with pytest.raises(NotFoundError):
        reader.ask(get_feed_pool, pool)
    with pytest.raises(NotFoundError):
        feed_secret(data, anna, pool)
    anna.do(restore_pool, pool)
    assert reader.ask(get_feed_pool, pool).name == "Reading"


def test_secrets_are_192_bits_and_kept_as_a_keyed_hash(data: OpenData, anna: Actor) -> None:
    texts = {token(data, anna)[1] for _ in range(20)}
    assert len(texts) == 20
    assert all(len(text) == 32 and text.replace("-", "").replace("_", "").isalnum() for text in texts)
    kept = data.database.writing.execute("SELECT * FROM secret").fetchall()
    assert not any(text in str(kept) for text in texts)
    another_key = Vault(bytes(32), bytes)
    assert all(data.vault.hash(text) != another_key.hash(text) for text in texts)


@pytest.mark.parametrize(
    "change", [str.lower, str.upper, lambda text: text[:-1], lambda text: text + "=", lambda text: " " + text]
)
def test_a_secret_is_compared_exactly(data: OpenData, anna: Actor, change: Callable[[str], str]) -> None:
    _, text = token(data, anna)
    assert change(text) == text or behind(data, change(text)) is None


@pytest.mark.parametrize("label", ["", "  ", "\x00"])
def test_a_secret_has_a_name(data: OpenData, anna: Actor, label: str) -> None:
    with pytest.raises(InvalidInputError):
        token(data, anna, label)
    with pytest.raises(InvalidInputError):
        token(data, anna, "x" * (LABEL_LENGTH + 1))
    assert anna.ask(list_secrets) == []


def test_lists_are_of_a_pool_or_a_kind(data: OpenData, anna: Actor) -> None:
    one, two = anna.bookmarks.id, anna.inbox.id
    first, _ = feed_secret(data, anna, one)
    second, _ = feed_secret(data, anna, two)
    third, _ = token(data, anna)
    assert [each.id for each in anna.ask(list_secrets)] == [first.id, second.id, third.id]
    assert [each.id for each in anna.ask(list_secrets, pool_id=two)] == [second.id]
    assert [each.id for each in anna.ask(list_secrets, kind=SecretKind.TOKEN)] == [third.id]
    assert anna.ask(list_secrets, pool_id=two, kind=SecretKind.TOKEN) == []


def test_the_last_use_is_kept(data: OpenData, anna: Actor, clock: StillClock) -> None:
    secret, _ = token(data, anna)
    uses = [ReaderUse(at=clock.now(), user_agent="newsboat", status=status) for status in (200, 304)]
    data.database.write(lambda tx: tx.secrets.record_uses((secret.id, use) for use in uses))
    assert anna.ask(list_secrets)[0].last_use == uses[1]
