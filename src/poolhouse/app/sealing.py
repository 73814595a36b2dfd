"""Sealing: passwords for elsewhere, encrypted under a key beside the database.

Whoever has the database alone, or a copy of it, reads none of them. What is sealed is bound to its purpose: for an
account that is the account and the place it is at, so a row that was tampered with sends no password elsewhere.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from poolhouse.app.data import KEY_BYTES, make_key
from poolhouse.errors import StoreDamagedError
from poolhouse.store.failures import disk_errors
from poolhouse.store.restore import CREDENTIALS_NAME

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT: Final = b"\x01"
_NONCE_BYTES: Final = (
    12  # NIST SP 800-38D §8.2.2; random: a key would have to seal 2**32 passwords to repeat one
)


class FileSealer:
    """`ports.Sealer`: AES-256-GCM, under the key in `credentials.key`, which is made with the first seal."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / CREDENTIALS_NAME

    def seal(self, secret: str, purpose: str) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import (
            AESGCM,
        )  # 10 ms that a server without accounts spares

        with disk_errors():
            if not self._path.exists():
                make_key(self._path)
        key = self._key()
        if len(key) != KEY_BYTES:
            raise StoreDamagedError(f"{self._path} is not a key of {KEY_BYTES} bytes; take it from a backup")
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + AESGCM(key).encrypt(nonce, secret.encode(), purpose.encode())

    def unseal(self, sealed: bytes, purpose: str) -> str | None:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._key()
        if len(key) != KEY_BYTES or sealed[:1] != _FORMAT:
            return None
        nonce, content = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, content, purpose.encode()).decode()
        except (InvalidTag, ValueError):
            return None

    def _key(self) -> bytes:
        """The key, b"" where there is none."""
        with disk_errors():
            try:
                return self._path.read_bytes()
            except FileNotFoundError:
                return b""
