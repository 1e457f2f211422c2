"""A post's gateway that announces its sensors for Home Assistant over MQTT, as ESPHome or Zigbee2MQTT do.

Each device is announced whole, or entity by entity; its values are one JSON document on one topic. A gateway says on a
topic of its own whether it is there, also by its will. There is no memory in this dialect: what is measured while
nobody hears it is dropped, and counted.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from sensors.dialects.dialect import Send
from sensors.dialects.native import Sample
from sensors.model import Birth, DeviceId, Metric, MetricType, SiteId, Value
from simulators.foreign.speaker import Speaker, Spoken

_ONLINE, _OFFLINE = b"online", b"offline"
_EXPIRY_PERIODS, _SHORTEST_EXPIRY_S = 4, 30
_ORIGIN = {"name": "Shekara simulators", "sw": "1.0"}
_UNITS = {"Cel": "°C", "{dBm}": "dBm"}
"""As Home Assistant spells them; all others are spelled as they are, without braces."""
_CLASSES = {
    "Cel": "temperature",
    "V": "voltage",
    "hPa": "atmospheric_pressure",
    "mm/h": "precipitation_intensity",
    "{dBm}": "signal_strength",
    "km/h": "speed",
    "m": "distance",
    "ms": "duration",
    "min": "duration",
}
_CLASSES_BY_NAME = {
    "humidity": "humidity",
    "charge": "battery",
    "wind": "wind_speed",
    "gust": "wind_speed",
    "door": "door",
    "tamper": "tamper",
}
_HEALTH = frozenset(("battery", "temperature", "humidity", "rssi", "uptime"))
"""What a sensor says of itself, and not of what it watches."""
_MEASURES_WEATHER = "weather"
_encode = msgspec.json.Encoder().encode


class _Announced(NamedTuple):
    spoken: Spoken
    id: str
    base: str


class HomeAssistantGateway(Speaker):
    """The speaker. `prefix` is the discovery prefix, `root` the beginning of all other topics."""

    def __init__(self, prefix: str, root: str, site: SiteId, devices: Iterable[Spoken], *, by_entity: bool) -> None:
        super().__init__()
        self._root = root
        self._prefix = prefix
        self._site = site
        self._by_entity = by_entity
        self._announced = {
            spoken.device: _Announced(spoken, identity_of(site, spoken.device), f"{root}/{spoken.device}")
            for spoken in devices
        }
        self._last: dict[DeviceId, bytes] = {}
        self.client = f"ha-{site}-{self._form}"
        self.topics = (f"{prefix}/status",)
        self.devices = frozenset(self._announced)

    def will(self, now: datetime) -> Send:
        """The gateway is gone."""
        del now
        return Send(self._status, _OFFLINE, retained=True)

    def connected(self, now: datetime) -> tuple[Send, ...]:
        """Announce everybody, and say that they are there."""
        del now
        self.there = True
        return (*self._announce(), Send(self._status, _ONLINE, retained=True), *self._repeat())

    def heard(self, topic: str, payload: bytes, now: datetime) -> tuple[Send, ...]:
        """A Home Assistant that has just begun knows nobody: announce all again."""
        del topic, now
        return (*self._announce(), *self._repeat()) if payload == _ONLINE else ()

    def take(self, device: DeviceId, sample: Sample) -> tuple[Send, ...]:
        """The values of a device, as one document; its last one is said again on the next connection."""
        values = {name: _word(value) for name, value in sample.values.items() if value is not None}
        self._last[device] = _encode(values)
        if not self.there:
            self.dropped_total += 1
            return ()
        return (self._state(device),)

    def leave(self, now: datetime) -> tuple[Send, ...]:
        """The gateway goes, and says so."""
        return (self.will(now),)

    @property
    def _form(self) -> str:
        return "entities" if self._by_entity else "devices"

    @property
    def _status(self) -> str:
        return f"{self._root}/gateway-{self._form}/status"

    def _state(self, device: DeviceId) -> Send:
        return Send(f"{self._announced[device].base}/state", self._last[device])

    def _repeat(self) -> Iterator[Send]:
        return map(self._state, self._last)

    def _announce(self) -> Iterator[Send]:
        for announced in self._announced.values():
            yield from self._entities(announced) if self._by_entity else self._whole(announced)

    def _whole(self, announced: _Announced) -> Iterator[Send]:
        """The device form, in full words."""
        birth = announced.spoken.birth
        config = {
            "device": _block(self._site, announced.id, birth),
            "origin": _ORIGIN,
            "availability": [{"topic": self._status}],
            "state_topic": f"{announced.base}/state",
            "components": {
                metric.name: {"platform": _platform(metric), **_entity(announced, metric)} for metric in birth.metrics
            },
        }
        yield Send(f"{self._prefix}/device/{announced.id}/config", _encode(config), retained=True)

    def _entities(self, announced: _Announced) -> Iterator[Send]:
        """The older form: a topic for each entity, with abbreviations and a base topic, as most firmware writes it."""
        birth = announced.spoken.birth
        block = {_DEVICE_SHORT[key]: value for key, value in _block(self._site, announced.id, birth).items()}
        for metric in birth.metrics:
            entity = {_SHORT.get(key, key): value for key, value in _entity(announced, metric).items()}
            config = {
                "~": announced.base,
                "dev": block,
                "o": _ORIGIN,
                "avty_t": self._status,
                "stat_t": "~/state",
                **entity,
            }
            topic = f"{self._prefix}/{_platform(metric)}/{announced.id}/{metric.name}/config"
            yield Send(topic, _encode(config), retained=True)


def identity_of(site: SiteId, device: DeviceId) -> str:
    """What a device is known by: twelve digits, as a radio's address has them."""
    return "0x" + hashlib.sha256(f"{site}/{device}".encode()).hexdigest()[:12]


