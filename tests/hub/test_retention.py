import sqlite3
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from hub.config import StorageSettings
from hub.health import Health
from hub.storage import downsampling, readings, rollups
from hub.storage.database import to_us
from hub.storage.downsampling import Downsampler
from hub.storage.readings import ReadingsStore
from hub.storage.retention import CHUNK_PAGES, Retention, Sweep
from hub.storage.rollups import RollupStore
from hub.storage.tiers import Tier
from hub.storage.windows import SeriesName, Windows
from sensors.clock import ManualClock
from sensors.model import Reading
from tests.hub.quiet_center import START, reading
from tests.support.waiting import eventually

DAY = timedelta(days=1)
TENSION = SeriesName("kordai", "fence-1", "tension", "N")


class Stand:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(START)
        self.readings, self.rollups = ReadingsStore(folder), RollupStore(folder)
        self.health = Health(START, "none", str(folder))
        windows = Windows(folder)
        self.downsampler = Downsampler(self.readings, windows, self.rollups, self.health, self.clock)

    def follow(self) -> None:
        while self.downsampler.run_once().readings:
            pass

    def retention(
        self, raw: int = 0, minute: int = 0, quarter: int = 0, hour: int = 0, followers: tuple[str, ...] = ()
    ) -> Retention:
        kept = StorageSettings(keep_raw_days=raw, keep_1min_days=minute, keep_15min_days=quarter, keep_1h_days=hour)
        cursors = (downsampling.CURSOR, *followers)
        return Retention(self.readings, self.rollups, kept, cursors, followers, self.health, self.clock)

    def stored(self) -> int:
        return len(self.readings.read_after(0, 1_000_000))

    def windows(self, tier: Tier) -> int:
        return len(self.rollups.read(TENSION, tier, 0, to_us(START + 900 * DAY) // 1_000_000, 1_000_000))

    def bytes(self, name: str) -> int:
        with sqlite3.connect(self.folder / name) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return (self.folder / name).stat().st_size


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(tmp_path)
    yield stand
    stand.readings.close()
    stand.rollups.close()


def received(at: datetime, count: int, *, begin: int = 0) -> list[Reading]:
    return [
        reading(float(number), at=at + timedelta(seconds=number), sequence=begin + number) for number in range(count)
    ]


def test_readings_go_when_they_are_older_than_they_are_kept_and_their_summaries_stay(stand: Stand) -> None:
    stand.readings.write([*received(START - 40 * DAY, 2_500), *received(START - 10 * DAY, 500)])
    stand.follow()
    swept = stand.retention(raw=30).run_once()
    assert (swept.readings, swept.windows) == (2_500, 0)
    assert stand.stored() == 500
    assert stand.windows(Tier.MINUTE) == 42 + 9
    assert stand.health.status(START).readings_deleted_total == 2_500
    assert stand.retention(raw=30).run_once().readings == 0


def test_zero_days_keep_everything_for_ever(stand: Stand) -> None:
    stand.readings.write(received(START - 4_000 * DAY, 100))
    stand.follow()
    assert stand.retention().run_once() == Sweep(0, 0, 0)
    assert stand.stored() == 100


def test_nothing_goes_before_every_follower_has_passed_it(stand: Stand) -> None:
    stand.readings.write(received(START - 40 * DAY, 300))
    assert stand.retention(raw=30).run_once().readings == 0, "the tiers have not seen them"
    stand.follow()
    stand.readings.set_cursor("influx", 100)
    assert stand.retention(raw=30, minute=1, followers=("influx",)).run_once() == Sweep(100, 0, 0)
    assert stand.stored() == 200
    stand.readings.set_cursor("influx", 300)
    stand.rollups.set_cursor("influx", stand.rollups.last_id())
    swept = stand.retention(raw=30, minute=1, followers=("influx",)).run_once()
    assert (swept.readings, swept.windows) == (199, 5), "the newest reading stays: ids go on from it"


def test_each_tier_has_its_own_time_and_goes_by_whole_days(stand: Stand) -> None:
    stand.readings.write([*received(START - 40 * DAY, 600), *received(START - 2 * DAY, 600), *received(START, 600)])
    stand.follow()
    assert [stand.windows(tier) for tier in Tier] == [30, 3, 3]
    swept = stand.retention(minute=1, quarter=30).run_once()
    assert swept.windows == 20 + 1
    assert [stand.windows(tier) for tier in Tier] == [10, 2, 3]
    assert stand.health.status(START).rollups_deleted_total == 21
    stand.clock.advance((10 * DAY).total_seconds())
    assert stand.retention(hour=5).run_once().windows == 3


def test_a_backlog_that_came_late_stays_as_long_as_anything_else(stand: Stand) -> None:
    late = [
        msgspec.structs.replace(each, received_at=START, historical=True) for each in received(START - 60 * DAY, 50)
    ]
    stand.readings.write([*received(START - 40 * DAY, 10, begin=1_000), *late])
    stand.follow()
    assert stand.retention(raw=30).run_once().readings == 10
    assert stand.stored() == 50


def test_a_clock_that_was_wrong_for_an_hour_does_not_end_deletion(stand: Stand) -> None:
    ahead = [
        msgspec.structs.replace(each, received_at=START + 365 * DAY)
        for each in received(START - 41 * DAY, 3_000, begin=50_000)
    ]
    stand.readings.write([*ahead, *received(START - 40 * DAY, 2_500), *received(START - DAY, 2_500)])
    stand.follow()
    assert stand.retention(raw=30).run_once().readings == 2_500
    assert stand.stored() == 5_500


def test_the_disk_comes_back(stand: Stand) -> None:
    stand.readings.write(received(START - 40 * DAY, 30_000))
    stand.readings.write(received(START - DAY, 1_000))
    stand.follow()
    before = stand.bytes(readings.FILE_NAME)
    swept = stand.retention(raw=30, minute=30).run_once()
    assert swept.pages > CHUNK_PAGES
    store = stand.readings
    assert store.give_back(10) == 0, "the last tenth stays for what comes next"
    assert stand.bytes(readings.FILE_NAME) < before / 5
    assert stand.bytes(rollups.FILE_NAME) < 300_000
    with sqlite3.connect(stand.folder / readings.FILE_NAME) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_ids_only_grow_even_when_everything_was_deleted(stand: Stand) -> None:
    stand.readings.write(received(START - 40 * DAY, 10))
    stand.follow()
    assert stand.retention(raw=30).run_once().readings == 9
    stand.readings.write(received(START, 3))
    assert [stored.id for stored in stand.readings.read_after(stand.readings.get_cursor(downsampling.CURSOR), 9)] == [
        11,
        12,
        13,
    ]


def test_writers_go_on_while_it_sweeps_and_it_stops_when_told(stand: Stand) -> None:
    stand.readings.write(received(START - 40 * DAY, 20_000))
    stand.follow()
    retention = stand.retention(raw=30)
    retention.thread.start()
    for number in range(200):
        assert stand.readings.write(received(START + timedelta(minutes=number), 5)).stored == 5
    eventually(lambda: stand.stored() <= 1_001, what="the end of the sweep")
    assert retention.thread.stop(5.0)
    assert "retention" not in {thread.name for thread in threading.enumerate()}


def test_a_clock_that_is_set_years_ahead_deletes_nothing_and_is_said(stand: Stand) -> None:
    stand.readings.write(received(START - 5 * DAY, 10))
    stand.follow()
    retention = stand.retention(raw=30, minute=30)
    stand.clock.step(3 * 365 * 86_400)
    assert retention.run_once() == Sweep(0, 0, 0)
    assert "clock was set forward" in stand.health.status(START).problems[0]
    stand.clock.step(-3 * 365 * 86_400)
    stand.clock.advance(26 * 86_400)
    assert retention.run_once().readings == 9
    assert stand.health.status(START).problems == ()
