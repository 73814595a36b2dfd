"""Vault: makes secrets and hashes them; whoever reads the database alone cannot use or guess them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LOCAL_PART_BYTES = 10
SECRET_BYTES = 24  # 192 bits: no slow hash is needed for what cannot be guessed


class Vault:
    """`key` is 32 random bytes kept in a file beside the database; `random` gives that many random bytes."""

    def __init__(self, key: bytes, random: Callable[[int], bytes]) -> None:
        self._key = key
        self._random = random

    def new_secret(self) -> str:
        """192 random bits as 32 characters of `A-Za-z0-9_-`, which every reader can carry in a URL."""
        return base64.urlsafe_b64encode(self._random(SECRET_BYTES)).decode("ascii")

    def new_local_part(self) -> str:
        """The local part of a secret address: `n-` and 80 random bits as 16 characters of base32, in lower case."""
        return "n-" + base64.b32encode(self._random(_LOCAL_PART_BYTES)).decode("ascii").lower()

    def hash(self, secret: str) -> bytes:
        """The keyed hash (BLAKE2b, 32 bytes) under which a secret is kept; about 1 µs.

        A look-up by it needs no constant-time compare: what an index leaks of a keyed hash tells nothing of the secret.
        """
        return hashlib.blake2b(secret.encode("utf-8", "replace"), key=self._key, digest_size=32).digest()

    def file_key(self, secret_id: int, pool_id: int, period: int) -> str:
        """What opens the files of a pool for a reader, in that period and the next: `SECRET.PERIOD.MAC`.

        It dies with the reader's secret, which it names.
        """
        mac = hashlib.blake2b(
            f"files:{secret_id}:{pool_id}:{period}".encode(), key=self._key, digest_size=18
        ).digest()
        return f"{secret_id}.{period}.{base64.urlsafe_b64encode(mac).decode('ascii')}"

    def form_token(self, cookie: str) -> str:
        """The CSRF token that belongs to a browser's cookie."""
        digest = hmac.digest(self._key, b"form:" + cookie.encode("utf-8", "replace"), "sha256")
        return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")

    def is_form_token(self, cookie: str, token: str) -> bool:
        """Whether `token` is the one of this browser; in constant time."""
        return hmac.compare_digest(self.form_token(cookie).encode(), token.encode("utf-8", "replace"))
