"""Sparkplug's topics: `spBv1.0/<group>/<type>/<edge node>[/<device>]`, and `spBv1.0/STATE/<host>`."""

from enum import StrEnum
from typing import NamedTuple

NAMESPACE = "spBv1.0"
EVERYTHING = f"{NAMESPACE}/#"
CERTIFICATES = "$sparkplug/certificates/"
"""Below it, a broker that knows Sparkplug keeps the last births, under their own topics."""
_STATE = "STATE"
_MAX_ID = 128


class Kind(StrEnum):
    """What a message is, and whether it is of an edge node or of a device behind one."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"
    DCMD = "DCMD"

    @property
    def of_device(self) -> bool:
        """Whether the topic ends in a device."""
        return self.value.startswith("D")

    @property
    def is_command(self) -> bool:
        """Whether hosts say it, not equipment."""
        return self.value.endswith("CMD")


class NodeId(NamedTuple):
    """An edge node, as the whole installation knows it."""

    group: str
    edge: str

    def __str__(self) -> str:
        return f"{self.group}/{self.edge}"


class Address(NamedTuple):
    """A parsed topic of an edge node; `device` is empty for messages of the node itself."""

    kind: Kind
    node: NodeId
    device: str = ""

    def __str__(self) -> str:
        levels = (NAMESPACE, self.node.group, self.kind.value, self.node.edge, self.device)
        return "/".join(levels).rstrip("/")


def state_topic(host_id: str) -> str:
    """Where a host application says whether it is there."""
    return f"{NAMESPACE}/{_STATE}/{host_id}"


def is_state(topic: str) -> bool:
    """Whether a host says it, this one or another."""
    return topic.startswith(f"{NAMESPACE}/{_STATE}/")


def parse(topic: str) -> Address | str:
    """The parts of a topic, or the reason why it is none. Ids keep their case; they differ when it does."""
    namespace, *levels = topic.split("/")
    if namespace != NAMESPACE or len(levels) not in (3, 4):
        return f"a topic is {NAMESPACE}/<group>/<type>/<edge node>[/<device>]"
    group, kind, edge, device = (*levels, "")[:4]
    if kind not in Kind.__members__:
        return f"unknown type of message, expected one of {', '.join(Kind)}"
    if Kind(kind).of_device is not (len(levels) == 4):
        return f"{kind} {'needs a device' if Kind(kind).of_device else 'has no device'}"
    if any(not 0 < len(level) <= _MAX_ID for level in levels):
        return f"an id has 1 to {_MAX_ID} letters"
    return Address(Kind(kind), NodeId(group, edge), device)