def expiry_s(period_s: float) -> int:
    """For how long a value holds of a device that says one every so many seconds."""
    return max(_SHORTEST_EXPIRY_S, round(period_s * _EXPIRY_PERIODS))


def _block(site: SiteId, identity: str, birth: Birth) -> dict[str, Any]:
    return {
        "identifiers": [identity],
        "name": birth.names.en,
        "manufacturer": birth.maker,
        "model": birth.model,
        "sw_version": birth.firmware,
        "serial_number": birth.serial,
        "suggested_area": birth.site_names.en or site,
    }


def _entity(announced: _Announced, metric: Metric) -> dict[str, Any]:
    spoken = announced.spoken
    said: dict[str, Any] = {
        "unique_id": f"{announced.id}_{metric.name}",
        "name": metric.names.en or metric.name,
        "value_template": f"{{{{ value_json.{metric.name} }}}}",
        "expire_after": expiry_s(spoken.period_s),
    }
    is_weather = spoken.birth.kind == _MEASURES_WEATHER
    if metric.name in _HEALTH and not is_weather:
        said["entity_category"] = "diagnostic"
    if (device_class := _class_of(metric)) is not None:
        said["device_class"] = device_class
    if metric.type in (MetricType.NUMBER, MetricType.COUNTER):
        said["state_class"] = "measurement" if metric.type is MetricType.NUMBER else "total_increasing"
        if metric.unit:
            said["unit_of_measurement"] = _UNITS.get(metric.unit, metric.unit.strip("{}"))
    return said


def _class_of(metric: Metric) -> str | None:
    return _CLASSES_BY_NAME.get(metric.name) or _CLASSES.get(metric.unit)


def _platform(metric: Metric) -> str:
    return "binary_sensor" if metric.type is MetricType.BOOLEAN else "sensor"


def _word(value: Value) -> Value:
    """Two states are words here."""
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    return value


_SHORT: Mapping[str, str] = {
    "unique_id": "uniq_id",
    "value_template": "val_tpl",
    "expire_after": "exp_aft",
    "entity_category": "ent_cat",
    "device_class": "dev_cla",
    "state_class": "stat_cla",
    "unit_of_measurement": "unit_of_meas",
}
_DEVICE_SHORT: Mapping[str, str] = {
    "identifiers": "ids",
    "name": "name",
    "manufacturer": "mf",
    "model": "mdl",
    "sw_version": "sw",
    "serial_number": "sn",
    "suggested_area": "sa",
}
