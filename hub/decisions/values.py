"""The last live value of every metric: what counts as newer, and what clients are shown."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from hub.decisions.pictures import Pictures
from hub.protocol import MetricView
from sensors.model import DeviceKey, Quality, Reading


@dataclass(slots=True)
class _Held:
    """One device's values by metric: what is shown, and what of that has moved since last asked."""

    shown: dict[str, Reading] = field(default_factory=dict)
    former: set[str] = field(default_factory=set)
    """Those shown from before this run, or before the device began anew: they give way to anything."""
    changed: dict[str, Reading] = field(default_factory=dict)


class LastValues:
    """Last values by device and metric. Values of an earlier run are shown, and give way to any value of this one."""

    def __init__(self, earlier: Iterable[Reading]) -> None:
        self._devices: dict[DeviceKey, _Held] = {}
        self._moved: list[_Held] = []
        """The devices with values that have moved, each once."""
        self._pictures = Pictures()
        for reading in earlier:
            held = self._of(reading.key)
            held.shown[reading.metric] = reading
            held.former.add(reading.metric)

    @property
    def views(self) -> tuple[MetricView, ...]:
        """Every last value, in order of device and metric."""
        held = (self._devices[key].shown for key in sorted(self._devices))
        return tuple(_view(shown[metric]) for shown in held for metric in sorted(shown))

    def find(self, key: DeviceKey, metric: str) -> Reading | None:
        """The last value of one metric, if there is any."""
        held = self._devices.get(key)
        return None if held is None else held.shown.get(metric)

    def said_by(self, key: DeviceKey) -> tuple[Reading, ...]:
        """The last values that a device has said since the hub started, and since it began anew itself."""
        held = self._devices.get(key)
        return () if held is None else tuple(held.shown[name] for name in held.shown if name not in held.former)

    def move(self, reading: Reading) -> bool:
        """Take a live reading as the current value; False when it is not newer than the current one.

        Newer is a higher sequence number or a later source time: either alone may begin anew in a device that was
        restarted, or whose clock was corrected.
        """
        held = self._devices.get(reading.key) or self._of(reading.key)
        metric, shown = reading.metric, held.shown
        current = shown.get(metric)
        if (
            current is not None
            and reading.sequence <= current.sequence
            and reading.captured_at <= current.captured_at
            and metric not in held.former
        ):
            return False
        if held.former:
            held.former.discard(metric)
        if not held.changed:
            self._moved.append(held)
        shown[metric] = held.changed[metric] = reading
        return True

    def weigh(self, picture: Reading, now_s: float) -> Reading | None:
        """Take in what its observer says of a camera's picture; what is current from now on, None when nothing changes.

        What is current may be older than what was: another observer's word, which was less grave.
        """
        believed = self._pictures.hear(picture, picture.observer, now_s)
        if believed is not None:
            self._show(believed)
        return believed

    def lapse(self, now_s: float) -> list[Reading]:
        """Time has passed: pictures of which another word is current, because a graver one is too old."""
        believed = self._pictures.lapse(now_s)
        for reading in believed:
            self._show(reading)
        return believed

    def recall(self, reading: Reading) -> None:
        """Show a value that the broker remembers, where this run knows nothing newer; its age is not known."""
        held, metric = self._of(reading.key), reading.metric
        if metric not in held.shown or metric in held.former:
            if not held.changed:
                self._moved.append(held)
            doubtful = msgspec.structs.replace(reading, quality=Quality.UNCERTAIN)
            held.shown[metric] = held.changed[metric] = doubtful
            held.former.add(metric)

    def restart(self, key: DeviceKey) -> None:
        """The device has begun anew: its next reading is current, whatever its clock and its counter say."""
        if (held := self._devices.get(key)) is not None:
            held.former.update(held.shown)

    def forget(self, key: DeviceKey) -> None:
        """The device is no longer known."""
        self._pictures.forget(key)
        if (held := self._devices.pop(key, None)) is not None:
            held.changed.clear()

    def take_changed(self) -> tuple[MetricView, ...]:
        """The values that have moved since this was last asked: of each metric the newest alone."""
        changed = tuple(_view(reading) for held in self._moved for reading in held.changed.values())
        for held in self._moved:
            held.changed.clear()
        self._moved.clear()
        return changed

    def _show(self, reading: Reading) -> None:
        held, metric = self._of(reading.key), reading.metric
        held.former.discard(metric)
        if not held.changed:
            self._moved.append(held)
        held.shown[metric] = held.changed[metric] = reading

    def _of(self, key: DeviceKey) -> _Held:
        held = self._devices.get(key)
        if held is None:
            held = self._devices[key] = _Held()
        return held


def _view(reading: Reading) -> MetricView:
    return MetricView(
        key=reading.key,
        metric=reading.metric,
        value=reading.value,
        unit=reading.unit,
        quality=reading.quality,
        captured_at=reading.captured_at,
        received_at=reading.received_at,
    )
