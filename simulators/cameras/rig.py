"""A camera as it stands: what is wrong with it, what turns it, and what it sends."""

from collections.abc import Mapping
from dataclasses import dataclass

from sensors.model import StreamRole
from simulators.cameras.broadcast import Broadcast
from simulators.cameras.camera import Camera
from simulators.cameras.condition import Condition
from simulators.cameras.mount import Mount


@dataclass(slots=True)
class Rig:
    """All parts of one camera, whichever protocol asks for them."""

    camera: Camera
    condition: Condition
    mount: Mount
    broadcasts: Mapping[StreamRole, Broadcast]
