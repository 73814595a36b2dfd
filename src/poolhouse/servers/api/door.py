"""The API's door: finds the endpoint, asks who is there, and puts what goes wrong into words."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.requests import Request

from poolhouse.errors import NotFoundError, PoolhouseError
from poolhouse.servers.api.answers import problem_answer
from poolhouse.servers.api.calls import API_PATH, Call, authenticate, read_query
from poolhouse.servers.api.problems import INTERNAL, METHOD_NOT_ALLOWED, Problem, ProblemError, problem_of
from poolhouse.types import ReaderUse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.responses import Response
    from starlette.types import Message, Receive, Scope, Send

    from poolhouse.servers.api.endpoint import Endpoint
    from poolhouse.servers.house import House
    from poolhouse.types import Principal

USER_AGENT_LENGTH = 200
_log = logging.getLogger("poolhouse.api")


class Door:
    """All methods of one path, as an ASGI application; without endpoints, a path that is not there."""

    def __init__(self, house: House, endpoints: Sequence[Endpoint] = ()) -> None:
        self._house = house
        self._endpoints = {endpoint.method: endpoint for endpoint in endpoints}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. HEAD is GET without its body (RFC 9110 §9.3.2)."""
        request = Request(scope, receive)
        response = await self.answer(request)
        await response(scope, receive, _headless(send) if request.method == "HEAD" else send)

    async def answer(self, request: Request) -> Response:
        """The answer to a request, whatever happens."""
        principal: Principal | None = None
        try:
            endpoint = self._endpoint(request)
            principal, person = authenticate(self._house, request)
            call = Call(
                house=self._house,
                request=request,
                principal=principal,
                person=person,
                query=read_query(request, [parameter.name for parameter in endpoint.query]),
            )
            response = await endpoint.handler(call)
        except PoolhouseError as error:
            problem = problem_of(error)
            if problem.kind.status >= 500:
                _log.error("%s %r: %s", request.method, request.scope["path"], error)
            response = self._problem(problem)
        except Exception:  # noqa: BLE001 - the last resort: our bug is loud here, and polite to the peer
            _log.exception("%s %r failed", request.method, request.scope["path"])
            response = self._problem(Problem(kind=INTERNAL, detail=INTERNAL.advice))
        if principal is not None:
            self._note(request, principal, response.status_code)
        return response

    def _endpoint(self, request: Request) -> Endpoint:
        if not self._endpoints:
            raise NotFoundError("address in the API")
        endpoint = self._endpoints.get("GET" if request.method == "HEAD" else request.method)
        if endpoint is None:
            raise _not_allowed(*self._endpoints)
        return endpoint

    def _problem(self, problem: Problem) -> Response:
        return problem_answer(problem, self._house.addresses.base_url + API_PATH)

    def _note(self, request: Request, principal: Principal, status: int) -> None:
        if principal.secret_id is not None:
            user_agent = request.headers.get("user-agent", "")[:USER_AGENT_LENGTH]
            use = ReaderUse(at=self._house.clock.now(), user_agent=user_agent, status=status)
            self._house.used(principal.secret_id, use)


class OpenDoor(Door):
    """A page that anybody may read; `make` makes it."""

    def __init__(self, house: House, make: Callable[[], Response]) -> None:
        super().__init__(house)
        self._make = make

    async def answer(self, request: Request) -> Response:
        """The page, for GET and HEAD."""
        if request.method in {"GET", "HEAD"}:
            return self._make()
        return self._problem(problem_of(_not_allowed("GET")))


def _not_allowed(*methods: str) -> ProblemError:
    allowed = {*methods, *(("HEAD",) if "GET" in methods else ())}
    return ProblemError(
        METHOD_NOT_ALLOWED, METHOD_NOT_ALLOWED.advice, headers={"Allow": ", ".join(sorted(allowed))}
    )


def _headless(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
