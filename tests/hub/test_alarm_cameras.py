"""Alarms and the cameras that see them: as they come, go, are masked, exchanged, cut off, or looked at no more."""

import json

import pytest
from msgspec.structs import replace

from hub.decisions.dialects import Dialects
from hub.protocol import AlarmRule, AlarmState, CameraView, WallRequest
from hub.requests import Acknowledge, Approve, ChangeWall, Propose, Refuse, SetView
from sensors.catalog import PictureState
from sensors.dialects.onvif_events import OnvifEvents, Place
from sensors.model import Birth, Condition, DeviceKey, Limit, Metric, MetricType, Names, Priority, Stream, StreamRole
from sensors.topics import wall_key
from tests.hub.quiet_center import CAMERA, FENCE, FENCE_BIRTH, GATEWAY, QuietCenter, alarms_of, device
from videowall.centre.report import wall_birth
from videowall.plan import Canvas, Feed, Mask

SEES_FENCE = Birth("camera", Names(en="Gate"), covers=("fence-1",), presets=("fence",))
MASK = Mask(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)))
CAMERAS = tuple(device(f"cam-{number}") for number in range(16))
CUT = Limit("cut", Condition.EQUALS, True, Priority.CRITICAL, Names(en="Cut"))


def lit(center: QuietCenter) -> list[Feed]:
    return [light.feed for light in center.state.walls.plans["main"].spotlights]


def over_but_shown(least_s: float = 10.0) -> QuietCenter:
    """An alarm that is over, whose camera keeps the spot for a while and has no tile beside it."""
    center = QuietCenter()
    center.bear(FENCE, FENCE_BIRTH)
    center.bear(CAMERA, SEES_FENCE)
    center.ask(ChangeWall("main", WallRequest(sites=("elsewhere",), alarms=AlarmRule(least_s=least_s)), "aigul"))
    center.measure(FENCE, {"tension": 50.0})
    center.ask(Acknowledge(center.alarms[0].occurrence, "aigul", ""))
    center.measure(FENCE, {"tension": 10.0})
    assert not center.alarms
    center.wait(1)
    assert [feed.key for feed in lit(center)] == [CAMERA]
    return center


def posts_cameras(center: QuietCenter, via: str | None = None) -> None:
    for key in CAMERAS:
        center.bear(key, Birth("camera", Names(), via=via))
    say(center, PictureState.LIVE)


def say(center: QuietCenter, state: PictureState) -> None:
    for key in CAMERAS:
        center.measure(key, {"picture": state.value})


def seen_by(center: QuietCenter) -> tuple[DeviceKey, ...]:
    return center.alarms[0].cameras


def picture_alarms(center: QuietCenter) -> list[DeviceKey]:
    return [view.key for view in center.alarms if view.metric == "picture"]


def test_a_mask_holds_in_the_spot_of_an_alarm_that_is_over() -> None:
    center = over_but_shown()
    center.ask(SetView(CAMERA, CameraView(masks=(MASK,)), "marat"))
    assert [feed.masks for feed in lit(center)] == [(MASK,)]


def test_a_refused_camera_leaves_the_spot_of_an_alarm_that_is_over() -> None:
    center = over_but_shown(least_s=600.0)
    center.ask(Refuse(CAMERA, "marat", ""))
    assert not lit(center)


def test_a_standing_alarm_finds_a_camera_that_is_approved_later_and_sends_it_there() -> None:
    there = Metric("cut", MetricType.BOOLEAN, limits=(replace(CUT, preset="fence"),))
    center = QuietCenter(approve_all=False)
    center.bear(FENCE, Birth("fence", Names(), metrics=(there,)))
    center.bear(CAMERA, SEES_FENCE)
    center.ask(Approve(FENCE, "marat", ""))
    center.measure(FENCE, {"cut": True})
    assert seen_by(center) == ()
    center.wait(30)
    _, effects = center.ask(Approve(CAMERA, "marat", ""))
    assert [view.cameras for view in alarms_of(effects)] == [(CAMERA,)]
    assert [record.view and record.view.cameras for record in effects.changes.alarms.values()] == [(CAMERA,)]
    assert [(cue.camera, cue.preset) for cue in effects.cues] == [(CAMERA, "fence")]
    assert [feed.key for feed in lit(center)] == [CAMERA]


