"""An edge node's session as a host hears it: births, the order of messages, deaths, rebirths."""

from datetime import timedelta

import pytest

from sensors.dialects.sparkplug.node import BIRTHS_WITHIN, MAX_DEVICES
from sensors.dialects.sparkplug.order import MAX_WAITING
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.times import to_milliseconds
from sensors.dialects.sparkplug.values import DataType
from sensors.model import Quality
from tests.sensors.sparkplug_edge import (
    START,
    Ear,
    Edge,
    Published,
    births,
    metric,
    readings,
    refusals,
    states,
    values,
)

REORDER_S = 2.0


@pytest.fixture
def ear() -> Ear:
    return Ear(reorder_s=REORDER_S)


@pytest.fixture
def edge() -> Edge:
    return Edge()


def bear(edge: Edge, ear: Ear) -> None:
    """A node with one metric, and a pump behind it with two."""
    ear.hear(edge.connect([metric("load", 0.0)]))
    ear.hear(edge.dbirth("pump", [metric("flow", 1.0, alias=7), metric("on", True)]))


def test_a_node_is_a_gateway_and_what_is_behind_it_speaks_through_it(edge: Edge, ear: Ear) -> None:
    heard = ear.hear(edge.connect([metric("load", 0.5)]))
    heard += ear.hear(edge.dbirth("pump", [metric("flow", 1.0)]))
    node, device = births(heard)
    assert node.birth is not None
    assert device.birth is not None
    assert (node.birth.kind, node.birth.via, node.key.site) == ("gateway", None, "kordai")
    assert (device.birth.via, device.key.site) == (node.key.device, "kordai")
    assert [each.name for each in node.birth.metrics] == ["load"]
    assert states(heard) == [("edge-1", True), ("pump", True)]
    assert values(heard) == [0.5, 1.0]


def test_a_group_that_nobody_has_placed_is_unassigned_and_ids_differ_by_group_and_node(ear: Ear) -> None:
    keys = [
        births(ear.hear(Edge(group, name).connect()))[0].key
        for group, name in (("Kordai", "A"), ("kordai", "A"), ("Other", "A"), ("Kordai", "a"))
    ]
    assert [key.site for key in keys] == ["kordai", "unassigned", "unassigned", "kordai"]
    assert len(set(keys)) == 4


def test_makers_words_are_taken_from_the_properties_and_controls_have_no_readings(edge: Edge, ear: Ear) -> None:
    said = [
        metric("Properties/Hardware Make", "Acme"),
        metric("Properties/Hardware Model", "M1"),
        metric("Properties/FW", "1.2"),
        metric("Node Control/Reboot", False),
    ]
    (birth,) = births(ear.hear(edge.connect(said)))
    assert birth.birth is not None
    assert (birth.birth.maker, birth.birth.model, birth.birth.firmware) == ("Acme", "M1", "1.2")
    assert "node_control_reboot" not in {each.name for each in birth.birth.metrics}


def test_a_devices_kind_is_that_of_its_template_or_of_its_name(edge: Edge, ear: Ear) -> None:
    template = Payload.Template(template_ref="UPS", is_definition=False)
    heard = ear.hear(
        edge.connect(),
        edge.dbirth("x1", [metric("all", datatype=DataType.TEMPLATE, template_value=template)]),
        edge.dbirth("Barrier 2"),
        edge.dbirth("Wall"),
    )
    assert [each.birth and each.birth.kind for each in births(heard)[1:]] == ["ups", "barrier", "sensor"]


