from datetime import timedelta

import msgspec
import pytest

from hub.decisions.records import Remembered
from hub.inputs import Asked, Connected
from hub.protocol import AlarmState, Approval, DevicesChanged, Liveness, MetricsChanged, WallRequest
from hub.requests import Acknowledge, Approve, ChangeWall, Propose, ReadRejected, Refuse, SendCommand, WriteNote
from sensors.catalog import CAMERA as CAMERA_KIND
from sensors.catalog import PictureState
from sensors.dialects import native
from sensors.errors import ConflictError, NotFoundError, UnavailableError, WireError
from sensors.model import Birth, Condition, Limit, Metric, MetricType, Names, Priority, Quality, Stream, StreamRole
from sensors.topics import Leaf, wall_key
from tests.hub.quiet_center import (
    CAMERA,
    FENCE,
    FENCE_BIRTH,
    GATEWAY,
    START,
    QuietCenter,
    alarms_of,
    device,
    entries,
    kinds,
)
from videowall.centre.report import wall_birth
from videowall.plan import Canvas, decode_plan

CAMERA_BIRTH = Birth(
    kind=CAMERA_KIND,
    names=Names(en="Entry"),
    streams=(Stream(StreamRole.SUB, "rtsp://127.0.0.1/sub"),),
    covers=("fence-1",),
    via="gateway",
)
GATEWAY_BIRTH = Birth(kind="gateway", names=Names(en="Gateway"))


def border() -> QuietCenter:
    center = QuietCenter()
    center.bear(GATEWAY, GATEWAY_BIRTH)
    center.say_state(GATEWAY, online=True)
    center.bear(FENCE, msgspec.structs.replace(FENCE_BIRTH, via="gateway"))
    center.bear(CAMERA, CAMERA_BIRTH)
    return center


def test_a_reading_gets_its_unit_from_the_birth_and_becomes_the_last_value() -> None:
    center = border()
    effects = center.measure(FENCE, {"tension": 12.5})
    assert [(r.value, r.unit, r.quality) for r in effects.readings] == [(12.5, "N", Quality.GOOD)]
    (changed,) = [message for message in effects.live if isinstance(message, MetricsChanged)]
    assert changed.metrics[0].value == 12.5


def test_a_device_nobody_approved_is_stored_but_raises_nothing() -> None:
    center = QuietCenter(approve_all=False)
    center.bear(FENCE, FENCE_BIRTH)
    effects = center.measure(FENCE, {"tension": 99.0})
    assert len(effects.readings) == 1
    assert not center.alarms
    center.ask(Approve(FENCE, "marat", "known"))
    center.measure(FENCE, {"tension": 99.0})
    assert [view.limit for view in center.alarms] == ["too-high"]


def test_a_device_that_never_introduced_itself_is_discovered_and_its_readings_stored() -> None:
    center = QuietCenter(approve_all=False)
    effects = center.measure(device("stranger"), {"anything": 1})
    assert len(effects.readings) == 1
    (changed,) = [message for message in effects.live if isinstance(message, DevicesChanged)]
    assert changed.devices[0].kind == "unknown"
    assert changed.devices[0].approval is Approval.DISCOVERED


def test_a_value_of_a_lying_type_is_refused_and_the_others_are_kept() -> None:
    center = border()
    effects = center.measure(FENCE, {"tension": "high", "mode": "armed"})
    assert [r.metric for r in effects.readings] == ["mode"]
    rejected, _ = center.ask(ReadRejected(10))
    assert "tension is declared as number, its value is text" in str(rejected)


def test_a_value_out_of_its_range_is_stored_as_uncertain() -> None:
    assert border().measure(FENCE, {"tension": -4}).readings[0].quality is Quality.UNCERTAIN


def test_a_source_clock_that_is_ahead_makes_its_readings_uncertain() -> None:
    center = border()
    late = center.measure(FENCE, {"tension": 4}, at=center.clock.now() + timedelta(hours=1))
    assert late.readings[0].quality is Quality.UNCERTAIN


