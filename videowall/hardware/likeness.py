"""Whether a coded picture shows what was encoded."""

import math
from typing import Final

import numpy as np

from videowall.capture.rtsp.assembly import AccessUnit
from videowall.decoding.decoder import Decoder
from videowall.picture import Plane

LEAST_LIKENESS_DB: Final = 24.0
"""Peak signal to noise of luma. The wall's lowest bit rates stay above it; another picture, or a torn one, does not."""


def luma_of(key_frame: bytes) -> Plane | None:
    """The luma of an H.264 key frame, decoded by software; None when it cannot be."""
    planes = Decoder("h264").decode(AccessUnit(key_frame, key=True, gap=False, rtp_timestamp=0, arrival_s=0.0))
    return None if planes is None else planes.y


def likeness_db(shown: Plane, meant: Plane) -> float:
    """How alike two planes are; below 0 when they are not even of one size."""
    if shown.shape != meant.shape:
        return -1.0
    difference = shown.astype(np.float32) - meant.astype(np.float32)
    error = float(np.mean(difference * difference))
    return math.inf if error == 0 else 10 * math.log10(255 * 255 / error)
