"""What the API reads from disk: history from the readings store, and the operational log."""

from datetime import datetime

from hub.protocol import History, Page
from hub.storage.operations import OperationsStore
from hub.storage.readings import ReadingsStore
from sensors.model import DeviceKey


class Archive:
    """Both stores, for reading; each question on a connection of its own."""

    def __init__(self, readings: ReadingsStore, operations: OperationsStore) -> None:
        self._readings = readings
        self._operations = operations

    def history(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        """See `ReadingsStore.history`."""
        return self._readings.history(key, metric, since, until, limit)

    def log(self, before: int | None, limit: int) -> Page:
        """See `OperationsStore.log`."""
        return self._operations.log(before, limit)
