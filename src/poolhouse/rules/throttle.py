"""How often a password may be tried: a wait that doubles, for the network that asks and for the name it asks about.

A network gets `FREE_TRIES_PER_NETWORK` tries, a name `FREE_TRIES_PER_NAME` from everywhere together; each failure after
that doubles the wait. Tries from a browser that has been logged in as that name before are counted apart from those of
strangers, so no stranger can lock the owner out, be it from next door. Whether a name exists is never asked, so it
cannot show. The state is in memory alone and bounded: an attack is forgotten with a restart, and so is a lock-out.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import TYPE_CHECKING, Final

from poolhouse.errors import ThrottledError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

FREE_TRIES_PER_NETWORK: Final = 5
"""Failures from one IPv4 address or IPv6 /64 before it has to wait."""

FREE_TRIES_PER_NAME: Final = 20
"""Failures for one name, from browsers that never were logged in as it, before all such browsers have to wait."""

MEMORY: Final = timedelta(minutes=15)
"""How long a failure counts after the last one; also the longest wait."""

KEY_LIMIT: Final = 10_000
"""How many networks, and how many names, are remembered; the one longest without a failure goes first."""


@dataclass(slots=True)
class _Failures:
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class _Counter:
    """Failures by key, the most recent last."""

    free_tries: int
    failures: OrderedDict[bytes, _Failures]

    def wait(self, key: bytes, now: datetime) -> timedelta:
        known = self.failures.get(key)
        if known is None or now - known.last_at >= MEMORY:
            return timedelta()
        # A clock that was put back must not make a wait longer than it was.
        passed = max(now - known.last_at, timedelta())
        return self._wait_after(known.count) - passed

    def add(self, key: bytes, now: datetime) -> None:
        self._forget_until(now - MEMORY)
        known = self.failures.pop(key, None)
        self.failures[key] = _Failures(known.count + 1 if known else 1, now)
        if len(self.failures) > KEY_LIMIT:
            self.failures.popitem(last=False)

    def _wait_after(self, count: int) -> timedelta:
        if count < self.free_tries:
            return timedelta()
        return min(timedelta(seconds=2 ** min(count - self.free_tries, 30)), MEMORY)

    def _forget_until(self, time: datetime) -> None:
        while self.failures and next(iter(self.failures.values())).last_at <= time:
            self.failures.popitem(last=False)


class Throttle:
    """The failures so far; one for the whole process, used from one thread. Each call costs the same however many."""

    __slots__ = ("_names", "_networks")

    def __init__(self) -> None:
        self._networks = _Counter(FREE_TRIES_PER_NETWORK, OrderedDict())
        self._names = _Counter(FREE_TRIES_PER_NAME, OrderedDict())

    def check(self, address: str, name: str, is_known_device: bool, now: datetime) -> None:
        """Raise ThrottledError where a password may not be tried yet.

        `address` is the client's IP address, `name` what was typed, `now` aware. Call it as the last thing
        before a password is compared, inside whatever bounds how many are compared at once: tries that are
        all checked before the first has failed are all let through.
        """
        wait = max(
            counter.wait(key, now)
            for counter, key in self._counters(address, name, is_known_device=is_known_device)
        )
        if wait > timedelta():
            raise ThrottledError(max(1, ceil(wait.total_seconds())))

    def failed(self, address: str, name: str, is_known_device: bool, now: datetime) -> None:
        """Count a wrong password, or a name that is not there: the same for both."""
        for counter, key in self._counters(address, name, is_known_device=is_known_device):
            counter.add(key, now)

    def succeeded(self, address: str, name: str, is_known_device: bool, now: datetime) -> None:
        """Forget the failures for this name.

        Those of the network stay until they are forgotten: else who has an account could clear them with it
        between guesses at another's.
        """
        del address, is_known_device, now
        self._names.failures.pop(_digest(name.strip().casefold()), None)

    def _counters(
        self, address: str, name: str, *, is_known_device: bool
    ) -> Iterator[tuple[_Counter, bytes]]:
        yield self._networks, _digest(f"{'known' if is_known_device else 'unknown'} {network_of(address)}")
        if not is_known_device:
            yield self._names, _digest(name.strip().casefold())


def network_of(address: str) -> str:
    """Return what one customer of a provider is likely to have: an IPv4 address, or the /64 of an IPv6 address.

    An IPv4 address in IPv6 clothes (`::ffff:192.0.2.1`) is that IPv4 address. What is no address is itself.
    """
    try:
        ip = ip_address(address.strip())
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return f"{IPv6Address(int(ip) >> 64 << 64)}/64"


def _digest(text: str) -> bytes:
    """Make a key of fixed size: what is typed as a name may be a megabyte, or somebody's password."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
