"""What may be said of a camera's picture. Pure: facts and limits in, one state out; time is an argument."""

from collections import deque
from typing import NamedTuple

import cv2
import numpy as np

from sensors.catalog import PictureState
from videowall.picture import Plane, Planes

NO_PACKETS_S = 2.5
DELAYED_S = 0.8
"""A face is renewed five times a second, so that nothing a second old is shown as live."""
_PERIODS = 2.5
"""A camera that sends fewer than so many pictures in `DELAYED_S` may take so many of its own periods for one."""
FROZEN_S = 8.0
ERRORS_IN_ROW = 10
PROBE_PERIOD_S = 1.0
_PROBE_ROWS = 68
_SAME_BELOW = 0.3
"""Mean luma difference of neighbouring pictures when nothing is new, in good light or at a good bit rate."""
_LIVELY_SHARE = 1 / 2
"""Of a second's pictures, how many must bring something new. Encoding one still picture anew at each key frame, and
refining it after, makes at most one in three differ so much, by as much as noise does."""
_REPEATED_BELOW = 0.02
"""Difference of key pictures that were encoded from the same one. At least 0.3 when the sensor's noise lies between,
however faint it is and however few bits there are."""
_KEYS = 12
_STILL_SHARE = 0.8
_SECONDS = 8
_PROOF_S = 12.0
_BLIND = frozenset({PictureState.BLACK, PictureState.OVEREXPOSED})
"""Where there is nothing to see, nothing can change: that it does not says nothing more."""


class Facts(NamedTuple):
    """What is known of one stream now; ages are None when there never was one. `fault`: of the picture itself.

    `period_s`: between a camera's own pictures where all of them are shown, else 0.
    """

    failure: PictureState | None
    packet_age_s: float | None
    picture_age_s: float | None
    picture_in_session: bool
    errors_in_row: int
    frozen_s: float
    fault: PictureState | None
    period_s: float = 0.0


def judge(facts: Facts) -> PictureState:
    """The one state of a picture; the gravest and best known cause wins."""
    picture_age_s = facts.picture_age_s or 0.0
    fault = facts.fault or PictureState.LIVE
    rules = (
        (facts.packet_age_s is None, PictureState.CONNECTING),
        ((facts.packet_age_s or 0.0) > NO_PACKETS_S, PictureState.NO_PACKETS),
        (facts.errors_in_row >= ERRORS_IN_ROW, PictureState.CANNOT_DECODE),
        (not facts.picture_in_session, PictureState.CONNECTING),
        (picture_age_s > max(DELAYED_S, _PERIODS * facts.period_s), PictureState.DELAYED),
        (fault in _BLIND, fault),
        (facts.frozen_s >= FROZEN_S, PictureState.FROZEN),
    )
    return facts.failure or next((state for holds, state in rules if holds), fault)


class Probe:
    """Looks at every picture, small: since when do they bring nothing new?

    On a quiet night an encoder with few bits drops the sensor's noise, and pictures bring as little as frozen ones do.
    So to be frozen they must prove it too: a key picture comes again exactly, or the pictures between are either
    refined or exactly the same, as noise never is.
    """

    def __init__(self) -> None:
        self._before: Plane | None = None
        self._keys: deque[Plane] = deque(maxlen=_KEYS)
        self._period_began_s = float("-inf")
        self._looked_s = float("-inf")
        self._changed_s = 0.0
        self._seconds: deque[tuple[bool, bool]] = deque(maxlen=_SECONDS)
        self._proven_s = float("-inf")
        self._begin()

    def look(self, planes: Planes, now_s: float, *, key: bool) -> None:
        """Take in the next picture; conclusions are drawn once in `PROBE_PERIOD_S`."""
        small, before = shrink(planes.y), self._before
        self._before = small
        if before is not None:
            change = difference(small, before)
            self._compared += 1
            self._changed += change > _SAME_BELOW
            self._refined += change > _SAME_BELOW and not key
            self._identical += change == 0
        if key:
            self._repeated |= any(difference(small, known) < _REPEATED_BELOW for known in self._keys)
            self._keys.append(small)
        if now_s - self._period_began_s >= PROBE_PERIOD_S:
            self._conclude(now_s)

    def reset(self, now_s: float) -> None:
        """Begin anew with a session."""
        self._before = None
        self._keys.clear()
        self._seconds.clear()
        self._changed_s = self._period_began_s = now_s
        self._begin()

    @property
    def frozen_s(self) -> float:
        """For how long the looked-at pictures were the same, where that is proven."""
        is_proven = self._looked_s - self._proven_s <= _PROOF_S
        return max(0.0, self._looked_s - self._changed_s) if is_proven else 0.0

    def _conclude(self, now_s: float) -> None:
        if self._changed > self._compared * _LIVELY_SHARE:
            self._changed_s = now_s
        still = self._identical >= self._compared * _STILL_SHARE
        self._seconds.append((self._refined > 0, self._identical > 0))
        halves = (sum(second[part] for second in self._seconds) for part in (0, 1))
        if self._repeated or still or min(halves) > _SECONDS // 2:
            self._proven_s = now_s
        self._looked_s = self._period_began_s = now_s
        self._begin()

    def _begin(self) -> None:
        self._compared = self._changed = self._refined = self._identical = 0
        self._repeated = False


def shrink(luma: Plane) -> Plane:
    """Every n-th pixel of a luma plane, so that noise is kept; at most twice `_PROBE_ROWS` rows."""
    step = max(1, luma.shape[0] // _PROBE_ROWS)
    return np.ascontiguousarray(luma[::step, ::step])


def difference(one: Plane, other: Plane) -> float:
    """Mean absolute difference of two probes, in levels of luma; the greatest there is when their sizes differ."""
    if one.shape != other.shape:
        return 255.0
    return cv2.norm(one, other, cv2.NORM_L1) / one.size
