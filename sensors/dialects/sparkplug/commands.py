"""Commands to edge nodes and their devices: metrics are written to, by the datatype that their birth declared."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sensors.dialects.dialect import Send
from sensors.dialects.sparkplug.declarations import REBIRTH, Declarations, Declared, line
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.times import to_milliseconds
from sensors.dialects.sparkplug.topics import Address, Kind, NodeId
from sensors.dialects.sparkplug.values import DataType, Unreadable, write
from sensors.model import Value


def ask_for_rebirth(node: NodeId, now: datetime) -> Send:
    """What makes an edge node say all of its births again."""
    metric = Payload.Metric(name=REBIRTH, datatype=DataType.BOOLEAN, boolean_value=True)
    return _send(Address(Kind.NCMD, node), [metric], now)


def write_metrics(
    node: NodeId, device: str, declarations: Declarations, values: Mapping[str, Value], now: datetime
) -> Send | str:
    """One command that writes all these metrics, called by our names, or why it cannot be said."""
    metrics: list[Payload.Metric] = []
    for ident, value in values.items():
        declared = declarations.find(ident)
        if declared is None:
            return f"{ident} is no metric of its birth"
        whole = declarations.whole_of(declared)
        if whole is not None:
            return f"{line(declared.name)} is a part of {line(whole.name)}, and a template is not written in parts"
        try:
            metrics.append(_written(declared, value))
        except Unreadable as error:
            return f"{line(declared.name)}: {error}"
    if not metrics:
        return "which metrics, and what to write to them?"
    return _send(Address(Kind.DCMD if device else Kind.NCMD, node, device), metrics, now)


def _written(declared: Declared, value: Value) -> Payload.Metric:
    """A metric that has an alias goes by it alone. The datatype is said although it need not be: many expect it."""
    metric = Payload.Metric(datatype=declared.datatype)
    if declared.alias is None:
        metric.name = declared.name
    else:
        metric.alias = declared.alias
    write(metric, declared.datatype, value)
    return metric


def _send(address: Address, metrics: Iterable[Payload.Metric], now: datetime) -> Send:
    """Commands carry no sequence number."""
    at = to_milliseconds(now)
    payload = Payload(timestamp=at, metrics=metrics)
    for metric in payload.metrics:
        metric.timestamp = at
    return Send(str(address), payload.SerializeToString(), qos=0)
