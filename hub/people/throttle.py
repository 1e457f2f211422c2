"""Sign-in throttling: after a few failures each further one costs twice the wait, by name and by address.

The pair of name and address waits first and longest, so that a stranger who guesses an officer's name elsewhere
delays the officer by seconds only. Memory is bounded: the entry that was quiet longest gives way.
"""

from collections import OrderedDict
from typing import NamedTuple

from sensors.clock import Clock
from sensors.errors import LimitError

MAX_ENTRIES = 8_192
_FORGET_S = 900.0


class ThrottledError(LimitError):
    """Too many failed sign-ins; `retry_after_s` says when to try again."""

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__("too many failed attempts", subject="sign-in", mend=f"Wait {retry_after_s:.0f} s")


class _Rule(NamedTuple):
    free: int
    longest_s: float


class _Failures(NamedTuple):
    failed: int
    until_s: float
    last_s: float


_PAIR = _Rule(free=4, longest_s=300.0)
_ADDRESS = _Rule(free=12, longest_s=300.0)
_NAME = _Rule(free=30, longest_s=15.0)


class Throttle:
    """Failures of the last quarter of an hour, on the monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self.refused_total = 0

    def check(self, name: str, address: str) -> None:
        """Pass, or say how long to wait.

        Raises:
            ThrottledError: this name or this address has failed too often just now.
        """
        now = self._clock.monotonic_s()
        until = max(
            (self._failures[key].until_s for key, _ in _keys(name, address) if key in self._failures), default=0
        )
        if until > now:
            self.refused_total += 1
            raise ThrottledError(until - now)

    def failed(self, name: str, address: str) -> None:
        """Remember a wrong name or password."""
        now = self._clock.monotonic_s()
        for key, rule in _keys(name, address):
            before = self._failures.pop(key, None)
            count = before.failed + 1 if before and now - before.last_s < _FORGET_S else 1
            wait = min(2.0 ** min(count - rule.free, 30), rule.longest_s) if count >= rule.free else 0.0
            self._failures[key] = _Failures(count, now + wait, now)
        while len(self._failures) > MAX_ENTRIES:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of this name from this address; those of the address as a whole stay."""
        self._failures.pop(_keys(name, address)[0][0], None)


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, str], _Rule], ...]:
    return (((name, address), _PAIR), (("", address), _ADDRESS), ((name, ""), _NAME))
