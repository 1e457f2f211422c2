"""The last live value of every metric: what counts as newer, and what clients are shown."""

from collections.abc import Iterable

import msgspec

from hub.protocol import MetricView
from sensors.model import DeviceKey, Quality, Reading

_Key = tuple[DeviceKey, str]


class LastValues:
    """Last values by device and metric. Values of an earlier run are shown, and give way to any value of this one."""

    def __init__(self, earlier: Iterable[Reading]) -> None:
        self._shown: dict[_Key, Reading] = {(reading.key, reading.metric): reading for reading in earlier}
        self._newest: dict[DeviceKey, dict[str, Reading]] = {}
        self._changed: dict[_Key, Reading] = {}

    @property
    def views(self) -> tuple[MetricView, ...]:
        """Every last value, in order of device and metric."""
        return tuple(_view(self._shown[key]) for key in sorted(self._shown))

    def find(self, key: DeviceKey, metric: str) -> Reading | None:
        """The last value of one metric, if there is any."""
        return self._shown.get((key, metric))

    def move(self, reading: Reading) -> bool:
        """Take a live reading as the current value; False when it is not newer than the current one.

        Newer is a higher sequence number or a later source time: either alone may begin anew in a device that was
        restarted, or whose clock was corrected.
        """
        of_device = self._newest.get(reading.key)
        if of_device is None:
            of_device = self._newest[reading.key] = {}
        newest = of_device.get(reading.metric)
        if newest is not None and reading.sequence <= newest.sequence and reading.captured_at <= newest.captured_at:
            return False
        of_device[reading.metric] = reading
        key = (reading.key, reading.metric)
        self._shown[key] = self._changed[key] = reading
        return True

    def recall(self, reading: Reading) -> None:
        """Show a value that the broker remembers, where this run knows nothing newer; its age is not known."""
        key = (reading.key, reading.metric)
        if reading.metric not in self._newest.get(reading.key, {}):
            doubtful = msgspec.structs.replace(reading, quality=Quality.UNCERTAIN)
            self._shown[key] = self._changed[key] = doubtful

    def restart(self, key: DeviceKey) -> None:
        """The device has begun anew: its next reading is current, whatever its clock and its counter say."""
        self._newest.pop(key, None)

    def forget(self, key: DeviceKey, metrics: Iterable[str]) -> None:
        """The device is no longer known."""
        self._newest.pop(key, None)
        for metric in metrics:
            self._shown.pop((key, metric), None)
            self._changed.pop((key, metric), None)

    def take_changed(self) -> tuple[MetricView, ...]:
        """The values that have moved since this was last asked: of each metric the newest alone."""
        changed, self._changed = self._changed, {}
        return tuple(_view(reading) for reading in changed.values())


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
