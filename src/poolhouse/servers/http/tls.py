"""The certificate that HTTPS is spoken with."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from poolhouse.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path


def tls_context(tls_cert: Path, tls_key: Path | None) -> ssl.SSLContext:
    """What HTTPS is spoken with; the key may be in the certificate's file. Raises InvalidInputError (`tls_cert`)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(tls_cert, tls_key)
    except ssl.SSLError as error:
        raise InvalidInputError("tls_cert", "the certificate and its key cannot be used together") from error
    except OSError as error:
        raise InvalidInputError("tls_cert", f"{error.filename or tls_cert} cannot be read") from error
    return context
