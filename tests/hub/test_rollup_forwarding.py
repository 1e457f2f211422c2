"""The tiers in a real InfluxDB, and what becomes of them when it is away."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.config import InfluxSettings
from hub.health import Health
from hub.storage.dead_letters import DeadLetters
from hub.storage.downsampling import Downsampler
from hub.storage.influx_answers import BusyError
from hub.storage.influx_writer import InfluxWriter
from hub.storage.readings import ReadingsStore
from hub.storage.rollup_forwarding import CURSOR, Forwarded, RollupForwarder, encode_rollup_line
from hub.storage.rollups import NumberedRollup, RollupStore
from hub.storage.tiers import Rollup, StateShare, Tier
from hub.storage.windows import SeriesName, Windows
from sensors.clock import ManualClock
from sensors.secrets import InfluxSecrets
from tests.hub.faulty_influx import Faulty, serving
from tests.hub.quiet_center import START, reading
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
        "rollup_15min,device=fence-1,metric=tension,site=kordai count=4.0,good_fraction=0.75,min=1.0,max=5.0,mean=3.0,"
        r'first=1.0,last=5.0,increase=4.5,states_s="{\"open\":1.5}",unit="N" 1772352000000000000'
    )


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
