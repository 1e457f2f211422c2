"""How alike two pictures are, whatever their brightness."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.float32]


def grey(jpeg: bytes) -> npt.NDArray[np.uint8]:
    """A JPEG's picture."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def small(luma: npt.NDArray[np.uint8]) -> Luma:
    """A picture without the stamp above, so small that noise does not count."""
    below = luma[luma.shape[0] // 6 :]
    return np.asarray(cv2.resize(below, (80, 40), interpolation=cv2.INTER_AREA), np.float32)


def likeness(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """1 when they are the same."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
