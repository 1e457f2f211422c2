"""What moves through a scene of itself, on paths that close with the loop of the clip.

A mover that needs longer than one loop is in the picture more than once, so that the last frame leads to the first.
"""

import math
from collections.abc import Iterator

from msgspec import Struct

from simulators.cameras.drawing.bodies import Body, Place
from simulators.cameras.drawing.projection import Colour
from simulators.cameras.vocabulary import Shape


class Path(Struct, frozen=True):
    """From one point of the ground to another, starting at a moment of the loop; `pacing` goes to and fro."""

    start: tuple[float, float]
    end: tuple[float, float]
    speed_mps: float
    enter_s: float = 0.0
    pacing: bool = False


class Mover(Struct, frozen=True):
    """One thing on one path, `up_m` above the ground. `colour` is its body or coat; `vest` is a reflecting one."""

    shape: Shape
    path: Path
    colour: Colour = (96, 92, 88)
    vest: bool = False
    up_m: float = 0.0

    @property
    def body(self) -> Body:
        """What is drawn of it."""
        return Body(self.shape, self.colour, vest=self.vest)


def places(mover: Mover, at_s: float, loop_s: float) -> Iterator[Place]:
    """Where a mover is at a moment of the loop; none when it is out of the picture."""
    path = mover.path
    (x0, z0), (x1, z1) = path.start, path.end
    length = math.hypot(x1 - x0, z1 - z0)
    heading = math.atan2(x1 - x0, z1 - z0)
    since_s = (at_s - path.enter_s) % loop_s
    if path.pacing:
        swing = 1 - abs(2 * since_s / loop_s - 1)
        back = math.pi if since_s > loop_s / 2 else 0.0
        walked = 2 * length * since_s / loop_s
        yield Place(x0 + (x1 - x0) * swing, z0 + (z1 - z0) * swing, heading + back, walked, mover.up_m)
        return
    while (walked := since_s * path.speed_mps) < length:
        part = walked / length
        yield Place(x0 + (x1 - x0) * part, z0 + (z1 - z0) * part, heading, walked, mover.up_m)
        since_s += loop_s
