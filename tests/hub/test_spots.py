"""How long an alarm keeps a wall's spot: counted while it is shown, and known to the hub that begins anew."""

from pathlib import Path

from hub.decisions.spots import MAX_REMEMBERED, Spots, Wanted, Wish
from hub.protocol import AlarmRule, WallRequest
from hub.requests import Approve, ChangeWall
from sensors.model import Birth, Condition, DeviceKey, Limit, Metric, MetricType, Names, Priority
from tests.hub.keeping_center import KeepingCenter, restarted
from tests.hub.quiet_center import START, QuietCenter, device
from videowall.plan import Feed, Spotlight

MOST_S = 60
OLD, YOUNG, GRAVE = "fence-1", "fence-2", "portal-1"
PRIORITIES = {OLD: Priority.HIGH, YOUNG: Priority.HIGH, GRAVE: Priority.CRITICAL}


def camera_of(name: str) -> DeviceKey:
    return device(f"cam-{name}")


def border() -> KeepingCenter:
    """A camera at each of three sensors, and a wall that gives an alarm a minute of its only spot."""
    center = KeepingCenter()
    for name, priority in PRIORITIES.items():
        limit = Limit("on", Condition.EQUALS, True, priority, Names(en="On"))
        metrics = (Metric("alarm", MetricType.BOOLEAN, limits=(limit,)),)
        center.bear(device(name), Birth("fence", Names(), metrics=metrics, silence_s=604_800))
        center.bear(camera_of(name), Birth("camera", Names(), covers=(name,)))
        for key in (device(name), camera_of(name)):
            center.ask(Approve(key, "marat", ""))
    center.ask(ChangeWall("main", WallRequest(layout="2x2", alarms=AlarmRule(most_s=MOST_S)), "aigul"))
    return center


def say(center: QuietCenter, name: str, *, on: bool) -> None:
    center.measure(device(name), {"alarm": on})


def lit(center: QuietCenter) -> list[DeviceKey]:
    return [light.feed.key for light in center.state.walls.plans["main"].spotlights]


def run(center: QuietCenter, seconds: int) -> list[DeviceKey]:
    for _ in range(seconds):
        center.wait(1)
    return lit(center)


def begun_anew(center: KeepingCenter, folder: Path) -> KeepingCenter:
    after = restarted(center, folder)
    after.center.begin(after.now)
    return after


def test_an_alarm_that_had_its_longest_time_does_not_come_back_when_the_hub_begins_anew(tmp_path: Path) -> None:
    center = border()
    say(center, OLD, on=True)
    assert lit(center) == [camera_of(OLD)]
    assert run(center, MOST_S) == []
    after = begun_anew(center, tmp_path)
    assert (lit(after), after.state.walls.plans["main"].layout) == ([], "2x2")
    assert run(after, 3600) == []
    assert len(after.alarms) == 1
    # What it had is known, not only that it was over.
    after.ask(ChangeWall("main", WallRequest(alarms=AlarmRule(most_s=MOST_S + 30)), "aigul"))
    assert lit(after) == [camera_of(OLD)]
    assert run(after, 31) == []


def test_what_had_no_spot_yet_or_not_for_long_is_shown_by_the_hub_that_begins_anew(tmp_path: Path) -> None:
    center = border()
    say(center, GRAVE, on=True)
    say(center, OLD, on=True)
    assert run(center, MOST_S - 1) == [camera_of(GRAVE)]
    after = begun_anew(center, tmp_path)
    assert lit(after) == [camera_of(GRAVE)]
    assert run(after, MOST_S) == [camera_of(OLD)]
    assert run(begun_anew(after, tmp_path), MOST_S - 1) == [camera_of(OLD)]


def test_an_alarm_that_is_new_has_the_whole_of_its_time_also_where_the_same_one_was_over(tmp_path: Path) -> None:
    center = border()
    say(center, OLD, on=True)
    run(center, MOST_S)
    after = begun_anew(center, tmp_path)
    say(after, OLD, on=False)
    say(after, OLD, on=True)
    assert run(after, MOST_S - 1) == [camera_of(OLD)]
    assert run(after, 1) == []


def test_the_time_of_an_alarm_does_not_run_while_a_graver_one_has_its_spot() -> None:
    center = border()
    say(center, OLD, on=True)
    run(center, 15)
    say(center, GRAVE, on=True)
    assert run(center, MOST_S - 1) == [camera_of(GRAVE)]
    assert run(center, 1) == [camera_of(OLD)]
    assert run(center, MOST_S - 16) == [camera_of(OLD)]
    assert run(center, 1) == []


def test_what_is_remembered_is_bounded_and_is_what_was_shown_for_longest() -> None:
    feed = Feed(camera_of(OLD), Names(), Names(), ())
    spots, rule = Spots({}), AlarmRule(least_s=0, most_s=1)
    wishes = [Wish(f"alarm-{number}", 0, (Spotlight(feed, START, Names()),)) for number in range(MAX_REMEMBERED + 9)]
    for number in range(len(wishes)):
        spots.fill(spots.sift(Wanted(wishes), rule, number), 1, rule, number)
    assert len(spots.lasted_s) == MAX_REMEMBERED
    assert set(spots.lasted_s.values()) == {1.0}
