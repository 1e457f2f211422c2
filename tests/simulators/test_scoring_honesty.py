"""What walls showed against what pictures were."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.catalog import PictureState
from simulators.scoring.honesty import Honesty, judge
from simulators.scoring.matching import RECOVERY_S
from simulators.truth import Heard, PictureFault
from tests.support.played_run import at, fault, pictured

LIVE, FROZEN, BLACK = PictureState.LIVE, PictureState.FROZEN, PictureState.BLACK


def seen(*heard: Heard, faults: tuple[PictureFault, ...] = (), ends: float = 100.0) -> Honesty:
    return judge(faults, heard, at(ends))


def test_a_fault_is_marked_from_the_first_word_that_is_not_live() -> None:
    honesty = seen(pictured(0, LIVE), pictured(28, FROZEN), pictured(52, LIVE), faults=(fault(20, 50),))
    (marked,) = honesty.faults
    assert (marked.faulty_s, marked.marked_s, marked.after_s, marked.overdue_s) == (30.0, 22.0, 8.0, 0.0)
    assert marked.said == (LIVE, FROZEN)


def test_time_as_live_after_the_grace_is_overdue_even_between_marks() -> None:
    honesty = seen(
        pictured(0, LIVE),
        pictured(35, FROZEN),
        pictured(40, LIVE),
        pictured(44, FROZEN),
        faults=(fault(20, 50, within=10),),
    )
    assert honesty.faults[0].overdue_s == 5.0 + 4.0
    assert honesty.faults[0].marked_s == 5.0 + 6.0


def test_a_fault_that_nobody_marked_has_no_time_of_its_mark() -> None:
    (marked,) = seen(pictured(0, LIVE), faults=(fault(20, 50, within=10),)).faults
    assert (marked.after_s, marked.marked_s, marked.overdue_s) == (None, 0.0, 20.0)


def test_a_picture_that_was_marked_before_is_marked_at_once() -> None:
    (marked,) = seen(pictured(0, LIVE), pictured(15, BLACK), faults=(fault(20, 50),)).faults
    assert marked.after_s == 0.0


def test_a_fault_ends_with_the_run() -> None:
    (marked,) = seen(pictured(0, LIVE), pictured(28, FROZEN), faults=(fault(20, 500),), ends=60).faults
    assert (marked.faulty_s, marked.marked_s) == (40.0, 32.0)


def test_time_before_the_wall_spoke_of_a_camera_is_not_counted() -> None:
    (marked,) = seen(pictured(30, FROZEN), faults=(fault(20, 50),)).faults
    assert (marked.faulty_s, marked.marked_s) == (20.0, 20.0)


def test_faults_of_cameras_on_no_wall_are_counted_apart() -> None:
    honesty = seen(pictured(0, LIVE), faults=(fault(20, 50, camera="entry"),))
    assert (honesty.faults, honesty.unwatched) == ((), 1)


def test_healthy_time_begins_live_and_leaves_out_faults_and_recovery() -> None:
    honesty = seen(
        pictured(0, PictureState.CONNECTING),
        pictured(4, LIVE),
        pictured(21, FROZEN),
        pictured(55, LIVE),
        pictured(90, PictureState.DELAYED),
        pictured(93, LIVE),
        faults=(fault(20, 50),),
    )
    assert honesty.healthy_s == (20 - 4) + (100 - 50 - RECOVERY_S)
    assert honesty.wrongly_marked_s == 3.0


def test_a_camera_that_was_never_live_has_no_healthy_time() -> None:
    assert seen(pictured(0, PictureState.REFUSED)).healthy_s == 0.0


_STATES = st.lists(st.tuples(st.integers(0, 99), st.sampled_from((LIVE, FROZEN, BLACK))), min_size=1, max_size=12)
_FAULTS = st.lists(st.tuples(st.integers(0, 99), st.integers(1, 40), st.integers(0, 50)), max_size=4)


@given(states=_STATES, faults=_FAULTS)
def test_shares_are_of_what_they_are_shares_of(
    states: list[tuple[int, PictureState]], faults: list[tuple[int, int, int]]
) -> None:
    heard = [pictured(second, state) for second, state in states]
    honesty = judge([fault(since, since + lasts, within) for since, lasts, within in faults], heard, at(100))
    for marked in honesty.faults:
        assert 0.0 <= marked.marked_s <= marked.faulty_s
        assert 0.0 <= marked.overdue_s <= marked.faulty_s - marked.marked_s + 1e-9
        assert (marked.after_s is not None) == (marked.marked_s > 0)
    assert 0.0 <= honesty.wrongly_marked_s <= honesty.healthy_s + 1e-9 <= 100.0 + 1e-6


@given(states=_STATES)
def test_what_was_shown_covers_the_run_without_gaps(states: list[tuple[int, PictureState]]) -> None:
    heard = [pictured(second, state) for second, state in states]
    (shown,) = judge([], heard, at(100)).shown.values()
    assert shown[0].span.since == at(min(second for second, _ in states))
    assert shown[-1].span.until == at(100)
    assert all(before.span.until == after.span.since for before, after in pairwise(shown))


@pytest.mark.parametrize("state", [state for state in PictureState if state is not LIVE])
def test_every_word_but_live_is_a_mark(state: PictureState) -> None:
    (marked,) = seen(pictured(0, LIVE), pictured(25, state), faults=(fault(20, 50),)).faults
    assert marked.after_s == 5.0
