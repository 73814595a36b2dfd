"""HTTP statuses in words."""

from __future__ import annotations

from http import HTTPStatus


def status_in_words(status: int) -> str:
    """`404 (Not Found)`, or the number alone where it has no name (RFC 9110 §15)."""
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)
