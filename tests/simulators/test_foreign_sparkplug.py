"""A post as a Sparkplug edge node: judged by the hub's own host, and by one that nobody here wrote."""

import json
from collections.abc import Iterable
from datetime import timedelta

from sensors.dialects.dialect import Send
from sensors.dialects.sparkplug.commands import ask_for_rebirth
from sensors.dialects.sparkplug.host import SparkplugHost
from sensors.dialects.sparkplug.topics import NodeId
from sensors.equipment import complete
from sensors.model import BirthSeen, Message, Reading, ReadingsSeen, Rejected, StateSeen
from simulators.foreign.sparkplug import EdgeNode
from simulators.foreign.speaker import MAX_KEPT
from tests.support.foreign_post import FENCE, GROUND, NOW, SITE, as_lines, read_by_peer, sample, spoken

_NODE = NodeId("Kordai", "post")
_HOST = "shekara"
_STATE = f"spBv1.0/STATE/{_HOST}"


class _Centre:
    """The hub's side: everything it heard of an edge node."""

    def __init__(self) -> None:
        self.host = SparkplugHost(_HOST, {"Kordai": SITE})
        self.messages: list[Message] = []
        self.host.connected(NOW, NOW)

    def hear(self, said: Iterable[Send]) -> list[Message]:
        heard = [
            message
            for each in said
            for message in self.host.decode(each.topic, each.payload, retained=False, received_at=NOW).messages
        ]
        assert not [each for each in heard if isinstance(each, Rejected)]
        self.messages += heard
        return heard


def _node(primary_host: str = "") -> EdgeNode:
    return EdgeNode(_NODE, (spoken(GROUND), spoken(FENCE)), primary_host)


def _state(*, online: bool, at_ms: int) -> bytes:
    return json.dumps({"online": online, "timestamp": at_ms}).encode()


def _readings(messages: Iterable[Message]) -> list[Reading]:
    return [reading for each in messages if isinstance(each, ReadingsSeen) for reading in each.readings]


def test_its_devices_are_what_they_are_with_units_ranges_and_alarms() -> None:
    node, centre = _node(), _Centre()
    node.will(NOW)
    births = {
        each.birth.names.en: complete(each.birth)
        for each in centre.hear(node.connected(NOW))
        if isinstance(each, BirthSeen) and each.birth is not None
    }
    assert {name: birth.kind for name, birth in births.items()} == {
        "post": "gateway",
        "ground-1": "ground-sensor",
        "fence-1": "fence",
    }
    ground = births["ground-1"]
    assert (ground.maker, ground.model, ground.serial) == ("Shekara", "SG-3 seismic", "SIM-kordai-ground-1")
    metrics = {metric.name: metric for metric in ground.metrics}
    assert (metrics["battery"].unit, metrics["battery"].minimum, metrics["battery"].maximum) == ("V", 2.0, 4.2)
    assert [limit.id for limit in metrics["person"].limits] == ["person-near"]


def test_data_go_by_alias_and_only_what_is_new() -> None:
    node, centre = _node(), _Centre()
    node.will(NOW)
    centre.hear(node.connected(NOW))
    first = node.take(FENCE, sample(1, energy=14.25, climb=False, cut=False))
    assert {reading.metric: reading.value for reading in _readings(centre.hear(first))} == {
        "energy": 14.25,
        "climb": False,
        "cut": False,
    }
    again = node.take(FENCE, sample(2, energy=14.25, climb=True, cut=False))
    (reading,) = _readings(centre.hear(again))
    assert (reading.metric, reading.value, reading.captured_at) == ("climb", True, NOW + timedelta(seconds=2))
    assert node.take(FENCE, sample(3, energy=14.25, climb=True, cut=False)) == ()


def test_numbers_go_round_and_none_is_left_out() -> None:
    node, centre = _node(), _Centre()
    node.will(NOW)
    centre.hear(node.connected(NOW))
    said = [message for number in range(600) for message in node.take(FENCE, sample(number, energy=float(number)))]
    assert [reading.value for reading in _readings(centre.hear(said))] == [float(number) for number in range(600)]


def test_it_waits_for_its_primary_host_and_then_says_what_it_kept_as_history() -> None:
    node, centre = _node(_HOST), _Centre()
    will = node.will(NOW)
    assert (will.qos, will.retained) == (1, False)
    assert node.connected(NOW) == ()
    assert _STATE in node.topics
    for second in range(3):
        assert node.take(GROUND, sample(second, person=0.1 * second, class_="none")) == ()
    born = node.heard(_STATE, _state(online=True, at_ms=5), NOW)
    readings = [reading for reading in _readings(centre.hear(born)) if reading.metric == "person"]
    assert [(reading.value, reading.historical) for reading in readings if reading.historical] == [
        (0.0, True),
        (0.1, True),
        (0.2, True),
    ]
    assert node.heard(_STATE, _state(online=True, at_ms=6), NOW) == ()


