"""Pictures that no camera took."""

import numpy as np

from videowall.picture import Planes


def noise(width: int, height: int, seed: int) -> Planes:
    """Bright noise in all planes: levels from 90 to 235, none of which a mask has."""
    chance = np.random.default_rng(seed)
    half = ((height + 1) // 2, (width + 1) // 2)
    shapes = ((height, width), half, half)
    y, u, v = (chance.integers(90, 235, shape, dtype=np.uint8, endpoint=True) for shape in shapes)
    return Planes(y, u, v)
