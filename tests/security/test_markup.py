"""Markup in everything that people, pages and programs write: it is shown as what it is, text, in every document."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from poolhouse.errors import PoolhouseError
from poolhouse.rules.names import clean_person_name
from poolhouse.services.links import save_link
from tests.security.callers import cookie
from tests.security.inert import (
    check_page,
)
from tests.security.plans import RICH
from tests.security.world import World, made_world

if TYPE_CHECKING:
    from pathlib import Path

    from poolhouse.ports import Transaction

from tests.security.markup import PAYLOADS, check_everything, write_everywhere, written

HTML = {"accept": "text/html"}
AT_ONCE = 8

in_few_worlds = settings(
    max_examples=5,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
every_payload = pytest.mark.parametrize("payload", PAYLOADS, ids=lambda text: ascii(text)[:40])


@pytest.mark.parametrize("first", range(0, len(PAYLOADS), AT_ONCE))
def test_what_is_written_stays_text(first: int) -> None:
    with made_world(RICH) as world:
        for payload in PAYLOADS[first : first + AT_ONCE]:
            write_everywhere(world, payload)
        documents = [each.decode("utf-8", "replace") for each in check_everything(world)]
        shown = [each for each in documents if "zqpwn()" in unescape(each)]
        assert len(shown) > 20, "what was written is hardly anywhere, so this proves nothing"


@given(text=written)
@in_few_worlds
def test_whatever_is_written_stays_text(text: str) -> None:
    with made_world(RICH) as world:
        write_everywhere(world, text)
        check_everything(world)


@pytest.mark.slow
@given(text=written)
@settings(in_few_worlds, max_examples=20)
def test_very_much_that_is_written_stays_text(text: str) -> None:
    with made_world(RICH) as world:
        write_everywhere(world, text)
        check_everything(world)


def test_what_feedparser_sanitises_stays_text_here(fixtures: Path) -> None:
    files = sorted((fixtures / "html" / "feedparser-sanitize").glob("*.xml"))
    assert len(files) > 300
    texts = [_payload_of(each.read_text("utf-8", "replace")) for each in files]
    with made_world(RICH) as world:
        home = world.homes[0]

        def save_all(tx: Transaction) -> None:
            for number, text in enumerate(texts):
                save_link(
                    tx,
                    home.me,
                    f"https://hostile.example/{number}",
                    pool_id=home.pools[2].id,
                    title=text[:2_000],
                    note=text,
                    tags=(text.replace(",", "")[:90],),
                )

        world.house.data.database.write(save_all)
        assert len(check_everything(world)) > 100


def _payload_of(document: str) -> str:
    """The hostile part of one of the files, which is escaped in it."""
    return unescape(re.sub(r"<!--.*?-->", "", document, flags=re.DOTALL)).strip()[:5_000]


@every_payload
def test_the_confirm_window_shows_text(world: World, payload: str) -> None:
    home = world.homes[0]
    fields = {
        name: payload.encode("utf-8", "replace") for name in ("title", "note", "tags", "back", "window")
    }
    for url in ("https://hostile.example/", f"https://hostile.example/{payload}", payload):
        query = urlencode({"url": url.encode("utf-8", "replace"), **fields})
        for target in (f"/save?{query}", f"/search?{urlencode({'q': fields['title']})}"):
            answer = world.asker.ask("GET", target, {**cookie(home.session), **HTML})
            assert answer.status in {200, 400}
            check_page(answer.body)


def test_a_person_cannot_be_called_markup() -> None:
    for payload in PAYLOADS:
        with pytest.raises(PoolhouseError):
            clean_person_name(payload)