@pytest.mark.parametrize("how", ["historical", "bad", "retained", "older"])
def test_what_is_not_live_and_trusted_raises_nothing(how: str) -> None:
    center = border()
    match how:
        case "historical":
            sample = native.Sample(center.clock.now(), 5, {"tension": 99.0})
            effects = center.hear(FENCE, Leaf.DATA, native.encode_backlog([sample]))
        case "bad":
            effects = center.measure(FENCE, {"tension": 99.0}, quality={"tension": Quality.BAD})
        case "retained":
            effects = center.measure(FENCE, {"tension": 99.0}, retained=True)
        case _:
            center.measure(FENCE, {"tension": 1.0}, sequence=9)
            effects = center.measure(FENCE, {"tension": 99.0}, sequence=8, at=center.clock.now() - timedelta(seconds=9))
    assert len(effects.readings) == 1
    assert center.alarms == ()


def test_a_retained_sample_never_moves_the_current_value() -> None:
    center = border()
    effects = center.measure(FENCE, {"tension": 3.0}, retained=True)
    assert effects.readings[0].historical
    assert not [message for message in effects.live if isinstance(message, MetricsChanged)]


def test_a_device_whose_clock_and_counter_begin_anew_is_current_again_after_its_birth() -> None:
    center = border()
    center.measure(FENCE, {"tension": 1.0}, sequence=900)
    center.bear(FENCE, msgspec.structs.replace(FENCE_BIRTH, via="gateway"))
    effects = center.measure(FENCE, {"tension": 2.0}, sequence=0, at=center.clock.now() - timedelta(days=9))
    assert [message for message in effects.live if isinstance(message, MetricsChanged)]


def test_an_alarm_names_the_cameras_that_cover_its_device_and_takes_the_spot() -> None:
    center = border()
    effects = center.measure(FENCE, {"tension": 99.0})
    (view,) = alarms_of(effects)
    assert view.cameras == (CAMERA,)
    (outgoing,) = effects.outgoing
    plan = decode_plan(outgoing.payload)
    assert outgoing.retained
    assert plan.spotlights[0].feed.key == CAMERA
    assert plan.spotlights[0].occurrence == view.occurrence
    assert kinds(effects) == ["alarm-raised"]
    assert effects.changes.alarms


def test_a_cameras_own_alarm_does_not_put_its_bad_picture_on_the_spot() -> None:
    center = border()
    center.measure(CAMERA, {"picture": PictureState.FROZEN.value})
    effects = center.wait(6)
    assert [view.metric for view in alarms_of(effects)] == ["picture"]
    assert not [each for each in effects.outgoing if each.topic.endswith("/plan")]


def test_acknowledging_is_logged_with_who_and_why() -> None:
    center = border()
    center.measure(FENCE, {"tension": 99.0})
    result, effects = center.ask(Acknowledge(center.alarms[0].occurrence, "aigul", "patrol sent"))
    assert result == center.alarms[0]
    assert [(entry.kind, entry.who, entry.text) for entry in entries(effects)] == [
        ("alarm-acknowledged", "aigul", "patrol sent")
    ]
    with pytest.raises(ConflictError):
        center.ask(Acknowledge(center.alarms[0].occurrence, "marat", ""))


def test_a_dead_gateway_is_one_alarm_and_takes_its_devices_offline() -> None:
    center = border()
    center.say_state(GATEWAY, online=False)
    center.measure(CAMERA, {"picture": PictureState.NO_PACKETS.value})
    assert center.state.registry.devices[FENCE].liveness is Liveness.OFFLINE
    center.wait(10)
    assert [(view.key, view.metric) for view in center.alarms] == [(GATEWAY, "liveness")]
    center.say_state(GATEWAY, online=True)
    center.wait(10)
    assert [view.state for view in center.alarms] == [AlarmState.RETURNED]
    assert center.state.registry.devices[FENCE].liveness is Liveness.ONLINE


def test_a_wall_that_is_behind_with_its_cameras_is_one_alarm() -> None:
    center = border()
    wall = wall_key("main")
    center.bear(wall, wall_birth("main", Names(), Canvas(), ""))
    for _ in range(4):
        center.measure(CAMERA, {"picture": PictureState.BEHIND.value})
        center.measure(wall, {"cameras_behind": 30})
        center.wait(4)
    assert [(view.key, view.metric) for view in center.alarms] == [(wall, "cameras_behind")]
    center.measure(CAMERA, {"picture": PictureState.FROZEN.value})
    center.measure(wall, {"cameras_behind": 0})
    center.wait(11)
    assert {(view.key, view.state) for view in center.alarms} == {
        (wall, AlarmState.RETURNED),
        (CAMERA, AlarmState.UNACKNOWLEDGED),
    }


