"""What the way of a reading bears: broker, fsync, live feed, database.

How to read it. A hub process of its own stands before a real mosquitto; the load and the watcher are processes of
their own. All figures but the soak's are medians. On a machine that others use, believe the CPU rows, which say what
a reading costs the hub, before the rates, which also say what else the machine was doing.

- `readings_per_s`, `metrics_per_s`: a hub drains what mosquitto kept for it; samples of one and of twenty metrics,
  from 50 devices whose births give each metric a unit and a range and the first one a limit. Counted in the store, so
  through the fsync.
- `feed_*`: 2,500 devices publish 7,500 readings a second, three each. A reading's latency is the time from just
  before it is given to the broker's socket until a WebSocket client has decoded a message that shows it.
  `feed_received_p99_ms` is the part of it until the hub held it. `feed_shown_share` says how many of the published
  readings were shown at all; the feed merges what changes faster than it shows, and merged readings have no latency.
- `soak_*`: the same flow and watcher; the slope of the resident memory over ten minutes, SHEKARA_BENCH_SOAK_S seconds
  if set, that begin when the caches have had twelve (1.2 times as long) to fill.
- `drain_*`: a store of 200,000 readings into victoria-metrics, counted by the cursor, so confirmed by the server.

SHEKARA_BENCH_RUNS sets the number of runs.
"""

from tests.benchmarks.feed import measure_latency, measure_soak
from tests.benchmarks.forwarding import measure_drain
from tests.benchmarks.ingest import measure_metrics, measure_readings
from tests.benchmarks.row import Row


def measure() -> list[Row]:
    """Every row."""
    return [*measure_readings(), *measure_metrics(), *measure_latency(), *measure_soak(), *measure_drain()]
