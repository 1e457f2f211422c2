"""Which devices time alone may have changed, without looking at all the others."""

import heapq

from sensors.model import DeviceKey

_SPARE = 64


class Deadlines:
    """The earliest deadline of each device. Setting one costs nothing when an earlier one stands already."""

    def __init__(self) -> None:
        self._at_s: dict[DeviceKey, float] = {}
        self._queue: list[tuple[float, DeviceKey]] = []

    def set(self, key: DeviceKey, at_s: float) -> None:
        """Look at this device after `at_s`, unless that is due earlier anyway."""
        if at_s >= self._at_s.get(key, float("inf")):
            return
        self._at_s[key] = at_s
        heapq.heappush(self._queue, (at_s, key))
        if len(self._queue) > 2 * len(self._at_s) + _SPARE:
            self._queue = [(at_s, key) for key, at_s in self._at_s.items()]
            heapq.heapify(self._queue)

    def take(self, now_s: float) -> list[DeviceKey]:
        """The devices whose deadline has passed, earliest first; they have none now."""
        passed: list[DeviceKey] = []
        while self._queue and self._queue[0][0] < now_s:
            at_s, key = heapq.heappop(self._queue)
            if self._at_s.get(key) == at_s:
                del self._at_s[key]
                passed.append(key)
        return passed
