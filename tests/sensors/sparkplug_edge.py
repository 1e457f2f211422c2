"""An edge node by the book, for tests: what it would publish, as topics and bytes."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import NamedTuple

from sensors.dialects.dialect import Heard, Send
from sensors.dialects.sparkplug.host import SparkplugHost
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.times import to_milliseconds
from sensors.dialects.sparkplug.values import DataType
from sensors.model import BirthSeen, DeviceKey, Message, Reading, ReadingsSeen, Rejected, StateSeen

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HOST = "shekara"
OWN_STATE = f"spBv1.0/STATE/{HOST}"
SITES = {"Kordai": "kordai"}


class Published(NamedTuple):
    topic: str
    payload: bytes


def metric(name: str, value: object = None, *, datatype: DataType | None = None, **fields: object) -> Payload.Metric:
    """A metric whose datatype and field follow from its value."""
    made = Payload.Metric(**({"name": name} if name else {}), **fields)  # type: ignore[arg-type]  # as a test says
    kind, field = {
        bool: (DataType.BOOLEAN, "boolean_value"),
        int: (DataType.INT32, "int_value"),
        float: (DataType.DOUBLE, "double_value"),
        str: (DataType.STRING, "string_value"),
        bytes: (DataType.BYTES, "bytes_value"),
        type(None): (DataType.DOUBLE, ""),
    }[type(value)]
    made.datatype = datatype or kind
    if field:
        setattr(made, field, value % 2**32 if kind is DataType.INT32 and isinstance(value, int) else value)
    return made


class Edge:
    """One edge node. Its clock is moved by hand; births are complete, data are numbered."""

    def __init__(self, group: str = "Kordai", edge: str = "Edge-1", *, first: int = 0) -> None:
        self.group, self.edge, self.first = group, edge, first
        self.now = START
        self.session = -1
        self.number = first

    def topic(self, kind: str, device: str = "") -> str:
        return "/".join(filter(None, ("spBv1.0", self.group, kind, self.edge, device)))

    def connect(self, metrics: Iterable[Payload.Metric] = ()) -> Published:
        """A new session: its will is made, and its birth published."""
        self.session += 1
        return self.nbirth(metrics)

    def nbirth(self, metrics: Iterable[Payload.Metric] = ()) -> Published:
        self.number = self.first
        own = (
            metric("bdSeq", datatype=DataType.INT64, long_value=self.session % 256),
            metric("Node Control/Rebirth", False),
        )
        return self.say("NBIRTH", "", [*own, *metrics])

    def dbirth(self, device: str, metrics: Iterable[Payload.Metric] = ()) -> Published:
        return self.say("DBIRTH", device, metrics)

    def ndata(self, *metrics: Payload.Metric) -> Published:
        return self.say("NDATA", "", metrics)

    def ddata(self, device: str, *metrics: Payload.Metric) -> Published:
        return self.say("DDATA", device, metrics)

    def ddeath(self, device: str) -> Published:
        return self.say("DDEATH", device, ())

    def will(self, session: int | None = None) -> Published:
        number = (self.session if session is None else session) % 256
        bd_seq = metric("bdSeq", datatype=DataType.INT64, long_value=number)
        return Published(self.topic("NDEATH"), Payload(metrics=[bd_seq]).SerializeToString())

    def say(self, kind: str, device: str, metrics: Iterable[Payload.Metric]) -> Published:
        payload = Payload(timestamp=to_milliseconds(self.now), seq=self.number % 256, metrics=metrics)
        self.number += 1
        return Published(self.topic(kind, device), payload.SerializeToString())


class Ear:
    """A host that is connected, and all that it made of what it heard."""

    def __init__(self, **settings: object) -> None:
        self.host = SparkplugHost(HOST, SITES, **settings)  # type: ignore[arg-type]  # as a test says
        self.now = START
        self.messages: list[Message] = []
        self.sent: list[Send] = []
        self.connect()
        self.sent.clear()

    def connect(self) -> Heard:
        return self._keep(self.host.connected(self.now, self.now - timedelta(seconds=1)))

    def hear(self, *published: Published, retained: bool = False) -> list[Message]:
        """What these messages amounted to."""
        before = len(self.messages)
        for topic, payload in published:
            self._keep(self.host.decode(topic, payload, retained=retained, received_at=self.now))
        return self.messages[before:]

    def wait(self, seconds: float) -> list[Message]:
        """Time passes, a quarter of a second at once."""
        before = len(self.messages)
        for _ in range(round(seconds * 4)):
            self.now += timedelta(seconds=0.25)
            self._keep(self.host.tick(self.now))
        return self.messages[before:]

    @property
    def rebirths(self) -> list[str]:
        """The edge nodes that were asked for a rebirth."""
        return [send.topic.rsplit("/", 1)[1] for send in self.sent if "/NCMD/" in send.topic]

    def _keep(self, heard: Heard) -> Heard:
        self.messages += heard.messages
        self.sent += [action for action in heard.actions if isinstance(action, Send)]
        return heard


def births(messages: Sequence[Message]) -> list[BirthSeen]:
    return [each for each in messages if isinstance(each, BirthSeen)]


def states(messages: Sequence[Message]) -> list[tuple[str, bool]]:
    """Words of device ids, and whether they are there."""
    return [(each.key.device.rsplit("-", 1)[0], each.online) for each in messages if isinstance(each, StateSeen)]


def readings(messages: Sequence[Message], *, snapshots: bool = False) -> list[Reading]:
    seen = (each for each in messages if isinstance(each, ReadingsSeen) and each.snapshot is snapshots)
    return [reading for each in seen for reading in each.readings]


def values(messages: Sequence[Message]) -> list[object]:
    return [reading.value for reading in readings(messages)]


def refusals(messages: Sequence[Message]) -> list[str]:
    return [each.reason for each in messages if isinstance(each, Rejected)]


def key_of(messages: Sequence[Message], index: int = 0) -> DeviceKey:
    return births(messages)[index].key


def numbered(prefix: str) -> Iterable[str]:
    return (f"{prefix}{number}" for number in count())
