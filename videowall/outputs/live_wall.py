"""What the page's sockets ask of a wall beyond its composed picture. On the event loop of the wall itself."""

from typing import Protocol

from videowall.broadcast import WallView
from videowall.passthrough import Passthrough
from videowall.showing import Showing


class LiveWall(WallView, Protocol):
    """A wall whose cameras can be watched one by one."""

    @property
    def passthrough(self) -> Passthrough:
        """The cameras' own streams."""

    @property
    def showing(self) -> Showing:
        """What lies where, and what is said on it."""