def test_a_device_that_says_nothing_is_silent_and_that_is_an_alarm() -> None:
    center = QuietCenter()
    center.bear(FENCE, msgspec.structs.replace(FENCE_BIRTH, silence_s=30.0))
    center.wait(29)
    assert center.state.registry.devices[FENCE].liveness is Liveness.ONLINE
    assert "device-silent" in kinds(center.wait(2))
    center.wait(4)
    assert [view.value for view in center.alarms] == ["silent"]
    center.measure(FENCE, {"tension": 1.0})
    assert center.state.registry.devices[FENCE].liveness is Liveness.ONLINE


def test_a_camera_is_never_silent_because_others_speak_of_it() -> None:
    center = border()
    center.say_state(GATEWAY, online=True)
    for _ in range(20):
        center.wait(60)
        center.say_state(GATEWAY, online=True)
    assert center.state.registry.devices[CAMERA].liveness is Liveness.ONLINE


def test_wall_time_that_jumps_makes_nobody_silent() -> None:
    center = border()
    center.clock.step(86_400)
    center.wait(1)
    assert center.state.registry.devices[FENCE].liveness is Liveness.ONLINE


@pytest.mark.parametrize(
    ("birth", "reason"),
    [
        (Birth("wall", Names()), "the site walls"),
        (Birth("camera", Names(), streams=(Stream(StreamRole.MAIN, "rtsp://a:b@h/x"),)), "URL holds"),
        (Birth("x", Names(), metrics=(Metric("t", MetricType.TEXT), Metric("t", MetricType.TEXT))), "declared twice"),
        (Birth("x", Names(), metrics=(Metric("t", MetricType.NUMBER, minimum=2, maximum=1),)), "empty"),
        (
            Birth(
                "x",
                Names(),
                metrics=(
                    Metric("t", MetricType.TEXT, limits=(Limit("l", Condition.ABOVE, "a", Priority.LOW, Names()),)),
                ),
            ),
            "can never be met",
        ),
    ],
)
def test_a_lying_birth_is_refused_and_shows_no_secret(birth: Birth, reason: str) -> None:
    center = QuietCenter()
    center.bear(device("liar"), birth)
    rejected, _ = center.ask(ReadRejected(1))
    assert reason in str(rejected)
    assert "a:b@" not in str(rejected)
    assert not center.state.registry.devices[device("liar")].introduced


def test_rejections_are_logged_once_a_minute_for_each_source_with_their_number() -> None:
    center = border()
    for _ in range(7):
        center.hear(FENCE, Leaf.DATA, b"{")
    assert next(entry.text for entry in entries(center.wait(1)) if entry.kind == "rejected").endswith("(7)")
    center.hear(FENCE, Leaf.DATA, b"{")
    assert kinds(center.wait(1)) == []
    assert kinds(center.wait(61)) == ["rejected"]


def test_plans_follow_the_officers_choice_and_revisions_grow_over_restarts() -> None:
    center = border()
    before = center.state.walls.plans["main"]
    view, effects = center.ask(ChangeWall("main", WallRequest(layout="2x2"), "aigul"))
    plan = decode_plan(effects.outgoing[0].payload)
    assert plan.revision > before.revision
    assert plan.layout == "2x2"
    assert "2x2" in str(view)
    assert kinds(effects) == ["wall-changed"]
    again = QuietCenter(Remembered(walls=dict(center.state.walls.choices)))
    again.wait(1)
    assert again.state.walls.plans["main"].revision > plan.revision
    assert again.state.walls.plans["main"].layout == "2x2"


@pytest.mark.parametrize(
    ("wall", "change", "error"),
    [
        ("nowhere", WallRequest(), NotFoundError),
        ("main", WallRequest(layout="9x9"), WireError),
        ("main", WallRequest(spotlight=FENCE), NotFoundError),
    ],
)
def test_a_wrong_choice_for_a_wall_is_refused(wall: str, change: WallRequest, error: type[Exception]) -> None:
    with pytest.raises(error):
        border().ask(ChangeWall(wall, change, "aigul"))


