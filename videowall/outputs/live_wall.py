"""What the page's sockets ask of a wall beyond its composed picture. On the event loop of the wall itself."""

from typing import Protocol

from videowall.encoding.broadcast import WallView
from videowall.outputs.showing import Showing
from videowall.passthrough.passthrough import Passthrough


class LiveWall(WallView, Protocol):
    """A wall whose cameras can be watched one by one."""

    @property
    def passthrough(self) -> Passthrough:
        """The cameras' own streams."""

    @property
    def showing(self) -> Showing:
        """What lies where, and what is said on it."""
