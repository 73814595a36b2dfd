"""Passwords people type: argon2id, OWASP's parameters (19 MiB, 2 passes, 1 lane), about 30 ms of one core.

`p=1` on purpose: more lanes would take the cores from the one loop that serves everybody.
"""

from __future__ import annotations

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from poolhouse.errors import InvalidInputError

PASSWORD_LENGTH_MIN = 8
PASSWORD_LENGTH_MAX = 1_000
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
# verified when there is no such name, so that the time taken tells nothing; made once, of no password anybody knows
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zp+hnl6YkMdjjfAn4pQdeLSlCEcIDvJjPHXqxzlCXIA"


def hash_password(password: str) -> str:
    """A PHC string to keep. Raises InvalidInputError for one too short or too long."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise InvalidInputError("password", f"use at least {PASSWORD_LENGTH_MIN} characters")
    if len(password) > PASSWORD_LENGTH_MAX:
        raise InvalidInputError("password", f"use at most {PASSWORD_LENGTH_MAX:,} characters")
    return _hasher.hash(password)


def is_password(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; takes as long when there is no account or no password."""
    try:
        _hasher.verify(password_hash or _NOBODY, password[:PASSWORD_LENGTH_MAX])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
