"""Every fault of what devices say, as the hub sees it: through the real dialect, into the real center."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.decisions.conduct import REPORT_INTERVAL_S
from hub.storage.readings import ReadingsStore
from sensors.dialects.native import Sample, encode_data
from sensors.model import Birth, Metric, MetricType, Names, Quality, Reading
from sensors.topics import Leaf
from simulators.faults.telemetry import MOST_HELD, Telemetry, Utterance
from simulators.scenario.telemetry_actions import (
    ClockSkew,
    DataCorrupt,
    DataDelay,
    DataDrop,
    DataDuplicate,
    DataFlood,
    DataReorder,
    DataResume,
    TelemetryAction,
    ValueDrift,
    ValueImpossible,
    ValueStuck,
)
from tests.hub.quiet_center import FENCE, FENCE_BIRTH, QuietCenter, device

_METER = device("meter-1")
_METRICS = (
    Metric("mode", MetricType.TEXT),
    Metric("level", MetricType.NUMBER, minimum=0, maximum=100),
    Metric("cycles_total", MetricType.COUNTER, minimum=0),
)
_BIRTH = Birth("meter", Names(en="Meter"), metrics=_METRICS)
_CONDUCT = {
    "clock_skew", "reading_rate", "samples_skipped_total", "samples_late_total", "messages_refused_total",
}  # fmt: skip


def _telemetry(seed: int = 7) -> Telemetry:
    return Telemetry(f"{seed}/kordai", {_METER.device: _METRICS})


class _Hearing:
    """A meter that measures once a second, its faults, and the hub that hears what comes through."""

    def __init__(self) -> None:
        self.center = QuietCenter()
        self.center.bear(_METER, _BIRTH)
        self.telemetry = _telemetry()
        self.readings: list[Reading] = []
        self._number = 100

    def act(self, action: TelemetryAction) -> None:
        self.telemetry.act(action, self.center.clock.now())

    def run(self, seconds: int, *, level: float = 20.0) -> None:
        for _ in range(seconds):
            self.center.clock.advance(1.0)
            now = self.center.clock.now()
            self._number += 1
            sample = Sample(now, self._number, {"level": level + self._number % 7, "cycles_total": self._number})
            self._hear([*self.telemetry.late(now), *self.telemetry.say(_METER.device, sample, now)])

    def _hear(self, utterances: list[Utterance]) -> None:
        for device_id, sample, garbled in utterances:
            assert device_id == _METER.device
            payload = encode_data(sample.at, sample.seq, sample.values) if garbled is None else garbled
            self.readings += self.center.hear(_METER, Leaf.DATA, payload).readings

    def conduct(self) -> dict[str, float]:
        """What the hub has found about how the meter speaks, its newest words."""
        said = {each.metric: each.value for each in self.readings if each.metric in _CONDUCT}
        return {metric: float(value) for metric, value in said.items()}

    def levels(self) -> list[Reading]:
        return [each for each in self.readings if each.metric == "level"]


@pytest.fixture
def hearing() -> _Hearing:
    hearing = _Hearing()
    hearing.run(5)
    hearing.readings.clear()
    return hearing


_MINUTES = 3 * int(REPORT_INTERVAL_S)


def test_without_a_fault_everything_passes_as_it_was_measured(hearing: _Hearing) -> None:
    hearing.run(_MINUTES)
    assert len(hearing.levels()) == _MINUTES
    assert hearing.conduct() == {}


def test_dropped_samples_leave_gaps_in_their_numbers(hearing: _Hearing) -> None:
    hearing.act(DataDrop(site="kordai", share=0.25, duration_s=_MINUTES - 30))
    hearing.run(_MINUTES)
    lost = _MINUTES - len(hearing.levels())
    assert hearing.telemetry.dropped_total == lost
    assert 0.12 * _MINUTES < lost < 0.32 * _MINUTES
    assert hearing.conduct()["samples_skipped_total"] == lost


def test_delayed_samples_make_the_clock_look_wrong_and_none_is_lost(hearing: _Hearing) -> None:
    hearing.act(DataDelay(site="kordai", delay_s=40, duration_s=100))
    hearing.run(_MINUTES)
    assert len(hearing.levels()) == _MINUTES
    assert max(each.received_at - each.captured_at for each in hearing.levels()) >= timedelta(seconds=40)
    hearing.act(DataDelay(site="kordai", delay_s=40, duration_s=1_000))
    hearing.run(_MINUTES)
    assert hearing.conduct()["clock_skew"] == -40.0
    assert [(alarm.metric, alarm.limit) for alarm in hearing.center.alarms] == [("clock_skew", "behind")]


def test_jitter_brings_samples_out_of_order(hearing: _Hearing) -> None:
    hearing.act(DataDelay(site="kordai", delay_s=1, jitter_s=8))
    hearing.run(_MINUTES)
    assert hearing.conduct()["samples_late_total"] > 10
    assert len(hearing.levels()) == _MINUTES


def test_duplicates_are_stored_once(hearing: _Hearing, tmp_path: Path) -> None:
    hearing.act(DataDuplicate(site="kordai", share=1.0, copies=2, duration_s=50))
    hearing.run(_MINUTES)
    assert len(hearing.levels()) == _MINUTES + 2 * 49
    store = ReadingsStore(tmp_path)
    outcome = store.write(hearing.levels())
    store.close()
    assert (outcome.stored, outcome.duplicates) == (_MINUTES, 2 * 49)


def test_reordered_samples_come_after_the_next_one(hearing: _Hearing) -> None:
    hearing.act(DataReorder(site="kordai", share=0.3, duration_s=_MINUTES - 30))
    hearing.run(_MINUTES)
    assert len(hearing.levels()) == _MINUTES
    late = hearing.conduct()["samples_late_total"]
    assert late == hearing.conduct()["samples_skipped_total"]
    assert 0.1 * _MINUTES < late < 0.35 * _MINUTES


def test_corrupt_messages_are_refused_and_counted_and_never_believed(hearing: _Hearing) -> None:
    hearing.act(DataCorrupt(site="kordai", share=0.5, duration_s=_MINUTES - 30))
    hearing.run(_MINUTES)
    refused = _MINUTES - len(hearing.levels())
    assert 0.3 * _MINUTES < refused < 0.6 * _MINUTES
    assert hearing.center.state.rejections.total == refused
    hearing.run(_MINUTES)
    assert hearing.conduct()["messages_refused_total"] == refused
    assert all(each.value == 20.0 + each.sequence % 7 for each in hearing.levels())


def test_a_flood_is_refused_and_said_and_others_are_heard(hearing: _Hearing) -> None:
    center = hearing.center
    center.bear(FENCE, FENCE_BIRTH)
    center.state.settings = replace(center.state.settings, device_readings_per_s=100.0)
    hearing.act(DataFlood(site="kordai", device="meter-1", per_s=500, duration_s=20))
    hearing.run(70)
    assert hearing.conduct()["reading_rate"] >= 100.0
    assert "readings a second" in center.state.rejections.newest(1)[0].reason
    assert len(center.measure(FENCE, {"tension": 10.0}).readings) == 1
    numbers = Counter(each.sequence for each in hearing.levels())
    assert max(numbers.values()) == 1


def test_a_mild_flood_is_taken_in_whole_and_the_numbers_go_on_behind_it(hearing: _Hearing) -> None:
    hearing.act(DataFlood(site="kordai", device="meter-1", per_s=20, duration_s=30))
    hearing.run(_MINUTES)
    assert len(hearing.levels()) == _MINUTES + 20 * 29
    numbers = [each.sequence for each in hearing.levels()]
    assert sorted(numbers) == list(range(min(numbers), min(numbers) + len(numbers)))


@pytest.mark.parametrize(("skew_s", "limit"), [(90.0, "ahead"), (-90.0, "behind")])
def test_a_wrong_clock_is_an_alarm(hearing: _Hearing, skew_s: float, limit: str) -> None:
    hearing.act(ClockSkew(site="kordai", skew_s=skew_s, duration_s=3600))
    hearing.run(_MINUTES)
    assert hearing.conduct()["clock_skew"] == skew_s
    assert [alarm.limit for alarm in hearing.center.alarms] == [limit]
    assert {each.quality for each in hearing.levels()} == {Quality.UNCERTAIN if skew_s > 60 else Quality.GOOD}


def test_a_clock_that_drifts_runs_away(hearing: _Hearing) -> None:
    hearing.act(ClockSkew(site="kordai", skew_s=0, drift_s_per_h=3600, duration_s=3600))
    hearing.run(100)
    ahead = [(each.captured_at - each.received_at).total_seconds() for each in hearing.levels()]
    assert ahead == [float(second) for second in range(1, 101)]


def test_a_stuck_sensor_repeats_itself_while_its_numbers_go_on(hearing: _Hearing) -> None:
    hearing.act(ValueStuck(site="kordai", device="meter-1", metric="level", duration_s=60))
    hearing.run(59)
    assert len({each.value for each in hearing.levels()}) == 1
    assert len({each.value for each in hearing.readings if each.metric == "cycles_total"}) == 59
    hearing.run(60)
    assert len({each.value for each in hearing.levels()}) == 7
    hearing.readings.clear()
    hearing.act(ValueStuck(site="kordai", device="meter-1"))
    hearing.run(59)
    assert len({each.value for each in hearing.readings}) == 2


def test_an_impossible_value_is_stored_as_uncertain(hearing: _Hearing) -> None:
    hearing.act(ValueImpossible(site="kordai", device="meter-1"))
    hearing.run(10)
    assert {(each.value, each.quality) for each in hearing.levels()} == {(200.0, Quality.UNCERTAIN)}
    hearing.act(DataResume(site="kordai"))
    hearing.act(ValueImpossible(site="kordai", device="meter-1", metric="cycles_total", value=-1e12))
    hearing.readings.clear()
    hearing.run(10)
    assert {each.value for each in hearing.readings if each.metric == "cycles_total"} == {-1e12}
    assert {each.quality for each in hearing.levels()} == {Quality.GOOD}


def test_a_drifting_sensor_runs_away_from_the_truth(hearing: _Hearing) -> None:
    hearing.act(ValueDrift(site="kordai", device="meter-1", per_h=3600.0, duration_s=3600))
    hearing.run(100)
    drift = [float(each.value) - (20.0 + each.sequence % 7) for each in hearing.levels()]
    assert drift == [float(second) for second in range(1, 101)]
    assert hearing.levels()[-1].quality is Quality.UNCERTAIN


def test_what_was_held_back_leaves_when_all_is_well_again(hearing: _Hearing) -> None:
    hearing.act(DataDelay(site="kordai", device="meter-1", delay_s=3600, duration_s=3600))
    hearing.run(20)
    assert not hearing.levels()
    hearing.act(DataResume(site="kordai", device="meter-2"))
    hearing.run(1)
    assert not hearing.levels()
    hearing.act(DataResume(site="kordai", device="meter-1"))
    hearing.run(1)
    assert len(hearing.levels()) == 22


def test_a_fault_of_another_device_is_none_of_this_one(hearing: _Hearing) -> None:
    hearing.act(DataDrop(site="kordai", device="meter-2", share=1.0))
    hearing.run(30)
    assert len(hearing.levels()) == 30


_START = datetime(2026, 11, 23, 6, tzinfo=UTC)
_SHARE = st.floats(0.001, 1)
_WHO = st.sampled_from([None, "meter-1", "meter-2"])
_METRIC = st.sampled_from([None, "level", "mode", "cycles_total", "nothing"])
_NUMBER = st.floats(-1e12, 1e12)
_OF = {"site": st.just("kordai"), "duration_s": st.floats(0, 86_400)}
_NAMED = {**_OF, "device": st.just("meter-1")}
_ANY = st.one_of(
    st.builds(DataDrop, **_OF, device=_WHO, share=_SHARE),
    st.builds(DataDelay, **_OF, device=_WHO, delay_s=st.floats(0, 3600), jitter_s=st.floats(0, 3600)),
    st.builds(DataDuplicate, **_OF, device=_WHO, share=_SHARE, copies=st.integers(1, 10)),
    st.builds(DataReorder, **_OF, device=_WHO, share=_SHARE),
    st.builds(DataCorrupt, **_OF, device=_WHO, share=_SHARE),
    st.builds(DataFlood, **_NAMED, per_s=st.floats(1, 50)),
    st.builds(
        ClockSkew, **_OF, device=_WHO, skew_s=st.floats(-31_536_000, 31_536_000), drift_s_per_h=st.floats(-3600, 3600)
    ),
    st.builds(ValueStuck, **_NAMED, metric=_METRIC),
    st.builds(ValueImpossible, **_NAMED, metric=_METRIC, value=st.none() | _NUMBER),
    st.builds(ValueDrift, **_NAMED, metric=_METRIC, per_h=_NUMBER),
    st.builds(DataResume, site=st.just("kordai"), device=_WHO),
)


def _run(actions: list[tuple[float, TelemetryAction]], steps_s: list[float]) -> list[Utterance]:
    telemetry, waiting, at_s, said = _telemetry(), sorted(actions, key=lambda each: each[0]), 0.0, list[Utterance]()
    for number, step_s in enumerate(steps_s):
        at_s += step_s
        now = _START + timedelta(seconds=at_s)
        while waiting and waiting[0][0] <= at_s:
            telemetry.act(waiting.pop(0)[1], now)
        said += telemetry.late(now)
        said += telemetry.say(
            _METER.device, Sample(now, number, {"mode": "on", "level": 4.5, "cycles_total": number}), now
        )
    return said


@given(
    st.lists(st.tuples(st.floats(0, 200), _ANY), max_size=8),
    st.lists(st.floats(0, 30), min_size=1, max_size=20),
)
def test_whatever_is_asked_for_is_repeatable_and_can_be_encoded(
    actions: list[tuple[float, TelemetryAction]], steps_s: list[float]
) -> None:
    said = _run(actions, steps_s)
    assert said == _run(actions, steps_s)
    for utterance in said:
        assert encode_data(utterance.sample.at, utterance.sample.seq, utterance.sample.values)


def test_what_is_held_back_is_bounded() -> None:
    telemetry = _telemetry()
    telemetry.act(DataDelay(site="kordai", delay_s=3600, duration_s=3600), _START)
    for number in range(MOST_HELD + 3):
        telemetry.say(_METER.device, Sample(_START, number, {"level": 1.0}), _START)
    assert telemetry.dropped_total == 3
    assert len(telemetry.late(_START + timedelta(hours=2))) == MOST_HELD
