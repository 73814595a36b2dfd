"""A browser at the pages: it wants HTML, follows nothing by itself, and finds the token of the page it is on."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from poolhouse.services.captures import record_capture
from poolhouse.services.links import save_link
from poolhouse.services.pools import list_pools
from poolhouse.types import Captured, CaptureMode, PageState
from tests.conftest import PASSWORD

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from poolhouse.app.house import RunningHouse
    from poolhouse.ports import Transaction
    from poolhouse.types import CaptureId, Item, JobId, Person, Pool, Principal

_TOKEN = re.compile(r'name="token" value="([^"]+)"')


def token_of(page: Response) -> str:
    """The token of the first form on a page."""
    found = _TOKEN.search(page.text)
    assert found, page.text[:500]
    return found[1]


@dataclass
class Browser:
    """One person's browser, or a stranger's."""

    client: TestClient

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers={"accept": "text/html", **headers})

    def post(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> Response:
        """Send a form as it stands, without a token of its own accord."""
        return self.client.post(path, data=data or {}, headers={"accept": "text/html", **headers})

    def token(self) -> str:
        return token_of(self.get("/login?next=/pools/new" if not self.is_in() else "/pools/new"))

    def is_in(self) -> bool:
        return "poolhouse_session" in self.client.cookies

    def send(self, path: str, **data: Any) -> Response:
        """Fill in a form and send it, as a page of ours would."""
        return self.post(path, {"token": self.token(), **data})

    def log_in(self, name: str, password: str = PASSWORD) -> Response:
        return self.post(
            "/login", {"token": token_of(self.get("/login")), "name": name, "password": password}
        )

    def said(self, path: str = "/") -> str:
        """The words of the bar that tells what was done."""
        page = self.get(path).text
        bar = page.partition('<div id="said"')[2].partition("<template")[0]
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", bar.partition(">")[2])).split())


@pytest.fixture
def stranger(client: TestClient) -> Browser:
    """A browser that is not logged in."""
    return Browser(client)


@pytest.fixture
def browser(client: TestClient, person: Person) -> Browser:
    """Anna's browser, logged in."""
    anna = Browser(client)
    assert anna.log_in(person.name).status_code == 303
    return anna


def keep(house: RunningHouse, principal: Principal, url: str, **values: object) -> Item:
    """Save a link behind the pages' back."""
    return house.data.database.write(lambda tx: save_link(tx, principal, url, **values)).item  # type: ignore[arg-type]  # given by name in each test


def pool_named(house: RunningHouse, principal: Principal, path: str) -> Pool:
    return next(pool for pool in list_pools(house.glance(), principal) if pool.path == path)


def titles(page: str) -> list[str]:
    return re.findall(r'<a class="link"[^>]*>([^<]*)</a>', page)


def keep_page(house: RunningHouse, item: Item, text: str = "<p>Trails.</p>", **values: object) -> CaptureId:
    """File a reading of an item's page, as the workshop does; `page` is the full copy."""
    page = values.pop("page", None)
    put = house.blobs.put
    found: dict[str, object] = {
        "url": item.url,
        "mode": CaptureMode.FULL if page else CaptureMode.TEXT,
        "word_count": 903,
        "text": "associative trails",
        "reader_blob": put(gzip.compress(text.encode())) if text else None,
        "page_blob": put(gzip.compress(str(page).encode())) if page else None,
        "size_bytes": 1_234_567,
        **values,
    }

    def file(tx: Transaction) -> CaptureId | None:
        tx.items.edit(item.id, page_state=PageState.PENDING)
        return record_capture(tx, item.id, item.url, Captured(**found))  # type: ignore[arg-type]  # given by name in each test

    capture_id = house.data.database.write(file)
    assert capture_id is not None
    return capture_id


def fail_job(house: RunningHouse, job_id: JobId, reason: str) -> None:
    """Have a job look as if it failed too often."""
    database = house.data.database
    sql = "UPDATE tuple SET state = 'dead', attempts = 5, reason = ? WHERE id = ?"
    database.write(lambda _: database.writing.execute(sql, (reason, job_id)))


def run_job(house: RunningHouse, job_id: JobId, done: int | None = None, total: int | None = None) -> None:
    """Have a job look as if somebody worked at it."""
    database = house.data.database
    sql = "UPDATE tuple SET state = 'held', owner = 'test', lease_until = 1, done = ?, total = ? WHERE id = ?"
    database.write(lambda _: database.writing.execute(sql, (done, total, job_id)))
