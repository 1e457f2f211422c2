import math
import random
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.health import Health
from hub.storage.database import to_us
from hub.storage.downsampling import CURSOR, Downsampler
from hub.storage.readings import FILE_NAME, ReadingsStore
from hub.storage.rollup_points import encode_rollup_line
from hub.storage.rollups import RollupStore
from hub.storage.tiers import (
    MAX_STATES,
    OTHER,
    STATE_HOLDS_S,
    Rollup,
    Sample,
    StateShare,
    Tier,
    join,
    join_by,
    share_states,
    step_up,
    summarise,
)
from hub.storage.windows import SeriesName, Summary, Windows
from sensors.clock import ManualClock
from sensors.errors import UnavailableError
from sensors.model import Quality, Reading, Value
from tests.hub.quiet_center import START, reading
from tests.support.waiting import eventually

TENSION = SeriesName("kordai", "fence-1", "tension", "N")
DAY = (to_us(START) // 1_000_000 - 86_400, to_us(START) // 1_000_000 + 86_400)


class Stand:
    """Real files; the downsampler's thread is started by those tests that need it."""

    def __init__(self, folder: Path, most: int = 20_000) -> None:
        self.readings = ReadingsStore(folder)
        self.rollups = RollupStore(folder)
        self.health = Health(START, "none", str(folder))
        windows = Windows(folder, most)
        self.downsampler = Downsampler(self.readings, windows, self.rollups, self.health, ManualClock(START))

    def catch_up(self) -> None:
        while self.downsampler.run_once().readings:
            pass

    def tier(self, tier: Tier, series: SeriesName = TENSION) -> list[Rollup]:
        return self.rollups.read(series, tier, *DAY, 100_000)

    def close(self) -> None:
        self.readings.close()
        self.rollups.close()


@pytest.fixture
def stand(tmp_path: Path) -> Iterable[Stand]:
    stand = Stand(tmp_path)
    yield stand
    stand.close()


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def numbers(*values: float, every_s: float = 10.0, begin_s: float = 0.0) -> list[Reading]:
    return [reading(value, at=at(begin_s + number * every_s), sequence=number) for number, value in enumerate(values)]


def test_a_window_tells_count_extremes_mean_ends_and_how_much_was_good(stand: Stand) -> None:
    batch = numbers(4.0, 1.0, 7.0, 2.0, 6.0)
    batch[3] = msgspec.structs.replace(batch[3], quality=Quality.UNCERTAIN)
    stand.readings.write(
        [*batch, msgspec.structs.replace(reading(-9999.0, at=at(55), sequence=9), quality=Quality.BAD)]
    )
    stand.catch_up()
    (minute,) = stand.tier(Tier.MINUTE)
    assert (minute.count, minute.good, minute.numbers) == (6, 4, 5)
    assert (minute.minimum, minute.maximum, minute.mean, minute.first, minute.last) == (1.0, 7.0, 4.0, 4.0, 6.0)
    assert minute.good_fraction == pytest.approx(4 / 6)
    assert (Rollup(0, 0, 0).mean, Rollup(0, 0, 0).good_fraction) == (None, None)


def test_a_counter_counts_through_its_resets_and_from_window_to_window(stand: Stand) -> None:
    stand.readings.write(numbers(100, 103, 2, 5, 5, 6, 10, 11))
    stand.catch_up()
    first, second = stand.tier(Tier.MINUTE)
    assert (first.increase, second.increase) == (3 + 2 + 3 + 0 + 1, 1)
    (hour,) = stand.tier(Tier.HOUR)
    assert hour.increase == 9 + 4 + 1
    assert [step_up(*pair) for pair in ((None, 5), (5, None), (5, 7), (7, 5))] == [0, 0, 2, 5]


def test_a_state_is_worth_how_long_it_lasted_across_windows_that_heard_nothing(stand: Stand) -> None:
    stand.readings.write(
        [
            reading(False, at=at(30), sequence=1),
            reading(True, at=at(50), sequence=2),
            reading(False, at=at(200), sequence=3),
        ]
    )
    stand.catch_up()
    minutes = stand.tier(Tier.MINUTE)
    assert [(minute.count, minute.states) for minute in minutes] == [
        (2, (StateShare("false", 20_000_000), StateShare("true", 10_000_000))),
        (0, (StateShare("true", 60_000_000),)),
        (0, (StateShare("true", 60_000_000),)),
        (1, (StateShare("true", 20_000_000),)),
    ]
    (hour,) = stand.tier(Tier.HOUR)
    assert hour.states == (StateShare("true", 150_000_000), StateShare("false", 20_000_000))


def test_nobody_knows_a_state_after_an_hour_of_silence(stand: Stand) -> None:
    stand.readings.write([reading("open", at=at(0), sequence=1), reading("shut", at=at(3 * 3600), sequence=2)])
    stand.catch_up()
    total = sum(share.duration_us for hour in stand.tier(Tier.HOUR) for share in hour.states)
    assert total == STATE_HOLDS_S * 1_000_000
    stand.readings.write([msgspec.structs.replace(reading("?", at=at(600), sequence=3), quality=Quality.BAD)])
    stand.catch_up()
    assert [share for hour in stand.tier(Tier.HOUR) for share in hour.states] == [StateShare("open", 600_000_000)]


def test_states_beyond_the_bound_share_one_place() -> None:
    shares = share_states((f"s{number:03}", 1_000 - number) for number in range(MAX_STATES + 5))
    assert len(shares) == MAX_STATES + 1
    assert shares[0] == StateShare("s000", 1_000)
    assert shares[-1] == StateShare(OTHER, sum(1_000 - number for number in range(MAX_STATES, MAX_STATES + 5)))
    assert share_states([(OTHER, 5), ("on", 0)]) == (StateShare(OTHER, 5),)


def test_late_data_changes_its_own_windows_and_nothing_else(stand: Stand) -> None:
    stand.readings.write([*numbers(1.0, 2.0), *numbers(5.0, begin_s=7200)])
    stand.catch_up()
    before, newest = stand.tier(Tier.MINUTE), stand.rollups.last_id()
    stand.readings.write([reading(9.0, at=at(5), sequence=7)])
    stand.catch_up()
    after = stand.tier(Tier.MINUTE)
    assert (after[0].maximum, after[0].count) == (9.0, 3)
    assert after[1:] == before[1:]
    changed = {(each.tier, each.rollup.start_s) for each in stand.rollups.read_after(newest, 100)}
    start_s = before[0].start_s
    assert changed == {(Tier.MINUTE, start_s), (Tier.QUARTER, start_s), (Tier.HOUR, start_s)}


def test_who_follows_the_windows_hears_that_the_next_counter_starts_from_another_number(stand: Stand) -> None:
    stand.readings.write([*numbers(10.0), *numbers(20.0, begin_s=120)])
    stand.catch_up()
    newest = stand.rollups.last_id()
    stand.readings.write([reading(15.0, at=at(30), sequence=5)])
    stand.catch_up()
    told = {
        each.rollup.start_s: each.before for each in stand.rollups.read_after(newest, 100) if each.tier is Tier.MINUTE
    }
    first_s = stand.tier(Tier.MINUTE)[0].start_s
    assert told == {first_s: None, first_s + 120: 15.0}


def test_a_window_whose_readings_retention_took_stays_as_it_was(stand: Stand, tmp_path: Path) -> None:
    stand.readings.write(numbers(1.0, 2.0, 3.0))
    stand.catch_up()
    before = stand.tier(Tier.MINUTE)
    (tmp_path / "other").mkdir()
    emptied = Stand(tmp_path / "other")
    emptied.readings.write(numbers(8.0, begin_s=45))
    with Windows(tmp_path / "other").summarise(0, 1) as (_, parts):
        assert [stand.rollups.write(part) for part in parts] == [0]
    assert stand.tier(Tier.MINUTE) == before
    emptied.close()


def test_a_series_that_gains_its_unit_keeps_its_windows(stand: Stand) -> None:
    stand.readings.write([msgspec.structs.replace(reading(1.0), unit="")])
    stand.catch_up()
    stand.readings.write([reading(2.0, at=at(70), sequence=2)])
    stand.catch_up()
    assert [window.first for window in stand.tier(Tier.MINUTE)] == [1.0, 2.0]
    assert stand.rollups.series() == [TENSION]
    assert stand.rollups.units(reading(1.0).key, "tension") == ["N"]


def test_a_pass_takes_no_more_windows_than_it_may_and_the_next_one_goes_on(tmp_path: Path) -> None:
    stand = Stand(tmp_path, most=10)
    stand.readings.write(numbers(*range(100), every_s=60))
    progress = stand.downsampler.run_once()
    assert 0 < progress.readings <= 10
    assert stand.health.status(START).rollups_pending == progress.pending == 100 - progress.readings
    stand.catch_up()
    assert len(stand.tier(Tier.MINUTE)) == 100
    assert stand.health.status(START).rollups_pending == 0
    stand.close()


def test_between_two_parts_the_hub_rests_and_holds_nothing_of_the_file(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.readings.write(numbers(*range(250), every_s=60))
    clock, rests, logs_freed = ManualClock(START), [], []

    class Slow(RollupStore):
        def write(self, summaries: Sequence[Summary]) -> int:
            clock.advance(0.02)
            return super().write(summaries)

    class Rests(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            rests.append(timeout)
            with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
                stand.readings.write([reading(1.0, at=at(len(rests)), metric="other")])
                logs_freed.append(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
            return False

    slow = Slow(tmp_path)
    downsampler = Downsampler(stand.readings, Windows(tmp_path), slow, stand.health, clock)
    downsampler.thread.stopping = Rests()
    assert downsampler.run_once().readings == 250
    assert rests == [pytest.approx(0.06)] * 5
    assert all(logs_freed)
    assert len(stand.tier(Tier.MINUTE)) == 250
    slow.close()
    stand.close()


def test_a_pass_that_died_before_its_cursor_moved_is_made_again_without_a_trace(stand: Stand) -> None:
    stand.readings.write(numbers(1.0, 2.0, 3.0))
    stand.catch_up()
    rows, revision = stand.tier(Tier.HOUR), stand.rollups.last_id()
    stand.readings.set_cursor(CURSOR, 0)
    stand.catch_up()
    assert (stand.tier(Tier.HOUR), stand.rollups.last_id()) == (rows, revision)


def test_the_thread_follows_and_goes_on_after_trouble(tmp_path: Path) -> None:
    stand = Stand(tmp_path)
    stand.readings.write(numbers(1.0))

    class Refusing(RollupStore):
        mended = threading.Event()

        def write(self, summaries: Sequence[object]) -> int:
            if not self.mended.is_set():
                raise UnavailableError("disk full", subject="rollups.sqlite")
            return super().write(summaries)  # type: ignore[arg-type] # as it was given

    refusing = Refusing(tmp_path)
    downsampler = Downsampler(stand.readings, Windows(tmp_path), refusing, stand.health, ManualClock(START))
    downsampler.thread.start()
    eventually(lambda: any("disk full" in each for each in stand.health.status(START).problems), what="the trouble")
    refusing.mended.set()
    eventually(lambda: bool(stand.tier(Tier.HOUR)) and not stand.health.status(START).problems, what="its end")
    assert downsampler.thread.alive
    assert downsampler.thread.stop(5.0)
    refusing.close()
    stand.close()


def test_longer_windows_are_made_without_making_up_empty_ones() -> None:
    parts = [Rollup(0, 1, 1), Rollup(60, 2, 2), Rollup(1800, 3, 3)]
    assert [(each.start_s, each.count) for each in join_by(parts, 900)] == [(0, 3), (1800, 3)]
    assert list(join_by([], 900)) == []
    assert join([], 0) == Rollup(0, 0, 0)


# --- the whole against a plain computation from scratch --------------------------------------------------------------


def any_readings(chance: random.Random) -> list[Reading]:
    """Few readings, close or far, good or bad, of every type: what mixes least in the field mixes most here."""
    span_s = chance.choice([300, 4_000, 20_000])
    values: list[Value] = [1.0, 2, 5.5, -3, True, False, "open", "shut"]
    qualities = [Quality.GOOD, Quality.GOOD, Quality.UNCERTAIN, Quality.BAD]
    return [
        msgspec.structs.replace(
            reading(chance.choice(values), at=at(chance.randrange(span_s)), sequence=number),
            quality=chance.choice(qualities),
        )
        for number in range(chance.randrange(25))
    ]


def from_scratch(kept: Sequence[Reading], tier: int) -> dict[int, Rollup]:
    """All windows of a length, by the definitions alone, one reading at a time."""
    ordered = sorted(kept, key=lambda each: (each.captured_at, each.sequence))
    windows: dict[int, list[Reading]] = {}
    states: dict[int, dict[str, int]] = {}
    for each in ordered:
        windows.setdefault(to_us(each.captured_at) // 1_000_000 // tier * tier, []).append(each)
    for each, following in pairwise(ordered):
        if each.quality is Quality.BAD or not isinstance(each.value, (bool, str)):
            continue
        begins = to_us(each.captured_at)
        ends = min(to_us(following.captured_at), begins + STATE_HOLDS_S * 1_000_000)
        name = each.value if isinstance(each.value, str) else str(each.value).lower()
        while begins < ends:
            start = begins // 1_000_000 // tier * tier
            until = min(ends, (start + tier) * 1_000_000)
            held = states.setdefault(start, {})
            held[name] = held.get(name, 0) + until - begins
            begins = until
    made: dict[int, Rollup] = {}
    for start in windows.keys() | states.keys():
        readings = windows.get(start, [])
        values = [
            float(each.value)
            for each in readings
            if each.quality is not Quality.BAD and not isinstance(each.value, (bool, str))
        ]
        made[start] = Rollup(
            start,
            len(readings),
            sum(each.quality is Quality.GOOD for each in readings),
            len(values),
            min(values, default=None),
            max(values, default=None),
            math.fsum(values),
            values[0] if values else None,
            values[-1] if values else None,
            sum(after - before if after >= before else after for before, after in pairwise(values)),
            share_states(states.get(start, {}).items()),
        )
    return made


def rounded(window: Rollup) -> Rollup:
    return msgspec.structs.replace(window, total=round(window.total, 3), increase=round(window.increase, 3))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_tiers_are_what_a_computation_from_scratch_gives_in_any_order_with_any_repeats(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    unique = any_readings(chance)
    arriving = unique + chance.choices(unique, k=len(unique) // 2) if unique else []
    chance.shuffle(arriving)
    batches = chance.randrange(1, 6)
    with tempfile.TemporaryDirectory() as folder:
        stand = Stand(Path(folder), most=chance.choice([70, 20_000]))
        for number in range(batches):
            stand.readings.write(arriving[number::batches])
            stand.catch_up()
        for tier in Tier:
            found = {window.start_s: rounded(window) for window in stand.tier(tier)}
            assert found == scratch(unique, tier)
        stand.close()


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), step_s=st.sampled_from([1, 7, 60, 900, 3_600]))
def test_windows_straight_from_readings_are_what_a_computation_from_scratch_gives(seed: int, step_s: int) -> None:
    readings = any_readings(random.Random(seed))  # noqa: S311 - an order, not a secret
    readings.sort(key=lambda each: (each.captured_at, each.sequence))
    windows = summarise((Sample(to_us(each.captured_at), each.value, each.quality) for each in readings), step_s)
    assert {window.start_s: rounded(window) for window in windows} == scratch(readings, step_s)


def scratch(readings: Sequence[Reading], step_s: int) -> dict[int, Rollup]:
    return {start_s: rounded(window) for start_s, window in from_scratch(readings, step_s).items()}


def test_times_in_the_far_past_and_numbers_without_end_do_no_harm(stand: Stand) -> None:
    stand.readings.write(
        [
            reading(1.0, at=datetime(1960, 1, 1, tzinfo=UTC), sequence=1),
            reading(math.inf, at=at(0), sequence=2),
            reading(-(2**63), at=at(1), sequence=3),
            reading(2**63 - 1, at=at(2), sequence=4),
        ]
    )
    stand.catch_up()
    (minute,) = stand.tier(Tier.MINUTE)
    assert (minute.count, minute.numbers, minute.minimum) == (3, 2, -float(2**63))


@given(st.lists(st.sampled_from([-1.7e308, 1.7e308, 1.1e200, -9e199, 9e199, 1.0]), max_size=12), st.integers(1, 70))
@settings(max_examples=25, deadline=None)
def test_numbers_whose_sum_has_no_end_stop_no_window(values: list[float], every_s: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stand = Stand(Path(folder))
        stand.readings.write([reading(v, at=at(every_s * n), sequence=n) for n, v in enumerate([*values, 1.0])])
        stand.catch_up()
        lines = [encode_rollup_line(each) for each in stand.rollups.read_after(0, 1_000)]
        (hour,) = stand.tier(Tier.HOUR)
        stand.close()
    assert (hour.count, hour.numbers) == (len(values) + 1, sum(abs(value) < 1e200 for value in [*values, 1.0]))
    assert not any(word in line for line in lines for word in ("inf", "nan"))
