"""What is written on a simulated camera: the same to whoever asks, over whichever protocol, run after run."""

import hashlib
import uuid
from typing import NamedTuple

from sensors.model import DeviceKey

_URNS = uuid.uuid5(uuid.NAMESPACE_URL, "shekara:simulated-camera")


class Nameplate(NamedTuple):
    """`urn` (urn:uuid:…) and `mac` (six pairs of hexadecimal digits) are no other camera's."""

    maker: str
    model: str
    firmware: str
    serial: str
    mac: str
    urn: str


def nameplate_of(key: DeviceKey) -> Nameplate:
    """The nameplate of a camera. Its MAC address is one that nobody was given: locally administered."""
    digest = hashlib.sha256(str(key).encode()).digest()
    mac = ":".join(f"{octet:02x}" for octet in (0x02, *digest[:5]))
    return Nameplate("Shekara", "SC-720", "1.0.0", f"SIM-{key.site}-{key.device}", mac, uuid.uuid5(_URNS, str(key)).urn)
