"""How fast a hub empties its store into a real time-series server after an outage of that server."""

import statistics
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.storage.readings import ReadingsStore
from sensors.model import MetricName, Quality, Reading
from tests.benchmarks.hub_process import HubProcess
from tests.benchmarks.ingest import DEVICES, RUNS
from tests.benchmarks.load import key_of, metric_name
from tests.benchmarks.row import Row
from tests.support.influx_servers import Victoria
from tests.support.mosquitto import running_mosquitto
from tests.support.waiting import eventually

READINGS = 200_000
_BATCH = 5_000
_FROM, _TO = 0.05, 0.95


def measure_drain() -> list[Row]:
    """From the store into victoria-metrics, through `/api/v2/write`."""
    runs = [_drain_once() for _ in range(RUNS)]
    return [
        Row("drain_readings_per_s", statistics.median(rate for rate, _ in runs), "1/s", None, "higher", RUNS),
        Row("drain_cpu_us_per_reading", statistics.median(cost for _, cost in runs), "µs", None, "lower", RUNS),
    ]


def _drain_once() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as scratch, running_mosquitto(Path(scratch)) as port:
        victoria = Victoria(Path(scratch) / "victoria")
        hub = HubProcess(Path(scratch), port, SHEKARA_INFLUX_URL=victoria.url)
        _write_outage(hub.data)
        victoria.start()
        try:
            with hub.running():
                eventually(lambda: hub.forwarded() >= _FROM * READINGS, within_s=60, what="the drain beginning")
                began = hub.spent(hub.forwarded())
                eventually(lambda: hub.forwarded() >= _TO * READINGS, within_s=300, what="the drain going on")
                return began.until(hub.spent(hub.forwarded()))
        finally:
            victoria.stop()


def _write_outage(data: Path) -> None:
    store = ReadingsStore(data)
    start = datetime.now(UTC) - timedelta(seconds=READINGS / 1000)
    for begin in range(0, READINGS, _BATCH):
        store.write([_reading(start, number) for number in range(begin, begin + _BATCH)])
    store.close()


def _reading(start: datetime, number: int) -> Reading:
    at = start + timedelta(milliseconds=number)
    key, metric = key_of(number % DEVICES), MetricName(metric_name(0))
    return Reading(key, metric, number * 0.25, "V", Quality.GOOD, at, at, number, historical=False)
