"""A client of the API that holds every answer to what the OpenAPI document says of it."""

from __future__ import annotations

import copy
import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from starlette.applications import Starlette
from starlette.testclient import TestClient

from poolhouse.servers.api import routes
from poolhouse.servers.api.openapi import build_openapi
from poolhouse.services.captures import record_capture
from poolhouse.services.people import find_person
from poolhouse.services.secrets import add_token
from poolhouse.types import Captured, CaptureMode, ItemId
from tests.conftest import make_person, principal_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from poolhouse.app.house import RunningHouse

BASE = "http://pools.test/api/v1"
PNG = b"\x89PNG\r\n\x1a\n and so on"


def closed(schemas: dict[str, Any]) -> dict[str, Any]:
    """The schemas, where objects hold nothing that is not described."""
    schemas = copy.deepcopy(schemas)
    waiting: list[Any] = [schemas]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if each.get("type") == "object":
                each.setdefault("additionalProperties", False)
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return schemas


DOCUMENT = build_openapi("http://pools.test")
COMPONENTS = {"components": {"schemas": closed(DOCUMENT["components"]["schemas"])}}


FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time")
def _is_time(value: object) -> bool:
    """RFC 3339 §5.6, and always in UTC."""
    return not isinstance(value, str) or bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value))


@FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    """RFC 3986 §3: with its scheme, and of its characters."""
    return not isinstance(value, str) or bool(re.fullmatch(r"[a-z][a-z0-9+.-]*:[!-~]+", value))


def check(schema: dict[str, Any], data: object) -> None:
    """That `data` is as a schema of the document says."""
    Draft202012Validator({**schema, **COMPONENTS}, format_checker=FORMATS).validate(data)


def operation(method: str, path: str) -> dict[str, Any] | None:
    """What the document says of a method at an address."""
    for template, methods in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
            found: dict[str, Any] | None = methods.get(method.lower())
            return found
    return None


class Api:
    """Asks as a person with a token; every answer is checked."""

    def __init__(self, browser: TestClient, token: str | None) -> None:
        self.browser = browser
        self.token = token

    def ask(self, method: str, path: str, status: int = 200, **given: Any) -> Response:
        """The answer to a request, which has this status. `path` may be an address that we handed out."""
        path = path.removeprefix(BASE)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if "json" in given:
            # by hand: the client cannot write what Python can, such as half of a surrogate pair
            given["content"] = json.dumps(given.pop("json")).encode()
            headers["Content-Type"] = "application/json"
        given["headers"] = {**headers, **given.get("headers", {})}
        answer: Response = self.browser.request(method, f"/api/v1{path}", **given)
        assert answer.status_code == status, answer.text
        self._check(operation(method, path.partition("?")[0]), answer)
        return answer

    @staticmethod
    def _check(said: dict[str, Any] | None, answer: Response) -> None:
        assert answer.headers["cache-control"] == "no-store"
        status = str(answer.status_code)
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        if answer.status_code >= 400:
            assert media_type == "application/problem+json"
            check({"$ref": "#/components/schemas/Problem"}, answer.json())
            assert answer.json()["status"] == answer.status_code
            assert said is None or status in said["responses"] or answer.status_code in {405, 500, 503, 507}
            return
        assert said is not None, "this answer is not described"
        content = said["responses"][status].get("content", {})
        if not content:
            assert answer.content == b""
            return
        assert media_type in content
        if schema := content[media_type].get("schema"):
            check(schema, answer.json())

    def get(self, path: str, status: int = 200, **given: Any) -> Any:
        """The document at an address."""
        return self.ask("GET", path, status, **given).json()

    def save(self, url: str, **more: Any) -> Any:
        """A new link."""
        return self.ask("POST", "/links", 201, json={"url": url, **more}).json()

    def make_pool(self, name: str, **more: Any) -> Any:
        """A new pool."""
        return self.ask("POST", "/pools", 201, json={"name": name, **more}).json()

    def bookmarks(self) -> Any:
        """The pool that is always there."""
        return next(pool for pool in self.get("/pools")["items"] if pool["role"] == "bookmarks")

    def walk(self, path: str) -> Iterator[Any]:
        """Everything in a list, page after page."""
        while path:
            page = self.get(path)
            yield from page["items"]
            path = page["next"]


def capture(house: RunningHouse, link: Any, text: str = "Some words to read.", **more: Any) -> int:
    """Read a link's page, which waits for it, as the server would; returns the capture's id."""
    put = house.blobs.put
    captured = Captured(
        **{
            "url": link["url"],
            "mode": CaptureMode.FULL,
            "title": f"Page of {link['title']}",
            "language": "en",
            "excerpt": text[:10],
            "word_count": len(text.split()),
            "text": text,
            "reader_blob": put(gzip.compress(f"<p>{text}</p>".encode(), mtime=0)),
            "page_blob": put(gzip.compress(f"<!DOCTYPE html><title>All</title>{text}".encode(), mtime=0)),
            "thumbnail_blob": put(PNG),
            "size_bytes": 1_000,
            **more,
        }
    )
    found = house.data.database.write(
        lambda tx: record_capture(tx, ItemId(link["id"]), link["url"], captured)
    )
    assert found is not None
    return found


@pytest.fixture
def browser(house: RunningHouse) -> Iterator[TestClient]:
    """A client of the API's routes alone, which shows every failure."""
    with TestClient(Starlette(routes=routes(house)), base_url="http://pools.test") as client:
        yield client


@pytest.fixture
def api(browser: TestClient, token: str) -> Api:
    """Anna's script."""
    return Api(browser, token)


@pytest.fixture
def ben(browser: TestClient, house: RunningHouse) -> Api:
    """The script of somebody else."""
    person = make_person(house, "ben")
    token = house.data.database.write(
        lambda tx: add_token(tx, house.vault, principal_of(find_person(tx, person.name)), "test")
    )[1]
    return Api(browser, token)
