"""Addresses: every address we hand out, made from the configured base URL and never from a request's Host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from poolhouse.types import FeedFormat, ItemId, PoolId


@dataclass(frozen=True, slots=True)
class Addresses:
    """`base_url` is `scheme://host[:port][/prefix]` without a slash at the end.

    `mail_domains` are those whose mail comes here, the one for addresses we hand out first; without any it is the host.
    """

    base_url: str
    mail_domains: tuple[str, ...] = ()

    @property
    def is_secure(self) -> bool:
        """Whether people reach us over https, so that cookies must be `Secure`."""
        return self.base_url.startswith("https:")

    def mailbox(self, local_part: str) -> str:
        """Where mail is sent to: `local_part` at the first of our domains."""
        domain = (
            self.mail_domains[0] if self.mail_domains else urlsplit(self.base_url).hostname or "localhost"
        )
        return f"{local_part}@{domain}"

    def item(self, item_id: ItemId) -> str:
        """An item's page."""
        return f"{self.base_url}/items/{item_id}"

    def file(self, pool_id: PoolId, item_id: ItemId, path: str, key: str) -> str:
        """A part of a message that stands in a pool, for who shows the key of that pool's files."""
        return f"{self.base_url}/files/{pool_id}/{item_id}/{path}?key={key}"

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
