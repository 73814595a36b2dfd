"""How often a password may be tried, by whom, and that it cannot be turned against the owner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import ThrottledError
from poolhouse.rules.throttle import (
    FREE_TRIES_PER_NAME,
    FREE_TRIES_PER_NETWORK,
    KEY_LIMIT,
    MEMORY,
    Throttle,
    network_of,
)

_START = datetime(2026, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def _wait_seconds(throttle: Throttle, address: str, name: str, now: datetime, *, known: bool = False) -> int:
    try:
        throttle.check(address, name, known, now)
    except ThrottledError as error:
        return error.retry_after_seconds
    return 0


def _fail(
    throttle: Throttle, address: str, name: str, now: datetime, times: int, *, known: bool = False
) -> None:
    for _ in range(times):
        throttle.failed(address, name, known, now)


def test_the_wait_doubles_from_the_fifth_failure_on_up_to_a_quarter_of_an_hour() -> None:
    throttle, now, waits = Throttle(), _START, []
    for _ in range(16):
        throttle.failed("192.0.2.1", "ada", False, now)
        waits.append(_wait_seconds(throttle, "192.0.2.1", "ada", now))
        now += min(timedelta(seconds=waits[-1]), MEMORY - _SECOND)
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_the_wait_runs_out() -> None:
    throttle = Throttle()
    _fail(throttle, "192.0.2.1", "ada", _START, FREE_TRIES_PER_NETWORK + 3)
    assert _wait_seconds(throttle, "192.0.2.1", "ada", _START + 7.5 * _SECOND) == 1
    assert _wait_seconds(throttle, "192.0.2.1", "ada", _START + 8 * _SECOND) == 0


def test_a_network_waits_whatever_the_name_and_another_does_not() -> None:
    throttle = Throttle()
    for number in range(FREE_TRIES_PER_NETWORK):
        throttle.failed("192.0.2.1", f"name{number}", False, _START)
    assert _wait_seconds(throttle, "192.0.2.1", "ada", _START) == 1
    assert _wait_seconds(throttle, "192.0.2.2", "name0", _START) == 0


def test_a_name_waits_for_failures_from_anywhere_however_it_is_spelled() -> None:
    throttle = Throttle()
    for number in range(FREE_TRIES_PER_NAME):
        assert _wait_seconds(throttle, "192.0.2.1", "ada", _START) == 0
        throttle.failed(f"198.51.100.{number}", "Ada" if number % 2 else " ada", False, _START)
    assert _wait_seconds(throttle, "192.0.2.1", "ADA ", _START) == 1
    assert _wait_seconds(throttle, "192.0.2.1", "bob", _START) == 0


def test_the_owner_is_not_locked_out_by_strangers_even_from_the_same_network() -> None:
    throttle = Throttle()
    _fail(throttle, "192.0.2.1", "ada", _START, 1_000)
    assert _wait_seconds(throttle, "192.0.2.1", "ada", _START) == 900
    assert _wait_seconds(throttle, "192.0.2.1", "ada", _START, known=True) == 0


def test_a_known_device_has_to_wait_too_but_not_for_its_name() -> None:
    throttle = Throttle()
    _fail(throttle, "192.0.2.1", "ada", _START, FREE_TRIES_PER_NETWORK, known=True)
    assert _wait_seconds(throttle, "192.0.2.1", "ada", _START, known=True) == 1
    for number in range(FREE_TRIES_PER_NAME):
        throttle.failed(f"198.51.100.{number}", "ada", True, _START)
    assert _wait_seconds(throttle, "192.0.2.2", "ada", _START) == 0


def test_success_clears_the_name_but_not_the_network() -> None:
    throttle = Throttle()
    _fail(throttle, "192.0.2.1", "ada", _START, FREE_TRIES_PER_NAME)
    throttle.succeeded("198.51.100.1", "Ada", False, _START)
    assert _wait_seconds(throttle, "198.51.100.1", "ada", _START) == 0
    throttle.succeeded("192.0.2.1", "mallory", False, _START)
    assert _wait_seconds(throttle, "192.0.2.1", "ada", _START) > 0


def test_failures_are_forgotten_after_a_quarter_of_an_hour() -> None:
    throttle = Throttle()
    _fail(throttle, "192.0.2.1", "ada", _START, 30)
    assert _wait_seconds(throttle, "192.0.2.1", "ada", _START + MEMORY - _SECOND) == 1
    assert _wait_seconds(throttle, "192.0.2.1", "ada", _START + MEMORY) == 0
    throttle.failed("192.0.2.1", "ada", False, _START + MEMORY)
    assert _wait_seconds(throttle, "192.0.2.1", "ada", _START + MEMORY) == 0


def test_a_clock_that_is_put_back_makes_no_wait_longer() -> None:
    throttle = Throttle()
    _fail(throttle, "192.0.2.1", "ada", _START, FREE_TRIES_PER_NETWORK + 2)
    assert _wait_seconds(throttle, "192.0.2.1", "ada", _START - timedelta(days=1)) == 4


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    throttle = Throttle()
    _fail(throttle, "192.0.2.1", "ada", _START, FREE_TRIES_PER_NETWORK + 7)
    _fail(throttle, "192.0.2.2", "x" * 1_000_000, _START, FREE_TRIES_PER_NETWORK + 7)
    throttle.failed("192.0.2.1", "ada", False, _START)
    for number in range(KEY_LIMIT - 1):
        throttle.failed(f"2001:db8:0:{number:x}::1", f"name{number}", False, _START)
    assert len(throttle._networks.failures) == len(throttle._names.failures) == KEY_LIMIT
    assert _wait_seconds(throttle, "192.0.2.1", "other", _START) > 0
    assert _wait_seconds(throttle, "192.0.2.2", "other", _START) == 0


def test_what_is_forgotten_takes_no_memory() -> None:
    throttle = Throttle()
    for number in range(100):
        throttle.failed(f"192.0.2.{number}", f"name{number}", False, _START)
    throttle.failed("198.51.100.1", "ada", False, _START + MEMORY)
    assert len(throttle._networks.failures) == len(throttle._names.failures) == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network


@given(st.lists(st.tuples(st.text(max_size=5), st.booleans(), st.integers(0, 2_000)), max_size=40))
def test_no_wait_is_longer_than_a_quarter_of_an_hour(tries: list[tuple[str, bool, int]]) -> None:
    throttle, now = Throttle(), _START
    for name, known, seconds in tries:
        now += seconds * _SECOND
        throttle.failed("192.0.2.1", name, known, now)
        assert _wait_seconds(throttle, "192.0.2.1", name, now, known=known) <= MEMORY.total_seconds()
        assert _wait_seconds(throttle, "192.0.2.1", name, now + MEMORY, known=known) == 0
