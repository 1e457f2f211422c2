"""The halo of a lamp: light that spreads in the lens."""

from functools import lru_cache

import cv2
import numpy as np

from simulators.cameras.drawing.projection import Lens, Pixels


def add_glow(picture: Pixels, column: float, row: float, radius: float, strength: float) -> None:
    """Add a halo of so many pixels around a point."""
    reach = int(min(radius, picture.shape[1] / 14)) + 1
    x, y = int(column), int(row)
    left, top = max(0, x - reach), max(0, y - reach)
    part = picture[top : max(top, y + reach + 1), left : max(left, x + reach + 1)]
    if part.size == 0:
        return
    halo = _halo(reach, strength)[top - y + reach :, left - x + reach :]
    cv2.add(part, halo[: part.shape[0], : part.shape[1]], dst=part)


def add_lamp_glow(picture: Pixels, lens: Lens, at: tuple[float, float, float], radius_m: float) -> None:
    """The halo of a burning lamp."""
    column, row = lens.point(*at)
    add_glow(picture, column, row, radius_m * lens.scale(at[2]), 0.9)


@lru_cache(maxsize=256)
def _halo(reach: int, strength: float) -> Pixels:
    across = np.arange(-reach, reach + 1, dtype=np.float32) / reach
    fall = np.clip(1 - np.hypot(across[:, None], across[None, :]), 0, 1) ** 2.6 * strength * 235
    return np.repeat(fall[:, :, None], 3, axis=2).astype(np.uint8)
