"""Manners: checks of what a client sees."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

from poolhouse.survey.conversation import GREETING, expected_answer
from poolhouse.survey.gate.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterable

    from poolhouse.survey.server_process import Server

AT_ONCE = 16  # fewer than a bounded pool has threads
THOUSAND = 1000
_ROUND_TRIPS = 3


def answers(server: Server) -> None:
    """Several connections at once, several requests on each in turn."""
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(server.address)) for _ in range(AT_ONCE)]
        for turn in range(3):
            for number, client in enumerate(clients):
                client.ask(1000 * turn + number)


def split_request(server: Server) -> None:
    """A request that comes in two pieces, and one that comes byte by byte.

    What tells that a piece was read is an answer on another connection: a loop serves both in turn.
    """
    with Client(server.address) as client, Client(server.address) as other:
        for pieces in ((b"12", b"34\n"), (b"5", b"6", b"7", b"8", b"\n")):
            for piece in pieces:
                client.send(piece)
                for number in range(_ROUND_TRIPS):
                    other.ask(number)
            client.expect(expected_answer(int(b"".join(pieces))))


def coalesced_requests(server: Server) -> None:
    """Two requests in one piece, then two and a half, then the rest."""
    with Client(server.address) as client:
        for pieces, numbers in (((b"1\n2\n",), (1, 2)), ((b"3\n4\n5", b"6\n"), (3, 4, 56))):
            for piece in pieces:
                client.send(piece)
            client.expect(b"".join(map(expected_answer, numbers)))


def half_close(server: Server) -> None:
    """A client that says that it will send no more is answered, and then the connection ends (RFC 9293, 3.6)."""
    with Client(server.address) as client:
        client.send(b"20\n")
        client.socket.shutdown(socket.SHUT_WR)
        client.expect(expected_answer(20))
        client.expect_end()


def greeting(server: Server) -> None:
    """A server that speaks first does so while the client is silent."""
    with Client(server.address) as client:
        client.expect(GREETING)
        client.ask(20)


def end_of_file(server: Server) -> None:
    """After a one-shot answer the client sees the end, not a reset, and not nothing."""
    with Client(server.address) as client:
        client.expect(GREETING)
        client.ask(20)
        client.expect_end()


def thousand_connections(server: Server) -> None:
    """A thousand one-shot connections, sixteen at a time: a second's work, in which none is lost."""
    for first in range(0, THOUSAND, AT_ONCE):
        one_shot(server, range(first, min(first + AT_ONCE, THOUSAND)))


def one_shot(server: Server, numbers: Iterable[int]) -> None:
    """A connection for each number at once, each served to its end."""
    with ExitStack() as stack:
        clients = [(number, stack.enter_context(Client(server.address))) for number in numbers]
        for number, client in clients:
            client.send(b"%d\n" % number)
        for number, client in clients:
            client.expect(GREETING + expected_answer(number))
            client.expect_end()
