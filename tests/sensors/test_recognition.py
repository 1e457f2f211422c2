"""A device is of the kind that the whole of what it measures tells, whatever each part alone might be."""

import pytest

from sensors.equipment import CATALOGUE, complete
from sensors.model import MetricType
from sensors.recognition import NOT_ANNOUNCED, Measured, recognise
from tests.sensors.home_assistant_desk import Desk, alone

NUMBER, SWITCH, TEXT, COUNTER = MetricType.NUMBER, MetricType.BOOLEAN, MetricType.TEXT, MetricType.COUNTER
GENSET = (
    Measured("engine-running", SWITCH, "running"),
    Measured("fuel-level", NUMBER),
    Measured("coolant-temperature", NUMBER, "temperature"),
    Measured("battery-voltage", NUMBER, "voltage"),
)
CABINET = (
    Measured("rack-door", SWITCH, "door"),
    Measured("vibration", SWITCH, "tamper"),
    Measured("inside", NUMBER, "temperature"),
    Measured("moisture-of-air", NUMBER, "humidity"),
)
ELECTRIC = tuple(Measured(name, NUMBER, name) for name in ("voltage", "current", "power", "frequency"))


@pytest.mark.parametrize("kind", sorted(CATALOGUE.keys() - NOT_ANNOUNCED))
def test_every_kind_of_the_catalogue_is_known_by_its_own_metrics_in_any_order(kind: str) -> None:
    measured = [Measured(metric.name.replace("_", "-"), metric.type) for metric in CATALOGUE[kind].metrics]
    assert {recognise(measured), recognise(measured[::-1]), recognise(sorted(measured))} == {kind}


@pytest.mark.parametrize(
    ("measured", "kind"),
    [
        (GENSET, "generator"),
        ((*GENSET, *ELECTRIC), "generator"),
        (ELECTRIC, "power-meter"),
        (CABINET, "cabinet"),
        (CABINET[:3], ""),
        ([Measured("temperature", NUMBER), Measured("humidity", NUMBER), Measured("battery", NUMBER)], ""),
        ([Measured(name, NUMBER) for name in ("temperature", "humidity", "pressure")], ""),
        ([Measured(name, NUMBER) for name in ("wind-speed", "wind-gust", "temperature", "humidity")], "weather"),
        ([Measured("fuel", TEXT), Measured("running", TEXT), Measured("coolant", TEXT)], ""),
        ([Measured("fuel", NUMBER), Measured("running", SWITCH)], ""),
        ([Measured("uptime", NUMBER), Measured("pending", NUMBER), Measured("load", NUMBER)], ""),
        ([], ""),
    ],
)
def test_what_makers_call_it_tells_a_kind_only_where_there_is_enough_of_it(measured: list[Measured], kind: str) -> None:
    assert recognise(measured) == kind


DEVICE = {"identifiers": "gs_0x00178801"}


def test_a_generator_announced_for_home_assistant_is_watched_as_one() -> None:
    desk = Desk()
    desk.hear("homeassistant/sensor/a/config", alone(unique_id="coolant", device_class="temperature", device=DEVICE))
    for unique, more in (("fuel", {"unit_of_measurement": "%"}), ("hours_total", {"unit_of_measurement": "h"})):
        desk.hear(f"homeassistant/sensor/{unique}/config", alone(unique_id=unique, device=DEVICE, **more))
    for unique in ("running", "fault"):
        desk.hear(f"homeassistant/binary_sensor/{unique}/config", alone(unique_id=unique, device=DEVICE))
    desk.wait(2)
    assert desk.birth.kind == "generator"
    limits = {metric.name: [limit.id for limit in metric.limits] for metric in complete(desk.birth).metrics}
    assert (limits["fault"], limits["fuel"]) == (["fault"], ["fuel-low"])


def test_a_cabinet_announced_for_home_assistant_is_no_door_and_a_door_is_no_cabinet() -> None:
    kinds = []
    for entities in (("door", "tamper", "temperature", "humidity"), ("door", "temperature")):
        desk = Desk()
        for unique in entities:
            platform = "binary_sensor" if unique in ("door", "tamper") else "sensor"
            config = alone(unique_id=unique, device_class=unique, device=DEVICE)
            desk.hear(f"homeassistant/{platform}/{unique}/config", config)
        desk.wait(2)
        kinds.append(desk.birth.kind)
    assert kinds == ["cabinet", "door-contact"]
