"""Checking: the table of checks, and how a mechanism goes through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolhouse.errors import NotServingError
from poolhouse.survey.gate import holdings, manners
from poolhouse.survey.gate.outcome import Check, NotSoError, Outcome
from poolhouse.survey.server_options import ServerOptions, Transport
from poolhouse.survey.server_process import start_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from poolhouse.survey.server_process import Server

CHECKS: tuple[Check, ...] = (
    Check(
        name="answers",
        promise="Several connections at once are answered rightly, several times each.",
        server="keep-alive",
        run=manners.answers,
    ),
    Check(
        name="split-request",
        promise="A request that comes in pieces is answered when it is whole.",
        server="keep-alive",
        run=manners.split_request,
    ),
    Check(
        name="coalesced-requests",
        promise="Requests that come in one piece are all answered.",
        server="keep-alive",
        run=manners.coalesced_requests,
    ),
    Check(
        name="half-close",
        promise="A client that has sent all that it will send is still answered.",
        server="keep-alive",
        run=manners.half_close,
    ),
    Check(
        name="descriptors-kept",
        promise="Connections that clients end or break off leave no descriptor open.",
        server="keep-alive",
        run=holdings.descriptors_kept,
    ),
    Check(
        name="sigterm",
        promise="SIGTERM ends it and all that it started.",
        server="keep-alive",
        run=holdings.sigterm,
    ),
    Check(
        name="greeting",
        promise="A server that speaks first does so while the client is silent.",
        server="one-shot",
        run=manners.greeting,
    ),
    Check(
        name="end-of-file",
        promise="After a one-shot answer the client sees the end of the connection.",
        server="one-shot",
        run=manners.end_of_file,
    ),
    Check(
        name="thousand-connections",
        promise="Of a thousand one-shot connections none is lost.",
        server="one-shot",
        run=manners.thousand_connections,
    ),
    Check(
        name="descriptors-ended",
        promise="Connections that the server ends leave no descriptor open.",
        server="one-shot",
        run=holdings.descriptors_ended,
    ),
    Check(
        name="out-of-descriptors",
        promise="Out of descriptors it neither dies nor spins, and serves again afterwards.",
        server="scarce",
        run=holdings.out_of_descriptors,
        is_excluding=False,
    ),
)


def check_mechanism(
    name: str, *, transport: Transport = "tcp", checks: Sequence[Check] = CHECKS
) -> Iterator[Outcome]:
    """The outcome of every check, as it comes. Starts up to three servers; costs some 3 s, and 5 s for each that hangs.

    Raises NotFoundError where there is no such mechanism.
    """
    keep_alive = ServerOptions(mechanism=name, transport=transport, mode="keep-alive")
    one_shot = ServerOptions(mechanism=name, transport=transport, greets=True)
    scarce = ServerOptions(
        mechanism=name,
        transport=transport,
        mode="keep-alive",
        descriptor_limit=holdings.SCARCE_DESCRIPTORS,
        workers=holdings.SCARCE_WORKERS,
    )
    for kind, options in (("keep-alive", keep_alive), ("one-shot", one_shot), ("scarce", scarce)):
        if asked := [check for check in checks if check.server == kind]:
            yield from _check(options, asked)


def may_be_timed(outcomes: Sequence[Outcome]) -> bool:
    """Whether what was found allows to measure it."""
    return all(outcome.is_passed or not outcome.is_excluding for outcome in outcomes)


def _check(options: ServerOptions, checks: Sequence[Check]) -> Iterator[Outcome]:
    left = list(checks)
    try:
        with start_server(options) as server:
            while left:
                yield _outcome(left.pop(0), server)
    except NotServingError as error:
        lines = error.output.splitlines() or ["it says nothing"]
        for check in left:
            yield _failed(check, f"It does not start: {error.reason}; {lines[-1].strip('. ')}.")


def _outcome(check: Check, server: Server) -> Outcome:
    try:
        check.run(server)
    except NotSoError as failure:
        return _failed(check, str(failure))
    return Outcome(check=check.name, is_passed=True, is_excluding=check.is_excluding)


def _failed(check: Check, reason: str) -> Outcome:
    return Outcome(check=check.name, is_passed=False, is_excluding=check.is_excluding, reason=reason)
