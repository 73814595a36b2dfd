"""Endpoint: what the routes and the OpenAPI document are both made from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from poolhouse.servers.api.calls import PAGE_LIMIT, PAGE_SIZE, Call

if TYPE_CHECKING:
    from poolhouse.servers.api.fields import Body

Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query or the path."""

    name: str
    schema: dict[str, Any]
    description: str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A body that is not JSON: its media types and what it is."""

    media_types: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One way in which an endpoint succeeds. `shape` names one of `shapes.SHAPES`; without it there is no body."""

    status: int
    description: str
    shape: str | None = None
    media_types: tuple[str, ...] = ("application/json",)
    has_location: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one path; `path` is beneath /api/v1, with its parameters in braces."""

    method: str
    path: str
    handler: Handler
    group: str
    summary: str
    answers: tuple[Answer, ...]
    description: str = ""
    query: tuple[Parameter, ...] = ()
    body: Body[Any] | File | None = None
    problems: tuple[int, ...] = field(default=())

    @property
    def operation_id(self) -> str:
        """A name for the clients that are made from the document."""
        words = [word.strip("{}") for word in self.path.strip("/").replace("/", " ").split()]
        return "_".join((self.method.lower(), *words))


def _id(name: str, what: str) -> tuple[str, Parameter]:
    return name, Parameter(name, {"type": "integer", "minimum": 1}, f"The id of {what}.", is_required=True)


PATH_PARAMETERS = dict(
    (
        _id("link_id", "a link"),
        _id("pool_id", "a pool"),
        _id("secret_id", "a secret"),
        _id("capture_id", "a captured page"),
        _id("job_id", "a job"),
        _id("message_id", "a message"),
        _id("address_id", "a secret address"),
        _id("account_id", "a mail account"),
        _id("folder_id", "a folder of it"),
        (
            "part",
            Parameter(
                "part",
                {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)*$"},
                "Which part, as `parts` says.",
                is_required=True,
            ),
        ),
        (
            "mark",
            Parameter("mark", {"type": "string", "enum": ["read", "starred"]}, "The mark.", is_required=True),
        ),
    )
)
LIMIT = Parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT, "default": PAGE_SIZE},
    "How many at a time.",
)
PAGING = (
    Parameter(
        "before",
        {"type": "integer", "minimum": 0},
        "Where the page begins; take it from `next`, do not make it.",
    ),
    LIMIT,
)
