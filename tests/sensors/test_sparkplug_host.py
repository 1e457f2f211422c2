"""What a host application owes its edge nodes: STATE, rebirth requests within limits, commands by the book."""

import itertools
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from sensors.dialects.dialect import Filter, Send
from sensors.dialects.native import CommandPayload
from sensors.dialects.sparkplug import host as bounds
from sensors.dialects.sparkplug.announcement import HostState, LegacyState
from sensors.dialects.sparkplug.host import RETURN_WITHIN, SparkplugHost
from sensors.dialects.sparkplug.rebirths import GIVE_UP_AFTER
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.times import to_milliseconds
from sensors.dialects.sparkplug.topics import Kind, NodeId, parse
from sensors.dialects.sparkplug.values import DataType
from sensors.model import Quality, Value
from tests.sensors.sparkplug_edge import (
    HOST,
    OWN_STATE,
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


def state(send: Send | None) -> HostState:
    assert send is not None
    assert (send.topic, send.qos, send.retained) == (OWN_STATE, 1, True)
    return msgspec.json.decode(send.payload, type=HostState)


def say(ear: Ear, edge: Edge, command: CommandPayload, device: int = 0) -> Payload:
    """A command to the node or its pump, unpacked."""
    keys = [each.key for each in births(ear.messages)]
    said = ear.host.command(keys[device], command)
    assert not isinstance(said, str), said
    (send,) = said
    kind, name = ("DCMD", "pump") if device else ("NCMD", "")
    assert (send.topic, send.qos, send.retained) == (edge.topic(kind, name), 0, False)
    return Payload.FromString(send.payload)


def test_the_will_says_that_the_host_is_gone_with_the_time_of_its_connection() -> None:
    said = state(SparkplugHost(HOST, {}).will(START))
    assert said == HostState(online=False, timestamp=to_milliseconds(START))


def test_the_host_hears_all_of_the_namespace_and_its_own_state() -> None:
    host = SparkplugHost(HOST, {})
    assert host.filters == (Filter(OWN_STATE, 1), Filter("spBv1.0/#", 1))
    assert host.claims("spBv1.0/Kordai/NBIRTH/Edge-1")
    assert not host.claims("STATE/shekara")
    assert not host.claims("spAv1.0/Kordai/NBIRTH/Edge-1")


def test_the_first_word_on_a_connection_is_that_the_host_is_there_with_the_time_of_its_will() -> None:
    host = SparkplugHost(HOST, {})
    first = host.connected(START + timedelta(seconds=9), START).actions[0]
    assert isinstance(first, Send)
    will = state(host.will(START))
    assert state(first) == HostState(online=True, timestamp=will.timestamp)


def test_each_connection_has_a_time_of_its_own() -> None:
    host = SparkplugHost(HOST, {})
    for opened_at in (START, START + timedelta(hours=1)):
        first = host.connected(opened_at, opened_at).actions[0]
        assert isinstance(first, Send)
        assert state(first).timestamp == state(host.will(opened_at)).timestamp == to_milliseconds(opened_at)


def test_a_host_that_leaves_says_so_with_the_time_of_leaving() -> None:
    host = SparkplugHost(HOST, {})
    host.connected(START, START)
    leaving = START + timedelta(hours=3)
    (said,) = host.farewell(leaving)
    assert state(said) == HostState(online=False, timestamp=to_milliseconds(leaving))


def test_a_host_that_hears_that_it_is_gone_says_that_it_is_there() -> None:
    ear = Ear()
    late = HostState(online=False, timestamp=to_milliseconds(START - timedelta(minutes=1)))
    ear.hear(Published(OWN_STATE, msgspec.json.encode(late)))
    (said,) = ear.sent
    assert state(said) == HostState(online=True, timestamp=to_milliseconds(START - timedelta(seconds=1)))
    ear.sent.clear()
    ear.hear(Published(OWN_STATE, said.payload))
    ear.hear(Published("spBv1.0/STATE/another", msgspec.json.encode(late)))
    ear.hear(Published(OWN_STATE, b""))
    assert ear.sent == []


def test_a_host_that_is_not_connected_yet_does_not_answer_for_itself() -> None:
    host = SparkplugHost(HOST, {})
    late = msgspec.json.encode(HostState(online=False, timestamp=1))
    assert host.decode(OWN_STATE, late, retained=True, received_at=START).actions == ()


@pytest.mark.parametrize("payload", [b"OFFLINE", b"{}", b'{"online":0,"timestamp":1}', b"\xff", b"[" * 100_000])
def test_nonsense_on_the_hosts_own_topic_is_refused(payload: bytes) -> None:
    ear = Ear()
    assert len(refusals(ear.hear(Published(OWN_STATE, payload)))) == 1
    assert ear.sent == []


def test_state_may_be_said_in_the_words_of_the_version_before() -> None:
    before = Send(f"STATE/{HOST}", b"ONLINE", qos=1, retained=True)
    gone = Send(f"STATE/{HOST}", b"OFFLINE", qos=1, retained=True)
    also = SparkplugHost(HOST, {}, legacy_state=LegacyState.ALSO)
    now, legacy = also.connected(START, START).actions[:2]
    assert isinstance(now, Send)
    assert (state(now).online, legacy) == (True, before)
    assert also.farewell(START)[1] == gone
    assert not state(also.will(START)).online
    only = SparkplugHost(HOST, {}, legacy_state=LegacyState.ONLY)
    assert [each for each in only.connected(START, START).actions if isinstance(each, Send)] == [before]
    assert (only.farewell(START), only.will(START)) == ((gone,), gone)


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("spBv1.0/G/NBIRTH/E", ""),
        ("spBv1.0/G/DDATA/E/D", ""),
        ("spBv1.0/G/NBIRTH/E/D", "has no device"),
        ("spBv1.0/G/DBIRTH/E", "needs a device"),
        ("spBv1.0/G/XBIRTH/E", "unknown type"),
        ("spBv1.0/G/nbirth/E", "unknown type"),
        ("spBv1.0/G/NBIRTH", "a topic is"),
        ("spBv1.0/G/DDATA/E/D/F", "a topic is"),
        ("spBv1.0//NBIRTH/E", "an id has"),
        (f"spBv1.0/G/NBIRTH/{'E' * 129}", "an id has"),
    ],
)
def test_topics_have_one_form(topic: str, words: str) -> None:
    parsed = parse(topic)
    assert (words in parsed if isinstance(parsed, str) else str(parsed) == topic) is True
    assert bool(words) is isinstance(parsed, str)


