"""Where the doors listen: every address of a host on one port, and what is wrong said of the setting it is of."""

from __future__ import annotations

import errno
import socket

import pytest

from poolhouse.errors import ConflictError, InvalidInputError
from poolhouse.servers import listening
from poolhouse.servers.listening import listen, place_of


async def test_several_addresses_have_one_port(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look_up(
        setting: str, host: str, port: int
    ) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
        return [(socket.AF_INET, (address, port)) for address in ("127.0.0.1", "192.0.2.77", "127.0.0.2")]

    monkeypatch.setattr(listening, "_look_up", look_up)
    sockets = await listen("http", "localhost", 0)
    # the one in between is not ours, which does not matter while another is
    names = [each.getsockname() for each in sockets]
    assert [host for host, _ in names] == ["127.0.0.1", "127.0.0.2"]
    assert names[0][1] == names[1][1]
    for each in sockets:
        each.close()


async def test_what_is_wrong_is_said_of_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = place_of(taken.getsockname())
        with pytest.raises(ConflictError, match=f"{place} is in use") as conflict:
            await listen("lmtp", *taken.getsockname())
    assert conflict.value.field == "lmtp"
    for host in ("192.0.2.77", "no-such-host.invalid"):
        with pytest.raises(InvalidInputError, match=host) as refused:
            await listen("lmtp", host, 0)
        assert refused.value.field == "lmtp"


@pytest.mark.parametrize(
    ("number", "said"), [(errno.EACCES, "may not be listened on"), (errno.EMFILE, "Too many open files")]
)
async def test_what_the_system_refuses_is_told(
    monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    class Refusing(socket.socket):
        def bind(self, _: object) -> None:
            raise OSError(number, "Too many open files")

    monkeypatch.setattr("poolhouse.servers.listening.socket.socket", Refusing)
    with pytest.raises(ConflictError, match=said):
        await listen("http", "127.0.0.1", 0)


def test_a_place_is_written_as_in_settings() -> None:
    assert place_of(("127.0.0.1", 80)) == "127.0.0.1:80"
    assert place_of(("::1", 80, 0, 0)) == "[::1]:80"
