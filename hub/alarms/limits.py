"""When a limit holds: comparison with deadband, then on-delay and off-delay. Time is monotonic seconds."""

from enum import Enum

from sensors.model import Condition, Limit, Value

# Python 3.11 looks an enumeration's member up by a function call; what every reading passes has it by name.
_ABOVE, _BELOW, _EQUALS = Condition.ABOVE, Condition.BELOW, Condition.EQUALS


class Turn(Enum):
    """What a watch has to say when it says something."""

    RAISED = "raised"
    RETURNED = "returned"


def holds(limit: Limit, value: Value, *, held: bool) -> bool:
    """Whether the limit's condition is met, given whether it was before.

    A deadband narrows the way back: ABOVE 10 with deadband 2 begins over 10 and ends at 8. Values that cannot be
    ordered never meet ABOVE or BELOW; true is not the number 1.
    """
    condition, bound = limit.condition, limit.bound
    if condition is not _ABOVE and condition is not _BELOW:
        return _same(value, bound) is (condition is _EQUALS)
    if isinstance(value, str) or isinstance(bound, str):
        return False
    deadband = limit.deadband if held else 0.0
    return value > bound - deadband if condition is _ABOVE else value < bound + deadband


class Watch:
    """One limit of one metric of one device. `raised` is its verdict, after the delays."""

    __slots__ = ("_held", "_since_s", "limit", "raised")

    def __init__(self, limit: Limit, *, raised: bool = False) -> None:
        self.limit = limit
        self.raised = raised
        self._held = raised
        self._since_s: float | None = None

    @property
    def held(self) -> bool:
        """Whether the condition was met when it was last seen."""
        return self._held

    @property
    def waiting(self) -> bool:
        """Whether a delay is running, so that time alone may change the verdict."""
        return self._since_s is not None

    def see(self, value: Value, now_s: float) -> Turn | None:
        """A new value; the verdict's change, if it changes now."""
        self._held = holds(self.limit, value, held=self._held)
        return self.look(now_s)

    def judge(self, now_s: float, *, held: bool) -> Turn | None:
        """Whether the condition is met now; the verdict's change, if it changes now."""
        self._held = held
        return self.look(now_s)

    def excuse(self) -> None:
        """What was seen last is no reason any more: an on-delay that runs has not begun. A verdict stays."""
        if not self.raised:
            self._held, self._since_s = False, None

    def look(self, now_s: float) -> Turn | None:
        """No new value, later; the verdict's change, if a delay has run out."""
        if self._held is self.raised:
            self._since_s = None
            return None
        if self._since_s is None:
            self._since_s = now_s
        delay_s = self.limit.on_delay_s if self._held else self.limit.off_delay_s
        if now_s - self._since_s < delay_s:
            return None
        self.raised, self._since_s = self._held, None
        return Turn.RAISED if self.raised else Turn.RETURNED


def _same(value: Value, bound: Value) -> bool:
    return isinstance(value, bool) is isinstance(bound, bool) and value == bound
