"""The generated part of docs/reference/api.md; `python -m tests.servers.api.reference` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from poolhouse.servers.api.openapi import build_openapi
from poolhouse.servers.api.problems import KINDS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "api.md"
MARK = "<!-- From here on written by python -m tests.servers.api.reference -->\n"
_DOCUMENT = build_openapi("https://pools.example.org")
_FORMATS = {"date-time": "time", "uri": "address"}
_SCHEMAS: dict[str, Any] = _DOCUMENT["components"]["schemas"]


def generated() -> str:
    """Endpoints, what they take and give, and problems."""
    endpoints = [
        _endpoint(method.upper(), path, operation)
        for path, methods in _DOCUMENT["paths"].items()
        for method, operation in methods.items()
    ]
    shapes = [_shape(name) for name in sorted(_SCHEMAS)]
    problems = [f"| `{kind.slug}` | {kind.status} | {kind.title}. {kind.advice} |" for kind in KINDS]
    return "\n".join(
        [
            "## Endpoints\n",
            *endpoints,
            "## Objects\n",
            *shapes,
            "## Problems\n",
            "| type | status | |\n| --- | --- | --- |",
            *problems,
            "",
        ]
    )


def _endpoint(method: str, path: str, operation: dict[str, Any]) -> str:
    lines = [
        f"### {method} {path}\n",
        f"{operation['summary']}. {operation.get('description', '')}".strip(),
        "",
    ]
    parameters = [each for each in operation.get("parameters", []) if each["in"] == "query"]
    lines += [f"- `{each['name']}`{_needed(each['required'])}: {each['description']}" for each in parameters]
    lines += [""] if parameters else []
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]
        lines += [f"Takes {_content(content)}.", ""]
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            content = answer.get("content")
            gives = f" {_content(content)}" if content else ""
            lines.append(f"- `{status}`{gives}: {answer['description']}")
    statuses = [f"`{each}`" for each in operation["responses"] if each.startswith("4")]
    lines += [f"- {', '.join(statuses)}: a problem", ""]
    return "\n".join(lines)


def _needed(is_needed: bool) -> str:
    return " (needed)" if is_needed else ""


def _content(content: dict[str, Any]) -> str:
    known = [_type(each["schema"]) for each in content.values() if "schema" in each]
    return known[0] if known else " or ".join(f"`{media_type}`" for media_type in content)


def _shape(name: str) -> str:
    schema = _SCHEMAS[name]
    needed = schema.get("required", [])
    about = f"{schema['description']}\n\n" if "description" in schema else ""
    is_request = schema.get("additionalProperties") is False
    rows = [
        f"| `{field}` | {_type(each)} | {_about(each)}{_needed(is_request and field in needed)} |"
        for field, each in schema["properties"].items()
    ]
    return f"### {name}\n\n{about}| field | type | |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n"


def _about(schema: dict[str, Any]) -> str:
    values = schema.get("enum") or schema.get("items", {}).get("enum")
    choices = ", ".join(f"`{value}`" for value in values) if values else ""
    return " ".join(part for part in (schema.get("description", ""), choices) if part)


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if schema["type"] == "array":
        return f"array of {_type(schema['items'])}"
    if schema["type"] == "object":
        return "object with " + ", ".join(f"`{name}`" for name in schema["properties"])
    return _FORMATS.get(schema.get("format", ""), str(schema["type"]))


def main() -> None:
    """Write the page anew below the mark."""
    written, mark, _ = PAGE.read_text("utf-8").partition(MARK)
    assert mark, f"{PAGE} has lost its mark"
    PAGE.write_text(f"{written}{MARK}\n{generated()}", "utf-8")


if __name__ == "__main__":
    main()
