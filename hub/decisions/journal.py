"""The operational log as it is being written: numbered here, kept by `hub.storage.operations`."""

from collections import deque
from collections.abc import Iterable

from hub.inputs import Moment
from hub.protocol import LogEntry
from sensors.model import DeviceKey

HUB = "hub"
"""Who did it, when it was nobody."""
RECENT = 200
_MAX_TEXT = 2_000


class Journal:
    """The newest entries, and the number of the next."""

    def __init__(self, earlier: Iterable[LogEntry], *, exercise: bool = False) -> None:
        self._exercise = exercise
        self._recent: deque[LogEntry] = deque(earlier, maxlen=RECENT)
        self._number = self._recent[-1].number if self._recent else 0

    @property
    def recent(self) -> tuple[LogEntry, ...]:
        """The newest entries, newest first."""
        return tuple(reversed(self._recent))

    def write(
        self, now: Moment, kind: str, text: str, *, who: str = HUB, key: DeviceKey | None = None, occurrence: str = ""
    ) -> LogEntry:
        """The next entry."""
        self._number += 1
        entry = LogEntry(self._number, now.at, kind, who, text[:_MAX_TEXT], key, occurrence, self._exercise)
        self._recent.append(entry)
        return entry
