"""`poolhouse demo`: the same server with a sample person, pools, links and mail, in a directory that is thrown away."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import open_data
from poolhouse.app.demo import DEMO_PASSWORD, DEMO_PERSON, fill_with_samples
from poolhouse.app.demo_mail import DEMO_DOMAIN, fill_with_mail
from poolhouse.cli._parser import command
from poolhouse.cli._shared import output_of
from poolhouse.services.secrets import add_feed_secret
from poolhouse.settings import load_settings
from poolhouse.types import FeedFormat

if TYPE_CHECKING:
    import argparse

    from poolhouse.cli._shared import Output
    from poolhouse.rules.addresses import Addresses
    from poolhouse.types import Secret


def add(commands: Any) -> None:
    """Declare the command."""
    parser = command(
        commands,
        "demo",
        run,
        "try the server with sample links and mail; nothing is kept",
        "poolhouse demo --http 127.0.0.1:8080",
    )
    parser.add_argument("--http", default="127.0.0.1:8080", metavar="HOST:PORT", help="default: %(default)s")


def run(arguments: argparse.Namespace) -> int:
    """Fill a scratch directory and serve it."""
    import uvloop

    from poolhouse.app.server import run_server

    flags = {"http": arguments.http, "fetch_pages": "no", "mail_domains": DEMO_DOMAIN}
    settings = load_settings(Path("/nonexistent"), flags, {})
    with tempfile.TemporaryDirectory(prefix="poolhouse-demo-") as scratch:
        secret, text = _prepare(Path(scratch))
        uvloop.run(
            run_server(
                Path(scratch),
                settings,
                lambda words: print(words, flush=True),
                lambda addresses: _greet(output_of(arguments), addresses, secret, text),
            )
        )
    return 0


def _prepare(scratch: Path) -> tuple[Secret, str]:
    data = open_data(scratch, SystemClock())
    try:
        principal, pool = data.database.write(fill_with_samples)
        data.database.write(lambda tx: fill_with_mail(tx, data.vault, principal, data.blobs))
        return data.database.write(
            lambda tx: add_feed_secret(tx, data.vault, principal, pool.id, "the demo's reader")
        )
    finally:
        data.close()


def _greet(output: Output, addresses: Addresses, secret: Secret, text: str) -> None:
    assert secret.pool_id is not None
    feed = addresses.feed(secret.pool_id, FeedFormat.ATOM, text)
    output.say(
        f"Log in at {addresses.base_url}/ as {DEMO_PERSON} with the password: {DEMO_PASSWORD}\n"
        f"Bookmarks as a private feed, for any reader:\n  {feed}\nRead it here:\n  curl -s {feed}",
        {"person": DEMO_PERSON, "password": DEMO_PASSWORD, "feed": feed, "curl": f"curl -s {feed}"},
    )
