"""Fixtures: a real store in a fresh directory, a clock that stands still until told, one person, one client."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from jinja2 import Environment
from jinja2.bccache import Bucket, BytecodeCache

from poolhouse.app.data import OpenData, open_data
from poolhouse.app.house import RunningHouse
from poolhouse.rules.addresses import Addresses
from poolhouse.servers.web import view
from poolhouse.services.people import add_person
from poolhouse.services.secrets import add_token
from poolhouse.types import Person, Principal, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")  # noqa: TID251 - tests may ask where they run

FIXTURES = Path(__file__).resolve().parents[2] / "shared" / "fixtures"


class StillClock:
    """`ports.Clock` that moves only when told."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class CompiledOnce(BytecodeCache):
    """The code of each template, whatever house it is compiled for."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


@pytest.fixture(autouse=True, scope="session")
def _templates_are_compiled_once() -> Iterator[None]:
    """A server compiles each once; a test has a server of its own, and would spend most of its time on that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "Environment", partial(Environment, bytecode_cache=CompiledOnce()))
        yield


@pytest.fixture
def fixtures() -> Path:
    """The public test suites' files, where they are at hand."""
    if not FIXTURES.is_dir():
        pytest.skip("the shared fixtures are not beside this checkout")
    return FIXTURES


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that other accounts may look into; its name is short, for a socket's path has 107 bytes."""
    found = Path(tempfile.mkdtemp(prefix="poolhouse-"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found, ignore_errors=True)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


def open_new(directory: Path, clock: StillClock) -> OpenData:
    """Open a data directory in which nothing was done yet: a copy, as to make one takes longer than most tests do."""
    shutil.copytree(_new_data(), directory)
    return open_data(directory, clock)


@cache
def _new_data() -> Path:
    place = tempfile.TemporaryDirectory(prefix="poolhouse-new-")
    atexit.register(place.cleanup)
    open_data(Path(place.name) / "data", StillClock()).close()
    return Path(place.name) / "data"


@pytest.fixture
def data(tmp_path: Path, clock: StillClock) -> Iterator[OpenData]:
    opened = open_new(tmp_path / "data", clock)
    yield opened
    opened.close()


@pytest.fixture
def house(data: OpenData, clock: StillClock) -> Iterator[RunningHouse]:
    running = RunningHouse(data, clock, Addresses("http://pools.test"))
    yield running
    running.close()


PASSWORD = "correct horse battery"


@pytest.fixture
def person(house: RunningHouse) -> Person:
    """Anna, whose password is `PASSWORD`."""
    return make_person(house, "anna")


def make_person(house: RunningHouse, name: str) -> Person:
    """A person whose password is `PASSWORD`."""
    return house.data.database.write(lambda tx: add_person(tx, name, _password_hash()))


@cache
def _password_hash() -> str:
    """Of argon2id's least cost: a hash says its own, and every log in would pay ours."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def principal_of(person: Person) -> Principal:
    return Principal(person_id=person.id, scope=Scope.PERSON)


@pytest.fixture
def principal(person: Person) -> Principal:
    return principal_of(person)


@pytest.fixture
def token(house: RunningHouse, principal: Principal) -> str:
    """An API token of Anna's."""
    return house.data.database.write(lambda tx: add_token(tx, house.vault, principal, "test"))[1]


@pytest.fixture
def client(house: RunningHouse) -> Iterator[TestClient]:
    """A browser without cookies at the site of `house`."""
    from starlette.testclient import TestClient

    from poolhouse.servers.site import build_site

    with TestClient(
        build_site(house), base_url="http://pools.test", follow_redirects=False, raise_server_exceptions=False
    ) as browser:
        yield browser
