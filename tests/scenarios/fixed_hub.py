"""The hub's own core on a fixed clock: messages go in, what people would see comes out. No broker, disk or thread.

It takes in batches and ticks as the pipeline does, so delays, silence and counts in windows are those of the product.
"""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import count

from msgspec import structs

from hub.config import HubSettings
from hub.decisions.center import Center
from hub.decisions.dialects import MAIN, Dialects
from hub.decisions.records import Remembered
from hub.decisions.state import Effects, State
from hub.dialects_config import make_dialects
from hub.inputs import Connected, Input, Moment, Received, Tick
from hub.pipeline import TICK_S
from sensors.secrets import Secrets
from sensors.settings import Settings
from simulators.messages import Message
from simulators.scoring.hearing import Hearing
from simulators.truth import Heard


class FixedHub:
    """One run of one hub for exercises that approves all it finds. `told`: sections of its shekara.toml."""

    def __init__(self, start: datetime, told: str = "") -> None:
        self._start = self._now = start
        settings = Settings("told", tomllib.loads(told), {}, Secrets())
        section = structs.replace(settings.section(HubSettings, "hub"), approve_all=True, mdns=False, exercise=True)
        dialects = Dialects(make_dialects(settings, ()))
        self.state = State(section, Remembered(), [], self._moment(start), dialects)
        self._center = Center(self.state)
        self._hearing = Hearing(start)
        self._numbers = count(1)
        self._center.begin(self._moment(start))
        for connection in dict.fromkeys((MAIN, *map(dialects.connection_of, dialects.spoken))):
            self._center.take([Connected(self._moment(start), start, connection)])

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
        """As it comes to one who has long subscribed: a broker marks what it remembers, not what is said now."""
        at, payload = self._moment(message.at), message.payload
        return Received(
            at, message.topic, payload, len(payload), retained=False, qos=1, packet_id=next(self._numbers), epoch=1
        )

    def _moment(self, at: datetime) -> Moment:
        return Moment(at, (at - self._start).total_seconds())
