"""One picture by itself, as a JPEG."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

_QUALITY: Final = 85


def jpeg_of(picture: npt.NDArray[np.uint8]) -> bytes:
    """A planar YUV 4:2:0 picture, shape (height * 3 / 2, width), as a JPEG."""
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return coded.tobytes()
