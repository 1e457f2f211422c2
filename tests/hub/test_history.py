from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from hub.client import HubClient
from hub.config import StorageSettings
from hub.health import Health
from hub.protocol import Aggregate, Gap, History, HistoryPoint, HistorySteps, StateTime
from hub.storage.database import to_us
from hub.storage.downsampling import Downsampler
from hub.storage.history import MAX_READINGS, Historian, Question, find_gaps
from hub.storage.readings import ReadingsStore
from hub.storage.rollup_points import StoredWindows
from hub.storage.rollups import RollupStore
from hub.storage.tiers import Rollup, Tier
from hub.storage.windows import Windows
from sensors.access import Role
from sensors.clock import ManualClock
from sensors.errors import NotFoundError, UnavailableError
from sensors.model import DeviceKey, Quality, Reading
from tests.hub.quiet_center import FENCE, START, reading
from tests.hub.standing_hub import PASSWORD, standing_hub

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Distance:
    """An InfluxDB far away: gives what it was given, or fails."""

    def __init__(self, readings: list[Reading] | None = None, windows: list[Rollup] | None = None) -> None:
        self.readings, self.given = readings or [], windows or []
        self.stored: list[Rollup] = []
        self.away = False
        self.asked: list[tuple[datetime, datetime]] = []

    def history(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        self._answer(since, until)
        points = [
            HistoryPoint(each.captured_at, each.received_at, each.value, each.quality)
            for each in self.readings
            if since <= each.captured_at < until
        ]
        return History(key, metric, "N", tuple(points[:limit]), len(points) > limit, "influx")

    def rollups(
        self, key: DeviceKey, metric: str, tier: Tier, since: datetime, until: datetime, limit: int
    ) -> StoredWindows:
        del key, metric, tier
        self._answer(since, until)
        return StoredWindows(_between(self.stored, since, until)[:limit], "N", None)

    def windows(
        self, key: DeviceKey, metric: str, tier: Tier, since: datetime, until: datetime, limit: int
    ) -> list[Rollup]:
        del key, metric, tier
        self._answer(since, until)
        return _between(self.given, since, until)[:limit]

    def _answer(self, since: datetime, until: datetime) -> None:
        self.asked.append((since, until))
        if self.away:
            raise UnavailableError("does not answer", subject="influx")


def _between(windows: list[Rollup], since: datetime, until: datetime) -> list[Rollup]:
    first_s, last_s = to_us(since) // 1_000_000, to_us(until) // 1_000_000
    return [each for each in windows if first_s <= each.start_s < last_s]


class Stand:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(START + DAY)
        self.store, self.rollups = ReadingsStore(folder), RollupStore(folder)
        health = Health(START, "none", str(folder))
        self._downsampler = Downsampler(self.store, Windows(folder), self.rollups, health, self.clock)
        self.distance = Distance()

    def take(self, *readings: Reading) -> None:
        self.store.write(readings)
        while self._downsampler.run_once().readings:
            pass

    def historian(self, *, distant: bool = False, raw: int = 0, minute: int = 0, quarter: int = 0) -> Historian:
        kept = StorageSettings(keep_raw_days=raw, keep_1min_days=minute, keep_15min_days=quarter)
        return Historian(self.store, self.rollups, kept, self.clock, self.distance if distant else None)

    def ask(self, historian: Historian, since: datetime, until: datetime, step_s: int = 0) -> HistorySteps:
        return historian.steps(Question(FENCE, "tension", since, until, step_s, Aggregate.MEAN, 2_000))


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(tmp_path)
    yield stand
    stand.store.close()
    stand.rollups.close()


def every(seconds: float, count: int, *, begin: datetime = START) -> list[Reading]:
    return [
        reading(float(number), at=begin + timedelta(seconds=seconds * number), sequence=number)
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("step_s", "used_s", "source"),
    [
        (5, 5, "local"),
        (60, 60, "local-1min"),
        (100, 120, "local-1min"),
        (900, 900, "local-15min"),
        (1_800, 1_800, "local-15min"),
        (3_600, 3_600, "local-1h"),
        (86_400, 86_400, "local-1h"),
    ],
)
def test_the_coarsest_tier_that_answers_the_step_is_asked(stand: Stand, step_s: int, used_s: int, source: str) -> None:
    stand.take(*every(10, 400))
    answer = stand.ask(stand.historian(), START, START + 2 * HOUR, step_s)
    assert (answer.step_s, answer.source, answer.missing, answer.unit) == (used_s, source, "", "N")
    assert sum(step.count for step in answer.steps) == 400
    assert answer.steps[0].minimum == 0.0
    assert answer.steps[-1].maximum == 399.0
    assert all(to_us(step.at) % (used_s * 1_000_000) == 0 for step in answer.steps)


@pytest.mark.parametrize(
    ("span", "step_s"), [(timedelta(minutes=5), 1), (HOUR, 30), (DAY, 300), (7 * DAY, 3_600), (30 * DAY, 21_600)]
)
def test_without_a_step_the_answer_has_some_three_hundred(stand: Stand, span: timedelta, step_s: int) -> None:
    stand.take(*every(10, 2))
    assert stand.ask(stand.historian(), START, START + span).step_s == step_s


def test_every_figure_can_be_the_value(stand: Stand) -> None:
    values = [100.0, 103.0, 2.0, 5.0]
    stand.take(*(reading(value, at=START + timedelta(seconds=40 * n), sequence=n) for n, value in enumerate(values)))
    historian = stand.historian()

    def figures(aggregate: Aggregate, since: datetime = START) -> list[float | None]:
        asked = Question(FENCE, "tension", since, START + HOUR, 60, aggregate, 10)
        return [step.value for step in historian.steps(asked).steps]

    assert figures(Aggregate.MEAN) == [101.5, 2.0, 5.0]
    assert figures(Aggregate.MIN) == [100.0, 2.0, 5.0]
    assert figures(Aggregate.MAX) == [103.0, 2.0, 5.0]
    assert figures(Aggregate.FIRST) == [100.0, 2.0, 5.0]
    assert figures(Aggregate.LAST) == [103.0, 2.0, 5.0]
    assert figures(Aggregate.COUNT) == [2.0, 1.0, 1.0]
    assert figures(Aggregate.GOOD) == [1.0, 1.0, 1.0]
    assert figures(Aggregate.INCREASE) == [3.0, 2.0, 3.0]
    assert figures(Aggregate.INCREASE, START + timedelta(minutes=1)) == [2.0, 3.0]


def test_states_are_answered_by_how_long_they_lasted(stand: Stand) -> None:
    stand.take(reading(True, sequence=1), reading(False, at=START + timedelta(minutes=20), sequence=2))
    answer = stand.ask(stand.historian(), START, START + HOUR, 900)
    assert [step.states for step in answer.steps] == [(StateTime("true", 900.0),), (StateTime("true", 300.0),)]
    assert [(step.value, step.count) for step in answer.steps] == [(None, 1), (None, 1)]
    seconds = stand.ask(stand.historian(), START, START + timedelta(minutes=21), 30)
    assert sum(state.duration_s for step in seconds.steps for state in step.states) == 1200


def test_nothing_is_filled_in_and_silences_are_listed(stand: Stand) -> None:
    later = START + 2 * HOUR
    stand.take(*every(10, 60), *every(10, 60, begin=later))
    answer = stand.ask(stand.historian(), START, later + timedelta(minutes=10), 60)
    assert len(answer.steps) == 20
    assert answer.gaps == (Gap(START + timedelta(minutes=10), later),)
    fine = stand.ask(stand.historian(), START, later + timedelta(minutes=10), 10)
    assert fine.gaps == (Gap(START + timedelta(minutes=10), later),)


def test_a_slow_metric_has_no_gaps_at_its_own_pace(stand: Stand) -> None:
    stand.take(*every(300, 12))
    assert stand.ask(stand.historian(), START, START + HOUR, 60).gaps == ()
    (gap,) = stand.ask(stand.historian(), START, START + 3 * HOUR, 60).gaps
    assert gap.until == START + 3 * HOUR
    assert list(find_gaps([], 60, START, START + HOUR)) == [Gap(START, START + HOUR)]
    assert list(find_gaps([], 60, START, START)) == []


def test_the_future_is_no_gap(stand: Stand) -> None:
    stand.clock = ManualClock(START + timedelta(minutes=10))
    stand.take(*every(10, 60))
    assert stand.ask(stand.historian(), START, START + HOUR, 60).gaps == ()


def test_what_is_cut_says_so(stand: Stand) -> None:
    stand.take(*every(60, 30))
    answer = stand.historian().steps(Question(FENCE, "tension", START, START + HOUR, 60, Aggregate.MEAN, 10))
    assert (len(answer.steps), answer.truncated) == (10, True)
    assert MAX_READINGS >= 100_000


def test_a_metric_nobody_ever_measured_is_not_found(stand: Stand) -> None:
    with pytest.raises(NotFoundError):
        stand.ask(stand.historian(), START, START + HOUR, 60)


def test_a_metric_that_the_tiers_do_not_know_yet_is_answered_from_its_readings(stand: Stand) -> None:
    stand.store.write(every(10, 12))
    answer = stand.ask(stand.historian(), START, START + HOUR, 60)
    assert ([step.count for step in answer.steps], answer.source) == ([6, 6], "local")


def test_what_is_kept_only_in_longer_windows_is_answered_in_longer_steps(stand: Stand) -> None:
    stand.take(*every(10, 400))
    answer = stand.ask(stand.historian(minute=1, quarter=1), START - HOUR, START + 2 * HOUR, 60)
    assert (answer.step_s, answer.source, answer.missing) == (3_600, "local-1h", "")
    assert [step.count for step in answer.steps] == [360, 40]


def test_influx_is_asked_for_what_is_not_kept_here_and_joined_with_what_is(stand: Stand) -> None:
    stand.take(*every(10, 400, begin=START + HOUR))
    stand.distance.readings = every(10, 400, begin=START - HOUR)
    answer = stand.ask(stand.historian(distant=True, minute=1), START - 2 * HOUR, START + 3 * HOUR, 60)
    assert answer.source == "influx+local-1min"
    assert sum(step.count for step in answer.steps) == 360 + 400, "what is kept here is not asked there"
    assert stand.distance.asked[-1] == (START - 2 * HOUR, START)
    stand.distance.given = [Rollup(to_us(START - HOUR) // 1_000_000, 7, 7, 7, 1.0, 2.0, 9.0, 1.0, 2.0, 1.0)]
    answer = stand.ask(stand.historian(distant=True, minute=1), START - 2 * HOUR, START - HOUR / 2, 60)
    assert ([step.count for step in answer.steps], answer.source) == ([7], "influx")


def test_forwarded_windows_are_preferred_and_what_was_before_them_is_made_of_readings(stand: Stand) -> None:
    begins_s = to_us(START - HOUR) // 1_000_000
    stand.take(*every(10, 6, begin=START + 2 * HOUR))
    stand.distance.readings = every(10, 12, begin=START - HOUR)
    stand.distance.stored = [Rollup(begins_s + 60 * number, 5, 5, 5, 1.0, 2.0, 9.0, 1.0, 2.0, 1.0) for number in (0, 1)]
    historian = stand.historian(distant=True, minute=1)
    answer = stand.ask(historian, START - HOUR, START, 60)
    assert ([step.count for step in answer.steps], answer.source, answer.unit) == ([5, 5], "influx-1min", "N")
    stand.distance.readings = every(10, 6, begin=START - 2 * HOUR)
    answer = stand.ask(historian, START - 2 * HOUR, START + 3 * HOUR, 60)
    assert [step.count for step in answer.steps] == [6, 5, 5, 6]
    assert answer.source == "influx+influx-1min+local-1min"


def test_influx_away_is_no_error_and_says_what_is_missing(stand: Stand) -> None:
    stand.take(*every(10, 400))
    stand.distance.away = True
    answer = stand.ask(stand.historian(distant=True, raw=1), START - HOUR, START + HOUR, 10)
    assert "InfluxDB, which does not give it: does not answer" in answer.missing
    assert sum(step.count for step in answer.steps) == 360
    raw = stand.historian(distant=True, raw=1).readings(FENCE, "tension", START - HOUR, START + HOUR, 1_000)
    assert "does not answer" in raw.missing
    assert len(raw.points) == 360


def test_without_influx_it_is_said_what_nobody_keeps(stand: Stand) -> None:
    stand.take(*every(10, 10))
    answer = stand.ask(stand.historian(raw=1, minute=1, quarter=1), START - HOUR, START + HOUR, 10)
    assert answer.missing == ""
    kept = StorageSettings(keep_raw_days=1, keep_1min_days=1, keep_15min_days=1, keep_1h_days=1)
    answer = stand.ask(Historian(stand.store, stand.rollups, kept, stand.clock), START - HOUR, START + HOUR, 60)
    assert "nothing before 2026-03-01 08:00 UTC is kept here" in answer.missing


def test_readings_come_from_influx_where_they_are_not_kept_here(stand: Stand) -> None:
    stand.take(*every(10, 10, begin=START + HOUR))
    stand.distance.readings = every(10, 10, begin=START - HOUR)
    historian = stand.historian(distant=True, raw=1)
    found = historian.readings(FENCE, "tension", START - 2 * HOUR, START + 2 * HOUR, 100)
    assert (len(found.points), found.source, found.truncated) == (20, "influx+local", False)
    cut = historian.readings(FENCE, "tension", START - 2 * HOUR, START + 2 * HOUR, 5)
    assert (len(cut.points), cut.source, cut.truncated) == (5, "influx", True)
    whole = historian.readings(FENCE, "tension", START - 2 * HOUR, START + 2 * HOUR, 10)
    assert (len(whole.points), whole.source, whole.truncated) == (10, "influx", True)
    here = historian.readings(FENCE, "tension", START, START + 2 * HOUR, 100)
    assert (len(here.points), here.source) == (10, "local")


def test_a_metric_that_changed_its_unit_is_not_mixed(stand: Stand) -> None:
    stand.take(*(msgspec.structs.replace(each, unit="kN") for each in every(10, 5)))
    stand.take(*every(10, 5, begin=START + HOUR))
    answer = stand.ask(stand.historian(), START, START + 2 * HOUR, 60)
    assert (answer.unit, answer.missing) == ("N", "measured in kN before")
    assert sum(step.count for step in answer.steps) == 5


async def test_the_api_answers_steps_and_refuses_what_makes_no_sense(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, HubClient(hub.url) as client:
        await client.sign_in(Role.VIEWER.value, PASSWORD)
        hub.measure(FENCE, tension=812.5)
        await hub.facade.devices()
        answer = await client.history_steps(FENCE, "tension", step_s=60, aggregate=Aggregate.MAX)
        assert [(step.value, step.count) for step in answer.steps] == [(812.5, 1)]
        assert (answer.unit, answer.source, answer.aggregate) == ("N", "local", Aggregate.MAX)
        path = "/api/v1/devices/kordai/fence-1/history"
        async with httpx.AsyncClient(
            base_url=hub.url, trust_env=False, headers={"Authorization": f"Bearer {client.token}"}, timeout=60
        ) as http:
            for query, word in (("step=-1", "step"), ("aggregate=median", "aggregate"), ("steps=1", "steps")):
                reply = await http.get(f"{path}/tension?{query}")
                assert reply.status_code == 400
                assert word in reply.json()["detail"]
            until = datetime.now(UTC) - DAY
            reply = await http.get(f"{path}/tension", params={"until": until.isoformat(), "step": 60})
            assert reply.json()["steps"] == []
            assert len(reply.json()["gaps"]) == 1
            assert (await http.get(f"{path}/nothing")).status_code == 404


def test_bad_readings_count_without_a_figure(stand: Stand) -> None:
    stand.take(msgspec.structs.replace(reading(-9999.0), quality=Quality.BAD))
    (step,) = stand.ask(stand.historian(), START, START + HOUR, 60).steps
    assert (step.count, step.value, step.good_fraction) == (1, None, 0.0)
