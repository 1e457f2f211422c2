"""Which streams end the children that decode them, and for how long each is kept from doing so again. Pure."""

from sensors.clock import Clock

FORGIVEN = 2
"""A stream is found with a child that ends by chance too; the next time soon after is none."""
FIRST_S, MOST_S = 60.0, 900.0
STABLE_S = 120.0
"""So long without another end wipes the slate clean."""


class Conduct:
    """One stream's. Belongs to the thread that decodes it; its properties may be read from anywhere."""

    def __init__(self, clock: Clock) -> None:
        self.ends_total = 0
        self._clock = clock
        self._in_row = 0
        self._until_s = float("-inf")

    @property
    def is_kept_away(self) -> bool:
        """Whether no child may be given this stream now."""
        return self._clock.monotonic_s() < self._until_s

    def blame(self) -> float:
        """A child has ended over this stream: for how many seconds it is kept away now."""
        now_s = self._clock.monotonic_s()
        self.ends_total += 1
        self._in_row = 1 if now_s - self._until_s > STABLE_S else self._in_row + 1
        quarantines = self._in_row - FORGIVEN
        for_s = min(MOST_S, FIRST_S * 2.0 ** min(quarantines - 1, 16)) if quarantines > 0 else 0.0
        self._until_s = now_s + for_s
        return for_s
