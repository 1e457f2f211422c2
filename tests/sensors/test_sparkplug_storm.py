"""Whatever comes, in whatever order: nothing raises, nothing grows, and a rebirth puts everything right."""

from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sensors.dialects.native import CommandPayload
from sensors.dialects.sparkplug.node import EdgeNode
from sensors.dialects.sparkplug.order import MAX_WAITING, MAX_WAITING_BYTES
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.model import DeviceKey, MetricName, Quality, Reading, StateSeen
from tests.sensors.sparkplug_edge import HOST, Ear, Edge, Published, metric, readings

KINDS = ("NBIRTH", "NDEATH", "NDATA", "NCMD", "DBIRTH", "DDEATH", "DDATA", "DCMD", "STATE", "NONSENSE")
LEVELS = st.sampled_from(("Kordai", "G", "E", "Edge-1", "pump", HOST, "", "ж", "x" * 200))
ANY_TOPIC = st.one_of(
    st.builds(lambda *levels: "/".join(("spBv1.0", *levels)), LEVELS, st.sampled_from(KINDS), LEVELS, LEVELS),
    st.builds(lambda *levels: "/".join(("spBv1.0", *levels)), LEVELS, st.sampled_from(KINDS), LEVELS),
    st.builds(lambda text: f"spBv1.0/{text}", st.text(max_size=30)),
)
NUMBERS = st.one_of(st.integers(0, 300), st.just(2**64 - 1))
ANY_METRIC = st.builds(
    lambda fields, value: Payload.Metric(**fields, **dict([value])),
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.sampled_from(("load", "bdSeq", "Node Control/Rebirth", "A/B", "a_b", "", "ж" * 300)),
            "alias": st.integers(0, 3),
            "timestamp": NUMBERS,
            "datatype": st.integers(0, 40),
            "is_null": st.booleans(),
            "is_historical": st.booleans(),
            "is_transient": st.booleans(),
        },
    ),
    st.one_of(
        st.tuples(st.just("int_value"), st.integers(0, 2**32 - 1)),
        st.tuples(st.just("long_value"), st.integers(0, 2**64 - 1)),
        st.tuples(st.just("float_value"), st.floats(width=32)),
        st.tuples(st.just("double_value"), st.floats()),
        st.tuples(st.just("boolean_value"), st.booleans()),
        st.tuples(st.just("string_value"), st.text(max_size=20)),
        st.tuples(st.just("bytes_value"), st.binary(max_size=20)),
    ),
)
ANY_PAYLOAD = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda metrics, fields: Payload(metrics=metrics, **fields).SerializeToString(),
        st.lists(ANY_METRIC, max_size=6),
        st.fixed_dictionaries({}, optional={"seq": NUMBERS, "timestamp": NUMBERS}),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(ANY_TOPIC, ANY_PAYLOAD, st.booleans(), st.integers(0, 30)), max_size=25))
def test_no_bytes_on_no_topic_in_no_order_raise(said: list[tuple[str, bytes, bool, int]]) -> None:
    ear = Ear(rebirth_interval_s=1.0)
    for topic, payload, retained, quarters in said:
        ear.hear(Published(topic, payload), retained=retained)
        ear.wait(quarters / 4)
    for node in ear.host._nodes.values():
        for key in (node.itself.key, *(session.key for session in node.devices.values())):
            for command in (CommandPayload("1", "rebirth"), CommandPayload("1", "write", {"load": 1, "a_b": "x"})):
                ear.host.command(key, command)
    ear.connect()
    assert all(isinstance(action.payload, bytes) for action in ear.sent)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 255), st.sampled_from((10, 100_000))), max_size=120))
def test_what_waits_is_bounded_whatever_is_missing(said: list[tuple[int, int]]) -> None:
    edge, ear = Edge(), Ear(reorder_s=60.0)
    ear.hear(edge.connect([metric("text", "")]))
    (node,) = ear.host._nodes.values()
    for number, size in said:
        edge.number = number
        ear.hear(edge.ndata(metric("text", "x" * size)))
        assert len(node.order._waiting) < MAX_WAITING
        assert node.order.waiting_bytes < MAX_WAITING_BYTES
        assert len(node.order._recent) <= 32


NEW_SESSION = 4


