"""How a device speaks is measured, said as its own metrics, and bounded; others are not harmed by it."""

from datetime import timedelta
from pathlib import Path

import pytest

from hub.decisions.conduct import BURST_S, REPORT_INTERVAL_S
from hub.decisions.state import Effects
from hub.protocol import AlarmState
from hub.storage.readings import ReadingsStore
from sensors.dialects import native
from sensors.model import Birth, DeviceKey, Metric, MetricType, Names, Quality, Value
from sensors.topics import Leaf
from tests.hub.quiet_center import CAMERA, FENCE, FENCE_BIRTH, GATEWAY, START, QuietCenter, device, reading

METER = device("meter-1")
METER_BIRTH = Birth("meter", Names(en="Meter"), metrics=(Metric("level", MetricType.NUMBER),))


def said(effects: Effects, key: DeviceKey = METER) -> dict[str, object]:
    return {each.metric: each.value for each in effects.readings if each.key == key and each.metric != "level"}


def report(
    center: QuietCenter, key: DeviceKey = METER, ahead_s: float = 0.0, sequence: int = 10**6
) -> dict[str, object]:
    """The next sample after the interval, and what the hub finds beside it."""
    center.clock.advance(REPORT_INTERVAL_S)
    at = center.clock.now() + timedelta(seconds=ahead_s)
    return said(center.measure(key, {"level": 1.0}, at=at, sequence=sequence), key)


def meter(*sequences: int) -> QuietCenter:
    center = QuietCenter()
    center.bear(METER, METER_BIRTH)
    for sequence in sequences:
        center.clock.advance(1.0)
        center.measure(METER, {"level": float(sequence)}, sequence=sequence)
    return center


def test_numbers_that_are_skipped_and_samples_that_come_late_are_counted() -> None:
    center = meter(10, 11, 15, 13, 16)
    assert report(center, sequence=17) == {"samples_skipped_total": 3, "samples_late_total": 1}
    assert report(center, sequence=18) == {}
    assert report(center, sequence=20) == {"samples_skipped_total": 4}


def test_a_counter_that_begins_anew_is_no_gap() -> None:
    center = meter(2_000_000, 2_000_001)
    center.bear(METER, METER_BIRTH)
    assert report(center, sequence=5) == {}
    assert report(center, sequence=3_000_000) == {}


def test_the_clock_is_judged_by_its_quickest_sample_and_a_wrong_one_is_an_alarm_of_low_priority() -> None:
    center = meter()
    for delay_s in (9.0, 4.0, 6.0):
        center.clock.advance(1.0)
        center.measure(METER, {"level": 1.0}, at=center.clock.now() - timedelta(seconds=delay_s))
    assert report(center, ahead_s=-5.0)["clock_skew"] == -4.0
    assert report(center, ahead_s=45.0)["clock_skew"] == 45.0
    (alarm,) = center.alarms
    assert (alarm.metric, alarm.limit, alarm.state) == ("clock_skew", "ahead", AlarmState.UNACKNOWLEDGED)
    assert report(center, ahead_s=0.5)["clock_skew"] == 0.5
    assert center.alarms[0].state is AlarmState.RETURNED


def test_what_speaks_through_a_gateway_with_a_wrong_clock_raises_no_alarm_of_its_own() -> None:
    center = QuietCenter()
    center.bear(GATEWAY, Birth("gateway", Names(), metrics=METER_BIRTH.metrics))
    center.bear(METER, Birth("meter", Names(), metrics=METER_BIRTH.metrics, via="gateway"))
    for key in (GATEWAY, METER):
        center.measure(key, {"level": 1.0}, at=center.clock.now() + timedelta(hours=1))
        assert report(center, key, ahead_s=3600.0)["clock_skew"] == 3600.0
    assert [alarm.key for alarm in center.alarms] == [GATEWAY]


def test_a_metric_that_a_device_itself_calls_so_is_its_own() -> None:
    center = QuietCenter()
    own = Metric("clock_skew", MetricType.NUMBER, unit="ms")
    center.bear(METER, Birth("meter", Names(), metrics=(own, *METER_BIRTH.metrics)))
    center.measure(METER, {"level": 1.0}, at=center.clock.now() + timedelta(hours=1), sequence=1)
    assert report(center, ahead_s=3600.0, sequence=2) == {}
    assert center.state.registry.devices[METER].metrics["clock_skew"] == own


def test_samples_of_a_camera_are_not_counted_because_more_than_one_wall_may_number_them() -> None:
    center = QuietCenter()
    center.bear(CAMERA, Birth("camera", Names(), metrics=METER_BIRTH.metrics))
    for sequence in (10, 700, 11, 701):
        center.measure(CAMERA, {"level": 1.0}, sequence=sequence)
    assert report(center, CAMERA) == {}


def test_what_a_device_says_too_much_is_refused_and_counted_and_others_are_heard() -> None:
    center = meter()
    center.bear(FENCE, FENCE_BIRTH)
    limit = center.state.settings.device_readings_per_s
    backlog: dict[str, Value] = {f"m{number}": 1.0 for number in range(200)}
    stored = sum(len(center.measure(METER, backlog).readings) for _ in range(int(limit * BURST_S / 200) + 50))
    assert stored == limit * BURST_S
    assert center.state.rejections.total == 50
    assert "readings a second" in center.state.rejections.newest(1)[0].reason
    assert len(center.measure(FENCE, {"tension": 10.0}).readings) == 1
    found = report(center)
    assert found["messages_refused_total"] == 50
    assert found["reading_rate"] == round((stored + 1) / REPORT_INTERVAL_S, 1)


