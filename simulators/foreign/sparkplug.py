"""A post's gateway as a Sparkplug B 3.0 edge node, its sensors as the devices behind it.

Births carry names, aliases, datatypes, units and ranges; data go by alias alone, and only what has changed. With a
primary host, the node is born when that host's STATE says so, ends its session when it says otherwise, and keeps what
it measures until it is born again: then all of it goes out as historical.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from sensors.dialects.dialect import Send
from sensors.dialects.native import Sample
from sensors.dialects.sparkplug.payload import unpack
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.times import to_milliseconds
from sensors.dialects.sparkplug.topics import Address, Kind, NodeId, state_topic
from sensors.dialects.sparkplug.values import DataType, write
from sensors.model import Birth, DeviceId, Metric, MetricType, Value
from simulators.foreign.speaker import MAX_KEPT, Speaker, Spoken

_REBIRTH = "Node Control/Rebirth"
_SESSION = "bdSeq"
_NUMBERS = 256
_TOGETHER = 50
"""Samples of one device that a message carries after an outage."""
_DATATYPES = {
    MetricType.NUMBER: DataType.DOUBLE,
    MetricType.COUNTER: DataType.DOUBLE,
    MetricType.BOOLEAN: DataType.BOOLEAN,
    MetricType.TEXT: DataType.STRING,
}


class _HostState(Struct, frozen=True):
    online: bool
    timestamp: int


class _Line(Struct):
    """One metric of one device: how it is called on the wire, and what was last said of it."""

    metric: Metric
    alias: int
    datatype: DataType
    value: Value | None = None
    at: datetime | None = None


class EdgeNode(Speaker):
    """The speaker. `primary_host` is the id of the host it waits for; empty for none."""

    def __init__(self, node: NodeId, devices: Iterable[Spoken], primary_host: str = "") -> None:
        super().__init__()
        self._node = node
        self._host_topic = state_topic(primary_host) if primary_host else ""
        self._births = {spoken.device: spoken.birth for spoken in devices}
        aliases = iter(range(1, 1 + sum(len(birth.metrics) for birth in self._births.values())))
        self._lines = {
            device: {metric.name: _Line(metric, next(aliases), _datatype(metric)) for metric in birth.metrics}
            for device, birth in self._births.items()
        }
        self._kept: deque[tuple[DeviceId, Sample]] = deque()
        self._session = -1
        self._number = 0
        self._newest_state_ms = -1
        self._born = False
        self.client = f"edge-{node.group}-{node.edge}"
        commands = str(Address(Kind.NCMD, node))
        self.topics = (self._host_topic, commands) if self._host_topic else (commands,)
        self.devices = frozenset(self._births)

    @property
    def born(self) -> bool:
        """Whether data are heard."""
        return self._born

    def will(self, now: datetime) -> Send:
        """The death of the coming session, which has the number after the last one's."""
        del now
        self._session += 1
        return self._death()

    def connected(self, now: datetime) -> tuple[Send, ...]:
        """Be born, unless a primary host has to be there first."""
        self.there = True
        return () if self._host_topic else tuple(self._be_born(now))

    def heard(self, topic: str, payload: bytes, now: datetime) -> tuple[Send, ...]:
        """The primary host's STATE, or a command to be born again. What cannot be read is passed over."""
        if topic == self._host_topic:
            return tuple(self._hear_state(payload, now))
        asked = unpack(payload)
        if isinstance(asked, str) or not self._born:
            return ()
        wanted = any(metric.name == _REBIRTH and metric.boolean_value for metric in asked.metrics)
        return tuple(self._be_born(now)) if wanted else ()

    def lost(self) -> None:
        """From now on everything is kept."""
        super().lost()
        self._born = False

    def take(self, device: DeviceId, sample: Sample) -> tuple[Send, ...]:
        """Data, if anything has changed; kept while nobody hears it."""
        lines = self._lines[device]
        changed = {name: value for name, value in sample.values.items() if name in lines and _news(lines[name], value)}
        for name, value in changed.items():
            lines[name].value, lines[name].at = value, sample.at
        if not changed:
            return ()
        if not self._born:
            self._keep(device, Sample(sample.at, sample.seq, changed))
            return ()
        metrics = (_datum(lines[name], value, sample.at) for name, value in changed.items())
        return (self._say(Kind.DDATA, device, metrics, sample.at),)

    def leave(self, now: datetime) -> tuple[Send, ...]:
        """Its death, of its own accord."""
        del now
        return (self._death(),) if self._born else ()

    def _keep(self, device: DeviceId, sample: Sample) -> None:
        if len(self._kept) >= MAX_KEPT:
            self._kept.popleft()
            self.dropped_total += 1
        self._kept.append((device, sample))

    def _hear_state(self, payload: bytes, now: datetime) -> Iterator[Send]:
        try:
            state = msgspec.json.decode(payload, type=_HostState)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        if state.timestamp < self._newest_state_ms:
            return
        self._newest_state_ms = state.timestamp
        if state.online and not self._born:
            yield from self._be_born(now)
        elif not state.online and self._born:
            yield self._death()
            self._born, self.leaving = False, True

    def _be_born(self, now: datetime) -> Iterator[Send]:
        """The whole of it: node, devices, and what was kept."""
        self._number = 0
        own = (
            Payload.Metric(name=_SESSION, datatype=DataType.INT64, long_value=self._session % _NUMBERS),
            Payload.Metric(name=_REBIRTH, datatype=DataType.BOOLEAN, boolean_value=False),
            _text("Properties/Hardware Make", "Shekara"),
            _text("Properties/Hardware Model", "GW-1"),
        )
        yield self._say(Kind.NBIRTH, "", own, now)
        for device, birth in self._births.items():
            lines = (_born(line) for line in self._lines[device].values())
            yield self._say(Kind.DBIRTH, device, (*_properties(birth), *lines), now)
        self._born = True
        while self._kept:
            device, metrics = self._kept[0][0], list[Payload.Metric]()
            for _ in range(_TOGETHER):
                if not self._kept or self._kept[0][0] != device:
                    break
                _, sample = self._kept.popleft()
                lines_of = self._lines[device]
                metrics += (
                    _datum(lines_of[name], value, sample.at, past=True) for name, value in sample.values.items()
                )
            yield self._say(Kind.DDATA, device, metrics, now)

    def _say(self, kind: Kind, device: str, metrics: Iterable[Payload.Metric], at: datetime) -> Send:
        payload = Payload(timestamp=to_milliseconds(at), seq=self._number, metrics=metrics)
        self._number = (self._number + 1) % _NUMBERS
        for metric in payload.metrics:
            if not metric.timestamp:
                metric.timestamp = payload.timestamp
        return Send(str(Address(kind, self._node, device)), payload.SerializeToString(), qos=0)

    def _death(self) -> Send:
        number = Payload.Metric(name=_SESSION, datatype=DataType.INT64, long_value=self._session % _NUMBERS)
        payload = Payload(metrics=[number])
        return Send(str(Address(Kind.NDEATH, self._node)), payload.SerializeToString(), qos=1)


