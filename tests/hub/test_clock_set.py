"""The hub's clock is set while it runs: what is timed, or judged by times, goes on as it should."""

import json

import pytest

from hub.decisions.dialects import Dialects
from hub.protocol import AlarmState
from sensors.catalog import PictureState
from sensors.dialects.home_assistant import HomeAssistant
from sensors.model import Birth, DeviceKey, Names, Quality, SiteId
from sensors.topics import wall_key
from tests.hub.quiet_center import CAMERA, FENCE, FENCE_BIRTH, QuietCenter
from videowall.board import decode_board
from videowall.centre.report import wall_birth
from videowall.plan import Canvas

HOURS_S = 5 * 3600.0
TOPIC = "post/motion"


@pytest.mark.parametrize("by_s", [HOURS_S, -HOURS_S])
def test_a_wrong_clock_of_the_hub_says_nothing_of_devices_once_it_is_set_right(by_s: float) -> None:
    center = QuietCenter()
    center.bear(FENCE, FENCE_BIRTH)

    def report(number: int, off_s: float) -> None:
        center.clock.advance(61)
        at = center.clock.now()
        center.clock.advance(0.5)
        center.clock.step(off_s)
        center.measure(FENCE, {"tension": 1.0}, at=at, sequence=number)
        center.clock.step(-off_s)

    report(1, by_s)
    report(2, by_s)
    assert [(alarm.metric, alarm.state) for alarm in center.alarms] == [("clock_skew", AlarmState.UNACKNOWLEDGED)]
    report(3, 0.0)
    assert [alarm.state for alarm in center.alarms] == [AlarmState.RETURNED]


def test_a_picture_is_not_counted_as_live_for_hours_because_the_clock_was_set_back() -> None:
    center = QuietCenter()
    center.bear(wall_key("main"), wall_birth("main", Names(), Canvas(), ""))
    center.bear(CAMERA, Birth("camera", Names()))
    center.measure(CAMERA, {"picture": PictureState.LIVE.value}, observer="main")
    center.clock.step(-HOURS_S)
    boards = [each.payload for each in center.wait(60).outgoing if each.topic.endswith("/board")]
    assert [site.cameras_live for site in decode_board(boards[-1]).sites] == [0]


def watched_by_home_assistant(**how: float) -> tuple[QuietCenter, DeviceKey]:
    """A detector that says once that it sees somebody."""
    center = QuietCenter(dialects=Dialects((HomeAssistant({"homeassistant": SiteId("kordai")}),)))
    config = {"name": "Motion", "uniq_id": "motion-1", "stat_t": TOPIC, "dev_cla": "motion", "dev": {"ids": "m1"}}
    said = json.dumps(config | how).encode()
    center.take(center.message("homeassistant/binary_sensor/motion/config", said))
    center.wait(6)
    center.take(center.message(TOPIC, b"ON"))
    (key,) = center.state.registry.devices
    return center, key


def motion(center: QuietCenter, key: DeviceKey) -> tuple[object, Quality]:
    (view,) = [view for view in center.state.values.views if view.key == key and view.metric == "motion-1"]
    return view.value, view.quality


@pytest.mark.parametrize("by_s", [HOURS_S, -HOURS_S])
@pytest.mark.parametrize(
    ("how", "after"), [({"expire_after": 60}, (True, Quality.BAD)), ({"off_delay": 60}, (False, Quality.GOOD))]
)
def test_what_expires_does_so_in_its_time_whatever_becomes_of_the_hubs_clock(
    by_s: float, how: dict[str, float], after: tuple[object, Quality]
) -> None:
    center, key = watched_by_home_assistant(**how)
    center.wait(30)
    center.clock.step(by_s)
    center.wait(29)
    assert motion(center, key) == (True, Quality.GOOD)
    center.wait(2)
    assert motion(center, key) == after
    center.take(center.message(TOPIC, b"ON"))
    center.clock.step(-by_s)
    center.wait(59)
    assert motion(center, key) == (True, Quality.GOOD)
    center.wait(2)
    assert motion(center, key) == after
