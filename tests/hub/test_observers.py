"""Several walls measure one camera: whose figures make an alarm, who ends one after a restart, who said what."""

import csv
import io
import sqlite3
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from hub.decisions.pictures import MAX_OBSERVERS, PICTURE_HOLDS_S
from hub.export.formats import Format, What, export
from hub.export.selection import Selection
from hub.protocol import AlarmState, AlarmView
from hub.requests import Approve
from hub.storage.readings import FILE_NAME, ReadingsStore
from sensors.catalog import PictureState
from sensors.model import Birth, Names, Reading, Value
from tests.hub.keeping_center import KeepingCenter, restarted
from tests.hub.quiet_center import CAMERA, FENCE, FENCE_BIRTH, START

DELAY_S = 60.0
"""Of both limits of the bit rate, on and off."""
REPEAT_S, STEP_S = 5.0, 0.5
Values = dict[str, Value]
GOOD: Values = {"bitrate": 500.0}
LOW: Values = {"bitrate": 5.0}
LIVE: Values = {"picture": PictureState.LIVE.value}
FROZEN: Values = {"picture": PictureState.FROZEN.value}


class Walls:
    """Walls that say the same of a camera every five seconds until they say otherwise, or nothing any more."""

    def __init__(self, center: KeepingCenter | None = None) -> None:
        self.center = center or KeepingCenter()
        if center is None:
            self.center.bear(CAMERA, Birth("camera", Names(en="Entry")))
            self.center.ask(Approve(CAMERA, "marat", ""))
        self.turns: list[str] = []
        self.readings: list[Reading] = []
        self._said: dict[str, tuple[Values, float]] = {}
        self._numbers: dict[str, count[int]] = {}

    def say(self, wall: str, values: Values) -> None:
        numbers = self._numbers.setdefault(wall, count(1000 * len(self._numbers)))
        effects = self.center.measure(CAMERA, values, sequence=next(numbers), observer=wall)
        self.readings += effects.readings
        self.turns += [entry.kind for entry in effects.changes.log if entry.key == CAMERA]
        self._said[wall] = values, self.center.clock.monotonic_s()

    def leave(self, wall: str) -> None:
        del self._said[wall]

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            effects = self.center.wait(STEP_S)
            self.turns += [entry.kind for entry in effects.changes.log if entry.key == CAMERA]
            for wall, (values, said_s) in list(self._said.items()):
                if self.center.clock.monotonic_s() - said_s >= REPEAT_S:
                    self.say(wall, values)

    @property
    def alarm(self) -> AlarmView:
        (view,) = self.center.alarms
        return view

    def restart(self, folder: Path) -> "Walls":
        """The hub begins anew, and no wall has spoken to it yet."""
        after = restarted(self.center, folder)
        after.center.begin(after.now)
        return Walls(after)


@pytest.mark.parametrize("phase_s", [0.5, 2.5, 4.5])
def test_the_figures_of_one_wall_are_an_alarm_whatever_another_measures(phase_s: float) -> None:
    walls = Walls()
    walls.say("a", GOOD)
    walls.run(phase_s)
    walls.say("b", LOW)
    walls.run(DELAY_S - 1)
    assert walls.turns == []
    walls.run(1)
    assert (walls.turns, walls.alarm.value) == (["alarm-raised"], 5.0)
    walls.run(600)
    assert walls.turns == ["alarm-raised"]
    walls.say("b", GOOD)
    walls.run(DELAY_S)
    assert walls.turns == ["alarm-raised", "alarm-returned"]


def test_what_one_wall_measured_ends_with_its_word_where_another_goes_on_speaking() -> None:
    walls = Walls()
    walls.say("a", GOOD)
    walls.say("b", LOW)
    walls.run(DELAY_S / 2)
    walls.leave("b")
    walls.run(600)
    assert walls.turns == []
    walls.say("b", LOW)
    walls.run(DELAY_S)
    walls.leave("b")
    walls.run(PICTURE_HOLDS_S + REPEAT_S + DELAY_S)
    assert walls.turns == ["alarm-raised", "alarm-returned"]


def test_what_stands_stays_while_no_wall_measures_anything() -> None:
    walls = Walls()
    walls.say("a", LOW)
    walls.run(DELAY_S)
    walls.leave("a")
    walls.run(3600)
    assert (walls.turns, walls.alarm.state) == (["alarm-raised"], AlarmState.UNACKNOWLEDGED)
    walls.say("b", GOOD)
    walls.run(DELAY_S)
    assert walls.turns == ["alarm-raised", "alarm-returned"]


def test_each_wall_has_the_deadband_to_itself() -> None:
    walls = Walls()
    walls.say("a", LOW)
    # Within the deadband, which it never was beyond.
    walls.say("b", {"bitrate": 15.0})
    walls.run(DELAY_S)
    walls.say("a", GOOD)
    walls.run(DELAY_S)
    assert walls.turns == ["alarm-raised", "alarm-returned"]


