"""The hub's side of Home Assistant discovery for its tests, and what equipment announces there."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sensors.dialects.dialect import Action, Heard, Memo
from sensors.dialects.home_assistant import HomeAssistant
from sensors.model import (
    Birth,
    BirthSeen,
    DeviceKey,
    Message,
    Metric,
    ReadingsSeen,
    Rejected,
    SiteId,
    StateSeen,
)

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
PREFIX = "homeassistant"
SITE = SiteId("kordai")


class Desk:
    """The hub's side: a clock that steps, everything the dialect said, and what is kept for it."""

    def __init__(self, *, memos: dict[str, bytes] | None = None, **how: Any) -> None:
        self.memos = memos or {}
        self.dialect = HomeAssistant({PREFIX: SITE}, memos=self.memos, **how)
        self.now = NOW
        self.messages: list[Message] = []
        self.actions: list[Action] = []

    def hear(self, topic: str, payload: object = b"", *, retained: bool = False) -> list[Message]:
        said = (
            payload if isinstance(payload, bytes) else payload.encode() if isinstance(payload, str) else coded(payload)
        )
        assert self.dialect.claims(topic)
        return self._keep(self.dialect.decode(topic, said, retained=retained, received_at=self.now))

    def config(self, place: str, payload: object, *, retained: bool = False) -> list[Message]:
        """A config, and the pause after it."""
        return [*self.hear(f"{PREFIX}/{place}/config", payload, retained=retained), *self.wait(1)]

    def wait(self, seconds: float) -> list[Message]:
        self.now += timedelta(seconds=seconds)
        return self._keep(self.dialect.tick(self.now))

    def _keep(self, heard: Heard) -> list[Message]:
        self.messages += heard.messages
        for action in heard.actions:
            if not isinstance(action, Memo):
                self.actions.append(action)
            elif action.content is None:
                del self.memos[action.name]
            else:
                self.memos[action.name] = action.content
        return list(heard.messages)

    def begun_again(self) -> "Desk":
        """The hub after a restart, with what it kept; connected."""
        return Desk(memos=dict(self.memos)).connect(self.now)

    def connect(self, now: datetime) -> "Desk":
        self.now = now
        self._keep(self.dialect.connected(now, now))
        return self

    @property
    def births(self) -> list[BirthSeen]:
        return [each for each in self.messages if isinstance(each, BirthSeen)]

    @property
    def birth(self) -> Birth:
        birth = self.births[-1].birth
        assert birth is not None
        return birth

    @property
    def key(self) -> DeviceKey:
        return self.births[-1].key

    @property
    def rejected(self) -> list[str]:
        return [each.reason for each in self.messages if isinstance(each, Rejected)]

    def metric(self, name: str) -> Metric:
        return next(metric for metric in self.birth.metrics if metric.name == name)


def coded(payload: object) -> bytes:
    return json.dumps(payload).encode()


def values(messages: list[Message]) -> dict[str, Any]:
    return {
        reading.metric: reading.value
        for each in messages
        if isinstance(each, ReadingsSeen)
        for reading in each.readings
    }


def states(messages: list[Message]) -> list[bool]:
    return [each.online for each in messages if isinstance(each, StateSeen)]


PORTAL = {"identifiers": ["portal-0451"], "name": "Portal", "manufacturer": "Maker", "model": "M1", "sw_version": "2.1"}
TEMPERATURE = {
    "name": "Temperature",
    "device": PORTAL,
    "unique_id": "portal-0451_temperature",
    "device_class": "temperature",
    "state_class": "measurement",
    "unit_of_measurement": "°C",
    "state_topic": "portal/state",
    "value_template": "{{ value_json.temperature }}",
}
SHORT = {
    "name": "Temperature",
    "dev": {"ids": "portal-0451", "name": "Portal", "mf": "Maker", "mdl": "M1", "sw": "2.1"},
    "uniq_id": "portal-0451_temperature",
    "dev_cla": "temperature",
    "stat_cla": "measurement",
    "unit_of_meas": "°C",
    "~": "portal",
    "stat_t": "~/state",
    "val_tpl": "{{ value_json.temperature }}",
}
IN_DEVICE_FORM: dict[str, Any] = {
    "dev": SHORT["dev"],
    "o": {"name": "gate2mqtt", "sw": "1.0"},
    "cmps": {
        "temperature": {
            "p": "sensor",
            "name": "Temperature",
            "uniq_id": "portal-0451_temperature",
            "dev_cla": "temperature",
            "stat_cla": "measurement",
            "unit_of_meas": "°C",
            "val_tpl": "{{ value_json.temperature }}",
        }
    },
    "stat_t": "portal/state",
}


def alone(**options: object) -> dict[str, object]:
    """A sensor entity of its own device."""
    return {"device": PORTAL, "unique_id": "portal-0451_it", "state_topic": "it/state"} | options
