"""What of a camera's pictures is shown at which tick."""

import pytest

from videowall.composing.slot import READY, Slot
from videowall.picture import Rect, allocate

PICTURE = allocate(64, 36)
TICK_S = 0.04


def show(slot: Slot, came_s: list[float], ticks: int) -> list[float | None]:
    """What is taken at each tick when pictures are decoded at these times."""
    taken: list[float | None] = []
    waiting = sorted(came_s)
    for tick in range(ticks):
        now_s = tick * TICK_S
        while waiting and waiting[0] <= now_s:
            at_s = waiting.pop(0)
            slot.offer(PICTURE, at_s, at_s, at_s)
        picture = slot.take()
        taken.append(None if picture is None else picture.arrival_s)
    return taken


def slot() -> Slot:
    return Slot(Rect(0, 0, 64, 36))


def test_a_camera_in_step_is_shown_picture_by_picture_whatever_its_phase() -> None:
    for phase_s in (0.001, 0.01, 0.02, 0.035):
        taken = show(slot(), [number * TICK_S - phase_s for number in range(60)], 60)
        assert len({at_s for at_s in taken if at_s is not None}) == 60


def test_a_camera_that_comes_just_when_it_is_asked_for_loses_no_picture() -> None:
    """Its pictures come a little before one tick and a little after the next."""
    came = [number * TICK_S + (0.002 if number % 2 else -0.002) for number in range(200)]
    taken = show(slot(), came, 200)
    assert len({at_s for at_s in taken if at_s is not None}) >= 198


def test_what_stood_still_is_made_up_for_within_some_seconds() -> None:
    came = [number * TICK_S - 0.02 for number in range(100)]
    came[10] = came[11]  # one was late
    taken = show(slot(), came, 100)
    ages = [tick * TICK_S - at_s for tick, at_s in enumerate(taken) if at_s is not None]
    assert max(ages[12:30]) == pytest.approx(0.02 + TICK_S, abs=0.001)
    assert ages[-1] == pytest.approx(0.02, abs=0.001)


def test_what_comes_shortly_before_it_is_asked_for_is_made_up_for_too() -> None:
    came = [number * TICK_S - 0.003 for number in range(100)]
    came[10] = came[11]
    taken = show(slot(), came, 100)
    ages = [tick * TICK_S - at_s for tick, at_s in enumerate(taken) if at_s is not None]
    assert max(ages[12:30]) > TICK_S
    assert ages[-1] == pytest.approx(0.003, abs=0.001)


def test_a_camera_that_needs_one_in_hand_now_and_then_is_tried_more_and_more_seldom() -> None:
    """One picture of fifty comes too late for its tick: it would be missed fifty times."""
    came = [number * TICK_S + (0.002 if number % 50 == 0 else -0.002) for number in range(2500)]
    taken = show(slot(), came, 2500)
    missed = [tick for tick, at_s in enumerate(taken) if at_s is None]
    assert 2 <= len(missed) <= 6
    assert missed[-1] < 1500


def test_a_camera_that_fell_out_of_step_is_in_time_again_soon_after() -> None:
    """It needed one in hand for a while; for the rest its pictures come well before they are asked for."""
    came = [number * TICK_S + (0.002 if number % 50 == 0 else -0.002) for number in range(500)]
    came += [number * TICK_S - 0.02 for number in range(500, 2500)]
    taken = show(slot(), came, 2500)
    ages = [tick * TICK_S - at_s for tick, at_s in enumerate(taken) if at_s is not None]
    assert ages[-1] == pytest.approx(0.02, abs=0.001)
    assert None not in taken[520:]


def test_of_a_camera_that_is_faster_than_the_wall_the_newest_is_shown() -> None:
    taken = show(slot(), [number * TICK_S / 3 for number in range(300)], 90)
    ages = [tick * TICK_S - at_s for tick, at_s in enumerate(taken) if at_s is not None]
    assert max(ages[2:]) < TICK_S


def test_no_more_than_two_are_kept() -> None:
    full = slot()
    for number in range(10):
        full.offer(PICTURE, float(number))
    assert full.dropped_total == 10 - READY
