"""One metric's recent numbers: its history from the hub, then what the live feed brings. Pure."""

from collections import deque
from datetime import timedelta
from typing import Final

from hub.protocol import History, MetricView
from sensors.model import Quality, Value
from tui.trend import Point

SPAN: Final = timedelta(minutes=30)
MAX_POINTS: Final = 2000


class Series:
    """Bounded: the newest `MAX_POINTS` of the last `SPAN`."""

    def __init__(self) -> None:
        self._points: deque[Point] = deque(maxlen=MAX_POINTS)

    @property
    def points(self) -> tuple[Point, ...]:
        """Oldest first."""
        return tuple(self._points)

    def begin(self, history: History) -> None:
        """Take the stored readings, under what has already come live."""
        live = list(self._points)
        self._points.clear()
        for reading in history.points:
            if reading.quality is not Quality.BAD:
                self._add(reading.captured_at.timestamp(), reading.value)
        for point in live:
            self._add(point.at_s, point.number)

    def follow(self, view: MetricView) -> bool:
        """Take a live value, if it is newer than all before; true when it was."""
        return view.quality is not Quality.BAD and self._add(view.captured_at.timestamp(), view.value)

    def _add(self, at_s: float, value: Value) -> bool:
        if isinstance(value, str) or (self._points and at_s <= self._points[-1].at_s):
            return False
        self._points.append(Point(at_s, float(value)))
        while self._points[0].at_s < at_s - SPAN.total_seconds():
            self._points.popleft()
        return True
