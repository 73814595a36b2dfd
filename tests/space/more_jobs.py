"""A second module of declared functions, for a second pool."""

from __future__ import annotations

from poolhouse.space.declared import handles
from tests.space.jobs import Said, Token


@handles(Token)
def turn_round(token: Token) -> Said | None:
    """Say a name from its end."""
    return Said(token.name[::-1])
