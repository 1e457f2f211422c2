"""Templates of Sparkplug B: what is measured in their members is stored as any other metric is."""

from datetime import timedelta

import pytest

from sensors.dialects.native import CommandPayload
from sensors.dialects.sparkplug.properties import Scale, scale_of
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.templates import Templates
from sensors.dialects.sparkplug.times import to_milliseconds
from sensors.dialects.sparkplug.values import DataType
from sensors.model import Quality
from tests.sensors.sparkplug_edge import START, Ear, Edge, births, key_of, metric, readings, refusals, values


def said_of(**said: float | str) -> Payload.PropertySet:
    as_values = [
        Payload.PropertyValue(string_value=value)
        if isinstance(value, str)
        else Payload.PropertyValue(double_value=value)
        for value in said.values()
    ]
    return Payload.PropertySet(keys=list(said), values=as_values)


def instance(name: str, *members: Payload.Metric, **fields: object) -> Payload.Metric:
    template = Payload.Template(template_ref="Pump", metrics=members)
    return metric(name, datatype=DataType.TEMPLATE, template_value=template, **fields)


DEFINITION = metric(
    "Pump",
    datatype=DataType.TEMPLATE,
    template_value=Payload.Template(
        is_definition=True,
        metrics=[
            metric("Flow", datatype=DataType.DOUBLE, properties=said_of(engUnit="m³/h", engLow=0.0, engHigh=40.0)),
            metric("Running", datatype=DataType.BOOLEAN),
        ],
    ),
)


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def born(edge: Edge, ear: Ear) -> list[object]:
    """An edge node that defines a pump, and a device with one of them, called P1."""
    return [
        *ear.hear(
            edge.connect([DEFINITION]),
            edge.dbirth("station", [instance("P1", metric("Flow", 12.5), metric("Running", True), alias=3)]),
        )
    ]


@pytest.mark.usefixtures("born")
def test_members_are_metrics_with_the_units_and_ranges_of_their_definition(ear: Ear) -> None:
    birth = births(ear.messages)[1].birth
    assert birth is not None
    flow, running = (next(each for each in birth.metrics if each.name == name) for name in ("p1_flow", "p1_running"))
    assert (flow.unit, flow.minimum, flow.maximum) == ("m3/h", 0.0, 40.0)
    assert running.names.en == "P1/Running"
    found = {str(each.metric): each.value for each in readings(ear.messages)}
    assert (found["p1_flow"], found["p1_running"]) == (12.5, True)
    assert not refusals(ear.messages)


@pytest.mark.usefixtures("born")
def test_data_name_only_the_members_that_have_changed_and_the_instance_by_its_alias(edge: Edge, ear: Ear) -> None:
    heard = ear.hear(edge.ddata("station", instance("", metric("Flow", 13.0), alias=3)))
    assert {each.metric: each.value for each in readings(heard)} == {"p1": 1, "p1_flow": 13.0}
    assert ear.rebirths == []


@pytest.mark.usefixtures("born")
def test_time_history_and_quality_of_an_instance_hold_for_its_members(edge: Edge, ear: Ear) -> None:
    at = START + timedelta(seconds=5)
    own = START + timedelta(seconds=7)
    told = instance(
        "P1",
        metric("Flow", 14.0),
        metric("Running", False, timestamp=to_milliseconds(own), properties=said_of(Quality=192.0)),
        timestamp=to_milliseconds(at),
        is_historical=True,
        properties=said_of(Quality=0.0),
    )
    found = {str(each.metric): each for each in readings(ear.hear(edge.ddata("station", told)))}
    flow, running = found["p1_flow"], found["p1_running"]
    assert (flow.captured_at, flow.historical, flow.quality) == (at, True, Quality.BAD)
    assert (running.captured_at, running.historical, running.quality) == (own, True, Quality.GOOD)


@pytest.mark.usefixtures("born")
def test_an_instance_that_is_null_leaves_its_members_untrusted(edge: Edge, ear: Ear) -> None:
    heard = ear.hear(edge.ddata("station", metric("P1", datatype=DataType.TEMPLATE, is_null=True)))
    assert {each.metric: (each.value, each.quality) for each in readings(heard)} == {
        "p1": (2, Quality.BAD),
        "p1_flow": (12.5, Quality.BAD),
        "p1_running": (True, Quality.BAD),
    }


