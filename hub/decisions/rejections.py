"""Bad input as the technician sees it: the newest kept, all counted, and logged at most once a minute per source."""

from collections import deque

from hub.inputs import Moment
from hub.protocol import RejectedView
from sensors.model import DeviceKey, Rejected

KEPT = 500
LOG_INTERVAL_S = 60.0
_MAX_SOURCES = 256


class Rejections:
    """The rejected of this run."""

    def __init__(self) -> None:
        self._kept: deque[RejectedView] = deque(maxlen=KEPT)
        self._unlogged: dict[DeviceKey | None, tuple[int, Rejected]] = {}
        self._logged_s: dict[DeviceKey | None, float] = {}
        self.total = 0

    def add(self, rejected: Rejected) -> None:
        """Count and keep one."""
        self.total += 1
        self._kept.append(
            RejectedView(
                rejected.received_at,
                rejected.topic,
                rejected.reason,
                rejected.payload_head,
                rejected.payload_bytes,
            )
        )
        source = rejected.key
        if len(self._unlogged.keys() | self._logged_s.keys()) >= _MAX_SOURCES and source not in self._logged_s:
            source = None
        count, _ = self._unlogged.get(source, (0, rejected))
        self._unlogged[source] = (count + 1, rejected)

    def newest(self, limit: int) -> tuple[RejectedView, ...]:
        """The newest, newest first."""
        return tuple(self._kept)[: -limit - 1 : -1]

    def due(self, now: Moment) -> list[tuple[int, Rejected]]:
        """How many of each source to log now, with the latest of them; each source at most once a minute."""
        self._logged_s = {k: at_s for k, at_s in self._logged_s.items() if now.monotonic_s - at_s < LOG_INTERVAL_S}
        due = [source for source in self._unlogged if source not in self._logged_s]
        self._logged_s.update((source, now.monotonic_s) for source in due)
        return [self._unlogged.pop(source) for source in due]
