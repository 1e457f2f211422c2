"""Births of edge nodes and their devices in our words."""

from collections.abc import Sequence

from sensors.catalog import GATEWAY, WALL
from sensors.dialects.sparkplug.declarations import Declarations, line
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.topics import NodeId
from sensors.dialects.sparkplug.values import text_of
from sensors.equipment import SENSOR, kind_of
from sensors.identity import device_id
from sensors.model import Birth, DeviceId, Names

SILENCE_S = 604_800.0
"""Equipment that speaks only of changes may say nothing for long; that it is gone, its death says."""
_PROPERTIES = {
    "properties/hardware make": "maker",
    "properties/hardware model": "model",
    "properties/fw": "firmware",
    "properties/firmware": "firmware",
    "properties/serial number": "serial",
}


def id_of(node: NodeId, device: str = "") -> DeviceId:
    """The id of an edge node, or of a device behind one; group and node are part of both."""
    return device_id(device or node.edge, f"sparkplug:{node}/{device}" if device else f"sparkplug:{node}")


def birth_of_node(node: NodeId, declarations: Declarations, metrics: Sequence[Payload.Metric]) -> Birth:
    """An edge node is a gateway: what is behind it goes offline with it."""
    return _birth(GATEWAY, node.edge, declarations, metrics)


def birth_of_device(node: NodeId, device: str, declarations: Declarations, metrics: Sequence[Payload.Metric]) -> Birth:
    """A device's kind is that of the first template it is an instance of, else what its name says."""
    references = (
        text_of(metric.template_value.template_ref) for metric in metrics if metric.HasField("template_value")
    )
    kinds = (kind_of(words) for words in (*references, device))
    kind = next((kind for kind in kinds if kind not in (SENSOR, WALL, GATEWAY)), SENSOR)
    return _birth(kind, device, declarations, metrics, via=id_of(node))


def _birth(
    kind: str, name: str, declarations: Declarations, metrics: Sequence[Payload.Metric], via: DeviceId | None = None
) -> Birth:
    said = {"maker": "", "model": "", "firmware": "", "serial": ""}
    for metric in metrics:
        part = _PROPERTIES.get(text_of(metric.name).lower())
        if part is not None and metric.HasField("string_value"):
            said[part] = line(text_of(metric.string_value))
    return Birth(
        kind=kind,
        names=Names(en=line(name)),
        metrics=tuple(declared.metric for declared in declarations.shown),
        via=via,
        silence_s=SILENCE_S,
        maker=said["maker"],
        model=said["model"],
        firmware=said["firmware"],
        serial=said["serial"],
    )
