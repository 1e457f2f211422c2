"""All alarms of all devices: which limits are watched, and which occurrence of each is not yet normal.

Pure: values and moments go in, transitions come out, in order. Only live, trusted values of approved devices are
shown to it; what those are is the caller's business.
"""

from collections.abc import Callable, Container, Iterable
from typing import NamedTuple

from msgspec.structs import replace

from hub.alarms.limits import Turn, Watch
from hub.alarms.occurrence import acknowledged, name_occurrence, parse_occurrence, returned, superseded
from hub.alarms.voices import Voices
from hub.decisions.records import AlarmRecord
from hub.inputs import Moment
from hub.protocol import AlarmState, AlarmView
from sensors.errors import ConflictError, NotFoundError
from sensors.model import DeviceKey, Limit, Metric, MetricName, Quality, Reading

PointKey = tuple[DeviceKey, str, str]
_STANDING = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)


class Transition(NamedTuple):
    """One occurrence after one step of its life. `kind` is the operational log's word for the step."""

    kind: str
    view: AlarmView


class _Point:
    """One limit of one metric of one device: its watch, the reading it goes by, and who says what, if several do."""

    __slots__ = ("_voices", "reading", "watch")

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.reading: Reading | None = None
        self._voices: Voices | None = None

    def see(self, reading: Reading, voice: str, now_s: float) -> Turn | None:
        """A new value, and in whose name; the verdict's change, if it changes now."""
        if self._voices is None and voice:
            self._voices = Voices(held=self.watch.held, now_s=now_s)
        if self._voices is None:
            self.reading = reading
            return self.watch.see(reading.value, now_s)
        self._voices.hear(reading, voice, self.watch.limit, now_s)
        return self.look(now_s)

    def look(self, now_s: float) -> Turn | None:
        """Time has passed. When nobody's word holds any more, nobody knows better, and what was seen last counts."""
        held = None if self._voices is None else self._voices.held(now_s)
        if self._voices is None or held is None:
            return self.watch.look(now_s)
        self.reading = self._voices.reason or self.reading
        return self.watch.judge(now_s, held=held)

    def excuse(self) -> None:
        """What was seen last is no reason for an alarm after all."""
        self.watch.excuse()
        if self._voices is not None and not self.watch.raised:
            self._voices.forget()


