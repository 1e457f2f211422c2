"""The memory of the wall's picture: one buffer, seen both as planes to draw on and as I420 to encode from."""

import numpy as np

from videowall.picture import Planes, Rect
from videowall.plan import Canvas


class CanvasBuffer:
    """One I420 picture. `planes` and `i420` are views of the same bytes."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        width, height = canvas.width, canvas.height
        luma, chroma = width * height, width * height // 4
        flat = np.zeros(luma + 2 * chroma, np.uint8)
        half = (height // 2, width // 2)
        self.i420 = flat.reshape(height * 3 // 2, width)
        self.planes = Planes(
            flat[:luma].reshape(height, width),
            flat[luma : luma + chroma].reshape(half),
            flat[luma + chroma :].reshape(half),
        )

    @property
    def rect(self) -> Rect:
        """The whole canvas."""
        return Rect(0, 0, self.canvas.width, self.canvas.height)

    def copy(self) -> Planes:
        """A copy of the picture as it stands."""
        return Planes(*(plane.copy() for plane in self.planes))
