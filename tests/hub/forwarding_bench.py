"""A forwarder between a real store and some server."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.config import InfluxSettings
from hub.health import Health
from hub.storage.dead_letters import DeadLetters
from hub.storage.forwarder import CURSOR, Forwarder
from hub.storage.influx_reader import InfluxReader
from hub.storage.influx_writer import InfluxWriter
from hub.storage.outbox import Outbox
from hub.storage.read_back import ReadBack
from hub.storage.readings import ReadingsStore
from sensors.clock import Clock, SystemClock
from sensors.model import DeviceId, DeviceKey, MetricName, Quality, Reading, SiteId, Value
from sensors.secrets import InfluxSecrets

START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
KEY = DeviceKey(SiteId("kordai"), DeviceId("weather-1"))
TOKEN = InfluxSecrets(token="secret-token")


def measured(
    number: int, value: Value | None = None, metric: str = "air", unit: str = "Cel", key: DeviceKey = KEY
) -> Reading:
    """Reading `number`, a millisecond after the one before it."""
    at = START + timedelta(milliseconds=number)
    given = number / 8 if value is None else value
    received_at = at + timedelta(milliseconds=250)
    return Reading(key, MetricName(metric), given, unit, Quality.GOOD, at, received_at, number, historical=False)


class Bench:
    """Everything between a store and a server; the samples of what was confirmed are looked for when told."""

    def __init__(
        self, folder: Path, settings: InfluxSettings, secrets: InfluxSecrets, batch_lines: int, clock: Clock
    ) -> None:
        chance = random.Random(7)  # noqa: S311 - repeatable
        self.store = ReadingsStore(folder)
        self.health = Health(START, "", str(folder))
        self.letters = DeadLetters(folder, clock)
        self.writer = InfluxWriter(settings, secrets)
        self.reader = InfluxReader(settings, secrets)
        read_back = ReadBack(self.reader, self.health, clock, chance, settings.read_back_every_s)
        self.forwarder = Forwarder(
            Outbox(self.store, folder), self.writer, self.letters, read_back, self.health, clock, batch_lines, chance
        )

    @property
    def left(self) -> int:
        return self.store.last_id() - self.store.get_cursor(CURSOR)

    @property
    def problems(self) -> tuple[str, ...]:
        return self.health.status(START).problems

    def close(self) -> None:
        self.forwarder.stop(10)
        self.writer.close()
        self.reader.close()
        self.store.close()


@contextmanager
def bench(
    folder: Path,
    server: str | InfluxSettings,
    batch_lines: int = 50,
    secrets: InfluxSecrets = TOKEN,
    clock: Clock | None = None,
) -> Iterator[Bench]:
    """A bench in front of a URL, or of a server as its settings tell it."""
    settings = InfluxSettings(url=server, timeout_s=5) if isinstance(server, str) else server
    made = Bench(folder, settings, secrets, batch_lines, clock or SystemClock())
    try:
        yield made
    finally:
        made.close()
