"""A center without threads, disk or broker: inputs in, effects out, time moved by hand."""

from concurrent.futures import Future
from datetime import UTC, datetime
from itertools import count
from typing import Any

from hub.config import HubSettings
from hub.decisions.center import Center
from hub.decisions.dialects import Dialects
from hub.decisions.records import Remembered
from hub.decisions.state import Effects, State
from hub.inputs import Asked, Input, Moment, Received, Tick
from hub.protocol import AlarmChanged, AlarmView, LogEntry
from hub.requests import Request
from sensors.clock import ManualClock
from sensors.dialects import native
from sensors.errors import ShekaraError
from sensors.model import (
    Birth,
    Condition,
    DeviceId,
    DeviceKey,
    Limit,
    Metric,
    MetricType,
    Names,
    Priority,
    Quality,
    Reading,
    SiteId,
    Value,
)
from sensors.topics import Leaf, topic

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def device(name: str, site: str = "kordai") -> DeviceKey:
    return DeviceKey(SiteId(site), DeviceId(name))


FENCE, CAMERA, GATEWAY = device("fence-1"), device("cam-1"), device("gateway")
TOO_HIGH = Limit("too-high", Condition.ABOVE, 40.0, Priority.HIGH, Names(en="Too high"), deadband=5.0)
FENCE_BIRTH = Birth(
    kind="fence",
    names=Names(en="Fence"),
    metrics=(
        Metric("tension", MetricType.NUMBER, unit="N", minimum=0, maximum=1000, limits=(TOO_HIGH,)),
        Metric("mode", MetricType.TEXT),
    ),
)


class QuietCenter:
    def __init__(
        self,
        remembered: Remembered | None = None,
        *,
        approve_all: bool = True,
        dialects: Dialects | None = None,
        partitioned: frozenset[SiteId] = frozenset(),
        exercise: bool = False,
        simulated: str = "",
    ) -> None:
        self.clock = ManualClock(START)
        self.recorded: list[list[Input]] = []
        self._numbers = count(1)
        settings = HubSettings(approve_all=approve_all, mdns=False, exercise=exercise, simulated=simulated)
        self.state = State(settings, remembered or Remembered(), [], self.now, dialects, partitioned)
        self.center = Center(self.state)
        self.said = Effects()

    @property
    def now(self) -> Moment:
        return Moment(self.clock.now(), self.clock.monotonic_s())

    def take(self, *batch: Input) -> Effects:
        self.recorded.append(list(batch))
        return self.center.take(list(batch))

    def hear(self, key: DeviceKey, leaf: Leaf, payload: bytes, *, retained: bool = False) -> Effects:
        return self.take(self.message(topic(key, leaf), payload, retained=retained))

    def message(self, name: str, payload: bytes, *, retained: bool = False) -> Received:
        return Received(self.now, name, payload, len(payload), retained, 1, next(self._numbers), 1)

    def bear(self, key: DeviceKey, birth: Birth) -> Effects:
        return self.hear(key, Leaf.BIRTH, native.encode_birth(birth))

    def measure(
        self,
        key: DeviceKey,
        values: dict[str, Value],
        *,
        retained: bool = False,
        quality: dict[str, Quality] | None = None,
        at: datetime | None = None,
        sequence: int | None = None,
        observer: str = "",
    ) -> Effects:
        number = next(self._numbers) if sequence is None else sequence
        payload = native.encode_data(at or self.clock.now(), number, values, quality, observer=observer)
        return self.hear(key, Leaf.DATA, payload, retained=retained)

    def say_state(self, key: DeviceKey, *, online: bool, retained: bool = False) -> Effects:
        payload = native.encode_state(online=online, since=self.clock.now())
        return self.hear(key, Leaf.STATE, payload, retained=retained)

    def ask(self, request: Request[Any]) -> tuple[object, Effects]:
        effects = self.take(Asked(self.now, request, Future()))
        result = effects.answers[0].result
        if isinstance(result, ShekaraError):
            raise result
        return result, effects

    def wait(self, seconds: float) -> Effects:
        self.clock.advance(seconds)
        return self.take(Tick(self.now))

    @property
    def alarms(self) -> tuple[AlarmView, ...]:
        return self.state.engine.listed


def alarms_of(effects: Effects) -> list[AlarmView]:
    return [message.alarm for message in effects.live if isinstance(message, AlarmChanged)]


def kinds(effects: Effects) -> list[str]:
    return [entry.kind for entry in effects.changes.log]


def entries(effects: Effects) -> list[LogEntry]:
    return effects.changes.log


def reading(value: Value, *, at: datetime = START, sequence: int = 1, metric: str = "tension") -> Reading:
    return Reading(FENCE, metric, value, "N", Quality.GOOD, at, at, sequence, historical=False)  # type: ignore[arg-type]  # a name
