"""A dialect with three words, so that tests see what the hub does with any dialect: `toy/<word>` topics."""

from datetime import datetime, timedelta

from sensors.dialects.dialect import NOTHING, Filter, Heard, Listen, Send, Unlisten
from sensors.dialects.native import CommandPayload, reject
from sensors.model import (
    Birth,
    BirthSeen,
    DeviceId,
    DeviceKey,
    Message,
    Metric,
    MetricName,
    MetricType,
    Names,
    Quality,
    Reading,
    ReadingsSeen,
    SiteId,
    StateSeen,
)

TOY = DeviceKey(SiteId("kordai"), DeviceId("toy-1"))
TOY_BIRTH = Birth(kind="toy", names=Names(en="Toy"), metrics=(Metric("level", MetricType.NUMBER, unit="mm"),))


class ToyDialect:
    """`toy/birth`, `toy/level` (a number), `toy/more` (asks for the topic in the payload), `toy/less`."""

    name = "toy"
    filters = (Filter("toy/#"),)

    def __init__(self, key: DeviceKey = TOY, *, mortal: bool = False) -> None:
        self._key = key
        self._mortal = mortal
        self._wanted: set[str] = set()
        self.ticks = 0

    def claims(self, topic: str) -> bool:
        return topic.startswith("toy/") or topic in self._wanted

    def decode(self, topic: str, payload: bytes, *, retained: bool, received_at: datetime) -> Heard:
        text = payload.decode()
        match topic:
            case "toy/birth":
                birth = BirthSeen(self._key, TOY_BIRTH, received_at, retained)
                return Heard((birth, StateSeen(self._key, True, received_at, received_at, retained)))
            case "toy/more":
                self._wanted.add(text)
                return Heard(actions=(Listen(text),))
            case "toy/less":
                self._wanted.discard(text)
                return Heard(actions=(Unlisten(text),))
        if not text.isdigit():
            return Heard((reject(topic, payload, "not a number", received_at, self._key),))
        return Heard((self._level(float(text), received_at, snapshot=retained),))

    def connected(self, now: datetime, opened_at: datetime) -> Heard:
        del now
        return Heard(actions=(Send("toy/host", b"here " + opened_at.isoformat().encode(), retained=True),))

    def tick(self, now: datetime) -> Heard:
        del now
        self.ticks += 1
        return NOTHING

    def command(self, key: DeviceKey, command: CommandPayload) -> tuple[Send, ...] | str:
        return (Send(f"toy/{key.device}/do", command.name.encode()),) if command.name == "jump" else "a toy only jumps"

    def clock_set(self, by: timedelta) -> None:
        del by

    def farewell(self, now: datetime) -> tuple[Send, ...]:
        del now
        return (Send("toy/host", b"gone", retained=True),)

    def will(self, opened_at: datetime) -> Send | None:
        return Send("toy/host", b"lost " + opened_at.isoformat().encode(), retained=True) if self._mortal else None

    def _level(self, value: float, at: datetime, *, snapshot: bool) -> Message:
        reading = Reading(self._key, MetricName("level"), value, "", Quality.GOOD, at, at, 0, historical=False)
        return ReadingsSeen(self._key, (reading,), snapshot)