def _datatype(metric: Metric) -> DataType:
    """Things are counted in whole numbers, hours and the like are not."""
    counts_things = metric.type is MetricType.COUNTER and (not metric.unit or metric.unit.startswith("{"))
    return DataType.INT64 if counts_things else _DATATYPES[metric.type]


def _news(line: _Line, value: Value | None) -> bool:
    return line.at is None or (type(line.value), line.value) != (type(value), value)


def _datum(line: _Line, value: Value | None, at: datetime, *, past: bool = False) -> Payload.Metric:
    """By alias alone, as the specification wants it of data."""
    metric = Payload.Metric(alias=line.alias, timestamp=to_milliseconds(at))
    if past:
        metric.is_historical = True
    _set(metric, line, value)
    return metric


def _born(line: _Line) -> Payload.Metric:
    """A metric as a birth has it, with its last value, or none yet."""
    metric = Payload.Metric(name=line.metric.name, alias=line.alias, datatype=line.datatype)
    if line.at is not None:
        metric.timestamp = to_milliseconds(line.at)
    _set(metric, line, line.value)
    said: Mapping[str, float | str | None] = {
        "engUnit": line.metric.unit or None,
        "engLow": line.metric.minimum,
        "engHigh": line.metric.maximum,
    }
    for key, value in said.items():
        if value is not None:
            metric.properties.keys.append(key)
            written = metric.properties.values.add()
            if isinstance(value, str):
                written.type, written.string_value = DataType.STRING, value
            else:
                written.type, written.double_value = DataType.DOUBLE, value
    return metric


def _set(metric: Payload.Metric, line: _Line, value: Value | None) -> None:
    if value is None:
        metric.is_null = True
    else:
        write(metric, line.datatype, value)


def _properties(birth: Birth) -> Iterator[Payload.Metric]:
    said = {"Hardware Make": birth.maker, "Hardware Model": birth.model, "FW": birth.firmware}
    for name, text in {**said, "Serial Number": birth.serial}.items():
        if text:
            yield _text(f"Properties/{name}", text)


def _text(name: str, text: str) -> Payload.Metric:
    return Payload.Metric(name=name, datatype=DataType.STRING, string_value=text)
