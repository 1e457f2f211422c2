"""How the world of a drawn scene falls on its picture.

World: metres; x to the right, y up from flat ground, z away from the camera, which stands at x = 0, z = 0. The lens
looks level and is shifted down, so verticals stay vertical, as in a corrected surveillance picture.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.float32]
"""Shape (n, 3): x, y, z."""
Pixels = npt.NDArray[np.uint8]
"""A picture, shape (height, width, 3), blue, green, red."""
Colour = tuple[int, int, int]
"""Blue, green, red; 0 to 255."""

NEAREST_M = 1.0


class Lens(NamedTuple):
    """A camera's picture size in pixels, focal length in pixels, row of the horizon, and its height in metres."""

    width: int
    height: int
    focal: float
    horizon: float
    eye_height_m: float

    @classmethod
    def of(cls, width: int, height: int, *, eye_height_m: float, horizon: float, focal: float = 0.86) -> "Lens":
        """A lens whose horizon and focal length are given in fractions of height and of width."""
        return cls(width, height, focal * width, horizon * height, eye_height_m)

    def project(self, points: Points) -> Floats:
        """Columns and rows, shape (n, 2), of points before the camera; nearer ones are held at `NEAREST_M`."""
        depth = np.maximum(points[:, 2], NEAREST_M)
        columns = self.width / 2 + self.focal * points[:, 0] / depth
        rows = self.horizon + self.focal * (self.eye_height_m - points[:, 1]) / depth
        seen = np.empty((len(points), 2), np.float32)
        seen[:, 0], seen[:, 1] = columns, rows
        return seen

    def point(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Column and row of one point."""
        depth = max(z, NEAREST_M)
        return (
            self.width / 2 + self.focal * x / depth,
            self.horizon + self.focal * (self.eye_height_m - y) / depth,
        )

    def scale(self, z: float) -> float:
        """Pixels per metre at a distance."""
        return self.focal / max(z, NEAREST_M)
