"""Births of edge nodes and their devices in our words."""

from collections.abc import Sequence
from typing import NamedTuple

from sensors.catalog import GATEWAY, WALL
from sensors.dialects.sparkplug.declarations import Declarations, line
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.topics import NodeId
from sensors.dialects.sparkplug.values import text_of
from sensors.equipment import SENSOR, kind_of
from sensors.identity import device_id
from sensors.model import Birth, DeviceId, DeviceKey, Names

SILENCE_S = 604_800.0
"""Equipment that speaks only of changes may say nothing for long; that it is gone, its death says."""
_SCHEME = "sparkplug:"
_MAX_IDENTITY = 64
_PROPERTIES = {
    "properties/hardware make": "maker",
    "properties/hardware model": "model",
    "properties/fw": "firmware",
    "properties/firmware": "firmware",
    "properties/serial number": "serial",
}


class Place(NamedTuple):
    """An edge node, or a device behind one."""

    node: NodeId
    device: str = ""

    @property
    def identity(self) -> str:
        """What it is known by for good."""
        return f"{_SCHEME}{self.node}/{self.device}" if self.device else f"{_SCHEME}{self.node}"


def id_of(node: NodeId, device: str = "") -> DeviceId:
    """The id of an edge node, or of a device behind one; group and node are part of both."""
    return device_id(device or node.edge, Place(node, device).identity)


def place_of(key: DeviceKey, birth: Birth) -> Place | None:
    """The place that an earlier birth, made here, speaks of; None when it was too long to be kept in it."""
    for identity in birth.identities:
        levels = identity.removeprefix(_SCHEME).split("/")
        if identity.startswith(_SCHEME) and len(levels) in (2, 3):
            place = Place(NodeId(levels[0], levels[1]), *levels[2:])
            return place if id_of(*place) == key.device else None
    return None


def birth_of_node(node: NodeId, declarations: Declarations, metrics: Sequence[Payload.Metric]) -> Birth:
    """An edge node is a gateway: what is behind it goes offline with it."""
    return _birth(GATEWAY, Place(node), declarations, metrics)


def birth_of_device(node: NodeId, device: str, declarations: Declarations, metrics: Sequence[Payload.Metric]) -> Birth:
    """A device's kind is that of the first template it is an instance of, else what its name says."""
    references = (
        text_of(metric.template_value.template_ref) for metric in metrics if metric.HasField("template_value")
    )
    kinds = (kind_of(words) for words in (*references, device))
    kind = next((kind for kind in kinds if kind not in (SENSOR, WALL, GATEWAY)), SENSOR)
    return _birth(kind, Place(node, device), declarations, metrics)


def _birth(kind: str, place: Place, declarations: Declarations, metrics: Sequence[Payload.Metric]) -> Birth:
    said = {"maker": "", "model": "", "firmware": "", "serial": ""}
    for metric in metrics:
        part = _PROPERTIES.get(text_of(metric.name).lower())
        if part is not None and metric.HasField("string_value"):
            said[part] = line(text_of(metric.string_value))
    return Birth(
        kind=kind,
        names=Names(en=line(place.device or place.node.edge)),
        metrics=tuple(declared.metric for declared in declarations.shown),
        via=id_of(place.node) if place.device else None,
        silence_s=SILENCE_S,
        identities=(place.identity,) if len(place.identity) <= _MAX_IDENTITY else (),
        maker=said["maker"],
        model=said["model"],
        firmware=said["firmware"],
        serial=said["serial"],
    )
