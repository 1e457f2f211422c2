"""Edge nodes and their devices in the hub: their liveness, alarms, history and commands are like those of any other."""

from datetime import timedelta

from hub.decisions.dialects import Dialects
from hub.decisions.records import Remembered
from hub.decisions.state import Effects
from hub.inputs import Connected
from hub.protocol import Liveness
from hub.requests import SendCommand
from sensors.dialects.native import CommandPayload
from sensors.dialects.sparkplug.host import SparkplugHost
from sensors.dialects.sparkplug.times import to_milliseconds
from sensors.model import Birth, DeviceKey, Quality
from tests.hub.quiet_center import START, QuietCenter
from tests.sensors.sparkplug_edge import HOST, SITES, Edge, Published, metric


class SparkplugCenter(QuietCenter):
    """A centre whose only dialect is Sparkplug, connected."""

    def __init__(self, known: dict[DeviceKey, Birth] | None = None, remembered: Remembered | None = None) -> None:
        host = SparkplugHost(HOST, SITES, known, rebirth_interval_s=1.0)
        super().__init__(remembered, dialects=Dialects([host]))
        self.opening = self.take(Connected(self.now, self.clock.now(), host.name))
        self.take(Connected(self.now, self.clock.now()))

    def listen(self, *published: Published) -> Effects:
        return self.take(*(self.message(topic, payload) for topic, payload in published))

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            self.wait(0.25)

    def liveness(self) -> dict[str, Liveness]:
        devices = self.state.registry.devices.values()
        return {device.key.device.rsplit("-", 1)[0]: device.liveness for device in devices}

    def shown(self, name: str) -> list[tuple[object, Quality]]:
        return [(view.value, view.quality) for view in self.state.values.views if view.metric == name]

    def key(self, words: str) -> DeviceKey:
        return next(key for key in self.state.registry.devices if key.device.startswith(words))


def furnish(center: SparkplugCenter) -> Edge:
    edge = Edge()
    center.listen(edge.connect([metric("load", 0.5)]), edge.dbirth("pump", [metric("flow", 1.0)]), edge.dbirth("fan"))
    return edge


def test_the_hub_says_first_that_it_is_there() -> None:
    outgoing = SparkplugCenter().opening.outgoing
    assert [(each.topic, each.qos, each.retained) for each in outgoing if each.connection == "sparkplug"] == [
        (f"spBv1.0/STATE/{HOST}", 1, True)
    ]


def test_a_dead_node_is_one_alarm_and_everything_behind_it_is_offline() -> None:
    center = SparkplugCenter()
    edge = furnish(center)
    assert set(center.liveness().values()) == {Liveness.ONLINE}
    center.listen(edge.will())
    center.pass_time(5)
    assert center.liveness() == dict.fromkeys(("edge-1", "pump", "fan"), Liveness.OFFLINE)
    assert [alarm.key.device.rsplit("-", 1)[0] for alarm in center.alarms] == ["edge-1"]
    assert center.shown("flow") == [(1.0, Quality.UNCERTAIN)]
    center.listen(edge.connect([metric("load", 0.5)]), edge.dbirth("pump", [metric("flow", 1.0)]))
    assert center.liveness() == {"edge-1": Liveness.ONLINE, "pump": Liveness.ONLINE, "fan": Liveness.OFFLINE}
    assert center.shown("flow") == [(1.0, Quality.GOOD)]


def test_history_is_stored_and_never_the_current_value_and_what_is_transient_is_shown_alone() -> None:
    center = SparkplugCenter()
    edge = furnish(center)
    long_ago = to_milliseconds(START - timedelta(hours=1))
    effects = center.listen(edge.ddata("pump", metric("flow", 9.0, is_historical=True, timestamp=long_ago)))
    assert [(reading.value, reading.historical) for reading in effects.readings] == [(9.0, True)]
    assert center.shown("flow") == [(1.0, Quality.GOOD)]
    edge.now += timedelta(seconds=1)
    assert center.listen(edge.ndata(metric("load", 3.0, is_transient=True))).readings == []


def test_a_rebirth_stores_nothing_twice() -> None:
    center = SparkplugCenter()
    edge = furnish(center)
    at = to_milliseconds(START)
    said = [metric("load", 0.5, timestamp=at)]
    center.clock.advance(5)
    first = center.listen(edge.nbirth(said)).readings
    center.clock.advance(5)
    second = center.listen(edge.nbirth(said)).readings
    identities = {(each.key, each.metric, each.captured_at, each.sequence) for each in (*first, *second)}
    assert (len(first), len(second), len(identities)) == (1, 1, 1)


def test_a_command_to_a_device_leaves_on_the_connection_of_its_dialect() -> None:
    center = SparkplugCenter()
    furnish(center)
    order = SendCommand(center.key("pump"), CommandPayload("1", "write", {"flow": 2.0}), "ann")
    _, effects = center.ask(order)
    (said,) = effects.outgoing
    assert (said.topic, said.connection, said.qos) == ("spBv1.0/Kordai/DCMD/Edge-1/pump", "sparkplug", 0)


def test_a_node_that_died_while_the_hub_was_down_is_found_out_and_raises_an_alarm() -> None:
    before = SparkplugCenter()
    furnish(before)
    records = tuple(device.record() for device in before.state.registry.devices.values())
    known = {record.key: record.birth for record in records if record.birth is not None}
    center = SparkplugCenter(known, Remembered(devices=records))
    assert set(center.liveness().values()) == {Liveness.UNKNOWN}
    center.pass_time(15)
    assert set(center.liveness().values()) == {Liveness.OFFLINE}
    assert [alarm.key for alarm in center.alarms] == [center.key("edge-1")]