def test_data_may_go_by_alias_alone(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    (reading,) = readings(ear.hear(edge.ddata("pump", metric("", 2.5, alias=7))))
    assert (reading.metric, reading.value) == ("flow", 2.5)


def test_an_alias_of_another_device_is_none(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    ear.hear(edge.dbirth("fan", [metric("speed", 1.0, alias=8)]))
    heard = ear.hear(edge.ddata("pump", metric("", 3.0, alias=8)))
    assert values(heard) == []
    assert "alias 8 was not declared" in refusals(heard)[0]
    assert ear.rebirths == ["Edge-1"]


def test_an_alias_is_unique_over_the_node_and_its_devices(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    heard = ear.hear(edge.dbirth("fan", [metric("speed", 1.0, alias=7)]))
    assert "speed: alias 7 is taken" in refusals(heard)[0]
    assert [each.metric for each in readings(ear.hear(edge.ddata("pump", metric("", 2.0, alias=7))))] == ["flow"]


def test_counting_starts_at_the_births_own_number_and_goes_round(ear: Ear) -> None:
    edge = Edge(first=250)
    ear.hear(edge.connect([metric("load", 0.0)]))
    said = [edge.ndata(metric("load", float(number))) for number in range(300)]
    assert values(ear.hear(*said)) == [float(number) for number in range(300)]
    assert ear.wait(REORDER_S * 2) == []
    assert ear.rebirths == []


def test_a_number_that_its_encoder_left_out_is_0(edge: Edge, ear: Ear) -> None:
    at = to_milliseconds(START)
    bare = Payload(timestamp=at, metrics=[metric("load", 1.0)]).SerializeToString()
    ear.hear(Published(edge.topic("NBIRTH"), bare))
    edge.number = 1
    assert values(ear.hear(edge.ndata(metric("load", 2.0)))) == [2.0]


def test_a_message_that_overtook_another_waits_for_it(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    first, second, third = (edge.ndata(metric("load", float(number))) for number in (1, 2, 3))
    assert ear.hear(second, third) == []
    ear.wait(REORDER_S - 0.5)
    assert values(ear.hear(first)) == [1.0, 2.0, 3.0]
    ear.wait(REORDER_S * 2)
    assert ear.rebirths == []


def test_what_is_missing_for_too_long_is_given_up_and_a_rebirth_asked_for(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    edge.ndata(metric("load", 1.0))
    assert ear.hear(edge.ndata(metric("load", 2.0)), edge.ndata(metric("load", 3.0))) == []
    assert values(ear.wait(REORDER_S)) == [2.0, 3.0]
    assert ear.rebirths == ["Edge-1"]
    assert values(ear.hear(edge.ndata(metric("load", 4.0)))) == [4.0]
    assert values(ear.hear(edge.nbirth([metric("load", 5.0)]))) == [5.0]
    ear.wait(60)
    assert ear.rebirths == ["Edge-1"]


def test_the_reorder_timer_may_be_0(edge: Edge) -> None:
    ear = Ear(reorder_s=0.0)
    bear(edge, ear)
    edge.ndata()
    ear.hear(edge.ndata(metric("load", 2.0)))
    assert values(ear.wait(0.25)) == [2.0]
    assert ear.rebirths == ["Edge-1"]


def test_too_many_waiting_messages_are_given_up_before_the_time(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    edge.ndata()
    heard = ear.hear(*(edge.ndata(metric("load", float(number))) for number in range(MAX_WAITING)))
    assert values(heard) == [float(number) for number in range(MAX_WAITING)]
    assert ear.rebirths == ["Edge-1"]


def test_a_message_that_comes_twice_counts_once(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    said = edge.ndata(metric("load", 1.0))
    assert values(ear.hear(said)) == [1.0]
    assert "was heard already" in refusals(ear.hear(said))[0]
    edge.ndata()
    early = edge.ndata(metric("load", 3.0))
    assert ear.hear(early) == []
    assert "was heard already" in refusals(ear.hear(early))[0]


def test_a_device_that_was_not_born_is_not_heard_and_its_node_asked(edge: Edge, ear: Ear) -> None:
    ear.hear(edge.connect())
    heard = ear.hear(edge.ddata("pump", metric("flow", 1.0)))
    assert "not born" in refusals(heard)[0]
    assert (values(heard), ear.rebirths) == ([], ["Edge-1"])


def test_a_metric_that_was_not_declared_is_not_heard_and_its_node_asked(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    heard = ear.hear(edge.ndata(metric("load", 1.0), metric("new", 2.0)))
    assert values(heard) == [1.0]
    assert "new was not declared" in refusals(heard)[0]
    assert ear.rebirths == ["Edge-1"]


def test_a_node_that_was_never_born_is_asked_and_nothing_of_it_believed(edge: Edge, ear: Ear) -> None:
    edge.connect()
    edge.dbirth("pump", [metric("flow", 1.0)])
    assert ear.hear(edge.ddata("pump", metric("flow", 2.0))) == []
    assert "whose birth was not heard" in refusals(ear.wait(REORDER_S))[0]
    assert ear.rebirths == ["Edge-1"]
    heard = ear.hear(edge.nbirth(), edge.dbirth("pump", [metric("flow", 3.0)]))
    assert (len(births(heard)), values(heard)) == (2, [3.0])


def test_a_devices_birth_that_overtook_its_nodes_waits_for_it(edge: Edge, ear: Ear) -> None:
    node = edge.connect()
    edge.now += timedelta(milliseconds=5)
    device = edge.dbirth("pump", [metric("flow", 1.0)])
    assert ear.hear(device) == []
    assert [len(births(ear.hear(node))), len(ear.host._nodes)] == [2, 1]
    assert values(ear.hear(edge.ddata("pump", metric("flow", 2.0)))) == [2.0]


def test_a_nodes_birth_unmakes_those_of_its_devices(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    ear.hear(edge.nbirth())
    heard = ear.hear(edge.ddata("pump", metric("flow", 2.0)))
    assert "not born" in refusals(heard)[0]
    gone = ear.wait(BIRTHS_WITHIN.total_seconds())
    assert states(gone) == [("pump", False)]
    assert {each.quality for each in readings(gone)} == {Quality.UNCERTAIN}
    heard = ear.hear(edge.nbirth(), edge.dbirth("pump", [metric("flow", 3.0)]))
    assert states(heard) == [("edge-1", True), ("pump", True)]


def test_a_nodes_death_takes_its_devices_with_it_and_every_value_is_stale(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    ear.now += timedelta(seconds=30)
    heard = ear.hear(edge.will())
    assert states(heard) == [("edge-1", False), ("pump", False)]
    found = {(each.metric, each.value, each.quality, each.captured_at) for each in readings(heard)}
    assert found == {(name, value, Quality.UNCERTAIN, ear.now) for name, value in (("load", 0), ("flow", 1), ("on", 1))}
    assert "not born" not in str(refusals(ear.hear(edge.ndata(metric("load", 1.0)))))
    assert values(ear.wait(1)) == []


def test_the_will_of_an_earlier_session_is_ignored(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    ear.hear(edge.connect())
    heard = ear.hear(edge.will(session=0))
    assert states(heard) == []
    assert "an earlier session (0, born as 1)" in refusals(heard)[0]
    ear.wait(60)
    assert ear.rebirths == []
    assert states(ear.hear(edge.will(session=1))) == [("edge-1", False)]


def test_the_numbers_of_births_and_deaths_go_round(edge: Edge, ear: Ear) -> None:
    edge.session = 254
    ear.hear(edge.connect())
    ear.hear(edge.connect())
    assert edge.session == 256
    assert "earlier" in refusals(ear.hear(edge.will(session=255)))[0]
    assert states(ear.hear(edge.will(session=256))) == [("edge-1", False)]


def test_the_will_of_a_later_session_makes_the_host_ask_whether_anybody_is_there(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    heard = ear.hear(edge.will(session=1))
    assert states(heard) == []
    gone = ear.wait(120)
    assert ear.rebirths == ["Edge-1"] * 3
    assert states(gone) == [("edge-1", False), ("pump", False)]


def test_a_devices_death_is_its_own(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    edge.now += timedelta(seconds=7)
    heard = ear.hear(edge.ddeath("pump"))
    assert states(heard) == [("pump", False)]
    assert {(each.metric, each.captured_at) for each in readings(heard)} == {("flow", edge.now), ("on", edge.now)}
    assert "not born" in refusals(ear.hear(edge.ddata("pump", metric("flow", 2.0))))[0]
    assert values(ear.hear(edge.ndata(metric("load", 2.0)))) == [2.0]


def test_history_keeps_its_own_time_and_a_repeat_of_it_is_the_same_reading(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    then = START - timedelta(hours=2)
    old = metric("load", 9.0, timestamp=to_milliseconds(then), is_historical=True)
    heard = ear.hear(edge.ndata(old), edge.ndata(old))
    assert [(each.captured_at, each.sequence, each.historical) for each in readings(heard)] == [(then, 0, True)] * 2
    live = ear.hear(edge.ndata(metric("load", 1.0, timestamp=to_milliseconds(START + timedelta(seconds=1)))))
    assert [(each.sequence, each.historical) for each in readings(live)] == [(0, False)]


def test_two_values_of_one_moment_are_two_and_one_value_said_again_is_one(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    edge.now += timedelta(seconds=1)
    said = [metric("load", value) for value in (1.0, 2.0, 2.0, 1.0)]
    assert [each.sequence for each in readings(ear.hear(edge.ndata(*said)))] == [0, 1, 1, 2]


def test_a_clock_that_was_set_back_does_not_hide_what_is_new(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    edge.now -= timedelta(hours=1)
    later = readings(ear.hear(edge.ndata(metric("load", 1.0)), edge.ndata(metric("load", 2.0))))
    assert [each.sequence for each in later] == [1, 2]


def test_a_value_that_is_null_is_the_last_one_and_not_to_be_trusted(edge: Edge, ear: Ear) -> None:
    ear.hear(edge.connect([metric("load", 4.0), metric("never", is_null=True)]))
    heard = ear.hear(edge.ndata(metric("load", is_null=True), metric("never", is_null=True)))
    assert [(each.metric, each.value, each.quality) for each in readings(heard)] == [("load", 4.0, Quality.BAD)]


def test_what_the_source_wants_no_record_of_is_shown_and_not_stored(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    heard = ear.hear(edge.ndata(metric("load", 4.0, is_transient=True)))
    assert (values(heard), [each.value for each in readings(heard, snapshots=True)]) == ([], [4.0])


def test_a_retained_message_is_no_session_but_a_sign_of_its_node(edge: Edge, ear: Ear) -> None:
    heard = ear.hear(edge.connect([metric("load", 1.0)]), retained=True)
    assert (births(heard), values(heard)) == ([], [])
    assert "memory" in refusals(heard)[0]
    assert ear.rebirths == ["Edge-1"]


def test_a_node_may_have_only_so_many_devices(edge: Edge, ear: Ear) -> None:
    ear.hear(edge.connect())
    heard = ear.hear(*(edge.dbirth(f"d{number}") for number in range(MAX_DEVICES + 1)))
    assert len(births(heard)) == MAX_DEVICES
    assert f"over {MAX_DEVICES} devices" in refusals(heard)[0]


def test_a_number_beyond_255_is_none(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    raw = Payload(seq=256, metrics=[metric("load", 1.0)]).SerializeToString()
    assert "below 256" in refusals(ear.hear(Published(edge.topic("NDATA"), raw)))[0]


def test_a_birth_that_comes_twice_does_not_unmake_its_devices(edge: Edge, ear: Ear) -> None:
    node = edge.connect()
    ear.hear(node, edge.dbirth("pump", [metric("flow", 1.0)]))
    assert "was heard already" in refusals(ear.hear(node))[0]
    assert values(ear.hear(edge.ddata("pump", metric("flow", 2.0)))) == [2.0]


def test_a_death_without_a_number_is_asked_about_and_one_of_a_birth_without_a_number_counts(
    edge: Edge, ear: Ear
) -> None:
    bear(edge, ear)
    bare = Published(edge.topic("NDEATH"), b"")
    assert states(ear.hear(bare)) == []
    assert states(ear.wait(60)) == [("edge-1", False), ("pump", False)]
    plain = Payload(timestamp=5, metrics=[metric("load", 1.0)]).SerializeToString()
    ear.hear(Published(edge.topic("NBIRTH"), plain))
    assert states(ear.hear(edge.will())) == [("edge-1", False)]


def test_what_is_left_over_from_an_earlier_session_takes_nobodys_place(edge: Edge, ear: Ear) -> None:
    bear(edge, ear)
    edge.ndata()
    late = edge.dbirth("pump", [metric("flow", 9.0)])
    edge.now += timedelta(seconds=1)
    ear.hear(edge.connect([metric("load", 1.0)]), edge.dbirth("pump", [metric("flow", 2.0)]))
    heard = ear.hear(late, edge.ndata(metric("load", 2.0)), edge.ndata(metric("load", 3.0)))
    assert "before the birth" in refusals(heard)[0]
    assert values(heard) == [2.0, 3.0]
    assert ear.rebirths == []


def test_the_next_message_counts_even_if_its_clock_was_set_back_but_the_node_is_asked_once(
    edge: Edge, ear: Ear
) -> None:
    bear(edge, ear)
    edge.now -= timedelta(hours=1)
    assert values(ear.hear(edge.ndata(metric("load", 1.0)), edge.ndata(metric("load", 2.0)))) == [1.0, 2.0]
    ear.hear(edge.nbirth([metric("load", 2.0)]))
    assert values(ear.hear(edge.ndata(metric("load", 3.0)))) == [3.0]
    ear.wait(60)
    assert ear.rebirths == ["Edge-1"]
