import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api.server import bind
from hub.config import InfluxSettings
from hub.health import Health
from hub.storage.forwarder import CURSOR, DeadLetters, Forwarder
from hub.storage.influx import BusyError, InfluxWriter
from hub.storage.line_protocol import encode_line
from hub.storage.readings import ReadingsStore
from sensors.clock import SystemClock
from sensors.model import DeviceId, DeviceKey, MetricName, Quality, Reading, SiteId, Value
from tests.hub.faulty_influx import Faulty, serving
from tests.support.waiting import eventually

START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
KEY = DeviceKey(SiteId("kordai"), DeviceId("weather-1"))


def measured(number: int, value: Value | None = None, metric: str = "air", unit: str = "Cel") -> Reading:
    at = START + timedelta(milliseconds=number)
    given = number / 8 if value is None else value
    return Reading(KEY, MetricName(metric), given, unit, Quality.GOOD, at, at, number, historical=False)


class Bench:
    """A forwarder between a real store and some server."""

    def __init__(self, folder: Path, url: str, batch_lines: int = 50) -> None:
        self.store = ReadingsStore(folder)
        self.health = Health(START, "", str(folder))
        self.letters = DeadLetters(folder, SystemClock())
        self.writer = InfluxWriter(InfluxSettings(url=url, timeout_s=5), "secret-token")
        chance = random.Random(7)  # noqa: S311 - repeatable
        self.forwarder = Forwarder(
            self.store, self.writer, self.letters, self.health, SystemClock(), batch_lines, chance
        )

    @property
    def left(self) -> int:
        return self.store.last_id() - self.store.get_cursor(CURSOR)

    def close(self) -> None:
        self.forwarder.stop(10)
        self.writer.close()
        self.store.close()


@contextmanager
def bench(folder: Path, url: str, batch_lines: int = 50) -> Iterator[Bench]:
    made = Bench(folder, url, batch_lines)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    with serving() as server:
        yield server


def test_every_reading_arrives_and_the_counters_say_so(tmp_path: Path, faulty: Faulty) -> None:
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number) for number in range(120)])
        each.forwarder.start()
        eventually(lambda: each.left == 0)
        eventually(lambda: each.health.forwarding.written_total == 120)
        assert (len(faulty.points), each.health.forwarding.pending) == (120, 0)
        assert faulty.requests == [50, 50, 20]
        assert set(faulty.seen) == {"/api/v2/write shekara Token secret-token"}


def test_a_server_that_is_overloaded_is_asked_again_until_it_takes_all(tmp_path: Path, faulty: Faulty) -> None:
    faulty.statuses = [(503, {}), (429, {"Retry-After": "1"}), (500, {}), (204, {}), (502, {})]
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number) for number in range(100)])
        each.forwarder.start()
        eventually(lambda: each.left == 0, within_s=30)
        assert len(faulty.points) == 100
        assert each.letters.all() == ()
        eventually(lambda: each.health.status(START).problems == ())


@pytest.mark.parametrize("status", [401, 403, 404, 405, 503])
def test_what_the_server_says_of_us_moves_no_cursor_and_buries_nothing(
    tmp_path: Path, faulty: Faulty, status: int
) -> None:
    faulty.statuses = [(status, {"Retry-After": "7"})]
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(1)])
        with pytest.raises(BusyError, match=str(status)) as caught:
            each.forwarder.run_once()
        assert caught.value.retry_after_s == 7
        assert "secret-token" not in caught.value.text
        assert (each.left, each.letters.all(), each.health.forwarding.pending) == (1, (), 1)


def test_one_bad_line_is_found_and_kept_with_its_reason_and_the_rest_arrive(tmp_path: Path, faulty: Faulty) -> None:
    faulty.poison = "v=13.0 "
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number, float(number)) for number in range(50)])
        assert each.forwarder.run_once() == 50
        assert len(faulty.points) == 49
        (letter,) = each.letters.all()
        assert (letter.reading_id, "v=13.0" in letter.line, "unable to parse" in letter.reason) == (14, True, True)
        assert (each.left, each.health.forwarding.written_total) == (0, 49)
        assert len(faulty.requests) <= 14


def test_a_batch_of_bad_lines_only_does_not_hold_up_the_rest(tmp_path: Path, faulty: Faulty) -> None:
    faulty.poison = "metric=bad"
    with bench(tmp_path, faulty.url, batch_lines=4) as each:
        each.store.write([*(measured(number, metric="bad") for number in range(4)), measured(9)])
        assert [each.forwarder.run_once(), each.forwarder.run_once(), each.forwarder.run_once()] == [4, 1, 0]
        assert len(each.letters.all()) == 4


def test_a_server_that_refuses_everything_buries_nothing(tmp_path: Path, faulty: Faulty) -> None:
    faulty.poison = ""
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number) for number in range(4)])
        with pytest.raises(BusyError, match="refuses every line"):
            each.forwarder.run_once()
        assert (each.left, each.letters.all()) == (4, ())


def test_an_answer_that_is_lost_sends_the_same_points_again_and_none_twice(tmp_path: Path, faulty: Faulty) -> None:
    faulty.lose_answers = 2
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number) for number in range(40)])
        each.forwarder.start()
        eventually(lambda: each.left == 0)
        assert (faulty.requests, len(faulty.points)) == ([40, 40, 40], 40)


