"""Readers' secrets and API tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolhouse.errors import InvalidInputError
from poolhouse.servers.api import fields
from poolhouse.servers.api.answers import json_answer, list_answer, no_content
from poolhouse.servers.api.calls import named_pool
from poolhouse.servers.api.views import made_secret_data, secret_data
from poolhouse.services.secrets import LABEL_LENGTH, add_feed_secret, add_token, cut_off, list_secrets
from poolhouse.types import SecretId, SecretKind

if TYPE_CHECKING:
    from starlette.responses import Response

    from poolhouse.ports import Transaction
    from poolhouse.servers.api.calls import Call
    from poolhouse.servers.api.fields import PoolRef
    from poolhouse.types import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """What POST /secrets takes."""

    label: str
    kind: SecretKind = SecretKind.FEED
    pool: PoolRef | None = None


NEW_SECRET = fields.body_of(
    NewSecret,
    label=fields.text(
        "The reader or script it is for, to tell it from others later.", length_limit=LABEL_LENGTH
    ),
    kind=fields.choice(
        SecretKind, "`feed` (as when left out) opens one pool as a feed, `token` opens the API."
    ),
    pool=fields.nullable(fields.pool("The id or path of the pool it opens; a token has none.")),
)


async def list_all(call: Call) -> Response:
    """GET /secrets"""
    secrets = call.house.read(lambda tx: list_secrets(tx, call.principal))
    return list_answer([secret_data(secret) for secret in secrets])


async def add(call: Call) -> Response:
    """POST /secrets"""
    new = await call.body(NEW_SECRET)
    vault = call.house.vault

    def make(tx: Transaction) -> tuple[Secret, str]:
        if new.kind is SecretKind.TOKEN:
            if new.pool is not None:
                raise InvalidInputError("pool", "A token opens everything that is yours; it has no pool.")
            return add_token(tx, vault, call.principal, new.label)
        if new.pool is None:
            raise InvalidInputError("pool", "Say which pool the secret shall open.")
        pool = named_pool(tx, call.principal, new.pool)
        return add_feed_secret(tx, vault, call.principal, pool.id, new.label)

    secret, text = await call.house.write(make)
    return json_answer(made_secret_data(secret, text, call.person, call.house.addresses), 201)


async def cut_off_one(call: Call) -> Response:
    """DELETE /secrets/{secret_id}"""
    secret_id = SecretId(call.id("secret_id"))
    await call.house.write(lambda tx: cut_off(tx, call.principal, secret_id))
    return no_content()
