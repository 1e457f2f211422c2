"""The tiers in a real InfluxDB, and what becomes of them when it is away."""

import math
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from hub.config import InfluxSettings
from hub.health import Health
from hub.storage.database import to_us
from hub.storage.dead_letters import DeadLetters
from hub.storage.downsampling import Downsampler
from hub.storage.influx_answers import BusyError
from hub.storage.influx_reader import InfluxReader
from hub.storage.influx_writer import InfluxWriter
from hub.storage.readings import ReadingsStore
from hub.storage.rollup_forwarding import CURSOR, Forwarded, RollupForwarder
from hub.storage.rollup_points import StoredWindows, encode_rollup_line
from hub.storage.rollups import NumberedRollup, RollupStore
from hub.storage.tiers import Rollup, StateShare, Tier
from hub.storage.windows import SeriesName, Windows
from sensors.clock import ManualClock
from sensors.model import MetricName, Quality, Reading
from sensors.secrets import InfluxSecrets
from tests.hub.faulty_influx import Faulty, serving
from tests.hub.quiet_center import FENCE, START, reading
from tests.support.influx_servers import Influxd
from tests.support.waiting import eventually


class Stand:
    def __init__(self, folder: Path, settings: InfluxSettings, secrets: InfluxSecrets) -> None:
        clock = ManualClock(START)
        self.store, self.rollups = ReadingsStore(folder), RollupStore(folder)
        self.health, self.letters = Health(START, "none", str(folder)), DeadLetters(folder, clock)
        self._downsampler = Downsampler(self.store, Windows(folder), self.rollups, self.health, clock)
        self._writer = InfluxWriter(settings, secrets)
        self.forwarder = RollupForwarder(self.rollups, self._writer, self.letters, self.health, clock, 100)

    def take(self, *values: float, begin_s: float = 0.0) -> None:
        self.store.write(
            [
                reading(value, at=START + timedelta(seconds=begin_s + 40 * number), sequence=number)
                for number, value in enumerate(values)
            ]
        )
        while self._downsampler.run_once().readings:
            pass

    def close(self) -> None:
        self.forwarder.thread.stop(5.0)
        for each in (self._writer, self.store, self.rollups):
            each.close()


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    with serving() as server:
        yield server


@pytest.fixture
def stand(tmp_path: Path, faulty: Faulty) -> Iterator[Stand]:
    stand = Stand(tmp_path, InfluxSettings(url=faulty.url), InfluxSecrets(token="secret-token"))
    yield stand
    stand.close()


def test_a_line_says_all_of_a_window() -> None:
    window = Rollup(1_772_352_000, 4, 3, 2, 1.0, 5.0, 6.0, 1.0, 5.0, 4.0, (StateShare("open", 1_500_000),))
    numbered = NumberedRollup(1, Tier.QUARTER, SeriesName("kordai", "fence-1", "tension", "N"), window, before=0.5)
    assert encode_rollup_line(numbered) == (
        "rollup_15min,device=fence-1,metric=tension,site=kordai count=4.0,good_fraction=0.75,numbers=2.0,"
        "min=1.0,max=5.0,mean=3.0,"
        r'first=1.0,last=5.0,increase=4.5,states_s="{\"open\":1.5}",unit="N" 1772352000000000000'
    )


def test_what_an_earlier_hub_has_summed_up_without_end_is_left_out_of_its_line() -> None:
    window = Rollup(1_772_352_000, 2, 2, 2, -1.0, 1.7e308, math.inf, -1.0, 1.7e308, math.inf)
    line = encode_rollup_line(
        NumberedRollup(1, Tier.HOUR, SeriesName("kordai", "fence-1", "tension", ""), window, None)
    )
    assert line.split(" ")[1] == "count=2.0,good_fraction=1.0,min=-1.0,max=1.7e+308,first=-1.0,last=1.7e+308"


def test_every_window_arrives_and_is_written_over_itself_when_it_changes(stand: Stand, faulty: Faulty) -> None:
    stand.take(1.0, 2.0, 3.0)
    assert stand.forwarder.run_once() == Forwarded(4, 0)
    assert stand.forwarder.run_once() == Forwarded(0, 0)
    assert len(faulty.points) == 4
    stand.take(9.0, begin_s=10.0)
    assert stand.forwarder.run_once() == Forwarded(3, 0)
    assert len(faulty.points) == 4
    assert sum(",max=9.0," in line for line in faulty.points.values()) == 3
    assert stand.health.status(START).rollups_forwarded_total == 7


def test_the_server_away_moves_no_cursor_and_the_thread_catches_up(stand: Stand, faulty: Faulty) -> None:
    stand.take(1.0, 2.0, 3.0)
    faulty.statuses = [(503, {}), (503, {})]
    with pytest.raises(BusyError):
        stand.forwarder.run_once()
    assert stand.rollups.get_cursor(CURSOR) == 0
    stand.forwarder.thread.start()
    eventually(lambda: stand.rollups.get_cursor(CURSOR) == stand.rollups.last_id(), what="catching up")
    assert len(faulty.points) == 4