def test_a_forwarder_begun_again_goes_on_where_it_was(tmp_path: Path, faulty: Faulty) -> None:
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number) for number in range(60)])
        each.forwarder.run_once()
    with bench(tmp_path, faulty.url) as each:
        each.forwarder.run_once()
        assert (faulty.requests, len(faulty.points)) == ([50, 10], 60)


def test_it_stops_in_the_middle_of_an_outage(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        silent.close()
        with bench(tmp_path, url) as each:
            each.store.write([measured(1)])
            each.forwarder.start()
            eventually(lambda: any("does not answer" in problem for problem in each.health.status(START).problems))
            assert each.forwarder.stop(3)


class Victoria:
    """A real time-series server that takes `/api/v2/write`: Debian's victoria-metrics."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with bind("127.0.0.1", 0) as free:
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                victoria_metrics(),
                f"-httpListenAddr=127.0.0.1:{self.port}",
                f"-storageDataPath={self.folder}",
                # As InfluxDB does: a point of the same series and time is the same point.
                "-dedup.minScrapeInterval=1ms",
                "-retentionPeriod=100y",
                "-memory.allowedBytes=64MB",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        eventually(self._is_healthy, within_s=30, what="victoria-metrics")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def points(self) -> list[tuple[str, int, float]]:
        httpx.get(f"{self.url}/internal/force_flush", trust_env=False).raise_for_status()
        exported = httpx.get(
            f"{self.url}/api/v1/export", params={"match[]": '{site="kordai"}', "start": "0"}, trust_env=False
        )
        rows = [json.loads(line) for line in exported.text.splitlines()]
        return sorted(
            (row["metric"]["__name__"], at, value)
            for row in rows
            for at, value in zip(row["timestamps"], row["values"], strict=True)
        )

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", trust_env=False).text == "OK"
        except httpx.TransportError:
            return False


def victoria_metrics() -> str:
    if shutil.which("victoria-metrics") is None and os.geteuid() == 0:
        subprocess.run(
            ["apt-get", "install", "-y", "--no-install-recommends", "victoria-metrics"],
            check=False,
            capture_output=True,
            timeout=150,
        )
    found = shutil.which("victoria-metrics")
    assert found, "this test needs a real server. Run: apt-get install -y victoria-metrics"
    return found


def test_a_real_server_that_goes_away_and_comes_back_has_every_point_once(tmp_path: Path) -> None:
    victoria = Victoria(tmp_path / "victoria")
    victoria.start()
    try:
        with bench(tmp_path, victoria.url) as each:
            each.store.write([measured(number) for number in range(200)])
            each.forwarder.start()
            eventually(lambda: each.left == 0)
            victoria.stop()
            each.store.write([measured(number) for number in range(200, 400)])
            eventually(lambda: bool(each.health.status(START).problems))
            assert each.health.forwarding.pending == 200
            victoria.start()
            eventually(lambda: each.left == 0, within_s=60)
            first_ms = round(START.timestamp() * 1000)
            expected = [("temperature_v", first_ms + number, number / 8) for number in range(400)]
            eventually(lambda: len(victoria.points()) >= 400, within_s=30)
            assert victoria.points() == expected
            each.store.set_cursor(CURSOR, 0)
            eventually(lambda: each.left == 0)
            assert victoria.points() == expected
            assert each.letters.all() == ()
    finally:
        victoria.stop()


@pytest.mark.parametrize(
    ("value", "unit", "line"),
    [
        (21.5, "Cel", "temperature,device=weather-1,metric=air,quality=good,site=kordai,unit=Cel v=21.5"),
        (3, "{vehicle}", "count,device=weather-1,metric=air,quality=good,site=kordai,unit={vehicle} v=3.0"),
        (True, "", "switch,device=weather-1,metric=air,quality=good,site=kordai,unit=1 v=1.0"),
        (5, "", "number,device=weather-1,metric=air,quality=good,site=kordai,unit=1 v=5.0"),
        (1, "a b,c=d\\", r"number,device=weather-1,metric=air,quality=good,site=kordai,unit=a\ b\,c\=d/ v=1.0"),
        ('a "b"\\\n', "", r'text,device=weather-1,metric=air,quality=good,site=kordai,unit=1 s="a \"b\"\\�"'),
    ],
)
def test_a_reading_is_one_escaped_line(value: Value, unit: str, line: str) -> None:
    assert encode_line(measured(0, value, unit=unit)) == f"{line} {round(START.timestamp())}000000000"


@given(st.text(max_size=24), st.text(max_size=50) | st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_no_text_breaks_out_of_its_line(unit: str, value: Value) -> None:
    line = encode_line(measured(0, value, unit=unit))
    assert len(line.splitlines()) == 1
    tags = line.replace("\\,", "").replace("\\ ", "").replace("\\=", "").split(" ", 1)[0]
    assert tags.count(",") == tags.count("=") == 5


def test_microseconds_are_kept_exactly() -> None:
    at = datetime(2026, 11, 23, 6, 0, 0, 123457, tzinfo=UTC)
    reading = Reading(KEY, MetricName("air"), 1.0, "", Quality.GOOD, at, at, 1, historical=False)
    assert encode_line(reading).endswith("123457000")
