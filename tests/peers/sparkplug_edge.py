"""An edge node that nobody here wrote: `pysparkplug`, run by its own interpreter, told what to do on standard input.

    sparkplug_edge.py HOST PORT PRIMARY_HOST

It knows its primary host: it is born when that host's STATE says online, and keeps what it measures while it does
not. Commands, one a line: `measure FLOW`, `node LOAD`, `device-death`, `device-birth`, `skip` (uses up a sequence
number), `leave`. Events, one JSON object a line.
"""

import json
import sys
import threading
from collections.abc import Callable

from pysparkplug import (
    Client,
    DataType,
    Device,
    EdgeNode,
    Message,
    MessageType,
    Metric,
    NBirth,
    QoS,
    Topic,
    get_current_timestamp,
)

GROUP, EDGE, DEVICE = "Kordai", "Post 1", "Pump 7"
REBIRTH = "Node Control/Rebirth"


_speaking = threading.Lock()


def say(event: str, **details: object) -> None:
    with _speaking:
        print(json.dumps({"event": event, **details}), flush=True)  # noqa: T201 - what the test reads


def metric(name: str, datatype: DataType, value: object, *, historical: bool = False, at: int = 0) -> Metric:
    moment = at or get_current_timestamp()
    return Metric(timestamp=moment, name=name, datatype=datatype, value=value, is_historical=historical)


class Post:
    """The node, its pump, and what was measured while nobody listened."""

    def __init__(self, host: str, port: int, primary: str) -> None:
        self._address = (host, port)
        self._lock = threading.Lock()
        self._kept: list[tuple[int, float]] = []
        self._newest_state = -1
        self._sessions = 0
        self._online = False
        self._pump = Device(DEVICE, self._pump_metrics(1.0), cmd_callback=lambda _, message: self._obey(message))
        self._load = 0
        self._node = self._make_node()
        self._watcher = Client()
        topic = Topic(message_type=MessageType.STATE, sparkplug_host_id=primary)
        self._watcher.subscribe(topic, QoS.AT_LEAST_ONCE, lambda _, message: self._see_state(message))
        self._watcher.connect(host, port=port)

    def measure(self, flow: float) -> None:
        with self._lock:
            if not self._online:
                self._kept.append((get_current_timestamp(), flow))
                say("kept", value=flow)
                return
            self._node.update_device(DEVICE, (metric("Flow", DataType.FLOAT, flow),))

    def load(self, percent: int) -> None:
        self._load = percent
        self._node.update((metric("Load/CPU", DataType.INT8, percent),))

    def end_device(self) -> None:
        self._node.deregister(DEVICE)

    def begin_device(self) -> None:
        self._node.register(self._pump)

    def skip(self) -> None:
        next(self._node._EdgeNode__seq_cycler)

    def leave(self) -> None:
        self._node.disconnect()
        self._watcher.disconnect()

    def _make_node(self) -> EdgeNode:
        own = (metric("Load/CPU", DataType.INT8, self._load), metric(REBIRTH, DataType.BOOLEAN, False))
        node = EdgeNode(GROUP, EDGE, own, cmd_callback=lambda _, message: self._answer(message))
        node.register(self._pump)
        return node

    def _pump_metrics(self, flow: float) -> tuple[Metric, ...]:
        return (
            metric("Flow", DataType.FLOAT, flow),
            metric("Speed Setpoint", DataType.INT16, -20),
            metric("Name", DataType.STRING, "Насос"),
            metric("Running", DataType.BOOLEAN, True),
            metric("Photo", DataType.BYTES, b"12345"),
        )

    def _see_state(self, message: Message) -> None:
        online, at = message.payload.online, message.payload.timestamp
        say("state", online=online, timestamp=at)
        if at < self._newest_state:
            return
        self._newest_state = at
        with self._lock:
            if online and not self._online:
                self._sessions += 1
                self._node.connect(self._address[0], port=self._address[1])
                self._online = True
                say("born")
                for moment, flow in self._kept:
                    self._node.update_device(
                        DEVICE, (metric("Flow", DataType.FLOAT, flow, historical=True, at=moment),)
                    )
                self._kept.clear()
            elif not online and self._online:
                self._node.disconnect()
                self._online = False
                say("waits")

    def _answer(self, message: Message) -> None:
        for each in message.payload.metrics:
            if each.name == REBIRTH and each.value:
                self._be_born_again()
                say("reborn")
            else:
                say("written", name=each.name, value=each.value)

    def _be_born_again(self) -> None:
        """The library leaves this to its user. The number of the session's will is the one before the next will's."""
        self._node._EdgeNode__seq_cycler = iter([*range(256)] * 8)
        will = Metric(get_current_timestamp(), "bdSeq", DataType.INT64, value=2 * (self._sessions - 1))
        birth = NBirth(get_current_timestamp(), self._node._seq, (*self._node.metrics.values(), will))
        topic = Topic(group_id=GROUP, message_type=MessageType.NBIRTH, edge_node_id=EDGE)
        self._node._client.publish(Message(topic, birth, QoS.AT_MOST_ONCE, retain=False), include_dtypes=True)
        if DEVICE in self._node.devices:
            del self._node._devices[DEVICE]
            self._node.register(self._pump)

    def _obey(self, message: Message) -> None:
        for each in message.payload.metrics:
            say("written", name=each.name, value=each.value)
            if each.name == "Speed Setpoint":
                self._node.update_device(DEVICE, (metric(each.name, DataType.INT16, each.value),))


def main() -> None:
    post = Post(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    orders: dict[str, Callable[[str], None]] = {
        "measure": lambda word: post.measure(float(word)),
        "node": lambda word: post.load(int(word)),
        "device-death": lambda _: post.end_device(),
        "device-birth": lambda _: post.begin_device(),
        "skip": lambda _: post.skip(),
    }
    say("ready")
    for line in sys.stdin:
        order, _, word = line.strip().partition(" ")
        if order == "leave":
            break
        orders[order](word)
    post.leave()
    say("left")


if __name__ == "__main__":
    main()
