"""What the page's sockets ask of a wall beyond its composed picture. On the event loop of the wall itself."""

from typing import NamedTuple, Protocol

from sensors.model import DeviceKey, StreamRole
from videowall.encoding.broadcast import WallView
from videowall.outputs.showing import Showing
from videowall.passthrough.passthrough import Passthrough


class Placed(NamedTuple):
    """A tile by its number, the camera in it, and which of its streams fills it; None before one does."""

    number: int
    key: DeviceKey
    role: StreamRole | None


class LiveWall(WallView, Protocol):
    """A wall whose cameras can be watched one by one."""

    @property
    def placed(self) -> tuple[Placed, ...]:
        """What fills each tile; none while the wall is dark."""

    @property
    def passthrough(self) -> Passthrough:
        """The cameras' own streams."""

    @property
    def showing(self) -> Showing:
        """What lies where, and what is said on it."""
