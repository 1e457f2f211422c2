"""The hub's own core on a fixed clock: messages go in, what people would see comes out. No broker, disk or thread.

It takes in batches and ticks as the pipeline does, so delays, silence and counts in windows are those of the product.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import count

from hub.config import HubSettings
from hub.decisions.center import Center
from hub.decisions.dialects import Dialects
from hub.decisions.records import Remembered
from hub.decisions.state import Effects, State
from hub.inputs import Connected, Input, Moment, Received, Tick
from hub.pipeline import TICK_S
from simulators.rehearsed_gateway import Message
from simulators.scoring.hearing import Hearing
from simulators.truth import Heard


class FixedHub:
    """One run of one hub for exercises that approves all it finds."""

    def __init__(self, start: datetime, dialects: Dialects | None = None) -> None:
        self._start = self._now = start
        self.state = State(
            HubSettings(approve_all=True, mdns=False, exercise=True), Remembered(), [], self._moment(start), dialects
        )
        self._center = Center(self.state)
        self._hearing = Hearing(start)
        self._numbers = count(1)
        self._center.begin(self._moment(start))
        self._center.take([Connected(self._moment(start), start)])

    def hear(self, messages: Iterable[Message], until: datetime) -> Iterator[Heard]:
        """Live from the start to the end; messages come in order of time."""
        batch: list[Input] = []
        for message in messages:
            if message.at > until:
                break
            while message.at >= self._now + timedelta(seconds=TICK_S):
                yield from self._tick(batch)
            batch.append(self._received(message))
        while self._now < until:
            yield from self._tick(batch)

    def _tick(self, batch: list[Input]) -> Iterator[Heard]:
        self._now += timedelta(seconds=TICK_S)
        effects = self._center.take([*batch, Tick(self._moment(self._now))])
        batch.clear()
        return self._said(effects)

    def _said(self, effects: Effects) -> Iterator[Heard]:
        for said in effects.live:
            yield from self._hearing.take(said, self._now)

    def _received(self, message: Message) -> Received:
        at, payload = self._moment(message.at), message.payload
        return Received(at, message.topic, payload, len(payload), message.retained, 1, next(self._numbers), 1)

    def _moment(self, at: datetime) -> Moment:
        return Moment(at, (at - self._start).total_seconds())
