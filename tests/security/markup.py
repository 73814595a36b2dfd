"""Hostile text, a way to write it everywhere, and a look at every document that it could come alive in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from poolhouse.errors import InvalidInputError
from poolhouse.services.deliveries import edit_delivery_address
from poolhouse.services.links import save_link
from poolhouse.services.messages import record_reading
from poolhouse.services.pools import add_pool
from poolhouse.services.secrets import add_feed_secret, add_token
from poolhouse.types import ReaderUse
from tests.security.addresses import ids_of, readables
from tests.security.callers import bearer, cookie
from tests.security.inert import (
    OUTLINE_ELEMENTS,
    check_bookmark_file,
    check_feed,
    check_json_feed,
    check_page,
    check_policy_of_stored,
    check_xml,
    policy_of,
    runs,
)
from tests.security.mail import letter_reading
from tests.store.readings import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from poolhouse.ports import Transaction
    from tests.security.asking import Answer
    from tests.security.world import World

HTML = {"accept": "text/html"}
PAYLOADS = [
    "<script>zqpwn()</script>",
    '"><img src=x onerror=zqpwn()>',
    "'><svg/onload=zqpwn()>",
    "</title><script>zqpwn()</script>",
    "</textarea><script>zqpwn()</script>",
    "</template><script>zqpwn()</script>",
    "--><script>zqpwn()</script><!--",
    "<!--><img src=x onerror=zqpwn()>-->",
    "]]><script>zqpwn()</script><![CDATA[",
    "<![CDATA[</p><script>zqpwn()</script>",
    "&lt;script&gt;zqpwn()&lt;/script&gt;",
    "&#60;script&#62;zqpwn()&#60;/script&#62;",
    "&amp;lt;img src=x onerror=zqpwn()&amp;gt;",
    "{{ 7*7 }}{% for x in () %}{{ config }}${7*7}<%= 7*7 %>#{7*7}",
    "<iframe srcdoc='<script>zqpwn()</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=zqpwn()></style></mglyph></table></mtext></math>",
    "<svg><foreignObject><body onload=zqpwn()></svg>",
    "<base href='https://evil.example/'><a href=x>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<style>@import 'https://evil.example/x.css'; *{position:fixed}</style>",
    "<form action=https://evil.example/><button>zqpwn</button>",
    "<a href='javascript:zqpwn()'>x</a>",
    '" autofocus onfocus=zqpwn() x="',
    "x' style='position:fixed' onmouseover='zqpwn()",
    "` onload=zqpwn()",
    '<img src="x` `<script>zqpwn()</script>"` `>',
    "\u003cscript\u003ezqpwn()\u003c/script\u003e",
    "\uff1cscript\uff1ezqpwn()\uff1c/script\uff1e",
    "<scr\x00ipt>zqpwn()</scr\x00ipt>",
    "<scr\x85ipt>zqpwn()</scr\ufffeipt>",
    "<\ud800script>zqpwn()</\udfffscript>",
    "<\u2028script>zqpwn()</script\u2029>",
    "\u202e>tpircs<zqpwn\u202c",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>&e;",
    "<?php zqpwn() ?>",
    '[x](javascript:zqpwn()) ![x](x"onerror="zqpwn())',
    '{"__proto__":{"zqpwn":1}}\\u003cscript>',
    '\\"><script>zqpwn()</script>',
    "+ADw-script+AD4-zqpwn()+ADw-/script+AD4-",
]
_FRAGMENTS = st.sampled_from(
    [
        *"<>\"'&/=;:!-[]`\\ \n\t\x00\x0b\x85\ud800\ufffe",
        *("script", "img", "svg", "onerror=", "src=x", "zqpwn()", "javascript:", "style"),
        *("<!--", "-->", "]]>", "<![CDATA[", "&lt;", "&#x3c;", "&quot", "</", "/>", "{{", "}}"),
    ]
)
written = st.lists(_FRAGMENTS, min_size=1, max_size=12).map("".join)


def write_everywhere(world: World, text: str) -> None:
    """Put a text wherever something of somebody's own is kept, as far as it is taken there."""
    home = world.homes[0]
    vault = world.house.vault
    pool_id = home.pools[2].id

    def tries() -> Iterable[Callable[[Transaction], object]]:
        me = home.me
        yield lambda tx: save_link(
            tx, me, "https://hostile.example/1", pool_id=pool_id, title=text, note=text, tags=(text[:60],)
        )
        yield lambda tx: save_link(
            tx,
            me,
            f"https://hostile.example/?q={text}#{text}",
            pool_id=pool_id,
            note=f"x\n\n{text}\n\n{text}",
        )
        yield lambda tx: save_link(tx, me, f"https://hostile.example/{text}", pool_id=pool_id)
        yield lambda tx: save_link(tx, me, f"mailto:{text}", pool_id=pool_id)
        yield lambda tx: add_pool(tx, me, text.replace("/", "")[:80], parent_id=pool_id)
        yield lambda tx: add_pool(tx, me, ("search " + text.replace("/", ""))[:80], query=f'"{text}" OR x')
        yield lambda tx: add_feed_secret(tx, vault, me, pool_id, text)
        yield lambda tx: add_token(tx, vault, me, text)
        yield lambda tx: tx.sessions.add(
            me.person_id, text.encode("utf-8", "replace"), tx.now.replace(year=2040), _storable(text)
        )
        yield lambda tx: tx.secrets.record_uses(
            [(home.feed_secrets[0][1], ReaderUse(at=tx.now, user_agent=_storable(text), status=200))]
        )
        plain = text.encode("utf-8", "replace").decode()  # as readings are
        yield lambda tx: record_reading(tx, home.letters[0], letter_reading(plain, f"{plain}@x.example", 9))
        yield lambda tx: edit_delivery_address(
            tx, me, home.addresses[0], label=text, pool_id=None, allowed_senders=()
        )
        yield lambda tx: told(
            tx,
            save_link(tx, me, "https://hostile.example/2", pool_id=pool_id).item.id,
            title=text,
            description=text,
            author=text,
        )

    for change in tries():
        try:
            world.house.data.database.write(change)
        except InvalidInputError:
            continue


