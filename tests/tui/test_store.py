from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hub.protocol import (
    AlarmChanged,
    AlarmState,
    Approval,
    DevicesChanged,
    Liveness,
    LogEntry,
    Logged,
    MetricsChanged,
    StatusChanged,
    WallsChanged,
    WallView,
)
from sensors.model import Names, Priority
from tests.tui import border
from tui.order import (
    cameras_of,
    matches,
    newest_alarm,
    order_alarms,
    picture_state,
    site_summaries,
    unacknowledged,
    waiting_first,
)
from tui.store import ENDED_KEPT, Link, Store


def filled(**changes: tuple[object, ...]) -> Store:
    store = Store()
    store.connected(border.NOW)
    store.fold(msgspec.structs.replace(border.snapshot(alarms=border.busy_alarms()), **changes), border.NOW)
    return store


def test_a_snapshot_replaces_everything() -> None:
    store = filled()
    store.fold(border.snapshot(), border.NOW)
    assert not store.alarms
    assert len(store.devices) == 30
    assert store.alarm("o-1") is not None, "the alarm under a cursor is still known"


def test_new_values_do_not_touch_the_order_of_lists() -> None:
    store = filled()
    before = store.devices_revision, store.alarms_revision
    urgent = store.fold(MetricsChanged((border.reading(border.key("kordai", "link"), "rtt", 31, "ms"),)), border.NOW)
    view = store.metric(border.key("kordai", "link"), "rtt")
    assert view is not None
    assert (view.value, urgent) == (31, False)
    assert (store.devices_revision, store.alarms_revision) == before


def test_an_alarm_is_urgent_and_a_counter_is_not() -> None:
    store = filled()
    assert store.fold(AlarmChanged(border.alarm("o-9")), border.NOW)
    assert not store.fold(StatusChanged(border.status()), border.NOW)


def test_an_alarm_that_is_over_leaves_the_list_but_is_still_known() -> None:
    store = filled()
    store.fold(AlarmChanged(msgspec.structs.replace(border.alarm("o-1"), state=AlarmState.NORMAL)), border.NOW)
    assert "o-1" not in store.alarms
    over = store.alarm("o-1")
    assert over is not None
    assert over.state is AlarmState.NORMAL


def test_alarms_that_are_over_are_forgotten_in_the_end() -> None:
    store = filled()
    for number in range(ENDED_KEPT * 2):
        ended = msgspec.structs.replace(border.alarm(f"e-{number}"), state=AlarmState.NORMAL)
        store.fold(AlarmChanged(ended), border.NOW)
    assert len(store.ended) == ENDED_KEPT
    assert store.alarm("e-0") is None


def test_a_removed_device_takes_its_values_along() -> None:
    store = filled()
    gone = border.key("kordai", "ups")
    store.fold(DevicesChanged(removed=(gone,)), border.NOW)
    assert gone not in store.devices
    assert store.metric(gone, "charge") is None


def test_values_are_stale_without_link_and_without_device() -> None:
    store = filled()
    assert not store.stale(border.key("kordai", "ups"))
    assert store.stale(border.key("sypatai-batyr", "link")), "it is silent"
    store.disconnected(border.NOW, "gone")
    assert store.stale(border.key("kordai", "ups"))
    assert store.link is Link.LOST


def test_a_lost_link_counts_from_its_first_loss() -> None:
    store = filled()
    store.disconnected(border.NOW, "first")
    store.disconnected(border.NOW + timedelta(seconds=9), "second")
    assert (store.link_since, store.link_reason) == (border.NOW, "second")


def test_the_log_is_bounded_and_newest_first() -> None:
    store = Store(log_lines=100)
    for number in range(150):
        store.fold(Logged(LogEntry(number, border.NOW, "note", "aigul", str(number))), border.NOW)
    assert (len(store.log), store.log[0].number) == (100, 149)


def test_walls_change_one_by_one() -> None:
    store = filled()
    store.fold(WallsChanged((WallView("north", Names(en="North"), "2x2", online=True),)), border.NOW)
    assert set(store.walls) == {"main", "north"}


def test_alarms_come_unacknowledged_first_then_by_priority_then_newest() -> None:
    assert [alarm.occurrence for alarm in order_alarms(border.busy_alarms())] == ["o-1", "o-3", "o-4", "o-2"]
    older = border.alarm("old", age_s=100)
    assert [alarm.occurrence for alarm in order_alarms((older, border.alarm("new", age_s=1)))] == ["new", "old"]


@given(st.permutations(border.busy_alarms()))
def test_the_order_of_alarms_does_not_depend_on_how_they_came(alarms: list[object]) -> None:
    ordered = order_alarms(alarm for alarm in alarms if isinstance(alarm, type(border.alarm())))
    assert ordered == order_alarms(border.busy_alarms())


def test_counts_are_of_what_nobody_acknowledged() -> None:
    counts = unacknowledged(border.busy_alarms())
    assert list(counts.items()) == [(Priority.CRITICAL, 1), (Priority.HIGH, 1), (Priority.MEDIUM, 1)]
    newest = newest_alarm(border.busy_alarms())
    assert newest is not None
    assert newest.occurrence == "o-1"


def test_a_post_is_summed_up() -> None:
    summaries = {summary.site: summary for summary in site_summaries(filled())}
    frozen, silent = summaries[border.key("konysbayev", "x").site], summaries[border.key("sypatai-batyr", "x").site]
    assert (frozen.cameras_live, frozen.cameras_total, frozen.online) == (3, 4, 10)
    assert [camera.key.device for camera in frozen.dark_cameras] == ["cam-2"]
    assert (silent.online, silent.total) == (9, 10)
    assert [device.key.device for device in silent.troubles] == ["link"]
    assert frozen.alarms[0].occurrence == "o-4"


def test_no_picture_is_believed_without_link_or_from_a_camera_that_is_gone() -> None:
    store = filled()
    camera = border.key("kordai", "cam-1")
    assert picture_state(store, camera) == "live"
    offline = msgspec.structs.replace(store.devices[camera], liveness=Liveness.OFFLINE)
    store.fold(DevicesChanged((offline,)), border.NOW)
    assert picture_state(store, camera) is None
    store.disconnected(border.NOW, "gone")
    assert picture_state(store, border.key("kordai", "cam-2")) is None


def test_a_picture_state_nobody_knows_is_not_believed() -> None:
    store = filled()
    camera = border.key("kordai", "cam-1")
    store.fold(MetricsChanged((border.reading(camera, "picture", "splendid"),)), border.NOW)
    assert picture_state(store, camera) is None


def test_devices_that_wait_for_a_technician_come_first() -> None:
    new = border.device("kordai", "zz-new", "fence", Names(en="New"), approval=Approval.DISCOVERED)
    store = Store()
    store.fold(border.snapshot(extra=(new,)), border.NOW)
    assert waiting_first(store)[0].key == new.key
    assert len(cameras_of(store)) == 12


def test_a_filter_wants_every_word_in_any_case() -> None:
    assert matches("кордай ДАТЧИК", "Датчик грунта", "Кордай")
    assert not matches("kordai fence", "Kordai", "Gate")