def test_a_wall_with_a_slow_clock_and_low_numbers_is_measured_by_like_any_other() -> None:
    center = Walls().center
    for number in range(14):
        center.measure(CAMERA, GOOD, sequence=2000 + number, observer="a")
        early = center.clock.now() - timedelta(seconds=40)
        center.measure(CAMERA, LOW, sequence=1000 + number, at=early, observer="b")
        center.wait(REPEAT_S)
    (alarm,) = [view for view in center.alarms if view.metric == "bitrate"]
    assert alarm.value == 5.0
    # What comes a second time says nothing new.
    center.measure(CAMERA, GOOD, sequence=1000, at=START, observer="b")
    for _ in range(14):
        center.wait(REPEAT_S)
    assert alarm in center.alarms


def test_many_names_push_out_those_not_heard_for_longest() -> None:
    walls = Walls()
    walls.say("b", LOW)
    for number in range(MAX_OBSERVERS):
        walls.center.measure(CAMERA, GOOD, observer=f"other-{number}")
    walls.center.wait(DELAY_S)
    assert walls.center.alarms == ()


def test_whoever_measures_a_device_that_is_no_camera_its_newest_value_counts() -> None:
    center = KeepingCenter()
    center.bear(FENCE, FENCE_BIRTH)
    center.ask(Approve(FENCE, "marat", ""))
    center.measure(FENCE, {"tension": 50.0}, observer="a")
    assert len(center.alarms) == 1
    center.measure(FENCE, {"tension": 10.0}, observer="b")
    assert [view.state for view in center.alarms] == [AlarmState.RETURNED]


@pytest.mark.parametrize(("bad", "good", "off_delay_s"), [(FROZEN, LIVE, 3.0), (LOW, GOOD, DELAY_S)])
def test_a_hub_that_begins_anew_hears_all_walls_before_an_alarm_ends(
    tmp_path: Path, bad: Values, good: Values, off_delay_s: float
) -> None:
    before = Walls()
    before.say("a", good)
    before.say("b", bad)
    before.run(DELAY_S + 5)
    stood = before.alarm
    walls = before.restart(tmp_path)
    walls.say("a", good)
    walls.run(REPEAT_S - STEP_S)
    walls.say("b", bad)
    walls.run(600)
    assert (walls.turns, walls.alarm) == ([], stood)
    walls.say("b", good)
    walls.run(off_delay_s)
    assert walls.turns == ["alarm-returned"]


@pytest.mark.parametrize(("bad", "good", "off_delay_s"), [(FROZEN, LIVE, 3.0), (LOW, GOOD, DELAY_S)])
def test_an_alarm_of_an_earlier_run_ends_once_all_walls_had_the_time_to_speak(
    tmp_path: Path, bad: Values, good: Values, off_delay_s: float
) -> None:
    before = Walls()
    before.say("a", bad)
    before.run(DELAY_S)
    walls = before.restart(tmp_path)
    walls.say("a", good)
    walls.run(PICTURE_HOLDS_S)
    assert walls.turns == []
    walls.run(REPEAT_S + off_delay_s)
    assert walls.turns == ["alarm-returned"]


def history_of(folder: Path, store: ReadingsStore, metric: str = "picture") -> list[tuple[Value, str]]:
    until = START + timedelta(days=1)
    told = [(point.value, point.observer) for point in store.history(CAMERA, metric, START, until, 100).points]
    rows = csv.DictReader(io.StringIO(b"".join(export(folder, Format.CSV, What.READINGS, Selection())).decode()))
    assert [(row["state"], row["observer"]) for row in rows if row["metric"] == metric] == told
    return told


def test_the_history_says_which_wall_said_what(tmp_path: Path) -> None:
    walls = Walls()
    walls.say("a", LIVE)
    walls.say("b", FROZEN)
    walls.run(REPEAT_S)
    itself = walls.center.measure(CAMERA, {"mode": "day"})
    store = ReadingsStore(tmp_path)
    store.write([*walls.readings, *itself.readings])
    assert history_of(tmp_path, store) == [("live", "a"), ("frozen", "b")] * 2
    assert history_of(tmp_path, store, "mode") == [("day", "")]
    assert {(each.metric, each.observer) for each in store.newest()} == {("picture", "b"), ("mode", "")}
    assert {each.reading for each in store.read_after(0, 9)} == {*walls.readings, *itself.readings}


def test_a_file_from_before_observers_is_read_and_gone_on_with(tmp_path: Path) -> None:
    walls = Walls()
    walls.say("a", LIVE)
    store = ReadingsStore(tmp_path)
    store.write(walls.readings)
    store.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.executescript("ALTER TABLE readings DROP COLUMN observer; PRAGMA user_version=1")
    connection.close()
    before = b"".join(export(tmp_path, Format.CSV, What.READINGS, Selection())).decode()
    (row,) = csv.DictReader(io.StringIO(before))
    assert (row["state"], row["observer"]) == ("live", "")
    store = ReadingsStore(tmp_path)
    walls.run(REPEAT_S)
    assert store.write(walls.readings).stored == 1
    assert history_of(tmp_path, store) == [("live", ""), ("live", "a")]