def test_a_new_wall_gets_a_plan_and_every_wall_gets_it_again_when_the_broker_returns() -> None:
    center = border()
    effects = center.bear(wall_key("left"), Birth("wall", Names(en="Left wall")))
    assert [decode_plan(each.payload).wall for each in effects.outgoing] == ["left"]
    again = center.take(Connected(center.now, START))
    assert sorted(decode_plan(each.payload).wall for each in again.outgoing) == ["left", "main"]


def test_a_refused_camera_leaves_the_wall_and_a_refused_devices_alarms_return() -> None:
    center = border()
    center.measure(FENCE, {"tension": 99.0})
    center.ask(Refuse(FENCE, "marat", "stolen"))
    assert [view.state for view in center.alarms] == [AlarmState.RETURNED]
    _, effects = center.ask(Refuse(CAMERA, "marat", ""))
    assert decode_plan(effects.outgoing[-1].payload).tiles == ()


def test_commands_need_a_broker_and_an_approved_device() -> None:
    center = border()
    command = native.CommandPayload("c-1", "open")
    with pytest.raises(UnavailableError):
        center.ask(SendCommand(FENCE, command, "marat"))
    center.take(Connected(center.now, START))
    _, effects = center.ask(SendCommand(FENCE, command, "marat"))
    assert effects.outgoing[-1].topic == "shekara/v1/kordai/fence-1/cmd"
    answer = center.hear(FENCE, Leaf.ACK, native.encode_ack("c-1", done=True, text="opened"))
    assert [entry.text for entry in entries(answer)] == ["c-1: done opened"]
    with pytest.raises(NotFoundError):
        center.ask(SendCommand(device("nobody"), command, "marat"))


def test_an_event_is_logged_once_however_often_it_is_told_and_a_flood_is_cut() -> None:
    center = border()
    told = [
        kinds(center.hear(FENCE, Leaf.EVENT, native.encode_event("e-1", "opened", center.clock.now())))
        for _ in range(2)
    ]
    assert told == [["event"], []]
    for number in range(100):
        center.hear(FENCE, Leaf.EVENT, native.encode_event(f"f-{number}", "opened", center.clock.now()))
    assert center.state.rejections.total == 41


def test_what_mdns_found_is_replaced_by_what_the_device_says_itself() -> None:
    center = QuietCenter(approve_all=False)
    _, effects = center.ask(Propose(CAMERA, Birth("camera", Names(en="found")), "mdns"))
    assert kinds(effects) == ["device-discovered"]
    center.bear(CAMERA, CAMERA_BIRTH)
    view = center.state.registry.devices[CAMERA].view()
    assert view.names.en == "Entry"
    assert view.provenance == ("mdns", "mqtt")


def test_a_note_is_a_line_of_the_log() -> None:
    entry, _ = border().ask(WriteNote("aigul", "shift begins"))
    assert "shift begins" in str(entry)


def test_the_registry_and_standing_alarms_are_there_at_once_after_a_restart() -> None:
    center = border()
    effects = center.measure(FENCE, {"tension": 99.0})
    records = tuple(each.record() for each in center.state.registry.devices.values())
    again = QuietCenter(Remembered(devices=records, alarms=tuple(effects.changes.alarms.values())))
    assert [view.key for view in again.state.registry.views()] == [CAMERA, FENCE, GATEWAY]
    assert [view.occurrence for view in again.alarms] == [view.occurrence for view in center.alarms]
    assert again.state.registry.devices[FENCE].liveness is Liveness.UNKNOWN


def test_the_same_inputs_lead_to_the_same_effects() -> None:
    center = border()
    center.measure(FENCE, {"tension": 99.0})
    center.wait(5)
    center.ask(Acknowledge(center.alarms[0].occurrence, "aigul", ""))
    center.say_state(GATEWAY, online=False)
    center.wait(5)
    center.hear(FENCE, Leaf.DATA, b"nonsense")
    center.wait(61)

    def replay() -> list[bytes]:
        fresh = QuietCenter()
        told = []
        for batch in center.recorded:
            assert not any(isinstance(item, Asked) and item.reply.done() for item in batch)
            effects = fresh.take(*batch)
            told.append(msgspec.json.encode((effects.readings, effects.changes.log, effects.live, effects.outgoing)))
        return told

    assert replay() == replay()
    assert len(replay()) == len(center.recorded)
