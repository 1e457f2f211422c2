"""Time that runs faster than it does: for scenarios that need days."""

from datetime import datetime, timedelta

from sensors.clock import Clock


class FastClock:
    """Wall time from `starts` on, `speed` simulated seconds a second; timers go on to be real."""

    def __init__(self, real: Clock, starts: datetime, speed: float) -> None:
        self._real = real
        self._starts = starts
        self._speed = speed
        self._began_s = real.monotonic_s()

    def now(self) -> datetime:
        """Simulated time."""
        return self._starts + timedelta(seconds=(self._real.monotonic_s() - self._began_s) * self._speed)

    def monotonic_s(self) -> float:
        """Real seconds."""
        return self._real.monotonic_s()
