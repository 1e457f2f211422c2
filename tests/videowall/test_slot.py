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
        picture = slot.take(now_s)
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


def test_of_a_camera_that_is_faster_than_the_wall_the_newest_is_shown() -> None:
    taken = show(slot(), [number * TICK_S / 3 for number in range(300)], 90)
    ages = [tick * TICK_S - at_s for tick, at_s in enumerate(taken) if at_s is not None]
    assert max(ages[2:]) < TICK_S


def test_no_more_than_two_are_kept() -> None:
    full = slot()
    for number in range(10):
        full.offer(PICTURE, float(number))
    assert full.dropped_total == 10 - READY