def test_templates_in_templates_are_taken_apart_to_a_bounded_depth(edge: Edge, ear: Ear) -> None:
    inner = metric("Level", 1.0)
    for depth in range(20):
        inner = instance(f"T{depth}", inner)
    heard = ear.hear(
        edge.connect([instance("Tank", instance("Valve", metric("Open", True)))]), edge.dbirth("d", [inner])
    )
    assert True in values(heard)
    names = [each.metric for each in readings(heard)]
    assert "tank_valve_open" in names
    assert 1.0 not in [each.value for each in readings(heard) if each.metric.endswith("level")]
    assert max(name.count("_t") for name in names) == 4


def test_members_beyond_the_bound_are_left_out_and_said_so(edge: Edge, ear: Ear) -> None:
    members = [metric(f"m{number}", 1.0) for number in range(9_000)]
    heard = ear.hear(edge.connect([instance("Rack", *members)]))
    birth = births(heard)[0].birth
    assert birth is not None
    assert len(birth.metrics) <= 256
    assert "are left out" in refusals(heard)[0]


@pytest.mark.usefixtures("born")
def test_a_member_that_was_not_declared_asks_for_a_birth(edge: Edge, ear: Ear) -> None:
    heard = ear.hear(edge.ddata("station", instance("P1", metric("Pressure", 2.0))))
    assert "P1/Pressure was not declared" in refusals(heard)[0]
    assert ear.rebirths == ["Edge-1"]


@pytest.mark.usefixtures("born")
def test_a_member_is_not_written_alone(ear: Ear) -> None:
    answer = ear.host.command(key_of(ear.messages, 1), CommandPayload("c1", "write", {"p1_running": False}))
    assert answer == "P1/Running is a part of P1, and a template is not written in parts"


def test_the_definitions_of_an_earlier_birth_hold_no_more(edge: Edge, ear: Ear) -> None:
    ear.hear(edge.connect([DEFINITION]))
    heard = ear.hear(edge.connect(), edge.dbirth("station", [instance("P1", metric("Flow", 1.0))]))
    birth = births(heard)[1].birth
    assert birth is not None
    assert next(each for each in birth.metrics if each.name == "p1_flow").unit == ""


LONG = 100_000
MANY = 2_000


@pytest.mark.parametrize(
    "whole",
    [
        instance("P" * LONG, *(metric(f"m{number}", 1.0) for number in range(MANY))),
        instance("P1", instance("V" * LONG, *(metric(f"m{number}", 1.0) for number in range(MANY)))),
        instance("P1", *(metric("Flow", 1.0) for _ in range(MANY)), properties=said_of(Quality="x" * LONG)),
        instance("P1", *(metric("Flow", 1.0) for _ in range(MANY)), properties=said_of(Other="x" * LONG, Quality=0.0)),
    ],
    ids=["name", "name within", "quality", "properties"],
)
def test_what_is_said_of_a_whole_instance_makes_no_mountain_of_its_members(whole: Payload.Metric) -> None:
    unfolded = Templates().declared([whole])
    assert sum(each.ByteSize() for each in unfolded) < 4 * whole.ByteSize()


def test_what_a_definition_says_of_a_member_makes_no_mountain_of_those_that_are_so_defined() -> None:
    said = said_of(engUnit="m³/h", Description="x" * LONG, engHigh=40.0)
    defined = Payload.Template(is_definition=True, metrics=[metric("Flow", datatype=DataType.DOUBLE, properties=said)])
    templates = Templates()
    templates.learn([metric("Pump", datatype=DataType.TEMPLATE, template_value=defined)])
    whole = instance("P1", *(metric("Flow", 1.0) for _ in range(MANY)))
    unfolded = templates.declared([whole])
    assert sum(each.ByteSize() for each in unfolded) < 10 * whole.ByteSize()
    assert scale_of(unfolded[1]) == Scale("m3/h", "", None, 40.0)


@pytest.mark.usefixtures("born")
def test_an_instance_that_is_null_again_and_again_says_its_members_once(edge: Edge, ear: Ear) -> None:
    gone = [metric("P1", datatype=DataType.TEMPLATE, is_null=True) for _ in range(MANY)]
    assert len(readings(ear.hear(edge.ddata("station", *gone)))) == MANY + 2