def test_commands_of_others_and_of_the_host_itself_are_nothing_to_it() -> None:
    edge, ear = Edge(), Ear()
    assert ear.hear(edge.say("NCMD", "", [metric("a", 1.0)]), edge.say("DCMD", "pump", [metric("a", 1.0)])) == []
    assert (ear.sent, len(ear.host._nodes)) == ([], 0)


def test_a_rebirth_request_is_a_command_that_writes_true_and_has_no_number() -> None:
    edge, ear = Edge(), Ear()
    ear.hear(edge.connect([metric("load", 1.0)]), edge.dbirth("pump"))
    ear.now += timedelta(seconds=5)
    ear.wait(0.25)
    payload = say(ear, edge, CommandPayload("1", "rebirth"))
    (written,) = payload.metrics
    assert (written.name, written.datatype, written.boolean_value) == ("Node Control/Rebirth", 11, True)
    assert not written.HasField("alias")
    assert not payload.HasField("seq")
    assert payload.timestamp == written.timestamp == to_milliseconds(ear.now)
    node, pump = (each.key for each in births(ear.messages))
    assert ear.host.command(pump, CommandPayload("1", "rebirth")) == ear.host.command(
        node, CommandPayload("1", "rebirth")
    )


def test_a_command_writes_metrics_by_the_datatype_of_their_birth() -> None:
    edge, ear = Edge(), Ear()
    ear.hear(edge.connect([metric("Node Control/Reboot", False), metric("Scan Rate", 5, datatype=DataType.UINT16)]))
    own = [metric("Set/Point", 1.0, datatype=DataType.FLOAT), metric("mode", "auto", alias=3), metric("n", 1, alias=4)]
    ear.hear(edge.dbirth("pump", own))
    node = say(ear, edge, CommandPayload("1", "write", {"node_control_reboot": True, "scan_rate": 500}))
    assert [(each.name, each.datatype, each.boolean_value, each.int_value) for each in node.metrics] == [
        ("Node Control/Reboot", 11, True, 0),
        ("Scan Rate", 6, False, 500),
    ]
    device = say(ear, edge, CommandPayload("1", "write", {"set_point": 2.5, "mode": "manual", "n": -4}), 1)
    point, mode, number = device.metrics
    assert (point.name, point.float_value, point.HasField("alias")) == ("Set/Point", 2.5, False)
    assert (mode.name, mode.alias, mode.string_value) == ("", 3, "manual")
    assert (number.alias, number.int_value) == (4, 2**32 - 4)
    assert not device.HasField("seq")


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("write", {"scan_rate": -1}, "-1 is no UINT16"),
        ("write", {"scan_rate": "5"}, "5 is no UINT16"),
        ("write", {"scan_rate": True}, "True is no UINT16"),
        ("write", {"nothing": 1}, "no metric of its birth"),
        ("write", {}, "which metrics"),
        ("jump", {}, "rebirth and write"),
    ],
)
def test_what_cannot_be_said_is_refused_in_words(name: str, arguments: dict[str, Value], words: str) -> None:
    edge, ear = Edge(), Ear()
    ear.hear(edge.connect([metric("Scan Rate", 5, datatype=DataType.UINT16)]))
    key = births(ear.messages)[0].key
    assert words in str(ear.host.command(key, CommandPayload("1", name, arguments)))


