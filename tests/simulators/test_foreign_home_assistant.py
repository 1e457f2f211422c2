"""A post as Home Assistant's discovery has it: judged by the hub's own reading, and by another maker's models."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from ha_mqtt_discoverable import DeviceInfo
from ha_mqtt_discoverable.sensors import BinarySensorInfo, SensorInfo

from sensors.dialects.dialect import Send
from sensors.dialects.hass.abbreviations import expand
from sensors.dialects.home_assistant import HomeAssistant
from sensors.equipment import complete
from sensors.model import Birth, BirthSeen, DeviceId, Message, Quality, Reading, ReadingsSeen, Rejected, StateSeen
from simulators.foreign.home_assistant import HomeAssistantGateway
from simulators.kinds import KINDS
from tests.support.foreign_post import FENCE, GROUND, NOW, SITE, sample, spoken

_PREFIX, _ROOT = "posts/kordai/ha", "posts/kordai"
_INFOS: dict[str, type[SensorInfo | BinarySensorInfo]] = {"sensor": SensorInfo, "binary_sensor": BinarySensorInfo}


def _gateway(*, by_entity: bool = False) -> HomeAssistantGateway:
    return HomeAssistantGateway(_PREFIX, _ROOT, SITE, (spoken(GROUND), spoken(FENCE)), by_entity=by_entity)


class _Centre:
    """The hub's side: everything it made of what was said."""

    def __init__(self) -> None:
        self.dialect = HomeAssistant({_PREFIX: SITE})
        self.dialect.connected(NOW, NOW)
        self.now = NOW
        self.messages: list[Message] = []

    def hear(self, said: Iterable[Send]) -> list[Message]:
        before = len(self.messages)
        for each in said:
            assert self.dialect.claims(each.topic), each.topic
            self.messages += self.dialect.decode(
                each.topic, each.payload, retained=False, received_at=self.now
            ).messages
        self.wait(2)
        return self.messages[before:]

    def wait(self, seconds: float) -> list[Message]:
        before = len(self.messages)
        for _ in range(round(seconds * 4)):
            self.now += timedelta(seconds=0.25)
            self.messages += self.dialect.tick(self.now).messages
        return self.messages[before:]

    @property
    def births(self) -> dict[str, Birth]:
        seen = [each for each in self.messages if isinstance(each, BirthSeen)]
        return {each.birth.model: complete(each.birth) for each in seen if each.birth is not None}


def _readings(messages: Iterable[Message]) -> dict[str, Reading]:
    seen = [reading for each in messages if isinstance(each, ReadingsSeen) for reading in each.readings]
    return {reading.metric: reading for reading in seen}


@pytest.mark.parametrize("by_entity", [False, True])
def test_its_devices_are_what_they_are_and_their_values_are_read(*, by_entity: bool) -> None:
    gateway, centre = _gateway(by_entity=by_entity), _Centre()
    centre.hear(gateway.connected(NOW))
    assert {model: birth.kind for model, birth in centre.births.items()} == {
        "SG-3 seismic": "ground-sensor",
        "FV-200 vibration": "fence",
    }
    ground = centre.births["SG-3 seismic"]
    assert (ground.maker, ground.serial, ground.firmware) == ("Shekara", "SIM-kordai-ground-1", "2.4.1")
    metrics = {metric.name: metric for metric in ground.metrics}
    assert metrics.keys() == {"person", "vehicle", "class", "hits-total", "battery", "temperature", "rssi"}
    assert [limit.id for limit in metrics["person"].limits] == ["person-near"]
    assert [metrics[name].unit for name in ("battery", "temperature", "rssi", "hits-total")] == [
        "V",
        "Cel",
        "{dBm}",
        "{hit}",
    ]
    heard = centre.hear(gateway.take(GROUND, sample(1, person=0.93, class_="person", hits_total=12, rssi=-80.5)))
    assert {name: reading.value for name, reading in _readings(heard).items()} == {
        "person": 0.93,
        "class": "person",
        "hits-total": 12,
        "rssi": -80.5,
    }
    climbing = centre.hear(gateway.take(FENCE, sample(1, climb=True, cut=False)))
    assert {name: reading.value for name, reading in _readings(climbing).items()} == {"climb": True, "cut": False}
    assert not [each for each in centre.messages if isinstance(each, Rejected)]


def test_it_is_there_until_its_will_says_otherwise() -> None:
    gateway, centre = _gateway(), _Centre()
    will = gateway.will(NOW)
    assert will.retained
    online = [each.online for each in centre.hear(gateway.connected(NOW)) if isinstance(each, StateSeen)]
    assert online == [True, True]
    gone = [each.online for each in centre.hear([will]) if isinstance(each, StateSeen)]
    assert gone == [False, False]
    assert list(gateway.leave(NOW)) == [will]


def test_a_value_that_is_not_said_again_is_no_longer_believed() -> None:
    gateway, centre = _gateway(), _Centre()
    centre.hear(gateway.connected(NOW))
    centre.hear(gateway.take(FENCE, sample(1, energy=14.0)))
    doubted = _readings(centre.wait(31))
    assert {name: reading.quality for name, reading in doubted.items()} == {"energy": Quality.BAD}


def test_a_home_assistant_that_has_begun_is_told_everything_again() -> None:
    gateway = _gateway()
    first = list(gateway.connected(NOW))
    state = list(gateway.take(FENCE, sample(1, energy=14.0)))
    (status,) = gateway.topics
    assert status == f"{_PREFIX}/status"
    again = gateway.heard(status, b"online", NOW)
    assert list(again) == [each for each in first if each.topic.endswith("/config")] + state
    assert gateway.heard(status, b"offline", NOW) == ()


def test_what_nobody_hears_is_counted_and_the_last_of_it_said_on_the_next_connection() -> None:
    gateway = _gateway()
    for second in range(3):
        assert gateway.take(FENCE, sample(second, energy=float(second))) == ()
    assert gateway.dropped_total == 3
    last = list(gateway.connected(NOW))[-1]
    assert json.loads(last.payload) == {"energy": 2.0}
    gateway.lost()
    gateway.take(FENCE, sample(9, energy=9.0))
    assert gateway.dropped_total == 4


def test_names_of_devices_and_of_topics_hold_no_address_of_another() -> None:
    everybody = tuple(spoken(DeviceId(f"{kind}-1"), kind) for kind in KINDS if kind != "gateway")
    gateway = HomeAssistantGateway(_PREFIX, _ROOT, SITE, everybody, by_entity=False)
    centre = _Centre()
    centre.hear(gateway.connected(NOW))
    assert len({each.key for each in centre.messages if isinstance(each, BirthSeen)}) == len(everybody)
    assert not [each for each in centre.messages if isinstance(each, Rejected)]
    assert not any(metric.name == "not-read" for birth in centre.births.values() for metric in birth.metrics)


@pytest.mark.parametrize("by_entity", [False, True])
def test_another_makers_models_accept_every_config(*, by_entity: bool) -> None:
    everybody = tuple(spoken(DeviceId(f"{kind}-1"), kind) for kind in KINDS if kind != "gateway")
    gateway = HomeAssistantGateway(_PREFIX, _ROOT, SITE, everybody, by_entity=by_entity)
    configs = [each for each in gateway.connected(NOW) if each.topic.endswith("/config")]
    judged = 0
    for each in configs:
        _, _, _, platform, _, *_ = each.topic.split("/")
        config = expand(json.loads(each.payload))
        parts = [(platform, config)] if by_entity else list(_parts(config))
        for component, entity in parts:
            info = _INFOS[component].model_validate(entity)
            assert info.unique_id is not None
            assert info.device == DeviceInfo.model_validate(config["device"])
            assert info.device_class == entity.get("device_class")
            judged += 1
    assert judged == sum(len(each.birth.metrics) for each in everybody)


def _parts(config: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    for component in config["components"].values():
        yield component["platform"], {**component, "device": config["device"]}