def test_what_is_refused_for_good_is_a_dead_letter(stand: Stand, faulty: Faulty) -> None:
    stand.take(1.0, 2.0, 3.0)
    faulty.poison = "rollup_1h"
    assert stand.forwarder.run_once() == Forwarded(3, 1)
    (letter,) = stand.letters.letters()
    assert letter.line.startswith("rollup_1h,")


def test_a_real_server_gives_the_windows_back(tmp_path: Path) -> None:
    server = Influxd(tmp_path / "influxd")
    server.start()
    stand = Stand(tmp_path, server.settings, server.secrets)
    try:
        stand.take(1.0, 2.0, 6.0)
        assert stand.forwarder.run_once() == Forwarded(4, 0)
        (series,) = server.query("SELECT count, mean, increase FROM rollup_1min WHERE site = 'kordai'")
        begins_ns = int(START.timestamp()) * 1_000_000_000
        assert series["values"] == [[begins_ns, 2, 1.5, 1], [begins_ns + 60_000_000_000, 1, 6, 4]]
    finally:
        stand.close()
        server.stop()


def test_windows_that_a_real_server_keeps_are_those_that_the_hub_has_made(tmp_path: Path) -> None:
    server = Influxd(tmp_path / "influxd")
    server.start()
    settings = msgspec.structs.replace(server.settings, rollup_bucket="tiers", create_database=True)
    server.query("CREATE DATABASE tiers")
    stand = Stand(tmp_path, msgspec.structs.replace(settings, bucket="tiers"), server.secrets)
    try:
        stand.store.write(_of_all_kinds())
        stand.take()
        while stand.forwarder.run_once().written:
            pass
        reader = InfluxReader(settings, server.secrets)
        since, until = START - timedelta(hours=1), START + timedelta(hours=2)
        between = (to_us(since) // 1_000_000, to_us(until) // 1_000_000)
        for metric, unit in (("tension", "N"), ("door", "")):
            series = SeriesName("kordai", "fence-1", metric, unit)
            for tier in Tier:
                made = stand.rollups.read(series, tier, *between, 1_000)
                found = reader.rollups(FENCE, metric, tier, since, until, 1_000)
                assert [_without_total(each) for each in found.windows] == [_without_total(each) for each in made]
                assert [each.total for each in found.windows] == pytest.approx([each.total for each in made])
                assert (found.unit, len(made) > 0) == (unit, True)
        last = reader.rollups(FENCE, "tension", Tier.MINUTE, START + timedelta(minutes=2), until, 1_000)
        assert last.before == stand.rollups.last_before(
            SeriesName("kordai", "fence-1", "tension", "N"), Tier.MINUTE, _S + 120
        )
        assert reader.rollups(FENCE, "nothing", Tier.HOUR, since, until, 9) == StoredWindows([], "", None)
        reader.close()
    finally:
        stand.close()
        server.stop()


def test_a_window_that_nothing_is_left_of_is_empty_on_the_server_too(tmp_path: Path) -> None:
    server = Influxd(tmp_path / "influxd")
    server.start()
    stand = Stand(tmp_path, server.settings, server.secrets)
    reader = InfluxReader(server.settings, server.secrets)
    door = SeriesName("kordai", "fence-1", "door", "")

    def windows() -> tuple[list[int], list[int]]:
        while stand.forwarder.run_once().written:
            pass
        found = reader.rollups(FENCE, "door", Tier.MINUTE, START, START + timedelta(hours=1), 100)
        here = stand.rollups.read(door, Tier.MINUTE, _S, _S + 3_600, 100)
        return [each.start_s - _S for each in found.windows], [each.start_s - _S for each in here]

    try:
        stand.store.write([_door(True, 10), _door(False, 190, number=1)])
        stand.take()
        assert windows() == ([0, 60, 120, 180], [0, 60, 120, 180])
        late = msgspec.structs.replace(_door(True, 20, number=2), quality=Quality.BAD)
        stand.store.write([late])
        stand.take()
        assert windows() == ([0, 180], [0, 180]), "a late reading ended the state that had lasted through two windows"
    finally:
        reader.close()
        stand.close()
        server.stop()


_S = to_us(START) // 1_000_000


def _door(value: bool, at_s: float, *, number: int = 0) -> Reading:  # noqa: FBT001 - it is the value
    said = reading(value, at=START + timedelta(seconds=at_s), sequence=number)
    return msgspec.structs.replace(said, metric=MetricName("door"), unit="")


def _of_all_kinds() -> list[Reading]:
    """A counter that begins anew, numbers of bad quality, and a door: silences between."""
    counts = [3.0, 9.5, 1.25, 4.0, 0.1, 0.3, 7.7]
    counted = [
        msgspec.structs.replace(
            reading(value, at=START + timedelta(seconds=37 * number), sequence=number),
            quality=Quality.BAD if number == 3 else Quality.GOOD,
        )
        for number, value in enumerate(counts)
    ]
    return [*counted, _door(True, 5), _door(False, 100, number=1), _door(True, 900, number=2)]


def _without_total(window: Rollup) -> Rollup:
    """Sums are told by their means, and counters' steps with the one from before: exact but for the last bits."""
    return msgspec.structs.replace(window, total=0.0, increase=round(window.increase, 9))
