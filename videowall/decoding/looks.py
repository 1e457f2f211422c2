"""When coded pictures are looked for between two pictures of the wall: seldom at first, more often towards the next.

What came between two looks is decoded together, which is cheaper; but what came before the last look has to be in the
wall's next picture, and so has all that was left from the looks before it. So each interval is shorter than the one
before, by as much as decoding keeps a thread busy. Times are arguments.
"""

from collections.abc import Iterator
from typing import Final

LONGEST_S: Final = 0.01
"""Between two looks; less where pictures have to be hurried."""
_LEAST_LEAD_S: Final = 0.002
_LAST_PICTURES: Final = 2
"""So many are decoded between the last look and the wall's picture."""
_SHRINKS: Final = (0.25, 0.8)
"""An interval is at least and at most so much of the one before it: more, and a busy thread would look all the time."""
_LOOKS: Final = 8
"""With intervals of their own; those before them follow one another at the longest."""


class Looks:
    """Learns how long decoding takes; one thread teaches it, any asks."""

    def __init__(self) -> None:
        self._leads_s: tuple[float, ...] = tuple(_leads(0.0, 0.0))
        """How long before the wall's next picture each look is, the last one first."""

    def learn(self, each_s: float, busy: float) -> None:
        """Lately a picture took so long, and the thread was busy for that share of the time."""
        self._leads_s = tuple(_leads(each_s, busy))

    @property
    def last_s(self) -> float:
        """How long before the wall's picture is the last look for it."""
        return self._leads_s[0]

    def first(self, from_s: float, due_s: float) -> float:
        """The first look from `from_s` on, where the wall's next picture is due; the due time itself after the last."""
        leads_s, left_s = self._leads_s, due_s - from_s
        if left_s > leads_s[-1]:
            return from_s + (left_s - leads_s[-1]) % LONGEST_S
        return due_s - next((lead_s for lead_s in reversed(leads_s) if lead_s <= left_s), 0.0)


def _leads(each_s: float, busy: float) -> Iterator[float]:
    least, most = _SHRINKS
    shrink = min(most, max(least, busy))
    lead_s = interval_s = min(max(_LEAST_LEAD_S, _LAST_PICTURES * each_s), LONGEST_S)
    for _ in range(_LOOKS):
        yield lead_s
        interval_s = min(interval_s / shrink, LONGEST_S)
        lead_s += interval_s