def flood(center: QuietCenter, payload: bytes, bound: int = 2_000) -> int:
    """As many of these samples of the meter as are read in vain before one is refused unread."""
    for number in range(bound):
        center.hear(METER, Leaf.DATA, payload)
        if any("unread" in each.reason for each in center.state.rejections.newest(1)):
            return number
    raise AssertionError


LARGE = native.encode_backlog(
    [native.Sample(START - timedelta(days=1), number, {f"m{each}": 1.5 for each in range(19)}) for number in range(999)]
)


@pytest.mark.parametrize(
    "payload",
    [LARGE, LARGE[:-1], b'{"at":"2026-11-23T06:00:00Z","seq":1,"values":{}' + b" " * 200_000 + b"}", b"[" * 200_000],
    ids=["too much", "half", "nothing", "malformed"],
)
def test_what_is_read_in_vain_is_bounded_and_the_rest_is_refused_unread(payload: bytes) -> None:
    center = meter()
    center.bear(FENCE, FENCE_BIRTH)
    assert flood(center, payload) <= center.state.settings.device_readings_per_s * BURST_S // 18_000 + 6
    refused = center.state.rejections.total
    for _ in range(100):
        assert not center.hear(METER, Leaf.DATA, payload).readings
    assert center.state.rejections.total == refused + 100
    assert len(center.measure(FENCE, {"tension": 10.0}).readings) == 1
    assert center.hear(METER, Leaf.STATE, native.encode_state(online=False, since=START)).live
    center.clock.advance(1.0)
    assert len(center.measure(METER, {"level": 1.0}).readings) == 1
    center.clock.advance(3_600.0)
    center.hear(METER, Leaf.DATA, b"{")
    assert "unread" not in center.state.rejections.newest(1)[0].reason


def test_a_device_that_always_says_too_much_is_heard_as_much_as_ever() -> None:
    center, crowd = meter(), {f"m{number}": 1.0 for number in range(200)}
    limit, stored, sent = center.state.settings.device_readings_per_s, 0, 0
    while sent < 10 * limit * BURST_S:
        center.clock.advance(200 / limit / 3)
        stored += len(center.measure(METER, dict(crowd)).readings)
        sent += 200
    assert "unread" in {each.reason.rpartition(" ")[2] for each in center.state.rejections.newest(100)}
    assert stored >= 0.99 * limit * (BURST_S + sent / limit / 3)


def test_what_waited_for_the_hub_is_taken_in_at_once_however_much_it_is() -> None:
    center = meter()
    backlog: dict[str, Value] = {f"m{number}": 1.0 for number in range(200)}
    limit = center.state.settings.device_readings_per_s
    began = center.clock.now() - timedelta(hours=1)
    messages = int(3 * limit * BURST_S / 200)
    for number in range(messages):
        at = began + timedelta(hours=1) * number / messages
        assert len(center.measure(METER, backlog, at=at, sequence=number).readings) == 200
    for number in range(messages):
        at = began + timedelta(hours=1) * number / messages
        sample = native.Sample(at, messages + number, dict[str, Value | None](backlog))
        assert len(center.hear(METER, Leaf.DATA, native.encode_backlog([sample])).readings) == 200
    assert center.state.rejections.total == 0


def test_a_device_cannot_buy_itself_time_by_moving_its_clock_about() -> None:
    center = meter()
    crowd: dict[str, Value] = {f"m{number}": 1.0 for number in range(200)}
    times = [center.clock.now() - timedelta(days=days) for days in (9, 1, 9, 1)] + [
        center.clock.now() + timedelta(days=1)
    ]
    stored = sum(len(center.measure(METER, crowd, at=times[number % 5]).readings) for number in range(2_000))
    assert stored <= 2 * center.state.settings.device_readings_per_s * BURST_S


def test_bad_input_is_counted_for_the_device_it_came_from() -> None:
    center = meter(1)
    for _ in range(3):
        center.take(center.message("shekara/v1/kordai/meter-1/data", b"{"))
    center.take(center.message("shekara/v1/kordai/fence-1/data", b"{"))
    assert report(center, sequence=2) == {"messages_refused_total": 3}


def test_a_sample_is_uncertain_when_its_time_cannot_be_and_is_stored_with_both_times() -> None:
    center = meter()
    ahead = center.measure(METER, {"level": 1.0}, at=START + timedelta(hours=2)).readings[0]
    assert (ahead.quality, ahead.captured_at - ahead.received_at) == (Quality.UNCERTAIN, timedelta(hours=2))
    never_set = center.measure(METER, {"level": 1.0}, at=START.replace(year=1970)).readings[0]
    assert never_set.quality is Quality.UNCERTAIN


def test_the_store_says_whose_readings_it_had_already(tmp_path: Path) -> None:
    store = ReadingsStore(tmp_path)
    first, second, third = (reading(float(number), sequence=number) for number in range(3))
    assert store.write([first, second]).repeated == {}
    outcome = store.write([second, third, third, first])
    assert (outcome.stored, outcome.duplicates, outcome.repeated) == (1, 3, {FENCE: 3})
    store.close()
    center = meter(1)
    center.center.count_repeated({METER: 3, FENCE: 1})
    assert report(center, sequence=2) == {"readings_repeated_total": 3}