def test_nobody_is_written_to_who_is_not_there() -> None:
    edge, ear = Edge(), Ear()
    ear.hear(edge.connect([metric("load", 1.0)]))
    key = births(ear.messages)[0].key
    ear.hear(edge.will())
    assert "not there" in str(ear.host.command(key, CommandPayload("1", "write", {"load": 2.0})))
    stranger = msgspec.structs.replace(key, site="elsewhere")
    assert "not heard" in str(ear.host.command(stranger, CommandPayload("1", "rebirth")))


def test_a_node_is_asked_again_and_again_but_ever_more_rarely() -> None:
    edge, ear = Edge(), Ear(reorder_s=1.0, rebirth_interval_s=10.0)
    edge.connect()
    asked: list[int] = []
    for second in range(1500):
        ear.hear(edge.ndata(metric("load", 1.0)))
        ear.sent.clear()
        ear.wait(1)
        asked += [second] * len(ear.rebirths)
    pauses = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert pauses == [10, 20, 40, 80, 160, 320, 600]


def test_all_nodes_together_are_asked_only_so_often_and_none_is_forgotten() -> None:
    ear = Ear(rebirth_interval_s=3600.0, rebirths_per_s=5.0)
    edges = [Edge(edge=f"E{number}") for number in range(100)]
    for edge in edges:
        ear.hear(edge.connect())
        ear.hear(edge.ddata("pump", metric("flow", 1.0)))
    before = len(ear.rebirths)
    ear.wait(10)
    assert 45 <= len(ear.rebirths) - before <= 55
    ear.wait(15)
    assert sorted(ear.rebirths) == sorted(edge.edge for edge in edges)


def test_a_host_that_comes_back_doubts_what_it_knew_until_its_nodes_are_born_again() -> None:
    alive, gone, ear = Edge(edge="alive"), Edge(edge="gone"), Ear()
    for edge in (alive, gone):
        ear.hear(edge.connect([metric("load", 1.0)]), edge.dbirth("pump", [metric("flow", 2.0)]))
    ear.now += timedelta(minutes=5)
    heard = ear.connect()
    assert {each.quality for each in readings(heard.messages)} == {Quality.UNCERTAIN}
    assert len(readings(heard.messages)) == 4
    assert states(heard.messages) == []
    assert ear.rebirths == []
    assert values(ear.hear(alive.ndata(metric("load", 3.0)))) == []
    ear.wait(RETURN_WITHIN.total_seconds() + 1)
    assert sorted(ear.rebirths) == ["alive", "gone"]
    assert values(ear.hear(alive.nbirth([metric("load", 4.0)]), alive.dbirth("pump", [metric("flow", 5.0)]))) == [4, 5]
    later = ear.wait(120)
    assert states(later) == [("gone", False), ("pump", False)]
    assert ear.rebirths.count("gone") == GIVE_UP_AFTER
    assert ear.rebirths.count("alive") == 1


