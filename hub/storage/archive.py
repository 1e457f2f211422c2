"""What the API reads from disk: what was measured, and the operational log."""

from datetime import datetime

from msgspec.structs import replace

from hub.protocol import History, HistorySteps, Page
from hub.storage.history import Historian, Question
from hub.storage.operations import OperationsStore
from sensors.model import DeviceKey


class Archive:
    """All stores, for reading; each question on a connection of its own. What is of an exercise says so."""

    def __init__(self, historian: Historian, operations: OperationsStore) -> None:
        self._historian = historian
        self._operations = operations

    def is_far(self, since: datetime) -> bool:
        """See `Historian.is_far`."""
        return self._historian.is_far(since)

    def history(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        """See `Historian.readings`."""
        found = self._historian.readings(key, metric, since, until, limit)
        return replace(found, exercise=self._operations.exercise)

    def steps(self, asked: Question) -> HistorySteps:
        """See `Historian.steps`."""
        return replace(self._historian.steps(asked), exercise=self._operations.exercise)

    def log(self, before: int | None, limit: int) -> Page:
        """See `OperationsStore.log`."""
        return self._operations.log(before, limit)
