"""How the world of a drawn scene falls on its picture.

World: metres; x to the right, y up from flat ground, z away from the camera, which stands at x = 0, z = 0. The lens
looks level and is shifted down, so verticals stay vertical, as in a corrected surveillance picture. Turning shifts it
further: what comes into the picture is another part of the one wide view that the lens would throw.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulators.cameras.look import AHEAD, Look

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.float32]
"""Shape (n, 3): x, y, z."""
Pixels = npt.NDArray[np.uint8]
"""A picture, shape (height, width, 3), blue, green, red."""
Colour = tuple[int, int, int]
"""Blue, green, red; 0 to 255."""

NEAREST_M = 1.0
_HORIZON_LOWEST = 0.9


class Lens(NamedTuple):
    """A camera's picture size in pixels, focal length in pixels, row of the horizon, and its height in metres.

    `centre` is the column of what is straight before the camera; both it and the horizon may be outside the picture.
    """

    width: int
    height: int
    focal: float
    horizon: float
    eye_height_m: float
    centre: float
    zoom: float

    @classmethod
    def of(
        cls, width: int, height: int, *, eye_height_m: float, horizon: float, focal: float = 0.86, look: Look = AHEAD
    ) -> "Lens":
        """A lens whose horizon and focal length, straight ahead, are given in fractions of height and of width."""
        length = focal * width * look.zoom
        centre = width / 2 - length * math.tan(math.radians(look.pan_deg))
        level = height * (0.5 + (horizon - 0.5) * look.zoom) + length * math.tan(math.radians(look.tilt_deg))
        return cls(width, height, length, min(level, _HORIZON_LOWEST * height), eye_height_m, centre, look.zoom)

    @property
    def skyline(self) -> int:
        """How many rows of the picture are above the horizon."""
        return max(0, int(self.horizon))

    def across(self) -> Floats:
        """Where each column is in the camera's own view, whose left edge is 0 and right edge 1; shape (width,)."""
        columns = np.arange(self.width, dtype=np.float32)
        return np.asarray(0.5 + (columns - self.centre) / (self.width * self.zoom), np.float32)

    def project(self, points: Points) -> Floats:
        """Columns and rows, shape (n, 2), of points before the camera; nearer ones are held at `NEAREST_M`."""
        depth = np.maximum(points[:, 2], NEAREST_M)
        columns = self.centre + self.focal * points[:, 0] / depth
        rows = self.horizon + self.focal * (self.eye_height_m - points[:, 1]) / depth
        seen = np.empty((len(points), 2), np.float32)
        seen[:, 0], seen[:, 1] = columns, rows
        return seen

    def point(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Column and row of one point."""
        depth = max(z, NEAREST_M)
        return (
            self.centre + self.focal * x / depth,
            self.horizon + self.focal * (self.eye_height_m - y) / depth,
        )

    def scale(self, z: float) -> float:
        """Pixels per metre at a distance."""
        return self.focal / max(z, NEAREST_M)
