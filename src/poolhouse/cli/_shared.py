"""What commands have in common: the data directory, a way to say things, and the person meant."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolhouse.app.clock import SystemClock
from poolhouse.app.data import OpenData, open_data
from poolhouse.cli._progress import Progress
from poolhouse.errors import InvalidInputError, NotFoundError
from poolhouse.rules.addresses import Addresses
from poolhouse.services.people import find_person
from poolhouse.services.pools import find_pool
from poolhouse.settings import load_settings
from poolhouse.store.database import FILE_NAME
from poolhouse.types import Principal, Scope

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from poolhouse.ports import Transaction
    from poolhouse.types import Pool

ENVIRONMENT: Mapping[str, str] = os.environ  # noqa: TID251 - the command line is where the environment comes in


def default_data() -> Path:
    """Where the data lies if nobody says: POOLHOUSE_DATA, else the user's data directory (XDG)."""
    said = ENVIRONMENT.get("POOLHOUSE_DATA")
    home = ENVIRONMENT.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(said) if said else Path(home) / "poolhouse"


def add_common(parser: argparse.ArgumentParser, *, has_data: bool = True) -> None:
    """The options of every command; those that have to do with no data directory do without `--data`."""
    if has_data:
        parser.add_argument(
            "--data",
            type=Path,
            metavar="DIR",
            help="the data directory (also POOLHOUSE_DATA; default: %(default)s)",
        )
        parser.set_defaults(data=default_data())
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


@dataclass(frozen=True, slots=True)
class Output:
    """Says a result in words, or as one JSON document a line."""

    is_json: bool

    def say(self, words: str, data: Mapping[str, Any]) -> None:
        """Print one result."""
        print(json.dumps(data, ensure_ascii=False) if self.is_json else words, flush=True)

    def progress(self, what: str, unit: str = "", *, is_shown: bool = True) -> Progress:
        """A line on standard error where somebody looks on; none where output goes to a program."""
        is_seen = is_shown and not self.is_json and sys.stderr.isatty()
        return Progress(what, unit, sys.stderr, is_shown=is_seen)


def output_of(arguments: argparse.Namespace) -> Output:
    """How this command shall speak."""
    return Output(arguments.json)


@contextmanager
def opened(arguments: argparse.Namespace, *, must_exist: bool = True) -> Iterator[OpenData]:
    """The open data directory. Raises NotFoundError where there is none and one is needed."""
    if must_exist and not (arguments.data / FILE_NAME).exists():
        raise NotFoundError(f"data directory with a store as {arguments.data} (give --data DIR)")
    data = open_data(arguments.data, SystemClock())
    try:
        yield data
    finally:
        data.close()


def addresses_of(arguments: argparse.Namespace) -> Addresses:
    """The addresses people reach the server at: the base_url setting, else where it last listened."""
    from poolhouse.app.server import ADDRESS_NAME

    settings = load_settings(arguments.data, {}, ENVIRONMENT)
    if settings.base_url:
        return Addresses(settings.base_url, settings.mail_domains)
    try:
        base_url = (arguments.data / ADDRESS_NAME).read_text("utf-8").strip()
    except OSError:
        base_url = f"http://{settings.http_host}:{settings.http_port}"
    return Addresses(base_url, settings.mail_domains)


def principal_named(tx: Transaction, name: str) -> Principal:
    """The person of that name, who may do everything with their own. Whoever can read the directory may be anybody."""
    return Principal(person_id=find_person(tx, name).id, scope=Scope.PERSON)


def pool_named(tx: Transaction, principal: Principal, text: str | None) -> Pool | None:
    """The pool of that path; None where none is named."""
    return None if text is None else find_pool(tx, principal, text)


def read_password(*, from_stdin: bool) -> str:
    """A password from the first line of standard input, or typed twice without echo."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    import getpass

    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise InvalidInputError("password", "the two were not the same")
    return password
