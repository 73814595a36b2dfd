"""docs/reference/api.md is of this program, and its examples are true."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from poolhouse.servers.api.table import ENDPOINTS
from tests.docs.markdown import read_page
from tests.servers.api.reference import MARK, PAGE, generated

if TYPE_CHECKING:
    from tests.servers.api.conftest import Api


def test_the_page_is_up_to_date() -> None:
    _, mark, below = PAGE.read_text("utf-8").partition(MARK)
    assert mark
    assert below == f"\n{generated()}", "run python -m tests.servers.api.reference"


def test_every_endpoint_has_its_heading() -> None:
    headings = read_page(PAGE).headings(3)
    assert {f"{endpoint.method} {endpoint.path}" for endpoint in ENDPOINTS} <= set(headings)


def test_the_examples_are_true(api: Api) -> None:
    """The page shows a request, its answer and a problem: asked here, they are answered so."""
    asked, answered, refused = (json.loads(block) for block in read_page(PAGE).code("json"))
    api.make_pool("Reading")
    answer = api.ask("POST", "/links", 201, json=asked).json()
    assert answered == answer
    problem = api.ask("POST", "/links", 422, json={"url": "javascript:alert(1)"}).json()
    problem["type"] = problem["type"].replace("http://pools.test", "https://pools.example.org")
    assert refused == problem
