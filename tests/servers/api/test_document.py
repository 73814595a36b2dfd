"""The OpenAPI document and the page at /api say what there is, no more and no less."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from poolhouse.servers.api.fields import Body
from poolhouse.servers.api.problems import KINDS
from poolhouse.servers.api.table import ENDPOINTS
from tests.servers.api.conftest import DOCUMENT, check

if TYPE_CHECKING:
    from starlette.testclient import TestClient

OPERATIONS = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
BODIES = [endpoint.body for endpoint in ENDPOINTS if isinstance(endpoint.body, Body)]
every_body = pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body.name))


def test_anybody_may_read_it(browser: TestClient) -> None:
    answer = browser.get("/api/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(DOCUMENT))
    assert answer.json()["servers"] == [{"url": "http://pools.test/api/v1"}]
    refused = browser.post("/api/openapi.json")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


def test_it_is_valid() -> None:
    validator = pytest.importorskip(
        "openapi_spec_validator", reason="openapi-spec-validator is not installed"
    )
    validator.validate(DOCUMENT)


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_its_schemas_are_valid(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])


def test_every_reference_leads_somewhere() -> None:
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT)):
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_schema_is_used() -> None:
    used = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(DOCUMENT)))
    assert used == DOCUMENT["components"]["schemas"].keys()


def test_names_are_given_once() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names)) == len(ENDPOINTS)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_parameter_of_a_path_is_described(method: str, path: str, operation: dict[str, Any]) -> None:
    described = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
    assert described == set(re.findall(r"{(\w+)}", path))


@every_body
def test_a_body_is_described_as_it_is_decoded(body: Body[Any]) -> None:
    schema = body.schema
    declared = dataclasses.fields(body.make)  # type: ignore[arg-type] # a dataclass's type, seen as what makes it
    needed = {each.name for each in declared if each.default is dataclasses.MISSING}
    assert set(schema["properties"]) == {each.name for each in declared}
    assert set(schema.get("required", [])) == needed
    assert all(field["description"] for field in schema["properties"].values())


@every_body
@pytest.mark.parametrize(
    "value", [None, True, 5, 1.5, "x", "", [], ["x"], [5], {}, "feed", "2026-01-01T00:00:00Z"]
)
def test_a_body_takes_what_its_schema_allows(body: Body[Any], value: object) -> None:
    """Whatever the schema refuses, the decoder refuses; rules may be narrower than a schema can say."""
    for name, field in body.fields.items():
        try:
            check(field.schema, value)
        except ValidationError:
            if not (name == "pools" and value == []):  # "in at least one pool" is the service's to say
                with pytest.raises(Exception, match=name):
                    field.read(name, value)
        else:
            field.read(name, value)


def test_the_page_lists_everything(browser: TestClient) -> None:
    answer = browser.get("/api")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for endpoint in ENDPOINTS:
        assert f"<code>{endpoint.path}</code>" in answer.text
    for kind in KINDS:
        assert f'id="{kind.slug}"' in answer.text
    assert 'href="http://pools.test/api/openapi.json"' in answer.text


@pytest.mark.parametrize("path", ["/api/", "/api/v1", "/api/v2/links", "/api/openapi.yaml"])
def test_nothing_else_is_there(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "http://pools.test/api#not-found"
