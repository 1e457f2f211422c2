"""How long to wait before trying again: full jitter, so that many who lost the same peer do not return at once."""

import random

from sensors.clock import Clock

FIRST_S = 0.5
LONGEST_S = 30.0
_LEAST_S = 0.05
STABLE_S = 60.0


class Backoff:
    """Waits between tries; starts over only after the last success has held for a stable minute."""

    def __init__(self, clock: Clock, chance: random.Random, longest_s: float = LONGEST_S) -> None:
        self._clock = clock
        self._chance = chance
        self._longest_s = longest_s
        self._failed = 0
        self._up_since_s: float | None = None

    def succeeded(self) -> None:
        """The peer answers, from now on; saying it again changes nothing."""
        if self._up_since_s is None:
            self._up_since_s = self._clock.monotonic_s()

    def failed(self) -> float:
        """The peer has failed; seconds to wait before the next try."""
        if self._up_since_s is not None and self._clock.monotonic_s() - self._up_since_s >= STABLE_S:
            self._failed = 0
        self._up_since_s = None
        ceiling = min(self._longest_s, FIRST_S * 2.0 ** min(self._failed, 16))
        self._failed += 1
        return max(_LEAST_S, self._chance.uniform(0.0, ceiling))
