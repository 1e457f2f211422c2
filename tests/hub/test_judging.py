"""What the alarm engine is shown when no new value has come, but an order, a dead link or an update."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from hub.decisions.records import Changes
from hub.protocol import AlarmState
from hub.requests import Approve
from sensors.model import Birth, Names, Quality
from tests.hub.keeping_center import approved, restarted
from tests.hub.quiet_center import FENCE, FENCE_BIRTH, GATEWAY, TOO_HIGH, QuietCenter


def test_what_a_device_said_before_it_was_approved_may_be_an_alarm_from_then_on() -> None:
    center = QuietCenter(approve_all=False)
    center.bear(FENCE, FENCE_BIRTH)
    center.measure(FENCE, {"tension": 50.0})
    center.wait(60)
    center.ask(Approve(FENCE, "marat", ""))
    (alarm,) = center.alarms
    assert (alarm.value, alarm.state) == (50.0, AlarmState.UNACKNOWLEDGED)


@pytest.mark.parametrize("how", ["bad", "memory", "offline", "before its birth"])
def test_what_is_not_known_of_now_is_no_alarm_when_a_device_is_approved(how: str) -> None:
    center = QuietCenter(approve_all=False)
    center.bear(FENCE, FENCE_BIRTH)
    quality = {"tension": Quality.BAD} if how == "bad" else None
    center.measure(FENCE, {"tension": 50.0}, quality=quality, retained=how == "memory")
    if how == "offline":
        center.say_state(FENCE, online=False)
    if how == "before its birth":
        center.bear(FENCE, replace(FENCE_BIRTH, firmware="2"))
    center.wait(1)
    center.ask(Approve(FENCE, "marat", ""))
    assert [alarm for alarm in center.alarms if alarm.metric == "tension"] == []


def test_an_alarm_whose_limit_an_update_of_the_hub_knows_no_more_is_over(tmp_path: Path) -> None:
    center = approved(FENCE_BIRTH)
    center.measure(FENCE, {"tension": 50.0})
    center.clock.advance(61)
    center.measure(FENCE, {"tension": 50.0}, at=center.clock.now() - timedelta(minutes=10))
    assert {alarm.metric for alarm in center.alarms} == {"tension", "clock_skew"}
    (metric, mode) = FENCE_BIRTH.metrics
    without = replace(FENCE_BIRTH, metrics=(replace(metric, limits=(replace(TOO_HIGH, id="much-too-high"),)), mode))
    center.kept.append(Changes(devices={FENCE: replace(center.state.registry.devices[FENCE].record(), birth=without)}))
    after = restarted(center, tmp_path)
    after.center.begin(after.now)
    assert {alarm.metric: alarm.state for alarm in after.alarms} == {
        "tension": AlarmState.RETURNED,
        "clock_skew": AlarmState.UNACKNOWLEDGED,
    }


def test_a_device_that_fell_silent_just_before_its_gateway_was_gone_is_no_alarm_of_its_own() -> None:
    center = QuietCenter()
    center.bear(GATEWAY, Birth("gateway", Names()))
    center.say_state(GATEWAY, online=True)
    center.bear(FENCE, replace(FENCE_BIRTH, via="gateway", silence_s=60.0))
    center.wait(61)
    center.wait(1)
    center.say_state(GATEWAY, online=False)
    for _ in range(10):
        center.wait(1)
    assert [(alarm.key, alarm.metric) for alarm in center.alarms] == [(GATEWAY, "liveness")]
