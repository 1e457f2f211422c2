"""The last live value of every metric: what counts as newer, and what clients are shown."""

from collections.abc import Iterable

import msgspec

from hub.protocol import MetricView
from sensors.model import DeviceKey, Quality, Reading

_Key = tuple[DeviceKey, str]


class LastValues:
    """Last values by device and metric. Values of an earlier run are shown, and give way to any value of this one."""

    def __init__(self, earlier: Iterable[Reading]) -> None:
        self._views: dict[_Key, MetricView] = {}
        self._newest: dict[DeviceKey, dict[str, Reading]] = {}
        self.changed: dict[_Key, MetricView] = {}
        for reading in earlier:
            self._views[reading.key, reading.metric] = _view(reading)

    @property
    def views(self) -> tuple[MetricView, ...]:
        """Every last value, in order of device and metric."""
        return tuple(self._views[key] for key in sorted(self._views))

    def move(self, reading: Reading) -> bool:
        """Take a live reading as the current value; False when it is not newer than the current one.

        Newer is a higher sequence number or a later source time: either alone may begin anew in a device that was
        restarted, or whose clock was corrected.
        """
        of_device = self._newest.setdefault(reading.key, {})
        newest = of_device.get(reading.metric)
        if newest and reading.sequence <= newest.sequence and reading.captured_at <= newest.captured_at:
            return False
        of_device[reading.metric] = reading
        key = (reading.key, reading.metric)
        self._views[key] = self.changed[key] = _view(reading)
        return True

    def recall(self, reading: Reading) -> None:
        """Show a value that the broker remembers, where this run knows nothing newer; its age is not known."""
        key = (reading.key, reading.metric)
        if reading.metric not in self._newest.get(reading.key, {}):
            view = msgspec.structs.replace(_view(reading), quality=Quality.UNCERTAIN)
            self._views[key] = self.changed[key] = view

    def restart(self, key: DeviceKey) -> None:
        """The device has begun anew: its next reading is current, whatever its clock and its counter say."""
        self._newest.pop(key, None)

    def forget(self, key: DeviceKey, metrics: Iterable[str]) -> None:
        """The device is no longer known."""
        self._newest.pop(key, None)
        for metric in metrics:
            self._views.pop((key, metric), None)
            self.changed.pop((key, metric), None)


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
