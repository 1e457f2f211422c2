"""Births that a broker which knows Sparkplug keeps: who there was, until the equipment says so itself."""

import pytest

from sensors.dialects.dialect import Listen
from sensors.dialects.sparkplug.host import MAX_NODES, SparkplugHost
from sensors.dialects.sparkplug.topics import CERTIFICATES
from tests.sensors.sparkplug_edge import (
    HOST,
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


def kept(published: Published) -> Published:
    """As the broker keeps it."""
    return Published(f"{CERTIFICATES}{published.topic}", published.payload)


def test_the_brokers_memory_is_asked_for_once() -> None:
    host = SparkplugHost(HOST, {})
    wanted = Listen("$sparkplug/certificates/spBv1.0/#")
    assert wanted in host.connected(START, START).actions
    assert wanted not in host.connected(START, START).actions
    assert host.claims("$sparkplug/certificates/spBv1.0/Kordai/NBIRTH/Edge-1")


def test_who_was_there_is_known_at_once_and_asked_after_a_while() -> None:
    edge, ear = Edge(), Ear()
    heard = ear.hear(
        kept(edge.connect([metric("load", 1.5)])), kept(edge.dbirth("pump", [metric("flow", 2.5)])), retained=True
    )
    assert [(birth.key.site, birth.retained) for birth in births(heard)] == [("kordai", True)] * 2
    assert [[each.name for each in birth.birth.metrics] for birth in births(heard) if birth.birth] == [
        ["load"],
        ["flow"],
    ]
    assert (values(heard), [each.value for each in readings(heard, snapshots=True)]) == ([], [1.5, 2.5])
    assert (states(heard), refusals(heard), ear.rebirths) == ([], [], [])
    ear.wait(4)
    assert ear.rebirths == ["Edge-1"]


def test_what_is_born_itself_is_believed_and_its_memory_no_more() -> None:
    edge, ear = Edge(), Ear()
    ear.hear(kept(edge.connect([metric("old", 1.0)])), retained=True)
    heard = ear.hear(edge.nbirth([metric("load", 3.0)]))
    assert (values(heard), states(heard)) == ([3.0], [("edge-1", True)])
    assert ear.hear(kept(edge.nbirth([metric("old", 1.0)])), retained=True) == []
    ear.wait(10)
    assert ear.rebirths == []


def test_who_does_not_come_back_is_gone_with_its_devices() -> None:
    edge, ear = Edge(), Ear()
    ear.hear(kept(edge.connect()), kept(edge.dbirth("pump")), retained=True)
    ear.wait(120)
    assert ear.rebirths == ["Edge-1"] * 3
    assert dict(states(ear.messages)) == {"edge-1": False, "pump": False}


def test_data_of_a_node_that_is_only_remembered_waits_for_its_birth() -> None:
    edge, ear = Edge(), Ear()
    ear.hear(kept(edge.connect([metric("load", 1.0)])), retained=True)
    assert values(ear.hear(edge.ndata(metric("load", 9.0)))) == []
    ear.wait(4)
    assert ear.rebirths == ["Edge-1"]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("spBv1.0/Kordai/NDATA/Edge-1", b"\x18\x00"),
        ("spBv1.0/Kordai/NCMD/Edge-1", b"\x18\x00"),
        ("spBv1.0/Kordai/NBIRTH/Edge-1", b"\xff"),
        ("spBv1.0/Kordai", b"\x18\x00"),
        ("elsewhere", b"\x18\x00"),
    ],
)
def test_whatever_else_is_kept_there_is_refused(topic: str, payload: bytes) -> None:
    ear = Ear()
    assert len(refusals(ear.hear(Published(f"{CERTIFICATES}{topic}", payload), retained=True))) == 1
    assert ear.hear(Published(f"{CERTIFICATES}spBv1.0/Kordai/NBIRTH/Edge-1", b""), retained=True) == []


def test_a_memory_of_too_many_nodes_is_bounded() -> None:
    ear = Ear()
    for number in range(MAX_NODES + 1):
        heard = ear.hear(kept(Edge(edge=f"Edge-{number}").connect()), retained=True)
    assert "too many" in refusals(heard)[0]
