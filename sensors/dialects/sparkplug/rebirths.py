"""Which edge nodes are to be asked for a rebirth, and when: not too often one, and not too many at once.

A rebirth is the whole of what a node has to say, and every host of the installation hears it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sensors.dialects.sparkplug.topics import NodeId

GIVE_UP_AFTER = 3
"""Questions to a node that says nothing at all."""
LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(slots=True)
class _Wish:
    not_before: datetime | None
    first_asked_at: datetime | None = None
    asked: int = 0


@dataclass(slots=True)
class _Pace:
    asked_at: datetime
    pause: timedelta


class Rebirths:
    """Wishes in the order in which they came up. A node that is asked again and again is asked more and more rarely."""

    def __init__(self, interval: timedelta, per_second: float) -> None:
        self._interval = interval
        self._per_second = per_second
        self._wishes: dict[NodeId, _Wish] = {}
        self._paces: dict[NodeId, _Pace] = {}
        self._allowance = 1.0
        self._counted_at: datetime | None = None

    def want(self, node: NodeId, not_before: datetime | None = None) -> None:
        """This node has to be born again; it may do so unasked before that time."""
        self._wishes.setdefault(node, _Wish(not_before))

    def settle(self, node: NodeId) -> None:
        """It was, or nobody expects it any more."""
        self._wishes.pop(node, None)

    def forget(self, node: NodeId) -> None:
        """Nothing is known of that node any more."""
        self._wishes.pop(node, None)
        self._paces.pop(node, None)

    def due(self, now: datetime) -> list[NodeId]:
        """Whom to ask now; they count as asked."""
        self._earn(now)
        asked: list[NodeId] = []
        for node, wish in self._wishes.items():
            if self._allowance < 1:
                break
            if (wish.not_before is None or wish.not_before <= now) and self._may_ask(node, now):
                self._allowance -= 1
                self._note(node, wish, now)
                asked.append(node)
        for node in asked:  # to the end of the line, so that nobody waits for ever
            self._wishes[node] = self._wishes.pop(node)
        return asked

    def unanswered(self, now: datetime) -> list[tuple[NodeId, datetime]]:
        """Nodes that were asked often enough, and since when."""
        return [
            (node, wish.first_asked_at)
            for node, wish in self._wishes.items()
            if wish.first_asked_at is not None
            and wish.asked >= GIVE_UP_AFTER
            and now - self._paces[node].asked_at >= self._interval
        ]

    def _may_ask(self, node: NodeId, now: datetime) -> bool:
        pace = self._paces.get(node)
        return pace is None or not timedelta() <= now - pace.asked_at < pace.pause

    def _note(self, node: NodeId, wish: _Wish, now: datetime) -> None:
        wish.first_asked_at = wish.first_asked_at or now
        wish.asked += 1
        pace = self._paces.get(node)
        if pace is None or now - pace.asked_at >= 4 * pace.pause:
            self._paces[node] = _Pace(now, self._interval)
        else:
            self._paces[node] = _Pace(now, min(2 * pace.pause, LONGEST_PAUSE))

    def _earn(self, now: datetime) -> None:
        passed_s = 0.0 if self._counted_at is None else (now - self._counted_at).total_seconds()
        self._counted_at = now
        self._allowance = min(self._allowance + max(passed_s, 0.0) * self._per_second, max(1.0, self._per_second))
