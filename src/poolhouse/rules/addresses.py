"""Addresses: every address we hand out, made from the configured base URL and never from a request's Host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolhouse.types import FeedFormat, PoolId


@dataclass(frozen=True, slots=True)
class Addresses:
    """`base_url` is `scheme://host[:port][/prefix]` without a slash at the end."""

    base_url: str

    @property
    def is_secure(self) -> bool:
        """Whether people reach us over https, so that cookies must be `Secure`."""
        return self.base_url.startswith("https:")

    def pool(self, pool_id: PoolId) -> str:
        """A pool's page."""
        return f"{self.base_url}/pools/{pool_id}"

    def feed(self, pool_id: PoolId, feed_format: FeedFormat, secret: str | None = None) -> str:
        """A pool's feed; with a secret, in the form that any reader can use."""
        opened_by = f"/s/{secret}" if secret else ""
        return f"{self.base_url}{opened_by}/pools/{pool_id}.{feed_format}"

    def basic_feed(self, pool_id: PoolId, feed_format: FeedFormat, name: str, secret: str) -> str:
        """A pool's feed with name and secret before the host, for readers that send them as HTTP Basic."""
        scheme, rest = self.base_url.split("://", 1)
        return f"{scheme}://{name}:{secret}@{rest}/pools/{pool_id}.{feed_format}"
