"""What Frigate says of one camera, or of itself: metrics that come to be known, and their last values.

A view of a camera that the site knows already adds to that device, under names that begin with `frigate-`, and never
says who it is. Any other view is a device of its own, and no camera: it has an analysis to show, but no picture.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from sensors.catalog import CAMERA
from sensors.dialects.numbering import Numbering
from sensors.equipment import describe
from sensors.identity import slug
from sensors.model import (
    Birth,
    Condition,
    DeviceId,
    DeviceKey,
    Limit,
    Metric,
    MetricName,
    MetricType,
    Names,
    Priority,
    Quality,
    Reading,
    ReadingsSeen,
    Value,
)

VIEW = "camera-analysis"
ANALYSER = "video-analyser"
MAX_METRICS = 128
OFFLINE = "offline"
_PREFIX = "frigate-"
_SILENCE_S = 600.0
_NOT_SEEN = Limit(
    id="not-seen",
    condition=Condition.EQUALS,
    bound=OFFLINE,
    priority=Priority.MEDIUM,
    message=Names(
        en="Frigate gets no picture of this camera",
        ru="Frigate не получает изображение этой камеры",
        kk="Frigate бұл камераның бейнесін алмай тұр",
    ),
    cause="Camera, its link or its power has failed, or Frigate's process for it.",
)
_ALERT = describe(CAMERA, "frigate_review_status")
_LIMITS = {"status detect": (_NOT_SEEN,), "review status": () if _ALERT is None else _ALERT.limits}
"""Of a view that is a device of its own; a camera that is one otherwise has those of the catalogue."""


class View:
    """A camera as Frigate sees it, or Frigate itself. `adopted`: the device is known from elsewhere.

    `remembered` is its birth of an earlier run, whose metrics it still has.
    """

    def __init__(
        self,
        key: DeviceKey,
        name: str,
        kind: str,
        via: DeviceId | None = None,
        remembered: Birth | None = None,
        *,
        adopted: bool,
    ) -> None:
        self.key = key
        self.adopted = adopted
        self.firmware = ""
        self._name = name
        self._kind = kind
        self._via = via
        known = remembered.metrics[:MAX_METRICS] if remembered is not None and not adopted else ()
        self._metrics: dict[str, Metric] = {metric.name: metric for metric in known}
        self._values: dict[str, Value] = {}
        self._numberings: defaultdict[str, Numbering] = defaultdict(Numbering)
        self._offline_since: dict[str, datetime] = {}
        self._birth_said: Birth | None = None

    def measure(self, name: str, value: Value, at: datetime, unit: str = "", *, retained: bool) -> ReadingsSeen:
        """A value of a metric, which is declared by being said.

        Raises:
            ValueError: there can be no more metrics, or this one is of another type.
        """
        words = slug(name) or "x"
        metric = _PREFIX + words if self.adopted else words
        if metric not in self._metrics:
            if len(self._metrics) >= MAX_METRICS:
                raise ValueError(f"over {MAX_METRICS} metrics of one camera")
            self._metrics[metric] = Metric(metric, _type_of(value), unit=unit, limits=_LIMITS.get(name, ()))
        if self._metrics[metric].type is not _type_of(value):
            raise ValueError(f"{metric} was of another type before")
        self._values[metric] = value
        return ReadingsSeen(self.key, (self._reading(metric, value, at, Quality.GOOD),), snapshot=retained)

    def doubt(self, at: datetime) -> tuple[ReadingsSeen, ...]:
        """Everything that was said is no longer to be believed."""
        bad = tuple(self._reading(metric, value, at, Quality.BAD) for metric, value in self._values.items())
        self._values.clear()
        self._offline_since.clear()
        return (ReadingsSeen(self.key, bad),) if bad else ()

    def hold_status(self, role: str, status: str, at: datetime) -> bool:
        """Whether a role's status is to be said at once; offline is not, because it comes and goes with restarts."""
        if status == OFFLINE:
            self._offline_since.setdefault(role, at)
            return False
        self._offline_since.pop(role, None)
        return True

    def offline_longer_than(self, delay: timedelta, now: datetime) -> tuple[str, ...]:
        """The roles whose offline has lasted; each is named once."""
        lasting = tuple(role for role, since in self._offline_since.items() if now - since >= delay)
        for role in lasting:
            del self._offline_since[role]
        return lasting

    def clock_set(self, by: timedelta) -> None:
        """Times of before are so much later by now, or earlier."""
        self._offline_since = {role: since + by for role, since in self._offline_since.items()}

    def new_birth(self) -> Birth | None:
        """What it says of itself, if that has changed; None for a device that is known from elsewhere."""
        if self.adopted:
            return None
        metrics = tuple(self._metrics[name] for name in sorted(self._metrics))
        birth = Birth(
            self._kind,
            Names(en=self._name),
            metrics=metrics,
            via=self._via,
            silence_s=_SILENCE_S,
            maker="Frigate",
            firmware=self.firmware,
        )
        if birth == self._birth_said:
            return None
        self._birth_said = birth
        return birth

    def _reading(self, metric: str, value: Value, at: datetime, quality: Quality) -> Reading:
        unit, number = self._metrics[metric].unit, self._numberings[metric].number(at)
        return Reading(self.key, MetricName(metric), value, unit, quality, at, at, number, historical=False)


def _type_of(value: Value) -> MetricType:
    if isinstance(value, bool):
        return MetricType.BOOLEAN
    return MetricType.TEXT if isinstance(value, str) else MetricType.NUMBER
