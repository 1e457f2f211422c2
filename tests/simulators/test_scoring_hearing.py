"""What is written down of a hub's live feed: each thing once, and what was missed when the feed runs again."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from hub.protocol import (
    AlarmChanged,
    AlarmState,
    AlarmView,
    HubStatus,
    LiveMessage,
    MetricsChanged,
    MetricView,
    Snapshot,
)
from sensors.access import Role
from sensors.catalog import PictureState
from sensors.model import DeviceId, DeviceKey, Names, Priority, Quality, SiteId
from sensors.topics import wall_key
from simulators.scoring.hearing import Hearing
from simulators.truth import Ended, Heard, Pictured, Raised

SINCE = datetime(2026, 7, 1, tzinfo=UTC)
SENSOR, CAMERA = (DeviceKey(SiteId("kordai"), DeviceId(name)) for name in ("ground-1", "gate"))


def at(seconds: float) -> datetime:
    return SINCE + timedelta(seconds=seconds)


def alarm(state: AlarmState, *, key: DeviceKey = SENSOR, number: int = 1, raised: float = 5.0) -> AlarmView:
    return AlarmView(
        occurrence=f"{key.site}.{key.device}.person.person-near.{number}",
        key=key,
        metric="person",
        limit="person-near",
        state=state,
        priority=Priority.HIGH,
        message=Names(),
        procedure=Names(),
        cause="",
        value=0.9,
        unit="",
        captured_at=at(raised),
        raised_at=at(raised),
    )


def picture(state: str, seconds: float, metric: str = "picture") -> MetricView:
    return MetricView(CAMERA, metric, state, "", Quality.GOOD, at(seconds), at(seconds))


def snapshot(*alarms: AlarmView, metrics: tuple[MetricView, ...] = ()) -> Snapshot:
    status = HubStatus(SINCE, SINCE, "127.0.0.1:1883", True, "local", True)
    return Snapshot(status, "tester", Role.VIEWER, (), metrics, alarms, (), ())


def heard(*messages: LiveMessage, hearing: Hearing | None = None, now: float = 60.0) -> list[Heard]:
    hearing = hearing or Hearing(SINCE)
    return [record for message in messages for record in hearing.take(message, at(now))]


def changes(*views: AlarmView) -> Iterable[LiveMessage]:
    return (AlarmChanged(view) for view in views)


RAISED = alarm(AlarmState.UNACKNOWLEDGED)
RETURNED = replace(RAISED, state=AlarmState.RETURNED, returned_at=at(20))


def test_an_alarm_is_raised_once_and_ends_once() -> None:
    seen = replace(RAISED, state=AlarmState.ACKNOWLEDGED)
    over = replace(seen, state=AlarmState.NORMAL, returned_at=at(20))
    (raised, ended) = heard(*changes(RAISED, seen, over))
    assert isinstance(raised, Raised)
    assert isinstance(ended, Ended)
    assert (raised.at, ended.at, raised.alarm) == (at(5), at(20), "person.person-near")


def test_an_alarm_that_returned_ends_then_and_not_again_when_it_is_acknowledged() -> None:
    records = heard(*changes(RAISED, RETURNED, replace(RETURNED, state=AlarmState.NORMAL)))
    assert [type(record) for record in records] == [Raised, Ended]


def test_a_snapshot_says_nothing_twice() -> None:
    hearing = Hearing(SINCE)
    heard(*changes(RAISED), hearing=hearing)
    assert heard(snapshot(RAISED), hearing=hearing) == []


def test_a_snapshot_tells_what_came_and_went_while_nobody_listened() -> None:
    hearing = Hearing(SINCE)
    heard(*changes(RAISED), hearing=hearing)
    newer = alarm(AlarmState.UNACKNOWLEDGED, number=2, raised=40)
    ended, raised = heard(snapshot(newer), hearing=hearing, now=50)
    assert isinstance(ended, Ended)
    assert isinstance(raised, Raised)
    assert (ended.at, ended.occurrence) == (at(50), RAISED.occurrence)
    assert (raised.at, raised.occurrence) == (at(40), newer.occurrence)


def test_what_stood_before_the_run_is_no_part_of_it() -> None:
    older = alarm(AlarmState.UNACKNOWLEDGED, raised=-5)
    assert heard(snapshot(older), AlarmChanged(replace(older, state=AlarmState.NORMAL, returned_at=at(3)))) == []


def test_alarms_of_wall_nodes_are_no_part_of_the_border() -> None:
    assert heard(*changes(alarm(AlarmState.UNACKNOWLEDGED, key=wall_key("main")))) == []


def test_a_picture_is_said_when_it_changes() -> None:
    records = heard(
        snapshot(metrics=(picture("live", -9),)),
        MetricsChanged((picture("live", 5), picture("25", 5, "fps"))),
        MetricsChanged((picture("frozen", 9),)),
        MetricsChanged((picture("no such state", 10),)),
    )
    assert records == [
        Pictured(at=SINCE, site="kordai", camera="gate", state=PictureState.LIVE),
        Pictured(at=at(9), site="kordai", camera="gate", state=PictureState.FROZEN),
    ]
