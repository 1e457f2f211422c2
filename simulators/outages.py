"""When a post's link let nothing through, so that nobody could see its cameras. Pure: time is an argument.

What only makes pictures late or jerky (latency, loss, a narrow link) is no outage.
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sensors.model import Ident
from simulators.faults.link import CUT_AFTER_S
from simulators.scenario.actions import Action
from simulators.scenario.gateway_actions import LinkCut
from simulators.scenario.link_actions import LinkBreak, LinkBrownOut, LinkHalfOpen, LinkResume

_MOST = 1_000
_LEAST = timedelta(seconds=1)
"""Who is away for less is not missed."""
_Fault = LinkCut | LinkBreak | LinkHalfOpen | LinkBrownOut


class Outage(NamedTuple):
    """Of the happening `of`, by this action: nothing came through from one moment until just before another."""

    of: Ident
    action: _Fault
    starts: datetime
    ends: datetime


class _Standing(NamedTuple):
    """A fault that counts in a span; a link comes and goes in time with the moment at which that began."""

    of: Ident
    action: _Fault
    began: datetime
    starts: datetime
    ends: datetime


class Outages:
    """One post's; of very many the newest."""

    def __init__(self) -> None:
        self._standing: deque[_Standing] = deque(maxlen=_MOST)

    def take(self, action: Action, of: Ident, now: datetime) -> None:
        """Something is made to happen now. Times go forward."""
        match action:
            case LinkCut():
                self._stand(action, of, now + timedelta(seconds=CUT_AFTER_S))
            case LinkBreak() | LinkHalfOpen():
                self._stand(action, of, now)
            case LinkBrownOut():
                # Of one sort the newest counts, and the one before goes on when that is over.
                self._interrupt((LinkBrownOut,), now, now + timedelta(seconds=action.duration_s))
                self._stand(action, of, now)
            case LinkResume():
                self._interrupt((LinkBreak, LinkHalfOpen, LinkBrownOut), now, None)
            case _:
                return

    def before(self, end: datetime) -> Iterator[Outage]:
        """All of a run that ends then; of a link that comes and goes, each one by itself."""
        for standing in self._standing:
            for starts, ends in _downs(standing._replace(ends=min(standing.ends, end))):
                if ends - starts >= _LEAST:
                    yield Outage(standing.of, standing.action, starts, ends)

    def _stand(self, action: _Fault, of: Ident, starts: datetime) -> None:
        ends = starts + timedelta(seconds=action.duration_s)
        self._standing.append(_Standing(of, action, starts, starts, ends))

    def _interrupt(self, sorts: tuple[type[_Fault], ...], now: datetime, until: datetime | None) -> None:
        """End those of some sorts, or let them go on from then."""
        known = [*self._standing]
        self._standing.clear()
        for each in known:
            if not isinstance(each.action, sorts) or each.ends <= now:
                self._standing.append(each)
                continue
            self._standing.append(each._replace(ends=max(each.starts, now)))
            if until is not None and each.ends > until:
                self._standing.append(each._replace(starts=max(each.starts, until)))


def _downs(standing: _Standing) -> Iterator[tuple[datetime, datetime]]:
    """When nothing passes while a fault stands."""
    action, starts, ends = standing.action, standing.starts, standing.ends
    if not isinstance(action, LinkBrownOut) or action.down_s >= action.every_s:
        yield starts, ends
        return
    every, down = timedelta(seconds=action.every_s), timedelta(seconds=action.down_s)
    turn = standing.began + every * ((starts - standing.began) // every)
    while turn < ends:
        yield max(starts, turn), min(ends, turn + down)
        turn += every
