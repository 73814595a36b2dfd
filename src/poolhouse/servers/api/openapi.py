"""The OpenAPI 3.1 document, from the table of endpoints."""

from __future__ import annotations

import re
from typing import Any

from poolhouse import __version__
from poolhouse.servers.api.calls import BASE_PATH
from poolhouse.servers.api.endpoint import PATH_PARAMETERS, Answer, Endpoint, File, Parameter
from poolhouse.servers.api.fields import Body
from poolhouse.servers.api.problems import KINDS
from poolhouse.servers.api.schemas import ref
from poolhouse.servers.api.shapes import SHAPES
from poolhouse.servers.api.table import ENDPOINTS

_TITLES = {kind.status: kind.title for kind in reversed(KINDS)}
_LINK_HEADER = {
    "description": "The next page, with rel=next (RFC 8288).",
    "schema": {"type": "string"},
}


def build_openapi(base_url: str) -> dict[str, Any]:
    """The document of a server that is reached at `base_url`."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    bodies = {
        endpoint.body.name: endpoint.body.schema for endpoint in ENDPOINTS if isinstance(endpoint.body, Body)
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Poolhouse",
            "version": __version__,
            "summary": "Your own server for links, where any pool is a private feed.",
            "description": "Times are RFC 3339 in UTC. Lists come in pages: follow `next` until it is null.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_url + BASE_PATH}],
        "security": [{"token": []}],
        "tags": [{"name": name} for name in dict.fromkeys(endpoint.group for endpoint in ENDPOINTS)],
        "paths": paths,
        "components": {
            "schemas": {**SHAPES, **bodies},
            "responses": {"Problem": _problem("What is wrong.")},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token."}
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.operation_id,
        "tags": [endpoint.group],
        "summary": endpoint.summary,
    }
    if endpoint.description:
        operation["description"] = endpoint.description
    parameters = [
        *(_parameter(PATH_PARAMETERS[name], "path") for name in re.findall(r"{(\w+)}", endpoint.path)),
        *(_parameter(parameter, "query") for parameter in endpoint.query),
    ]
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body is not None:
        operation["requestBody"] = _request_body(endpoint)
    operation["responses"] = {
        **{str(answer.status): _response(answer) for answer in endpoint.answers},
        **{str(status): _problem(_TITLES[status]) for status in problem_statuses(endpoint)},
        "default": {"$ref": "#/components/responses/Problem"},
    }
    return operation


def problem_statuses(endpoint: Endpoint) -> list[int]:
    """The statuses of the problems that are the caller's to mend."""
    statuses = {401, *endpoint.problems}
    if "{" in endpoint.path:
        statuses |= {404}
    if endpoint.query:
        statuses |= {400, 422}
    if endpoint.body is not None:
        statuses |= {400, 413, 415, 422}
    return sorted(statuses)


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": place,
        "required": parameter.is_required,
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _request_body(endpoint: Endpoint) -> dict[str, Any]:
    body = endpoint.body
    if isinstance(body, File):
        return {
            "required": True,
            "description": body.description,
            "content": {media_type: {} for media_type in body.media_types},
        }
    assert body is not None
    return {"required": True, "content": {"application/json": {"schema": ref(body.name)}}}


def _response(answer: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {"description": answer.description}
    headers: dict[str, Any] = {}
    if answer.has_location:
        headers["Location"] = {"description": "Its address.", "schema": {"type": "string", "format": "uri"}}
    if answer.shape and answer.shape.endswith("Page"):
        headers["Link"] = _LINK_HEADER
    if headers:
        response["headers"] = headers
    if answer.shape:
        response["content"] = {"application/json": {"schema": ref(answer.shape)}}
    elif answer.status != 204:
        response["content"] = {media_type: {} for media_type in answer.media_types}
    return response


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }
