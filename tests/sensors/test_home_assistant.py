"""What equipment announces by Home Assistant discovery: births of devices and their entities."""

import pytest

from sensors.dialects.dialect import Listen
from sensors.model import (
    MetricType,
    Rejected,
)
from tests.sensors.home_assistant_desk import (
    IN_DEVICE_FORM,
    PREFIX,
    SHORT,
    SITE,
    TEMPERATURE,
    Desk,
    alone,
    states,
    values,
)


@pytest.mark.parametrize(
    ("place", "config"),
    [("sensor/portal/temperature", TEMPERATURE), ("sensor/t", SHORT), ("device/portal", IN_DEVICE_FORM)],
)
def test_a_device_is_born_of_any_form_of_config(place: str, config: object) -> None:
    desk = Desk()
    desk.config(place, config, retained=True)
    assert desk.key.site == SITE
    assert (desk.birth.names.en, desk.birth.maker, desk.birth.model, desk.birth.firmware) == (
        "Portal",
        "Maker",
        "M1",
        "2.1",
    )
    metric = desk.metric("temperature")
    assert (metric.type, metric.unit, metric.names.en) == (MetricType.NUMBER, "Cel", "Temperature")
    assert desk.actions == [Listen("portal/state")]
    messages = desk.hear("portal/state", {"temperature": 21.5})
    assert values(messages) == {"temperature": 21.5}
    assert states(messages) == [True], "a device that names no witness is there when it speaks"
    assert desk.births[-1].retained


def test_the_entities_of_a_flood_are_introduced_together_and_none_waits_for_ever() -> None:
    desk = Desk()
    for number in range(8):
        desk.hear(f"{PREFIX}/sensor/e{number}/config", alone(unique_id=f"e{number}"), retained=True)
        assert (desk.wait(0.9) == []) is (number != 5), "a pause, or five seconds"
    desk.wait(1)
    assert [len(each.birth.metrics) for each in desk.births if each.birth] == [6, 8]
    assert all(birth.retained for birth in desk.births)


def test_a_clock_that_is_set_back_makes_nobody_wait() -> None:
    desk = Desk()
    desk.hear(f"{PREFIX}/sensor/t/config", TEMPERATURE)
    desk.wait(-3_600)
    desk.wait(1)
    assert len(desk.births) == 1


def test_the_kind_of_a_device_stands_whatever_entities_come_later_or_first_after_a_restart() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE)
    kind = desk.birth.kind
    smoke = alone(unique_id="smoke", device_class="smoke")
    desk.config("binary_sensor/s", smoke)
    assert (kind, desk.birth.kind) == ("climate", "climate")
    after = Desk(remembered={desk.key: desk.birth})
    after.config("binary_sensor/s", smoke)
    assert after.birth.kind == "climate"


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ({"name": "Ravine", "model": "SG-3 seismic"}, "ground-sensor"),
        ({"name": "Fence, zone 1", "model": "FV-200"}, "fence"),
        ({"name": "Camera box", "model": "Gateway 2"}, "sensor"),
        ({"name": "Ravine", "model": "X"}, "sensor"),
    ],
)
def test_where_no_device_class_tells_a_device_is_what_its_model_or_its_name_is_called(
    device: dict[str, str], kind: str
) -> None:
    desk = Desk()
    desk.config("sensor/p", alone(unique_id="0x12ab_person", device={"identifiers": ["0x12ab"], **device}))
    assert desk.birth.kind == kind


def test_mac_addresses_are_what_a_device_is_known_by_elsewhere() -> None:
    desk = Desk()
    desk.config("sensor/t", alone(device={"identifiers": ["x"], "connections": [["mac", "AA:BB:CC:00:11:22"]]}))
    assert desk.birth.identities == ("mac:aabbcc001122",)


def test_all_forms_lead_to_the_same_device_id() -> None:
    keys = set()
    for place, config in (("sensor/t", TEMPERATURE), ("sensor/x/y", SHORT), ("device/z", IN_DEVICE_FORM)):
        desk = Desk()
        desk.config(place, config)
        keys.add(desk.key)
    assert len(keys) == 1


def test_entities_of_one_device_join_into_one_birth_whatever_their_order() -> None:
    humidity = TEMPERATURE | {
        "unique_id": "portal-0451_humidity",
        "device_class": "humidity",
        "unit_of_measurement": "%",
    }
    births = []
    for first, second in ((TEMPERATURE, humidity), (humidity, TEMPERATURE)):
        desk = Desk()
        desk.config("sensor/a", first)
        desk.config("sensor/b", second)
        births.append(desk.birth)
    assert births[0] == births[1]
    assert [metric.name for metric in births[0].metrics] == ["humidity", "temperature"]


def test_a_device_known_by_a_connection_is_the_same_as_by_its_identifier() -> None:
    desk = Desk()
    mac = [["mac", "AA:BB:CC:00:11:22"]]
    desk.config("sensor/a", alone(device={"identifiers": "x", "connections": mac}))
    desk.config("sensor/b", alone(unique_id="other", device={"connections": [["mac", "aa:bb:cc:00:11:22"]]}))
    assert len({birth.key for birth in desk.births}) == 1


def test_a_device_that_claims_to_be_two_is_refused_and_never_merged() -> None:
    desk = Desk()
    desk.config("sensor/a", alone(device={"identifiers": "x"}, unique_id="a"))
    desk.config("sensor/b", alone(device={"identifiers": "y"}, unique_id="b"))
    messages = desk.config("sensor/c", alone(device={"identifiers": ["x", "y"]}, unique_id="c"))
    assert [type(each) for each in messages] == [Rejected]
    assert "claims to be" in desk.rejected[-1]


def test_an_entity_without_a_device_is_a_device() -> None:
    desk = Desk()
    desk.config("binary_sensor/garden", {"name": "Garden", "device_class": "motion", "state_topic": "g/state"})
    assert (desk.birth.kind, desk.birth.names.en) == ("motion-sensor", "Garden")
    assert [metric.type for metric in desk.birth.metrics] == [MetricType.BOOLEAN]
    assert list(values(desk.hear("g/state", "ON")).values()) == [True]


def test_the_catalogue_gives_a_smoke_detector_its_alarm() -> None:
    desk = Desk()
    smoke = alone(unique_id="0x0017880104_smoke", device_class="smoke", device={"identifiers": "zigbee_0x0017880104"})
    desk.config("binary_sensor/s", smoke)
    assert desk.birth.kind == "fire-alarm"
    assert [limit.bound for limit in desk.metric("smoke").limits] == [True]