class AlarmEngine:
    """The engine. `cameras_of` names the cameras that see a device's surroundings."""

    def __init__(
        self,
        remembered: Iterable[AlarmRecord],
        cameras_of: Callable[[DeviceKey], tuple[DeviceKey, ...]],
        *,
        exercise: bool = False,
    ) -> None:
        self._cameras_of = cameras_of
        self._exercise = exercise
        self._points: dict[PointKey, _Point] = {}
        self._known: dict[DeviceKey, dict[PointKey, None]] = {}
        """The points of each device, so that its birth costs what it says, and not what all devices together say."""
        self._waiting: dict[PointKey, None] = {}
        self._counts: dict[PointKey, int] = {}
        self._listed: dict[PointKey, AlarmView] = {}
        for record in remembered:
            key = (record.key, record.metric, record.limit)
            self._counts[key] = record.count
            if record.view is not None:
                self._listed[key] = record.view
                self._known.setdefault(record.key, {})[key] = None

    @property
    def listed(self) -> tuple[AlarmView, ...]:
        """Every occurrence that is not normal: unacknowledged before acknowledged, most urgent, then newest first."""
        return tuple(sorted(self._listed.values(), key=urgency, reverse=True))

    def record(self, view: AlarmView) -> AlarmRecord:
        """What the disk keeps of the alarm that `view` is an occurrence of."""
        key = (view.key, view.metric, view.limit)
        return AlarmRecord(*key, self._counts.get(key, 0), self._listed.get(key))

    def see(self, reading: Reading, metric: Metric, now: Moment, voice: str = "") -> list[Transition]:
        """A new current value; what it raises and ends. `voice`: in whose name it counts, where several may speak."""
        transitions: list[Transition] = []
        for limit in metric.limits:
            key = (reading.key, reading.metric, limit.id)
            point = self._point(key, limit)
            transitions += self._turn(key, point, point.see(reading, voice, now.monotonic_s), now)
        return transitions

    def excuse(self, key: DeviceKey, metric: str) -> None:
        """What was last seen of a metric is no reason for an alarm after all; one that stands goes on standing."""
        for point_key in [each for each in self._known.get(key, ()) if each[1] == metric and each in self._waiting]:
            point = self._points[point_key]
            point.excuse()
            if not point.watch.waiting:
                del self._waiting[point_key]

    def tick(self, now: Moment) -> list[Transition]:
        """Time has passed; what the delays that ran out raise and end."""
        transitions: list[Transition] = []
        for key in tuple(self._waiting):
            point = self._points[key]
            transitions += self._turn(key, point, point.look(now.monotonic_s), now)
        return transitions

    def withdraw(
        self, key: DeviceKey, metrics: Iterable[Metric], now: Moment, among: Container[str] | None = None
    ) -> list[Transition]:
        """The device has only these metrics now; what stood for limits it no longer has returns to normal.

        `among`: nothing is said of any metric but these.
        """
        kept = {(key, metric.name, limit.id) for metric in metrics for limit in metric.limits}
        known = self._known.get(key, {})
        gone = [point for point in known if point not in kept and (among is None or point[1] in among)]
        transitions: list[Transition] = []
        for point in gone:
            del known[point]
            self._points.pop(point, None)
            self._waiting.pop(point, None)
            view = self._listed.get(point)
            if view is not None and view.state in _STANDING:
                transitions.append(self._become("alarm-returned", returned(view, now.at)))
        return transitions

    def relink(self, keys: Iterable[DeviceKey]) -> list[tuple[AlarmView, AlarmView]]:
        """Cameras that see these devices have changed: their occurrences that others see now, before and after."""
        changed: list[tuple[AlarmView, AlarmView]] = []
        for point in [point for key in keys for point in self._known.get(key, ()) if point in self._listed]:
            before, cameras = self._listed[point], self._cameras_of(point[0])
            if cameras != before.cameras:
                self._listed[point] = after = replace(before, cameras=cameras)
                changed.append((before, after))
        return changed

    def acknowledge(self, occurrence: str, who: str, now: Moment) -> Transition:
        """Somebody has seen this very occurrence.

        Raises:
            NotFoundError: there never was such an occurrence.
            ConflictError: it is acknowledged, over, or has occurred again since.
        """
        device, metric, limit, number = parse_occurrence(occurrence)
        key = (device, metric, limit)
        if not 0 < number <= self._counts.get(key, 0):
            raise NotFoundError("no such alarm occurrence", subject=occurrence)
        view = self._listed.get(key)
        if view is None:
            raise ConflictError("is over, there is nothing to acknowledge", subject=occurrence)
        if view.occurrence != occurrence:
            raise ConflictError("has occurred again since", subject=occurrence, mend=f"Look at {view.occurrence}")
        return self._become("alarm-acknowledged", acknowledged(view, who, now.at))

    def _point(self, key: PointKey, limit: Limit) -> _Point:
        point = self._points.get(key)
        if point is None:
            view = self._listed.get(key)
            point = self._points[key] = _Point(Watch(limit, raised=view is not None and view.state in _STANDING))
            self._known.setdefault(key[0], {})[key] = None
        point.watch.limit = limit
        return point

    def _turn(self, key: PointKey, point: _Point, turn: Turn | None, now: Moment) -> list[Transition]:
        if point.watch.waiting:
            self._waiting[key] = None
        else:
            self._waiting.pop(key, None)
        if turn is None:
            return []
        view = self._listed.get(key)
        if turn is Turn.RAISED and point.reading is not None:
            earlier = [self._become("alarm-superseded", superseded(view))] if view is not None else []
            return [*earlier, self._raise(key, point.watch.limit, point.reading, now)]
        if turn is Turn.RETURNED and view is not None:
            return [self._become("alarm-returned", returned(view, now.at))]
        return []

    def _raise(self, key: PointKey, limit: Limit, reading: Reading, now: Moment) -> Transition:
        number = self._counts[key] = self._counts.get(key, 0) + 1
        view = AlarmView(
            occurrence=name_occurrence(*key, number),
            key=reading.key,
            metric=reading.metric,
            limit=limit.id,
            state=AlarmState.UNACKNOWLEDGED,
            priority=limit.priority,
            message=limit.message,
            procedure=limit.procedure,
            cause=limit.cause,
            value=reading.value,
            unit=reading.unit,
            captured_at=reading.captured_at,
            raised_at=now.at,
            cameras=self._cameras_of(reading.key),
            preset=limit.preset,
            exercise=self._exercise,
        )
        return self._become("alarm-raised", view)

    def _become(self, kind: str, view: AlarmView) -> Transition:
        key = (view.key, view.metric, view.limit)
        if view.state is AlarmState.NORMAL:
            self._listed.pop(key, None)
        else:
            self._listed[key] = view
        return Transition(kind, view)


def urgency(view: AlarmView) -> tuple[bool, int, float, str]:
    """A sort key: the larger, the sooner a human must look."""
    return (
        view.state is not AlarmState.ACKNOWLEDGED,
        view.priority.rank,
        view.raised_at.timestamp(),
        view.occurrence,
    )


def reading_of_state(key: DeviceKey, metric: Metric, value: str, now: Moment) -> Reading:
    """Something the hub itself found, as a reading, so that it passes the same limits."""
    return Reading(key, MetricName(metric.name), value, "", Quality.GOOD, now.at, now.at, 0, historical=False)
