"""Who may hold a connection to an HTTP server of ours, and how long they may take to ask. Pure: told what happens.

A server's own limit of time begins after its first answer, and ends with any byte: by itself it lets anybody use up the
process's descriptors without a word, and then nothing else can be opened either.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final, Protocol

from sensors.clock import Clock

REQUEST_WITHIN_S: Final = 10.0
"""What our clients ask is small, and whoever begins to ask has it whole."""
MOST: Final = 256
"""A quarter of the 1024 descriptors of a process that nobody gives more. Open WebSockets are not counted:
who has one has signed in."""
MOST_EACH: Final = 64
"""Of one origin, so that one stranger keeps nobody else out; a proxy's own connections are fewer."""
_ORIGINS_REMEMBERED: Final = 2 * MOST


class Caller(Protocol):
    """One connection."""

    def hang_up(self) -> None:
        """It took too long to ask."""
        ...


class Reception:
    """What one server's connections are held against, and how often it was of use."""

    def __init__(self, clock: Clock) -> None:
        self.refused_total = 0
        self.unheard_total = 0
        self._clock = clock
        self._asking: dict[Caller, float] = {}
        """Since when, the longest first."""

    def admits(self, address: str, others: Sequence[str]) -> bool:
        """Whether one more may come from an address, beside those from others'; one that may not is counted."""
        origin = origin_of(address)
        admitted = len(others) < MOST and sum(origin_of(other) == origin for other in others) < MOST_EACH
        self.refused_total += not admitted
        return admitted

    def listen(self, caller: Caller) -> None:
        """A caller shall ask, or has begun to; saying so again gives it no more time."""
        self._asking.setdefault(caller, self._clock.monotonic_s())

    def has_heard(self, caller: Caller) -> None:
        """A caller has asked, or is gone."""
        self._asking.pop(caller, None)

    def look_round(self) -> None:
        """Hang up on who took too long; to be called about once a second."""
        latest_s = self._clock.monotonic_s() - REQUEST_WITHIN_S
        while self._asking:
            caller, since_s = next(iter(self._asking.items()))
            if since_s > latest_s:
                return
            del self._asking[caller]
            caller.hang_up()


@lru_cache(_ORIGINS_REMEMBERED)
def origin_of(address: str) -> str:
    """What an address counts as: itself, and one of IPv6 as its /64, of which whoever has one has 2^64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