class Rough:
    """An edge by the book behind a network that loses, doubles and shuffles; it answers rebirth requests."""

    def __init__(self) -> None:
        self.edge = Edge()
        self.ear = Ear(reorder_s=1.0, rebirth_interval_s=2.0)
        self.load, self.flow, self.device_alive = 0.0, 0.0, True
        self.answered = 0

    def births(self) -> list[Published]:
        said = [self.edge.nbirth([metric("load", self.load, alias=1)])]
        if self.device_alive:
            said.append(self.edge.dbirth("pump", [metric("flow", self.flow, alias=2)]))
        return said

    def do(self, step: int) -> list[Published]:
        self.edge.now += timedelta(milliseconds=100)
        match step:
            case 0:
                self.load += 1
                return [self.edge.ndata(metric("", self.load, alias=1))]
            case 1 if self.device_alive:
                self.flow += 1
                return [self.edge.ddata("pump", metric("flow", self.flow))]
            case 2 if self.device_alive:
                self.device_alive = False
                return [self.edge.ddeath("pump")]
            case 3 if not self.device_alive:
                self.device_alive = True
                return [self.edge.dbirth("pump", [metric("flow", self.flow, alias=2)])]
            case _ if step == NEW_SESSION:
                will = self.edge.will()
                self.edge.session += 1
                return [will, *self.births()]
        return []

    def settle(self) -> None:
        """From now on nothing is lost: questions are answered, until there are none."""
        for _ in range(60):
            self.ear.wait(1)
            if len(self.ear.rebirths) > self.answered:
                self.answered = len(self.ear.rebirths)
                self.edge.now += timedelta(milliseconds=100)
                self.ear.hear(*self.births())
        self.ear.hear(*self.do(0), *self.do(1))
        self.ear.wait(5)
        if len(self.ear.rebirths) > self.answered:
            self.settle()


FATES = st.sampled_from(("comes", "comes", "comes", "lost", "twice", "late"))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), FATES), max_size=40))
@example([(2, "comes"), (3, "late"), (4, "comes"), (0, "comes"), (2, "lost")])
def test_after_any_loss_repeat_and_disorder_a_rebirth_makes_the_picture_true(
    steps: list[tuple[int, str]],
) -> None:
    rough = Rough()
    rough.edge.connect()
    rough.ear.hear(*rough.births())
    late: list[Published] = []
    for step, fate in steps:
        said = rough.do(step)
        if step == NEW_SESSION:  # wills are not lost: brokers say them with quality of service 1
            rough.ear.hear(said.pop(0))
        if fate == "late":
            late += said
        elif fate != "lost":
            rough.ear.hear(*said, *(said if fate == "twice" else ()))
            rough.ear.hear(*late[::-1])
            late.clear()
        rough.ear.wait(0.25)
    rough.settle()
    node = only_node(rough)
    assert node.born
    assert node.order.since is None
    assert node.order.waiting_bytes == 0
    assert shown(rough, node.itself.key, "load") == (rough.load, Quality.GOOD)
    assert online(rough, node.itself.key)
    pump = node.devices.get("pump")
    if pump is not None:
        assert pump.born is pump.online is online(rough, pump.key) is rough.device_alive
    if rough.device_alive:
        assert pump is not None
        assert shown(rough, pump.key, "flow") == (rough.flow, Quality.GOOD)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from((0, 1)), FATES), max_size=40))
def test_no_reading_is_said_twice_and_each_has_an_identity_of_its_own(steps: list[tuple[int, str]]) -> None:
    rough = Rough()
    rough.edge.connect()
    rough.ear.hear(*rough.births())
    for step, fate in steps:
        said = rough.do(step)
        rough.ear.hear(*said, *(said if fate == "twice" else ()))
    found: dict[tuple[MetricName, object, int], Reading] = {}
    for reading in readings(rough.ear.messages):
        assert found.setdefault((reading.metric, reading.captured_at, reading.sequence), reading) is reading


def only_node(rough: Rough) -> EdgeNode:
    (node,) = rough.ear.host._nodes.values()
    return node


def shown(rough: Rough, key: DeviceKey, name: str) -> tuple[object, Quality]:
    last = [each for each in readings(rough.ear.messages) if (each.key, each.metric) == (key, name)][-1]
    return last.value, last.quality


def online(rough: Rough, key: DeviceKey) -> bool:
    return [each.online for each in rough.ear.messages if isinstance(each, StateSeen) and each.key == key][-1]