def test_a_host_that_was_begun_anew_asks_the_nodes_it_knew_and_finds_out_who_is_gone() -> None:
    alive, gone, first = Edge(edge="alive"), Edge(edge="gone"), Ear()
    for edge in (alive, gone):
        first.hear(edge.connect(), edge.dbirth("pump", [metric("flow", 2.0)]), edge.dbirth("fan"))
    known = {each.key: each.birth for each in births(first.messages) if each.birth is not None}
    elsewhere = {msgspec.structs.replace(key, site="elsewhere"): birth for key, birth in known.items()}
    assert len(Ear(remembered=elsewhere).host._nodes) == 0
    ear = Ear(remembered=known)
    ear.wait(RETURN_WITHIN.total_seconds() + 1)
    assert sorted(ear.rebirths) == ["alive", "gone"]
    ear.hear(alive.nbirth(), alive.dbirth("pump", [metric("flow", 3.0)]))
    later = ear.wait(120)
    assert sorted(states(later)) == [("fan", False), ("fan", False), ("gone", False), ("pump", False)]


def test_what_cannot_be_remembered_is_not_made_up() -> None:
    edge, ear = Edge(edge="E" * 80), Ear()
    (birth,) = births(ear.hear(edge.connect()))
    assert birth.birth is not None
    assert birth.birth.identities == ()
    forged = msgspec.structs.replace(birth.birth, identities=("sparkplug:Kordai/other", "sparkplug:x"))
    assert len(Ear(remembered={birth.key: forged}).host._nodes) == 0


def test_nodes_that_come_back_by_themselves_are_not_asked() -> None:
    edge, ear = Edge(), Ear()
    ear.hear(edge.connect())
    ear.now += timedelta(minutes=5)
    ear.connect()
    ear.hear(edge.connect())
    ear.wait(60)
    assert ear.rebirths == []


def test_a_node_that_was_never_born_and_is_never_heard_again_is_forgotten() -> None:
    edge, ear = Edge(), Ear()
    ear.hear(edge.ndata(metric("load", 1.0)))
    ear.wait(120)
    assert ear.rebirths == [edge.edge] * GIVE_UP_AFTER
    assert len(ear.host._nodes) == 0


def test_strangers_give_way_to_newcomers_and_known_nodes_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_NODES", 3)
    ear = Ear()
    for name in "ab":
        ear.hear(Edge(edge=name).connect())
    ear.hear(Edge(edge="stranger").ndata())
    assert len(births(ear.hear(Edge(edge="c").connect()))) == 1
    assert "too many edge nodes" in refusals(ear.hear(Edge(edge="d").connect()))[0]
    assert set(ear.host._nodes) == {NodeId("Kordai", name) for name in "abc"}


def test_metrics_and_devices_are_bounded_over_all_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_DECLARED", 10)
    monkeypatch.setattr(bounds, "MAX_DEVICES", 2)
    edge, ear = Edge(), Ear()
    ear.hear(edge.connect())
    for name in ("a", "b"):
        assert len(births(ear.hear(edge.dbirth(name, [metric("m", 1.0)])))) == 1
    assert "in all" in refusals(ear.hear(edge.dbirth("c")))[0]
    ear.hear(Edge(edge="other").connect())
    many = [metric(f"m{number}", 1.0) for number in range(9)]
    assert "in all" in refusals(ear.hear(Edge(edge="another").connect(many)))[0]


def test_waiting_messages_are_bounded_over_all_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_WAITING_BYTES", 2_000)
    ear = Ear()
    heard = []
    for number in range(20):
        edge = Edge(edge=f"E{number}")
        edge.connect()
        heard += ear.hear(edge.ndata(metric("text", "x" * 150)))
    assert sum(node.order.waiting_bytes for node in ear.host._nodes.values()) <= 2_000
    assert any("birth was not heard" in reason for reason in refusals(heard))


def test_the_page_of_assertions_names_tests_that_exist() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs" / "dialects" / "sparkplug.md").read_text(encoding="utf-8")
    rows = [line.strip("| \n").split(" | ") for line in page.splitlines() if line.startswith("| `tck-id-")]
    tests = "".join(
        path.read_text(encoding="utf-8")
        for path in (*(root / "tests" / "sensors").glob("test_*sparkplug*.py"), *(root / "tests" / "hub").glob("*.py"))
    )
    assert len(rows) >= 68
    assert len({row[0] for row in rows}) == len(rows)
    missing = [row[-1] for row in rows if f"def {row[-1].strip('`')}(" not in tests]
    assert missing == []


def test_message_types_are_those_of_the_standard() -> None:
    assert [kind for kind in Kind if kind.of_device] == [Kind.DBIRTH, Kind.DDEATH, Kind.DDATA, Kind.DCMD]
    assert [kind for kind in Kind if kind.is_command] == [Kind.NCMD, Kind.DCMD]