def test_when_its_host_goes_it_dies_leaves_and_comes_again_as_another_session() -> None:
    node, centre = _node(_HOST), _Centre()
    first_will = node.will(NOW)
    node.connected(NOW)
    centre.hear(node.heard(_STATE, _state(online=True, at_ms=5), NOW))
    assert node.heard(_STATE, _state(online=False, at_ms=4), NOW) == ()
    death = node.heard(_STATE, _state(online=False, at_ms=7), NOW)
    assert (node.leaving, node.born) == (True, False)
    gone = [each.online for each in centre.hear(death) if isinstance(each, StateSeen)]
    assert gone
    assert not any(gone)
    node.lost()
    assert (node.leaving, node.born) == (False, False)
    node.take(FENCE, sample(9, energy=99.0))
    node.will(NOW)
    node.connected(NOW)
    born = node.heard(_STATE, _state(online=True, at_ms=8), NOW)
    assert 99.0 in [reading.value for reading in _readings(centre.hear(born)) if reading.historical]
    (late,) = centre.host.decode(first_will.topic, first_will.payload, retained=False, received_at=NOW).messages
    assert isinstance(late, Rejected)
    assert "earlier session" in late.reason


def test_asked_for_a_rebirth_it_says_all_of_its_births_again() -> None:
    node, centre = _node(), _Centre()
    node.will(NOW)
    centre.hear(node.connected(NOW))
    centre.hear(node.take(FENCE, sample(1, energy=14.0)))
    asked = ask_for_rebirth(_NODE, NOW)
    assert asked.topic in node.topics
    again = node.heard(asked.topic, asked.payload, NOW + timedelta(seconds=1))
    assert [each.topic.split("/")[2] for each in again] == ["NBIRTH", "DBIRTH", "DBIRTH"]
    centre.hear(again)
    assert _readings(centre.hear(node.take(FENCE, sample(2, energy=15.0))))[0].value == 15.0
    assert node.heard(asked.topic, b"\xff\xff", NOW) == ()


def test_what_it_keeps_is_bounded_and_what_is_dropped_is_counted() -> None:
    node = _node(_HOST)
    for number in range(MAX_KEPT + 5):
        node.take(FENCE, sample(number, energy=float(number)))
    assert node.dropped_total == 5


def test_a_host_that_nobody_here_wrote_reads_the_same() -> None:
    node = _node(_HOST)
    will = node.will(NOW)
    node.connected(NOW)
    node.take(GROUND, sample(1, person=0.07, class_="none", hits_total=4711))
    said = [*node.heard(_STATE, _state(online=True, at_ms=5), NOW)]
    said += node.take(FENCE, sample(2, energy=14.5, climb=True))
    said += node.take(GROUND, sample(3, person=None, class_="person", hits_total=4712))
    *heard, death = read_by_peer("sparkplug_host.py", lines=as_lines([*said, will]))
    assert [(each["type"], each["device"], each["seq"]) for each in heard] == [
        ("NBIRTH", None, 0),
        ("DBIRTH", "ground-1", 1),
        ("DBIRTH", "fence-1", 2),
        ("DDATA", "ground-1", 3),
        ("DDATA", "fence-1", 4),
        ("DDATA", "ground-1", 5),
    ]
    of_node, ground, fence, kept, climb, last = (
        {metric["name"]: metric for metric in each["metrics"]} for each in heard
    )
    assert (of_node["bdSeq"]["value"], of_node["Node Control/Rebirth"]["value"]) == (0, False)
    assert death["metrics"][0]["value"] == of_node["bdSeq"]["value"]
    aliases = [metric["alias"] for each in (ground, fence) for metric in each.values() if metric["alias"] is not None]
    assert len(aliases) == len(set(aliases)) == 10
    assert (ground["battery"]["null"], ground["hits_total"]["datatype"]) == (True, "INT64")
    assert ground["Properties/Serial Number"]["value"] == "SIM-kordai-ground-1"
    assert {name: metric["value"] for name, metric in kept.items()} == {
        "person": 0.07,
        "class": "none",
        "hits_total": 4711,
    }
    assert all(metric["historical"] for metric in kept.values())
    assert {name: metric["value"] for name, metric in climb.items()} == {"energy": 14.5, "climb": True}
    assert climb["climb"]["timestamp"] == (NOW + timedelta(seconds=2)).timestamp() * 1_000
    assert (last["person"]["null"], last["class"]["value"]) == (True, "person")
