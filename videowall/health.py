"""What may be said of a camera's picture. Pure: facts and limits in, one state out; time is an argument."""

from typing import NamedTuple

import cv2
import numpy as np

from sensors.catalog import PictureState
from videowall.picture import Plane, Planes

NO_PACKETS_S = 2.5
DELAYED_S = 1.5
FROZEN_S = 8.0
ERRORS_IN_ROW = 10
PROBE_PERIOD_S = 1.0
_PROBE_ROWS = 68
_SAME_BELOW = 0.3
"""Mean luma difference of neighbouring pictures when nothing is new. With sensor noise, none of 480 was below 0.43."""
_LIVELY_SHARE = 1 / 2
"""Of a second's pictures, how many must bring something new. Encoding one still picture anew at each key frame, and
refining it after, made at most one in five differ so much, by as much as noise does."""
_BLIND = frozenset({PictureState.BLACK, PictureState.OVEREXPOSED})
"""Where there is nothing to see, nothing can change: that it does not says nothing more."""


class Facts(NamedTuple):
    """What is known of one stream now; ages are None when there never was one. `fault`: of the picture itself."""

    failure: PictureState | None
    packet_age_s: float | None
    picture_age_s: float | None
    picture_in_session: bool
    errors_in_row: int
    frozen_s: float
    fault: PictureState | None


def judge(facts: Facts) -> PictureState:
    """The one state of a picture; the gravest and best known cause wins."""
    picture_age_s = facts.picture_age_s or 0.0
    fault = facts.fault or PictureState.LIVE
    rules = (
        (facts.packet_age_s is None, PictureState.CONNECTING),
        ((facts.packet_age_s or 0.0) > NO_PACKETS_S, PictureState.NO_PACKETS),
        (facts.errors_in_row >= ERRORS_IN_ROW, PictureState.CANNOT_DECODE),
        (not facts.picture_in_session, PictureState.CONNECTING),
        (picture_age_s > DELAYED_S, PictureState.DELAYED),
        (fault in _BLIND, fault),
        (facts.frozen_s >= FROZEN_S, PictureState.FROZEN),
    )
    return facts.failure or next((state for holds, state in rules if holds), fault)


class Probe:
    """Looks at every picture, small: since when do they bring nothing new?"""

    def __init__(self) -> None:
        self._before: Plane | None = None
        self._period_began_s = float("-inf")
        self._looked_s = float("-inf")
        self._compared = 0
        self._changes = 0
        self._changed_s = 0.0

    def look(self, planes: Planes, now_s: float) -> None:
        """Take in the next picture; conclusions are drawn once in `PROBE_PERIOD_S`."""
        small, before = shrink(planes.y), self._before
        self._before = small
        if before is not None:
            self._compared += 1
            self._changes += before.shape != small.shape or difference(small, before) > _SAME_BELOW
        if now_s - self._period_began_s < PROBE_PERIOD_S:
            return
        if self._changes > self._compared * _LIVELY_SHARE:
            self._changed_s = now_s
        self._looked_s = self._period_began_s = now_s
        self._compared = self._changes = 0

    def reset(self, now_s: float) -> None:
        """Begin anew with a session."""
        self._before = None
        self._changed_s = self._period_began_s = now_s
        self._compared = self._changes = 0

    @property
    def frozen_s(self) -> float:
        """For how long the looked-at pictures were the same."""
        return max(0.0, self._looked_s - self._changed_s)


def shrink(luma: Plane) -> Plane:
    """Every n-th pixel of a luma plane, so that noise is kept; at most twice `_PROBE_ROWS` rows."""
    step = max(1, luma.shape[0] // _PROBE_ROWS)
    return np.ascontiguousarray(luma[::step, ::step])


def difference(one: Plane, other: Plane) -> float:
    """Mean absolute difference of two probes, in levels of luma."""
    return float(np.mean(cv2.absdiff(one, other)))
