"""One metric's numbers over a span: its history from the hub, then what the live feed brings. Pure."""

from collections import deque
from datetime import timedelta
from enum import StrEnum
from typing import Final

from hub.protocol import Aggregate, History, HistoryStep, HistorySteps, MetricView
from sensors.model import Quality, Value
from tui.trend import Point

MAX_POINTS: Final = 2000


class Span(StrEnum):
    """How far back a trend goes. The shortest shows readings as they come, the others the hub's summaries."""

    HALF_HOUR = "half_hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return {
            Span.HALF_HOUR: timedelta(minutes=30),
            Span.DAY: timedelta(days=1),
            Span.WEEK: timedelta(days=7),
            Span.MONTH: timedelta(days=30),
        }[self]

    @property
    def following(self) -> "Span":
        """The next longer one; after the longest the shortest."""
        spans = list(Span)
        return spans[(spans.index(self) + 1) % len(spans)]


class Series:
    """Bounded: the newest `MAX_POINTS` of the span."""

    def __init__(self, span: Span = Span.HALF_HOUR) -> None:
        self.span = span
        self.source = ""
        self._points: deque[Point] = deque(maxlen=MAX_POINTS)

    @property
    def points(self) -> tuple[Point, ...]:
        """Oldest first."""
        return tuple(self._points)

    @property
    def live(self) -> bool:
        """Whether live values join it."""
        return self.span is Span.HALF_HOUR

    def begin(self, history: History) -> None:
        """Take the stored readings, under what has already come live."""
        self.source = history.source
        live = list(self._points)
        self._points.clear()
        for reading in history.points:
            if reading.quality is not Quality.BAD:
                self._add(reading.captured_at.timestamp(), reading.value)
        for point in live:
            self._add(point.at_s, point.number)

    def begin_steps(self, answer: HistorySteps) -> None:
        """Take the hub's summaries: from least to most in each step, or how much a counter has counted."""
        self.source = answer.source
        self._points.clear()
        for step in answer.steps:
            at_s = step.at.timestamp()
            if answer.aggregate is Aggregate.INCREASE:
                if step.value is not None:
                    self._points.append(Point(at_s, step.value))
            elif step.minimum is not None:
                self._points.append(Point(at_s, step.minimum, step.maximum))
            elif (share := _share_of_true(step)) is not None:
                self._points.append(Point(at_s, share))

    def follow(self, view: MetricView) -> bool:
        """Take a live value, if it is newer than all before; true when it was."""
        return self.live and view.quality is not Quality.BAD and self._add(view.captured_at.timestamp(), view.value)

    def _add(self, at_s: float, value: Value) -> bool:
        if isinstance(value, str) or (self._points and at_s <= self._points[-1].at_s):
            return False
        self._points.append(Point(at_s, float(value)))
        while self._points[0].at_s < at_s - self.span.length.total_seconds():
            self._points.popleft()
        return True


def _share_of_true(step: HistoryStep) -> float | None:
    """The share of a step's known time in which a switch was on; None when it is no switch."""
    durations = {state.state: state.duration_s for state in step.states}
    if not durations or not durations.keys() <= {"true", "false"}:
        return None
    whole_s = sum(durations.values())
    return durations.get("true", 0.0) / whole_s if whole_s > 0 else None