def _storable(text: str) -> str:
    """As it comes from a request's header."""
    return text.encode("utf-8", "replace").decode("latin-1")


def check_everything(world: World, *, is_planted: bool = False) -> list[bytes]:
    """Read every document of the first home and see that nothing in it is alive; their texts."""
    home = world.homes[0]
    pools = world.house.read(lambda tx: tx.pools.of(home.person.id))
    items = world.house.read(lambda tx: tx.memberships.newest(home.pools[2].id, home.person.id, limit=200))
    documents = []
    for readable in readables():
        match readable.kind:
            case "pool":
                targets = [readable.at(pool.id) for pool in pools]
            case "item":
                targets = [readable.at(entry.item.id) for entry in items]
            case "message" | "address" | "account":
                targets = [readable.at(identity) for identity in ids_of(home, readable.kind)]
            case _:
                targets = [readable.template]
        for target in targets:
            headers = bearer(home.token) if readable.is_api else {**cookie(home.session), **HTML}
            answer = world.asker.ask("GET", target, headers)
            assert answer.status < 500, target
            documents.append(check_document(target, answer, is_planted=is_planted))
    for pool in pools:
        for suffix, check in (("atom", check_feed), ("rss", check_feed), ("json", check_json_feed)):
            answer = world.asker.ask("GET", f"/pools/{pool.id}.{suffix}", cookie(home.session))
            assert answer.status == 200
            assert check(answer.body) == min(pool.entry_count, 50)
            documents.append(answer.body)
    return documents


def check_document(target: str, answer: Answer, *, is_planted: bool) -> bytes:
    kind = (answer.header("content-type") or "").partition(";")[0]
    if "format=netscape" in target:
        check_bookmark_file(answer.body)
    elif kind == "text/html" and "sandbox" in (policy := answer.header("content-security-policy") or ""):
        # what a stranger wrote, as it is: what holds it is not in it
        check_policy_of_stored(policy_of(policy), target=target)
    elif kind == "text/html":
        check_page(answer.body, bookmarklets=1 if target == "/bookmarklet" else 0)
    elif kind == "text/x-opml":
        check_xml(answer.body, OUTLINE_ELEMENTS)
    elif kind in {"application/json", "application/problem+json"}:
        for address in addresses_in(json.loads(answer.body)):
            assert not runs(address), target
    elif kind == "application/jsonl":
        # a way out for everything, as it is: it is a file, and its type is no page
        assert (
            is_planted
            or b"javascript:zqpwn" not in answer.body.lower()
            or b'"url":"javascript' not in answer.body
        )
        assert "attachment" in (answer.header("content-disposition") or "")
    return answer.body


def addresses_in(data: Any) -> Iterable[str]:
    """Every value of a field that is named as an address."""
    if isinstance(data, dict):
        for name, value in data.items():
            if isinstance(value, str) and (name.endswith("url") or name in {"href", "next", "atom", "rss"}):
                yield value
            else:
                yield from addresses_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from addresses_in(value)
