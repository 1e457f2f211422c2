"""Who the crowd is and what it says: posts of a gateway and many sensors, each with one value, healthy and never still.

A value is a slow rhythm with seeded noise, read from one table by all sensors, each from a place of its own. The same
seed gives the same values; only times are those of the run.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from sensors.catalog import GATEWAY
from sensors.dialects.native import encode_birth, encode_state
from sensors.equipment import describe
from sensors.model import Birth, DeviceId, DeviceKey, Names, SiteId
from sensors.topics import Leaf, topic
from simulators.load.packets import MAX_ID, Named, Will, named, publish

MAX_POSTS = 1_000
MAX_SENSORS = 900
"""Of one post: a hub takes a thousand devices of a site."""
_ROUND = 4_096
"""Values after which a sensor's rhythm begins again."""
_NOISE = 0.15
_SILENT_PERIODS = 5.0


class _Sort(NamedTuple):
    """What a sensor of the crowd is, which of its metrics it says, and around what that moves."""

    kind: str
    metric: str
    middle: float
    swing: float


_SORTS = (
    _Sort("weather", "temperature", 14.0, 9.0),
    _Sort("ground-sensor", "person", 0.05, 0.04),
    _Sort("fence", "energy", 14.0, 8.0),
    _Sort("ups", "charge", 96.0, 3.0),
    _Sort("link", "rtt", 18.0, 7.0),
    _Sort("cabinet", "temperature", 24.0, 9.0),
    _Sort("radiation-portal", "gamma", 2_050.0, 120.0),
    _Sort("gnss-time", "offset", 0.0, 1.5),
)
"""Each value stays well within its limits: a crowd is to be heard, not to raise alarms."""


class Sensor(NamedTuple):
    """One sensor, ready to speak."""

    topic: Named
    form: bytes
    """Its payload with places for time, number and value."""
    offset: int
    middle: float
    swing: float


class CrowdPost:
    """One post: what it announces, and what it says in one breath. `period_s` is the time between two breaths."""

    def __init__(self, number: int, sensors: int, period_s: float, seed: int) -> None:
        self.site = SiteId(f"load-{number:03}")
        self._names = Names(en=f"Load {number}", ru=f"Нагрузка {number}", kk=f"Жүктеме {number}")
        self._silence_s = max(60.0, _SILENT_PERIODS * period_s)
        self._random = Random(f"{seed}/{self.site}")  # noqa: S311 - repeatable noise, not a secret
        self._gateway = DeviceKey(self.site, DeviceId(GATEWAY))
        self._sorts = {
            DeviceKey(self.site, DeviceId(f"{sort.kind}-{place + 1}")): sort
            for place in range(sensors)
            for sort in (_SORTS[place % len(_SORTS)],)
        }
        self.sensors = tuple(map(self._sensor, self._sorts, self._sorts.values()))

    def will(self, now: datetime) -> Will:
        """The gateway's."""
        return Will(topic(self._gateway, Leaf.STATE).encode(), encode_state(online=False, since=now))

    def announce(self, now: datetime) -> Iterator[tuple[Named, bytes]]:
        """Births and states of all devices, the gateway's first; to be retained. Made as they are asked for."""
        online = encode_state(online=True, since=now)
        gateway = Birth(
            GATEWAY, self._names, self._names, maker="Shekara", model="Load", silence_s=self._silence_s, exercise=True
        )
        births = ((key, self._birth(key, sort)) for key, sort in self._sorts.items())
        for key, birth in ((self._gateway, gateway), *births):
            yield named(topic(key, Leaf.BIRTH)), encode_birth(birth)
            yield named(topic(key, Leaf.STATE)), online

    def leave(self, now: datetime) -> tuple[Named, bytes]:
        """That the gateway is gone, and all behind it."""
        return named(topic(self._gateway, Leaf.STATE)), encode_state(online=False, since=now)

    def breath(self, now: datetime, sequence: int, first_id: int) -> bytes:
        """One value of each sensor, as packets numbered from `first_id` (0 to `MAX_ID` - 1) on."""
        at = now.astimezone(UTC).isoformat(timespec="milliseconds").encode()
        parts: list[bytes] = []
        for number, (name, form, offset, middle, swing) in enumerate(self.sensors, first_id):
            value = middle + swing * _TABLE[(offset + sequence) % _ROUND]
            parts += publish(name, number % MAX_ID + 1, form % (at, sequence, value))
        return b"".join(parts)

    def _sensor(self, key: DeviceKey, sort: _Sort) -> Sensor:
        form = b'{"at":"%%b","seq":%%d,"values":{"%b":%%.2f}}' % sort.metric.encode()
        return Sensor(named(topic(key, Leaf.DATA)), form, self._random.randrange(_ROUND), sort.middle, sort.swing)

    def _birth(self, key: DeviceKey, sort: _Sort) -> Birth:
        metric = describe(sort.kind, sort.metric)
        return Birth(
            kind=sort.kind,
            names=Names(en=str(key.device)),
            site_names=self._names,
            metrics=() if metric is None else (metric,),
            via=DeviceId(GATEWAY),
            silence_s=self._silence_s,
            maker="Shekara",
            model="Load",
            exercise=True,
        )


def _table() -> tuple[float, ...]:
    """One round between -1 and 1: a wave, with noise on it."""
    random = Random("crowd")  # noqa: S311 - repeatable noise, not a secret
    return tuple(
        (1.0 - _NOISE) * math.sin(2 * math.pi * place / _ROUND) + random.uniform(-_NOISE, _NOISE)
        for place in range(_ROUND)
    )


_TABLE = _table()
