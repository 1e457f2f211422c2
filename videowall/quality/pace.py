"""What a stream's own times tell: how often a picture and a key frame come, and how a camera's clock runs."""

from collections import deque

DRIFT_LEAST_S = 1500.0
_GAPS = 50
_LEAST_GAPS = 2
"""One alone may be a pause on the way."""
_DRIFT_EVERY_S = 10.0
_DRIFT_SAMPLES = 360
_STEP_S = 0.5
_PPM = 1_000_000
_MOST_AHEAD_S = 365.25 * 86_400
"""A clock that is further ahead does not mean the time of day: RTCP lets a camera count from its own start, and such
small numbers are of 2036, when NTP's begin anew. One that was never set is behind, as far as 1970, and is wrong."""


class Pace:
    """One stream's key frames and clock; all times are monotonic seconds of ours."""

    def __init__(self) -> None:
        self._key_s: float | None = None
        self._interval_s: float | None = None
        self._picture_s: float | None = None
        self._gaps_s: deque[float] = deque(maxlen=_GAPS)
        self._offsets: deque[tuple[float, float]] = deque(maxlen=_DRIFT_SAMPLES)

    def begin(self) -> None:
        """A new session: the time since the last picture of the one before is no period of the camera's."""
        self._picture_s = None
        self._gaps_s = deque(maxlen=_GAPS)

    def see(self, arrival_s: float, *, key: bool) -> None:
        """A coded picture arrived, whether it can be decoded or not."""
        if self._picture_s is not None:
            self._gaps_s.append(arrival_s - self._picture_s)
        self._picture_s = arrival_s
        if not key:
            return
        if self._key_s is not None:
            self._interval_s = arrival_s - self._key_s
        self._key_s = arrival_s

    @property
    def period_s(self) -> float:
        """Between two pictures as a rule, whatever a pause on the way made of some; 0 while unknown."""
        gaps_s = sorted(self._gaps_s)
        return gaps_s[(len(gaps_s) - 1) // 2] if len(gaps_s) >= _LEAST_GAPS else 0.0

    def key_interval_s(self, now_s: float) -> float | None:
        """Between the last two key frames, or since the last when that is longer; None before the first."""
        return None if self._key_s is None else max(self._interval_s or 0.0, now_s - self._key_s)

    def compare(self, offset_s: float | None, now_s: float) -> None:
        """How far the camera's clock was behind ours now; a clock that was set anew begins anew here."""
        if offset_s is None:
            return
        if self._offsets:
            last_s, last = self._offsets[-1]
            if abs(offset_s - last) > _STEP_S:
                self._offsets.clear()
            elif now_s - last_s < _DRIFT_EVERY_S:
                return
        self._offsets.append((now_s, offset_s))

    @property
    def clock_offset_s(self) -> float | None:
        """How far the camera's clock is behind ours; None while unknown, or when it does not tell the time of day."""
        if not self._offsets:
            return None
        offset_s = self._offsets[-1][1]
        return offset_s if offset_s > -_MOST_AHEAD_S else None

    @property
    def clock_drift_ppm(self) -> float | None:
        """How much faster than ours the camera's clock runs; None until it was watched for `DRIFT_LEAST_S`."""
        if not self._offsets:
            return None
        (first_s, first), (last_s, last) = self._offsets[0], self._offsets[-1]
        watched_s = last_s - first_s
        return None if watched_s < DRIFT_LEAST_S else -(last - first) / watched_s * _PPM
