"""When the wall's next picture is due. The composer tells it; decoding is timed by it."""

from typing import NamedTuple


class _Told(NamedTuple):
    due_s: float
    period_s: float


class Beat:
    """Monotonic times; one thread tells, any asks. Told anew before each picture; before the first there is none."""

    def __init__(self) -> None:
        self._told = _Told(float("-inf"), 0.04)

    def tell(self, due_s: float, period_s: float) -> None:
        """The next picture is due then, and others each period after."""
        self._told = _Told(due_s, period_s)

    def after(self, at_s: float) -> float | None:
        """The first time after `at_s` when a picture is due; None while nobody composes."""
        due_s, period_s = self._told
        if at_s - due_s > 2 * period_s:
            return None
        while due_s <= at_s:
            due_s += period_s
        return due_s
