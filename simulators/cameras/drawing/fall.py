"""What falls through a picture: rain in streaks, snow in flakes, near the lens and farther away."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from simulators.cameras.drawing.grading import Grading
from simulators.cameras.drawing.projection import Floats
from simulators.cameras.vocabulary import Air, Lighting

Luma = npt.NDArray[np.uint8]
_REFERENCE_WIDTH = 640
_SWAY_PX = 24


class _Layer(NamedTuple):
    """How many for a picture, how long and thick at 640 pixels' width, how bright, and falls through it in one loop."""

    number: int
    length: float
    thickness: float
    level: int
    falls: int
    lean: float


_LAYERS: dict[Air, tuple[_Layer, ...]] = {
    Air.RAIN: (_Layer(170, 15.0, 1.0, 26, 37, 0.10), _Layer(26, 34.0, 1.6, 22, 61, 0.12)),
    Air.SNOW: (_Layer(260, 0.0, 1.5, 84, 7, 0.0), _Layer(34, 0.0, 3.0, 72, 15, 0.0)),
}
_BRIGHTNESS: dict[Lighting, float] = {
    Lighting.DAY: 1.0,
    Lighting.LOW_SUN: 1.0,
    Lighting.DUSK: 0.9,
    Lighting.LAMPS: 1.5,
    Lighting.INFRARED: 1.9,
    Lighting.HEAT: -0.5,
}
"""Lamps make drops shine; to a thermal imager they are cold."""


class Fall:
    """Adds what falls to the luma of frame after frame; the last of a loop leads to the first."""

    def __init__(self, grading: Grading, light: Floats | None, size: tuple[int, int], loop_frames: int) -> None:
        """Of a picture `size` (width, height); `light` dims what falls where none is."""
        self._width, self._height = size
        self._loop_frames = loop_frames
        strength = _BRIGHTNESS[grading.lighting]
        self._is_cold = strength < 0
        self._layers = [(_tile(layer, size, abs(strength)), layer.falls) for layer in _LAYERS.get(grading.air, ())]
        self._light = None if light is None else np.asarray(np.minimum(light * 320 + 14, 255), np.uint8)

    def add(self, luma: Luma, index: int) -> None:
        """Let it fall through frame `index` of the loop, in place."""
        for number, (tile, falls) in enumerate(self._layers):
            turn = 2 * np.pi * (index * (number + 2) / self._loop_frames)
            left = round(_SWAY_PX * (1 + np.sin(turn)) / 2)
            top = self._height - round(index * falls * self._height / self._loop_frames) % self._height
            drops: Luma = tile[top : top + self._height, left : left + self._width]
            if self._light is not None:
                drops = np.asarray(cv2.multiply(drops, self._light, scale=1 / 255), np.uint8)
            if self._is_cold:
                cv2.subtract(luma, drops, dst=luma)
            else:
                cv2.add(luma, drops, dst=luma)


def _tile(layer: _Layer, size: tuple[int, int], strength: float) -> Luma:
    """Twice the picture's height, the lower half like the upper, so that a window can slide through it without end."""
    width, height = size
    grown = width / _REFERENCE_WIDTH
    rng = np.random.default_rng(width + layer.number)
    tile = np.zeros((2 * height, width + _SWAY_PX), np.uint8)
    thickness = max(1, round(layer.thickness * grown))
    for x, y, share in rng.random((layer.number, 3)):
        level = int(min(255.0, layer.level * strength * (0.55 + 0.45 * share)))
        column, row = int(x * (width + _SWAY_PX)), int(y * height)
        for copy in (-height, 0, height):
            if layer.length:
                length = layer.length * grown * (0.7 + 0.6 * share)
                end = (int(column - length * layer.lean), int(row + copy + length))
                cv2.line(tile, (column, row + copy), end, level, thickness, cv2.LINE_AA)
            else:
                radius = max(0.7, layer.thickness * grown * (0.6 + 0.6 * share) / 2)
                cv2.circle(tile, (column * 16, (row + copy) * 16), int(radius * 16), level, -1, cv2.LINE_AA, 4)
    return tile
