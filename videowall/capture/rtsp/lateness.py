"""How late a stream's pictures come: what a link that has become slow holds back, however steadily it brings the rest.

Pictures that all come ten seconds late come as evenly as others, and their arrival says nothing. But their camera tells
by RTCP when each was taken. Its clock may be wrong by any amount, so only what is added to the least way that a picture
of the session took counts. Nothing can grow later faster than time passes: what seems to is a clock that was set.
"""

from typing import Final

LATE_S: Final = 1.0
"""Less is how networks are."""
_LATE_NO_MORE_S: Final = 0.7
_SLACK_S: Final = 0.25
_LARGEST_DRIFT: Final = 0.0005
"""Of a camera's clock that is being led back to the right time (RFC 5905), in seconds a second."""


class Lateness:
    """Of one session. Pure: `captured_unix_s` is by the camera's clock, `arrival_s` monotonic by ours."""

    def __init__(self) -> None:
        self.late_s = 0.0
        """Zero while it is less than `LATE_S`."""
        self._least_s = 0.0
        self._last: tuple[float, float] | None = None

    def see(self, captured_unix_s: float, arrival_s: float) -> None:
        """A picture has come."""
        way_s = arrival_s - captured_unix_s
        if self._last is None:
            self._least_s = way_s
        else:
            last_s, last_way_s = self._last
            passed_s, grown_s = max(0.0, arrival_s - last_s), way_s - last_way_s
            self._least_s += _LARGEST_DRIFT * passed_s
            if grown_s > passed_s + _SLACK_S:
                self._least_s += grown_s
        self._last = arrival_s, way_s
        self._least_s = min(self._least_s, way_s)
        late_s = way_s - self._least_s
        self.late_s = late_s if late_s >= (_LATE_NO_MORE_S if self.late_s else LATE_S) else 0.0
