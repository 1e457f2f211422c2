"""Exercises and actual work are never mixed: what does not belong to a hub is held, says why, and moves nothing."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from hub.config import InfluxSettings
from hub.decisions.purpose import read_purpose
from hub.decisions.records import Remembered
from hub.protocol import AlarmState, Approval, ConflictKind, DeviceView
from hub.requests import Approve, Refuse, Settle
from hub.storage import readings
from hub.storage.database import Mark, read_mark
from hub.storage.line_protocol import check_bucket
from hub.storage.operations import OperationsStore
from hub.storage.readings import ReadingsStore
from sensors.catalog import CAMERA as CAMERA_KIND
from sensors.catalog import WALL
from sensors.dialects import native
from sensors.errors import ConfigError, ConflictError
from sensors.model import Birth, DeviceKey, Names, Stream, StreamRole
from sensors.topics import Leaf, parse_device, wall_key
from tests.hub.quiet_center import CAMERA, FENCE, FENCE_BIRTH, QuietCenter, device, entries, kinds
from tests.support.forked import run_shekara
from videowall.plan import decode_plan

SIMULATED = replace(FENCE_BIRTH, exercise=True)
WALL_BIRTH = Birth(kind=WALL, names=Names(en="Main wall"), streams=(Stream(StreamRole.WALL, "http://127.0.0.1:8461/"),))


def view(center: QuietCenter, key: DeviceKey = FENCE) -> DeviceView:
    return center.state.registry.devices[key].view()


def doubts(center: QuietCenter, key: DeviceKey = FENCE) -> list[ConflictKind]:
    return [conflict.kind for conflict in view(center, key).conflicts]


@pytest.mark.parametrize(
    ("exercise", "birth", "reason"),
    [
        (False, SIMULATED, "it is simulated, and this hub is not marked exercise"),
        (True, FENCE_BIRTH, "it does not say that it is simulated, and this hub is marked exercise"),
    ],
    ids=["simulated at an actual hub", "actual at an exercise hub"],
)
def test_what_does_not_belong_is_held_with_its_reason_and_moves_nothing(
    birth: Birth, reason: str, *, exercise: bool
) -> None:
    center = QuietCenter(approve_all=True, exercise=exercise)
    effects = center.bear(FENCE, birth)
    assert view(center).approval is Approval.DISCOVERED
    (conflict,) = view(center).conflicts
    assert (conflict.kind, conflict.text) == (ConflictKind.MIXED, reason)
    (entry,) = [each for each in entries(effects) if each.kind == "device-conflict"]
    assert reason in entry.text
    effects = center.measure(FENCE, {"tension": 99.0})
    assert (effects.readings, center.alarms, center.state.values.views) == ([], (), ())
    assert (
        kinds(center.hear(FENCE, Leaf.EVENT, native.encode_event("1", "opened", center.clock.now(), "by hand"))) == []
    )
    assert kinds(center.hear(FENCE, Leaf.ACK, native.encode_ack("1", done=True, text="moved"))) == []
    assert center.state.rejections.total == 3
    with pytest.raises(ConflictError, match=reason):
        center.ask(Approve(FENCE, "marat", "please"))
    with pytest.raises(ConflictError, match=reason):
        center.ask(Settle(FENCE, conflict.mark, "marat", "", accepted=False))
    center.ask(Refuse(FENCE, "marat", ""))
    assert (view(center).approval, doubts(center)) == (Approval.REFUSED, [])


@pytest.mark.parametrize("exercise", [False, True])
def test_what_belongs_is_taken_in(*, exercise: bool) -> None:
    center = QuietCenter(approve_all=True, exercise=exercise)
    center.bear(FENCE, replace(FENCE_BIRTH, exercise=exercise))
    assert (view(center).approval, doubts(center), view(center).exercise) == (Approval.APPROVED, [], exercise)
    center.measure(FENCE, {"tension": 99.0})
    assert [alarm.limit for alarm in center.alarms] == ["too-high"]


def test_an_exercise_hub_takes_in_nothing_of_a_stranger_until_it_says_that_it_is_simulated() -> None:
    center = QuietCenter(approve_all=True, exercise=True)
    assert center.measure(FENCE, {"tension": 99.0}).readings == []
    with pytest.raises(ConflictError, match="has not said yet"):
        center.ask(Approve(FENCE, "marat", ""))
    center.bear(FENCE, SIMULATED)
    assert view(center).approval is Approval.APPROVED
    assert len(center.measure(FENCE, {"tension": 99.0}).readings) == 1


def test_an_approved_device_that_turns_simulated_is_held_and_the_change_cannot_be_accepted() -> None:
    center = QuietCenter(approve_all=True)
    center.bear(FENCE, FENCE_BIRTH)
    center.bear(FENCE, SIMULATED)
    (conflict,) = view(center).conflicts
    assert (conflict.kind, conflict.text) == (ConflictKind.CHANGED, "actual → simulated")
    with pytest.raises(ConflictError, match="it is simulated"):
        center.ask(Settle(FENCE, conflict.mark, "marat", "", accepted=True))
    assert view(center).exercise is False
    assert len(center.measure(FENCE, {"tension": 1.0}).readings) == 1
    center.ask(Settle(FENCE, conflict.mark, "marat", "", accepted=False))
    assert doubts(center) == []


def test_one_that_nobody_approved_may_still_turn_out_to_belong() -> None:
    center = QuietCenter(approve_all=False)
    center.bear(FENCE, SIMULATED)
    assert doubts(center) == [ConflictKind.MIXED]
    center.bear(FENCE, FENCE_BIRTH)
    assert (doubts(center), view(center).exercise) == ([], False)
    center.ask(Approve(FENCE, "marat", ""))


def test_equipment_that_cannot_say_so_is_named_in_the_settings_of_either_hub() -> None:
    for named in ("kordai", "kordai/fence-1 konysbayev"):
        exercise = QuietCenter(exercise=True, simulated=named)
        exercise.bear(FENCE, FENCE_BIRTH)
        assert (view(exercise).approval, view(exercise).exercise) == (Approval.APPROVED, True)
        actual = QuietCenter(simulated=named)
        actual.bear(FENCE, FENCE_BIRTH)
        assert doubts(actual) == [ConflictKind.MIXED]
    exercise.bear(device("fence-2"), FENCE_BIRTH)
    assert doubts(exercise, device("fence-2")) == [ConflictKind.MIXED]


@pytest.mark.parametrize("named", ["Kordai", "kordai/", "/fence-1", "kordai/fence-1/x", "kordai,konysbayev"])
def test_a_name_that_is_neither_site_nor_device_is_refused(named: str) -> None:
    with pytest.raises(ConfigError, match="neither a site nor site/device"):
        read_purpose(exercise=True, simulated=named)


def test_what_a_run_approved_is_barred_in_the_next_when_the_settings_do_not_name_it_any_more() -> None:
    before = QuietCenter(exercise=True, simulated="kordai")
    effects = before.bear(FENCE, FENCE_BIRTH)
    raised = before.measure(FENCE, {"tension": 99.0}).changes.alarms
    kept = Remembered(devices=tuple(effects.changes.devices.values()), alarms=tuple(raised.values()))
    assert kept.devices[0].approval is Approval.APPROVED
    after = QuietCenter(kept, exercise=True)
    assert [alarm.state for alarm in after.alarms] == [AlarmState.UNACKNOWLEDGED]
    effects = after.center.begin(after.now)
    assert [alarm.state for alarm in after.alarms] == [AlarmState.RETURNED]
    assert (view(after).approval, doubts(after)) == (Approval.DISCOVERED, [ConflictKind.MIXED])
    assert "device-conflict" in kinds(effects)
    assert effects.changes.devices[FENCE].approval is Approval.DISCOVERED


def test_coming_and_going_of_what_is_held_is_not_logged() -> None:
    center = QuietCenter()
    center.bear(FENCE, SIMULATED)
    center.wait(1)
    effects = center.say_state(FENCE, online=True)
    assert kinds(effects) == []
    assert kinds(center.say_state(FENCE, online=False)) == []


@pytest.mark.parametrize("exercise", [False, True])
def test_a_wall_of_the_other_sort_gets_no_board_and_its_page_is_offered_to_nobody(*, exercise: bool) -> None:
    for belongs in (True, False):
        center = QuietCenter(exercise=exercise)
        center.bear(wall_key("main"), replace(WALL_BIRTH, exercise=exercise is belongs))
        effects = center.wait(1)
        boards = [each for each in effects.outgoing if each.topic.endswith(f"/{Leaf.BOARD}")]
        (shown,) = center.state.walls.views(center.state.registry)
        assert (bool(boards), bool(shown.url)) == (belongs, belongs)


def test_no_camera_of_the_other_sort_reaches_a_plan_and_every_plan_says_which_it_is() -> None:
    camera = Birth(kind=CAMERA_KIND, names=Names(en="Entry"), streams=(Stream(StreamRole.MAIN, "rtsp://10.0.0.5/m"),))
    for exercise in (False, True):
        center = QuietCenter(exercise=exercise)
        center.bear(CAMERA, replace(camera, exercise=not exercise))
        center.bear(FENCE, replace(FENCE_BIRTH, exercise=exercise))
        (plan,) = center.state.walls.plans.values()
        assert (plan.exercise, [tile for tile in plan.tiles if tile is not None]) == (exercise, [])
        assert decode_plan(_published(center)).exercise is exercise


def _published(center: QuietCenter) -> bytes:
    center.state.publish_plan(center.state.walls.plans["main"])
    return center.state.effects.outgoing[-1].payload


def test_a_device_is_named_by_ids_alone() -> None:
    assert parse_device("kordai", "fence-1") == FENCE
    assert parse_device("Kordai", "fence-1") is None


def test_a_store_stays_what_it_was_made_for(tmp_path: Path) -> None:
    for store in (ReadingsStore, OperationsStore):
        folder = tmp_path / store.__name__
        for first in (True, False):
            data_dir = folder / str(first)
            for _ in range(2):
                store(data_dir, exercise=first).close()
            with pytest.raises(ConfigError, match="marked exercise") as refused:
                store(data_dir, exercise=not first)
            assert "data_dir" in refused.value.mend
            store(data_dir, exercise=first).close()


def test_a_store_from_before_there_were_marks_is_of_actual_work(tmp_path: Path) -> None:
    ReadingsStore(tmp_path).close()
    path = tmp_path / readings.FILE_NAME
    with closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA application_id=0")
    with pytest.raises(ConfigError, match="holds actual work"):
        ReadingsStore(tmp_path, exercise=True)
    ReadingsStore(tmp_path).close()
    assert read_mark(path) is Mark.ACTUAL


@pytest.mark.parametrize(
    ("setting", "value"), [("SHEKARA_HUB_EXERCISE", "true"), ("SHEKARA_INFLUX_BUCKET", "shekara-exercise")]
)
def test_a_hub_does_not_start_where_it_would_mix(tmp_path: Path, setting: str, value: str) -> None:
    OperationsStore(tmp_path / "data").close()
    environ = {
        "SHEKARA_HUB_PORT": "0",
        "SHEKARA_HUB_MDNS": "false",
        "SHEKARA_BROKER_URL": "mqtt://127.0.0.1:9",
        "SHEKARA_INFLUX_URL": "http://127.0.0.1:9",
        setting: value,
    }
    if setting == "SHEKARA_HUB_EXERCISE":
        del environ["SHEKARA_INFLUX_URL"]
    done = run_shekara(tmp_path, "hub", environ={**os.environ, **environ})
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1), done.stderr
    assert "exercise" in done.stderr


@pytest.mark.parametrize(("bucket", "exercise"), [("shekara", False), ("Exercise-kordai", True)])
def test_the_name_of_a_bucket_says_what_is_in_it(bucket: str, *, exercise: bool) -> None:
    influx = InfluxSettings(url="http://127.0.0.1:9", bucket=bucket)
    check_bucket(influx, exercise=exercise)
    check_bucket(InfluxSettings(bucket=bucket), exercise=not exercise)
    with pytest.raises(ConfigError, match="mix"):
        check_bucket(influx, exercise=not exercise)
    with pytest.raises(ConfigError, match="rollup_bucket"):
        check_bucket(replace(influx, rollup_bucket="sum" if exercise else "exercise"), exercise=exercise)
