"""One contract for every server that readings may be forwarded to, and what real ones do when they die and come back.

A person with an InfluxDB 2 or 3 runs the contract against it: see `tests.support.influx_servers`.
"""

import random
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from hub.storage.database import to_us
from hub.storage.forwarder import CURSOR
from hub.storage.influx_answers import BusyError
from hub.storage.influx_reader import InfluxReader, UnreadableError
from hub.storage.influx_writer import InfluxWriter
from hub.storage.influxql import identifier
from hub.storage.line_protocol import NUMBERS, encode_line
from hub.storage.tiers import Sample, Tier, summarise
from sensors.clock import ManualClock
from sensors.errors import NotFoundError, WireError
from sensors.model import DeviceId, DeviceKey, Quality, Reading, SiteId, Value
from sensors.secrets import InfluxSecrets
from tests.hub.forwarding_bench import START, bench, measured
from tests.support.influx_servers import BUCKET, SERVERS, Influxd, Server, Victoria, running_server
from tests.support.waiting import eventually

READERS = tuple(name for name in SERVERS if name != "victoria-metrics")
END = START + timedelta(days=1)


class Visit:
    """A writer and a reader at a server, and a site there of this test's own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.key = DeviceKey(SiteId(f"test-{uuid.uuid4().hex[:12]}"), DeviceId("weather-1"))
        self.writer = InfluxWriter(server.settings, server.secrets)
        self.reader = InfluxReader(server.settings, server.secrets)

    def reading(self, number: int, value: Value | None = None, metric: str = "air", unit: str = "Cel") -> Reading:
        return measured(number, value, metric, unit, self.key)

    def write(self, *readings: Reading) -> None:
        self.writer.write([encode_line(each) for each in readings])

    def stored(self, metric: str = "air") -> list[tuple[int, Value]]:
        """(milliseconds since START, value) of what the server has, in order of time."""
        first_ms = round(START.timestamp() * 1000)
        if isinstance(self.server, Victoria):
            found: list[tuple[int, Value]] = list(self.server.points(f"{NUMBERS}_v", self.key.site))
        else:
            points = self.reader.points(self.key, metric, START, END)
            found = [(point.time_ns // 1_000_000, point.value) for point in points]
        return [(at_ms - first_ms, value) for at_ms, value in found]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(request.param, tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.fixture
def visit(server: Server) -> Iterator[Visit]:
    made = Visit(server)
    yield made
    made.writer.close()
    made.reader.close()


def test_points_are_there_in_order_and_writing_them_again_changes_nothing(visit: Visit) -> None:
    readings = [visit.reading(number) for number in range(300)]
    shuffled = random.Random(3).sample(readings, 300)  # noqa: S311 - repeatable
    for _ in range(2):
        visit.write(*shuffled)
        eventually(lambda: len(visit.stored()) >= 300)
        assert visit.stored() == [(number, number / 8) for number in range(300)]


def test_what_changes_when_a_reading_is_sent_again_makes_no_second_point(visit: Visit) -> None:
    first = visit.reading(5, 1.5, unit="")
    visit.write(first)
    visit.write(msgspec.structs.replace(first, unit="Cel", quality=Quality.BAD, historical=True))
    eventually(lambda: len(visit.stored()) >= 1)
    assert visit.stored() == [(5, 1.5)]


def test_a_big_batch_is_one_request(visit: Visit) -> None:
    visit.write(*(visit.reading(number) for number in range(20_000)))
    eventually(lambda: len(visit.stored()) == 20_000, within_s=30)


def test_numbers_of_any_kind_share_one_series(visit: Visit) -> None:
    values: list[float] = [3, 2.5, -400_000_000, 0.125, 0, -0.0]
    visit.write(*(visit.reading(number, value) for number, value in enumerate(values)))
    eventually(lambda: len(visit.stored()) == len(values))
    assert visit.stored() == list(enumerate(values))


@pytest.mark.parametrize("server", READERS, indirect=True)
def test_floats_are_kept_to_the_last_bit(visit: Visit) -> None:
    values = [1e300, 5e-324, -(2.0**53), 0.1, -1.7976931348623157e308]
    visit.write(*(visit.reading(number, value) for number, value in enumerate(values)))
    assert visit.stored() == list(enumerate(values))


@pytest.mark.parametrize("server", READERS, indirect=True)
def test_a_refused_line_is_the_lines_trouble_and_not_the_servers(visit: Visit) -> None:
    with pytest.raises(WireError, match="parse"):
        visit.writer.write(["no line at all, whatever the version"])


@pytest.mark.parametrize("server", READERS, indirect=True)
def test_every_value_comes_back_with_all_that_is_known_of_it(visit: Visit) -> None:
    readings = [
        visit.reading(1, 21.5),
        visit.reading(2, True),
        visit.reading(3, False),
        visit.reading(4, "Жол ашық, \"қоян\" = 'й' \\ end\\"),
        msgspec.structs.replace(visit.reading(5, ""), unit="", quality=Quality.UNCERTAIN, historical=True),
    ]
    visit.write(*readings)
    history = visit.reader.history(visit.key, "air", START, END, 100)
    assert [
        (point.captured_at, point.received_at, point.value, point.quality, point.historical) for point in history.points
    ] == [(each.captured_at, each.received_at, each.value, each.quality, each.historical) for each in readings]
    assert [type(point.value) for point in history.points] == [float, bool, bool, str, str]
    assert (history.source, history.truncated) == ("influx", False)
    assert visit.reader.missing(readings) == []


@pytest.mark.parametrize("server", READERS, indirect=True)
def test_readings_of_one_microsecond_are_told_apart(visit: Visit) -> None:
    at = visit.reading(0).captured_at
    visit.write(
        *(msgspec.structs.replace(visit.reading(number), captured_at=at, received_at=at) for number in range(500, 1500))
    )
    values = [point.value for point in visit.reader.points(visit.key, "air", START, END)]
    assert sorted(map(float, values)) == [number / 8 for number in range(500, 1500)]


@pytest.mark.parametrize("server", READERS, indirect=True)
@pytest.mark.parametrize(
    "name", ["a' OR 'x'='x", 'ж"; DROP DATABASE shekara --', "back\\slash\\", "new\nline", "a=b,c d"]
)
def test_no_name_breaks_out_of_its_question(visit: Visit, name: str) -> None:
    visit.write(visit.reading(1), visit.reading(2, metric=name))
    points = list(visit.reader.points(visit.key, name, START, END))
    assert [point.value for point in points] == [2 / 8]
    with pytest.raises(NotFoundError):
        visit.reader.history(visit.key, name + "x", START, END, 10)


@pytest.mark.parametrize("server", READERS, indirect=True)
def test_history_is_bounded_says_when_it_is_cut_and_is_fetched_page_by_page(visit: Visit) -> None:
    visit.write(*(visit.reading(number) for number in range(100)), visit.reading(50, "text"))
    since, until = visit.reading(10).captured_at, visit.reading(90).captured_at
    history = visit.reader.history(visit.key, "air", since, until, 7)
    assert ([point.value for point in history.points], history.truncated) == ([n / 8 for n in range(10, 17)], True)
    assert (history.unit, visit.reader.history(visit.key, "air", END, END + timedelta(1), 5).unit) == ("Cel", "Cel")
    paged = [point.time_ns for point in visit.reader.points(visit.key, "air", since, until, page_rows=7)]
    assert (len(paged), paged) == (81, sorted(paged))


@pytest.mark.parametrize("server", READERS, indirect=True)
def test_windows_of_a_server_are_those_that_the_hub_would_make(visit: Visit) -> None:
    chance = random.Random(11)  # noqa: S311 - repeatable
    at = START.replace(minute=0, second=0)
    readings = [
        msgspec.structs.replace(
            visit.reading(number, chance.uniform(-50, 50)),
            captured_at=at + timedelta(seconds=number * 7),
            quality=chance.choice(list(Quality)),
        )
        for number in range(200)
        if not 60 < number < 90
    ]
    visit.write(*readings)
    samples = [Sample(to_us(each.captured_at), each.value, each.quality) for each in readings]
    for tier in (Tier.MINUTE, Tier.QUARTER):
        made = list(summarise(samples, tier))
        found = visit.reader.windows(visit.key, "air", tier, at, at + timedelta(hours=1), 1_000)
        shown = ("start_s", "count", "good", "numbers", "minimum", "maximum", "first", "last")
        assert [[getattr(each, name) for name in shown] for each in found] == [
            [getattr(each, name) for name in shown] for each in made
        ]
        assert [each.total for each in found] == pytest.approx([each.total for each in made])
    assert len(visit.reader.windows(visit.key, "air", Tier.MINUTE, at, at + timedelta(hours=1), 3)) == 3
    assert visit.reader.windows(visit.key, "nothing", Tier.HOUR, at, END, 9) == []


@pytest.mark.parametrize("server", READERS, indirect=True)
def test_a_counters_increase_goes_through_a_fresh_start(visit: Visit) -> None:
    at = START.replace(minute=0, second=0)
    for metric, counts in (("steady", [3, 5, 9]), ("anew", [3, 9, 1, 4])):
        visit.write(
            *(
                msgspec.structs.replace(visit.reading(0, count, metric), captured_at=at + timedelta(seconds=number))
                for number, count in enumerate(counts)
            )
        )
    increases = {
        metric: [each.increase for each in visit.reader.windows(visit.key, metric, Tier.MINUTE, at, END, 9)]
        for metric in ("steady", "anew")
    }
    assert increases == {"steady": [6.0], "anew": [10.0]}


@pytest.mark.parametrize("server", READERS, indirect=True)
def test_what_is_not_there_is_missed(visit: Visit) -> None:
    visit.write(visit.reading(1), visit.reading(2))
    other, absent = visit.reading(2, 99.0), visit.reading(3)
    assert visit.reader.missing([visit.reading(1), other, absent]) == [other, absent]


@pytest.mark.parametrize("server", ["victoria-metrics"], indirect=True)
def test_a_server_without_influxql_is_told_by_its_answer(visit: Visit) -> None:
    visit.write(visit.reading(1))
    with pytest.raises(UnreadableError):
        visit.reader.history(visit.key, "air", START, END, 10)


@pytest.fixture
def influxd(tmp_path: Path) -> Iterator[Influxd]:
    made = Influxd(tmp_path / "influxd")
    yield made
    made.stop()


def values_in(server: Influxd) -> list[float]:
    """Every value of the kordai post, in order of time."""
    series = server.query(f"SELECT v FROM {NUMBERS} WHERE site = 'kordai'")  # noqa: S608 - our own names
    return [value for _, value in series[0]["values"]] if series else []


def count_in(server: Influxd) -> tuple[int, int]:
    """Points, and distinct values."""
    (series,) = server.query(f"SELECT count(v), count(distinct(v)) FROM {NUMBERS} WHERE site = 'kordai'")  # noqa: S608 - same
    _, points, distinct = series["values"][0]
    return points, distinct


@pytest.mark.slow
def test_a_database_that_is_away_and_dies_again_and_again_has_every_point_once_in_order(
    tmp_path: Path, influxd: Influxd
) -> None:
    """Away while everything is measured; then killed in the middle of being written to, three times."""
    with bench(tmp_path / "hub", influxd.settings, batch_lines=200) as each:
        each.store.write([measured(number) for number in range(4_000)])
        each.forwarder.start()
        eventually(lambda: any("does not answer" in problem for problem in each.problems))
        assert (each.left, each.health.forwarding.written_total) == (4_000, 0)
        for round_ in range(1, 4):
            influxd.start()
            eventually(lambda goal=round_ * 1_000: each.health.forwarding.written_total >= goal, within_s=60)  # type: ignore[misc] # a bound name
            influxd.kill()
            each.store.write([measured(number) for number in range(3_000 + round_ * 1_000, 4_000 + round_ * 1_000)])
            eventually(lambda: bool(each.problems), within_s=30)
        influxd.start()
        eventually(lambda: each.left == 0, within_s=60)
        assert values_in(influxd) == [number / 8 for number in range(7_000)]
        assert count_in(influxd) == (7_000, 7_000)
        each.store.set_cursor(CURSOR, 0)
        eventually(lambda: each.left == 0, within_s=60)
        assert values_in(influxd) == [number / 8 for number in range(7_000)]
        assert each.letters.letters() == ()


def test_victoria_metrics_that_goes_away_and_comes_back_has_every_point_once(tmp_path: Path) -> None:
    victoria = Victoria(tmp_path / "victoria")
    victoria.start()
    try:
        with bench(tmp_path, victoria.settings) as each:
            each.store.write([measured(number) for number in range(200)])
            each.forwarder.start()
            eventually(lambda: each.left == 0)
            victoria.stop()
            each.store.write([measured(number) for number in range(200, 400)])
            eventually(lambda: bool(each.problems))
            eventually(lambda: each.health.forwarding.pending == 200)
            victoria.start()
            eventually(lambda: each.left == 0, within_s=60)
            first_ms = round(START.timestamp() * 1000)
            expected = [(first_ms + number, number / 8) for number in range(400)]
            eventually(lambda: victoria.points(f"{NUMBERS}_v", "kordai") == expected, within_s=30)
            assert each.letters.letters() == ()
    finally:
        victoria.stop()


def test_the_database_of_an_old_server_is_made_only_when_that_is_wished(tmp_path: Path, influxd: Influxd) -> None:
    influxd.start()
    wish = msgspec.structs.replace(influxd.settings, retention_days=30)
    with bench(tmp_path / "hub", msgspec.structs.replace(wish, create_database=False)) as each:
        each.store.write([measured(1)])
        with pytest.raises(BusyError, match="database not found"):
            each.forwarder.run_once()
        assert influxd.query("SHOW DATABASES")[0].get("values", []) == []
    with bench(tmp_path / "hub", wish) as each:
        assert each.forwarder.run_once() == 1
    policies = influxd.query(f"SHOW RETENTION POLICIES ON {identifier(BUCKET)}")
    assert [row[1] for row in policies[0]["values"]] == ["720h0m0s"]


def test_what_a_real_server_refuses_is_a_dead_letter_and_is_there_once_when_it_is_replayed(
    tmp_path: Path, influxd: Influxd
) -> None:
    influxd.start()
    settings = msgspec.structs.replace(influxd.settings, retention_days=30)
    ancient = [
        msgspec.structs.replace(measured(number), captured_at=measured(number).captured_at - timedelta(days=400))
        for number in range(3)
    ]
    with bench(tmp_path / "hub", settings) as each:
        each.store.write([*(measured(number) for number in range(10, 30)), *ancient])
        assert each.forwarder.run_once() == 23
        assert values_in(influxd) == [number / 8 for number in range(10, 30)]
        letters = each.letters.letters()
        assert [letter.line for letter in letters] == [encode_line(reading) for reading in ancient]
        assert all("retention policy" in letter.reason for letter in letters)
        influxd.query(f"ALTER RETENTION POLICY autogen ON {identifier(BUCKET)} DURATION INF SHARD DURATION 7d")
        assert each.letters.replay() == 3
        assert each.forwarder.run_once() == 3
        assert values_in(influxd) == [*(number / 8 for number in range(3)), *(number / 8 for number in range(10, 30))]
        assert count_in(influxd) == (23, 23)
        assert each.letters.letters() == ()


def test_a_real_server_that_takes_small_requests_only_gets_small_ones(tmp_path: Path) -> None:
    server = Influxd(tmp_path / "influxd", "max-body-size = 2000")
    server.start()
    try:
        with bench(tmp_path / "hub", server.settings, batch_lines=1_000) as each:
            each.store.write([measured(number) for number in range(2_000)])
            while each.forwarder.run_once():
                pass
            assert count_in(server) == (2_000, 2_000)
            assert each.letters.letters() == ()
    finally:
        server.stop()


def test_user_and_password_open_an_old_server_and_wrong_ones_are_said(tmp_path: Path) -> None:
    server = Influxd(tmp_path / "influxd", with_users=True)
    server.start()
    try:
        made = httpx.post(
            f"{server.url}/query",
            params={"q": "CREATE USER hub WITH PASSWORD 'right word' WITH ALL PRIVILEGES"},
            trust_env=False,
        )
        made.raise_for_status()
        for password, match in (("wrong", "status 401.*secrets"), ("right word", "")):
            secrets = InfluxSecrets(user="hub", password=password)
            with bench(tmp_path / "hub", server.settings, secrets=secrets) as each:
                each.store.write([measured(1)])
                if match:
                    with pytest.raises(BusyError, match=match) as caught:
                        each.forwarder.run_once()
                    assert caught.value.retry_after_s >= 60
                    assert "wrong" not in caught.value.text
                else:
                    assert each.forwarder.run_once() == 1
                    assert len(each.reader.history(measured(1).key, "air", START, END, 9).points) == 1
    finally:
        server.stop()


def test_confirmed_points_are_read_back_and_those_that_have_vanished_are_reported(
    tmp_path: Path, influxd: Influxd
) -> None:
    influxd.start()
    clock = ManualClock(START)
    with bench(tmp_path / "hub", influxd.settings, clock=clock) as each:
        each.store.write([measured(number) for number in range(40)])
        for _ in range(2):
            each.forwarder.run_once()
            clock.advance(60)
        assert (each.health.forwarding.read_back_total, each.health.forwarding.missing_total) == (8, 0)
        each.store.write([measured(number) for number in range(40, 80)])
        each.forwarder.run_once()
        influxd.query(f"DROP SERIES FROM {NUMBERS}")
        for _ in range(2):
            clock.advance(30)
            each.forwarder.run_once()
        assert (each.health.forwarding.read_back_total, each.health.forwarding.missing_total) == (16, 8)
        assert any("confirmed 8 readings that it does not have" in problem for problem in each.problems)
