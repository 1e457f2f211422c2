"""Several walls show one camera, and do not say the same of its picture."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from hub.decisions.pictures import MAX_OBSERVERS, PICTURE_HOLDS_S, Pictures
from hub.protocol import AlarmState, MetricsChanged
from hub.storage.readings import ReadingsStore, WriteOutcome
from sensors.catalog import PictureState
from sensors.model import Birth, MetricName, Names, Quality, Reading
from sensors.topics import Leaf, wall_key
from tests.hub.quiet_center import CAMERA, GATEWAY, START, QuietCenter
from videowall.board import SiteCondition, decode_board

LIVE, CONNECTING, BEHIND = PictureState.LIVE, PictureState.CONNECTING, PictureState.BEHIND
FROZEN, NO_PACKETS = PictureState.FROZEN, PictureState.NO_PACKETS
REPEAT_S, STEP_S = 5.0, 0.5
OFF_DELAY_S = 3.0


@dataclass
class Walls:
    """Walls that repeat what they say of the camera as walls do; what came of it is kept."""

    center: QuietCenter
    raised: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    boards: list[tuple[SiteCondition, int]] = field(default_factory=list)
    shown: list[object] = field(default_factory=list)
    _said: dict[str, tuple[PictureState, float]] = field(default_factory=dict)
    _numbers: "dict[str, count[int]]" = field(default_factory=dict)

    def say(self, wall: str, state: PictureState, *, early_s: float = 0.0) -> None:
        """From now on this is what the wall says, at once and every five seconds, the first time `early_s` sooner."""
        self._tell(wall, state)
        self._said[wall] = state, self.center.clock.monotonic_s() - early_s

    def leave(self, wall: str) -> None:
        del self._said[wall]

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            effects = self.center.wait(STEP_S)
            now_s = self.center.clock.monotonic_s()
            kinds = [entry.kind for entry in effects.changes.log if entry.key == CAMERA]
            self.raised += [now_s] * kinds.count("alarm-raised")
            self.ended += [now_s] * kinds.count("alarm-returned")
            for each in effects.outgoing:
                if each.topic.endswith(f"/{Leaf.BOARD}"):
                    (site,) = decode_board(each.payload).sites
                    self.boards.append((site.condition, site.cameras_live))
            for wall, (state, said_s) in list(self._said.items()):
                if now_s - said_s >= REPEAT_S:
                    self._tell(wall, state)
                    self._said[wall] = state, now_s

    @property
    def stands(self) -> bool:
        return any(view.key == CAMERA and view.state is AlarmState.UNACKNOWLEDGED for view in self.center.alarms)

    @property
    def picture(self) -> object:
        (view,) = [view for view in self.center.state.values.views if view.metric == "picture"]
        return view.value

    def _tell(self, wall: str, state: PictureState) -> None:
        number = next(self._numbers.setdefault(wall, count(1000 * len(self._numbers))))
        effects = self.center.measure(CAMERA, {"picture": state.value}, sequence=number, observer=wall)
        assert [reading.value for reading in effects.readings] == [state.value], "what is said is kept, believed or not"
        changed = [message for message in effects.live if isinstance(message, MetricsChanged)]
        self.shown += [view.value for message in changed for view in message.metrics if view.metric == "picture"]


@pytest.fixture
def walls() -> Walls:
    center = QuietCenter()
    center.bear(GATEWAY, Birth("gateway", Names(en="Gateway"), silence_s=10_000))
    center.say_state(GATEWAY, online=True)
    center.bear(CAMERA, Birth("camera", Names(en="Entry"), via="gateway"))
    center.bear(wall_key("a"), Birth("wall", Names(en="Wall"), silence_s=10_000))
    return Walls(center)


@pytest.mark.parametrize("phase_s", [0.5, 2.5, 4.5])
@pytest.mark.parametrize("state", [FROZEN, NO_PACKETS])
def test_what_one_wall_sees_is_an_alarm_whatever_another_says(
    walls: Walls, state: PictureState, phase_s: float
) -> None:
    walls.say("a", LIVE)
    walls.say("b", LIVE, early_s=phase_s)
    walls.run(60)
    walls.say("b", state, early_s=phase_s)
    began_s = walls.center.clock.monotonic_s()
    walls.run(180)
    assert [at_s - began_s for at_s in walls.raised] == [5.0]
    assert (walls.ended, walls.picture) == ([], state)
    walls.say("b", LIVE)
    walls.run(60)
    assert [at_s - began_s for at_s in walls.ended] == [180 + OFF_DELAY_S]
    assert len(walls.raised) == 1


def test_a_board_is_as_calm_as_with_one_wall(walls: Walls) -> None:
    walls.say("a", LIVE)
    walls.say("b", PictureState.BAD_CREDENTIALS, early_s=2)
    walls.run(120)
    turns = [after for before, after in zip(walls.boards, walls.boards[1:], strict=False) if before != after]
    assert turns == [(SiteCondition.ALARM, 0)]
    assert walls.boards[-1] == (SiteCondition.ALARM, 0)
    assert set(walls.shown[1:]) == {PictureState.BAD_CREDENTIALS}


def test_an_alarm_ends_when_no_wall_sees_its_cause_any_more(walls: Walls) -> None:
    walls.say("a", FROZEN)
    walls.say("b", FROZEN, early_s=2)
    walls.run(60)
    walls.say("a", LIVE)
    walls.run(60)
    assert (len(walls.raised), walls.ended, walls.picture) == (1, [], FROZEN)
    walls.say("b", LIVE)
    walls.run(10)
    assert (walls.stands, len(walls.ended), walls.picture) == (False, 1, LIVE)


def test_an_alarm_that_stood_for_the_word_of_a_wall_that_is_gone_ends(walls: Walls) -> None:
    walls.say("a", LIVE)
    walls.say("b", FROZEN)
    walls.run(30)
    walls.leave("b")
    gone_s = walls.center.clock.monotonic_s()
    walls.run(60)
    (ended_s,) = walls.ended
    assert PICTURE_HOLDS_S - REPEAT_S < ended_s - gone_s <= PICTURE_HOLDS_S + OFF_DELAY_S + 2 * STEP_S
    # Nobody has acknowledged it, so the post is not normal yet.
    assert (walls.picture, walls.boards[-1]) == (LIVE, (SiteCondition.ALARM, 1))


def test_what_was_said_last_stays_when_no_wall_says_anything(walls: Walls) -> None:
    walls.say("a", LIVE)
    walls.say("b", FROZEN)
    walls.run(30)
    walls.leave("a")
    walls.run(4)
    walls.leave("b")
    walls.run(300)
    assert (walls.stands, walls.ended, walls.picture) == (True, [], FROZEN)
    walls.say("a", LIVE)
    walls.run(10)
    assert (walls.stands, walls.picture) == (False, LIVE)


def test_a_wall_that_begins_anew_raises_nothing_of_a_camera_that_another_has_live(walls: Walls) -> None:
    walls.say("a", LIVE)
    walls.say("b", LIVE, early_s=2)
    walls.run(30)
    walls.leave("b")
    walls.run(3)
    walls.say("b", CONNECTING)
    walls.run(18)
    walls.say("b", LIVE)
    walls.run(30)
    assert (walls.raised, set(walls.shown)) == ([], {LIVE})
    assert {live for _, live in walls.boards} == {1}


def test_a_wall_that_never_gets_the_picture_is_an_alarm_in_the_end(walls: Walls) -> None:
    walls.say("a", LIVE)
    walls.say("b", CONNECTING)
    walls.run(120)
    (raised_s,) = walls.raised
    assert PICTURE_HOLDS_S < raised_s <= PICTURE_HOLDS_S + REPEAT_S + 5 + 2 * STEP_S
    assert walls.stands


def test_a_lone_wall_that_connects_for_long_is_an_alarm_as_soon_as_ever(walls: Walls) -> None:
    walls.say("a", CONNECTING)
    walls.run(10)
    assert walls.raised == [5.0]


@pytest.mark.parametrize(("other", "picture"), [(LIVE, LIVE), (FROZEN, FROZEN)])
def test_a_wall_that_is_behind_hides_nothing_that_another_sees(
    walls: Walls, other: PictureState, picture: PictureState
) -> None:
    walls.say("a", BEHIND)
    walls.say("b", other, early_s=2)
    walls.run(60)
    assert (walls.picture, walls.stands) == (picture, other is FROZEN)
    assert walls.boards[-1][1] == (other is LIVE)


def test_a_link_that_is_dead_for_one_wall_hides_no_fault_that_another_sees(walls: Walls) -> None:
    walls.center.say_state(GATEWAY, online=False)
    walls.say("a", NO_PACKETS)
    walls.run(30)
    assert walls.raised == []
    walls.say("b", FROZEN)
    walls.run(30)
    assert len(walls.raised) == 1


def test_a_wall_with_a_slow_clock_and_low_numbers_is_heard_like_any_other(walls: Walls) -> None:
    center = walls.center
    for number in range(6):
        center.measure(CAMERA, {"picture": LIVE}, sequence=2000 + number, observer="a")
        early = center.clock.now() - timedelta(seconds=40)
        center.measure(CAMERA, {"picture": FROZEN}, sequence=1000 + number, at=early, observer="b")
        center.wait(5)
    assert walls.stands


def test_of_walls_that_do_not_name_themselves_the_last_word_counts_as_it_did(walls: Walls) -> None:
    center = walls.center
    for _ in range(12):
        center.measure(CAMERA, {"picture": LIVE})
        assert walls.picture == LIVE
        center.wait(2.5)
        center.measure(CAMERA, {"picture": FROZEN})
        assert walls.picture == FROZEN
        center.wait(2.5)
    assert not walls.stands
    walls.say("b", FROZEN)
    walls.run(30)
    assert walls.stands


def test_other_values_are_the_newest_that_any_wall_said(walls: Walls) -> None:
    center = walls.center
    center.measure(CAMERA, {"picture": FROZEN, "fps": 12.5}, observer="a")
    center.measure(CAMERA, {"picture": LIVE, "fps": 25.0}, observer="b")
    shown = {view.metric: view.value for view in center.state.values.views}
    assert shown == {"picture": FROZEN, "fps": 25.0}


def test_a_camera_that_is_withdrawn_leaves_no_word_behind() -> None:
    center = QuietCenter(approve_all=False)
    center.bear(CAMERA, Birth("camera", Names(en="Entry")))
    center.measure(CAMERA, {"picture": FROZEN}, observer="a")
    center.hear(CAMERA, Leaf.BIRTH, b"", retained=True)
    center.bear(CAMERA, Birth("camera", Names(en="Entry")))
    center.measure(CAMERA, {"picture": LIVE}, observer="b")
    assert [view.value for view in center.state.values.views if view.metric == "picture"] == [LIVE]


def test_what_two_walls_measured_under_one_number_is_stored_as_two(walls: Walls, tmp_path: Path) -> None:
    center = walls.center
    said = [*center.measure(CAMERA, {"picture": LIVE}, sequence=7, observer="a").readings]
    said += center.measure(
        CAMERA, {"picture": FROZEN}, sequence=7, at=START + timedelta(microseconds=1), observer="b"
    ).readings
    assert ReadingsStore(tmp_path).write([*said, *said]) == WriteOutcome(2, {CAMERA: 2})


def picture(state: str, number: int = 1, quality: Quality = Quality.GOOD) -> Reading:
    return Reading(CAMERA, MetricName("picture"), state, "", quality, START, START, number, historical=False)


def test_of_words_as_grave_as_each_other_the_newest_is_believed_and_a_repeat_is_no_news() -> None:
    pictures = Pictures()
    first, second, third = picture(FROZEN, 1), picture(FROZEN, 2), picture(FROZEN, 3)
    assert pictures.hear(first, "a", 0.0) is first
    assert pictures.hear(second, "b", 1.0) is second
    assert pictures.hear(third, "a", 2.0) is third
    assert pictures.hear(picture(FROZEN, 3), "a", 3.0) is None
    assert pictures.hear(picture(LIVE, 2), "a", 3.0) is None


def test_a_word_of_bad_quality_hides_no_other() -> None:
    pictures = Pictures()
    frozen = picture(FROZEN)
    pictures.hear(picture(LIVE), "a", 0.0)
    assert pictures.hear(picture(FROZEN, quality=Quality.BAD), "b", 0.0) is None
    assert pictures.hear(frozen, "c", 0.0) is frozen
    assert pictures.hear(picture(PictureState.COVERED, quality=Quality.BAD), "b", 0.0) is None


def test_the_gravest_is_the_same_in_whatever_order_walls_speak() -> None:
    for one in PictureState:
        for other in PictureState:
            believed = set()
            for first, second in ((one, other), (other, one)):
                pictures = Pictures()
                last = pictures.hear(picture(first), "a", 0.0)
                last = pictures.hear(picture(second), "b", 0.0) or last
                assert last is not None
                believed.add(last.value)
            assert len(believed) == 1
            assert LIVE not in believed or {one, other} <= {LIVE, CONNECTING, BEHIND}


def test_a_state_that_nobody_knows_is_not_taken_for_a_live_picture() -> None:
    pictures = Pictures()
    strange = picture("upside-down")
    assert pictures.hear(strange, "b", 0.0) is strange
    assert pictures.hear(picture(LIVE), "a", 0.0) is None


def test_many_names_take_no_more_room_than_sixteen_and_push_out_those_not_heard_for_longest() -> None:
    pictures = Pictures()
    frozen = picture(FROZEN)
    pictures.hear(picture(NO_PACKETS), "first", 0.0)
    pictures.hear(frozen, "b", 0.0)
    for number in range(MAX_OBSERVERS - 1):
        pictures.hear(picture(LIVE), f"liar-{number}", 0.0)
    repeated = picture(FROZEN, 2)
    assert pictures.hear(repeated, "b", 1.0) is repeated
    for number in range(MAX_OBSERVERS - 1):
        assert pictures.hear(picture(LIVE, 2), f"other-{number}", 1.0) is None
    pushed_out = pictures.hear(picture(LIVE, 3), "one-more", 1.0)
    assert pushed_out is not None
    assert pushed_out.value == LIVE


def test_nothing_is_kept_of_a_camera_that_nobody_speaks_of() -> None:
    pictures = Pictures()
    pictures.hear(picture(FROZEN, 9), "a", 0.0)
    assert pictures.lapse(PICTURE_HOLDS_S) == []
    assert pictures.lapse(PICTURE_HOLDS_S + 0.1) == []
    # A wall whose clock was set back is heard again once its last word holds no more.
    early = picture(LIVE, 1)
    assert pictures.hear(early, "a", 30.0) is early