def test_a_standing_alarm_finds_a_camera_that_introduces_itself_later_and_loses_one_that_looks_elsewhere() -> None:
    center = QuietCenter()
    center.bear(FENCE, FENCE_BIRTH)
    center.measure(FENCE, {"tension": 50.0})
    center.bear(CAMERA, SEES_FENCE)
    assert [feed.key for feed in lit(center)] == [CAMERA]
    other = device("cam-2")
    center.bear(other, SEES_FENCE)
    assert seen_by(center) == (CAMERA, other)
    center.ask(Refuse(CAMERA, "marat", ""))
    assert seen_by(center) == (other,)
    assert center.alarms[0].state is AlarmState.UNACKNOWLEDGED
    assert [feed.key for feed in lit(center)] == [other]


def test_a_searched_cameras_events_do_not_shut_out_the_walls_word_of_it() -> None:
    center = QuietCenter(dialects=Dialects((OnvifEvents({"cam": Place(CAMERA.site, CAMERA.device)}),)))
    streams = (Stream(StreamRole.MAIN, "rtsp://192.0.2.9/1"),)
    center.ask(Propose(CAMERA, Birth("camera", Names(en="Gate"), streams=streams), "onvif"))
    event = {
        "UtcTime": "2026-03-01T08:00:00Z",
        "PropertyOperation": "Changed",
        "Source": {"Source": "1"},
        "Key": {},
        "Data": {"State": False},
    }
    center.take(center.message("cam/onvif-ej/VideoSource/MotionAlarm/&1", json.dumps(event).encode()))
    center.measure(CAMERA, {"picture": PictureState.FROZEN.value})
    center.wait(6)
    assert picture_alarms(center) == [CAMERA]


@pytest.mark.parametrize("before", [PictureState.CONNECTING, PictureState.DELAYED])
def test_a_wall_that_falls_behind_blames_no_camera_for_what_was_said_of_it_before(before: PictureState) -> None:
    center = QuietCenter()
    center.bear(wall_key("main"), wall_birth("main", Names(), Canvas(), ""))
    posts_cameras(center)
    say(center, before)
    center.wait(2)
    for _ in range(4):
        say(center, PictureState.BEHIND)
        center.wait(3)
    assert not picture_alarms(center)
    say(center, PictureState.NO_PACKETS)
    center.wait(6)
    assert len(picture_alarms(center)) == len(CAMERAS)


def test_a_link_that_is_told_to_be_dead_only_after_its_cameras_is_one_alarm() -> None:
    center = QuietCenter()
    center.bear(GATEWAY, Birth("gateway", Names(en="Gateway")))
    center.say_state(GATEWAY, online=True)
    posts_cameras(center, via="gateway")
    say(center, PictureState.NO_PACKETS)
    center.wait(2)
    center.say_state(GATEWAY, online=False)
    # Their next word, five seconds after the last, comes when the delay has run out.
    center.wait(4)
    assert not picture_alarms(center)
    assert [view.metric for view in center.alarms] == ["liveness"]


@pytest.mark.parametrize(
    ("last", "alarms"), [(PictureState.CONNECTING, []), (PictureState.DELAYED, []), (PictureState.REFUSED, [CAMERA])]
)
def test_a_camera_that_nobody_looks_at_any_more_is_blamed_only_for_what_does_not_pass(
    last: PictureState, alarms: list[DeviceKey]
) -> None:
    center = QuietCenter()
    graver = device("fence-2")
    center.bear(FENCE, FENCE_BIRTH)
    center.bear(graver, Birth("fence", Names(), metrics=(Metric("cut", MetricType.BOOLEAN, limits=(CUT,)),)))
    center.bear(CAMERA, SEES_FENCE)
    center.bear(device("cam-2"), Birth("camera", Names(), covers=("fence-2",)))
    center.ask(ChangeWall("main", WallRequest(layout="1+5", sites=("elsewhere",)), "aigul"))
    center.measure(FENCE, {"tension": 50.0})
    assert [feed.key for feed in lit(center)] == [CAMERA]
    center.measure(CAMERA, {"picture": last.value})
    center.wait(2)
    center.measure(graver, {"cut": True})
    assert [feed.key for feed in lit(center)] == [device("cam-2")]
    center.wait(10)
    assert picture_alarms(center) == alarms
