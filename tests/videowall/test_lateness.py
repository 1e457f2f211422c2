"""Pictures that come late: told from clocks that are set, that run unevenly, and from networks as they are."""

import itertools
import random
from collections.abc import Iterator

import pytest

from videowall.capture.rtsp.lateness import LATE_S, Lateness

PERIOD_S = 0.04
NO_CLOCK_S = 1_790_000_000.0


def pictures(count: int, begin: int = 0) -> Iterator[float]:
    """When they are taken, by our clock."""
    return (PERIOD_S * number for number in range(begin, begin + count))


def watch(lateness: Lateness, taken_s: Iterator[float], way_s: float = 0.1, clock_s: float = NO_CLOCK_S) -> set[bool]:
    """What is said of pictures that take so long to come, by a clock that is so far from ours: late, or not."""
    said = set()
    for at_s in taken_s:
        lateness.see(at_s + clock_s, at_s + way_s)
        said.add(lateness.late_s > 0)
    return said


@pytest.mark.parametrize("clock_s", [NO_CLOCK_S, 0.0, -3600.0, 3.0])
def test_what_comes_soon_is_not_late_whatever_the_cameras_clock(clock_s: float) -> None:
    assert watch(Lateness(), pictures(500), 0.6, clock_s) == {False}


def test_what_a_slowed_link_holds_back_is_late_by_as_much_until_it_comes_in_time_again() -> None:
    lateness = Lateness()
    watch(lateness, pictures(100))
    watch(lateness, pictures(500, 100), 3.1)
    assert lateness.late_s == pytest.approx(3.0, abs=0.05)
    assert watch(lateness, pictures(100, 600)) == {False}


def test_a_backlog_that_grows_slowly_is_late_once_it_has_grown() -> None:
    lateness = Lateness()
    for at_s in pictures(2000):
        lateness.see(at_s, at_s + 0.1 + at_s / 20)
    assert lateness.late_s == pytest.approx(4.0, abs=0.2)


@pytest.mark.parametrize("set_s", [-0.5, -3.0, -86_400.0, 3.0, 86_400.0])
def test_a_clock_that_is_set_makes_nothing_late(set_s: float) -> None:
    lateness = Lateness()
    watch(lateness, pictures(100))
    assert watch(lateness, pictures(100, 100), clock_s=NO_CLOCK_S + set_s) == {False}
    assert watch(lateness, pictures(100, 200)) == {False}


def test_a_clock_that_is_led_back_to_the_right_time_makes_nothing_late() -> None:
    lateness = Lateness()
    for at_s in pictures(200_000):
        lateness.see(at_s * (1 - 0.0005), at_s + 0.1)
        assert lateness.late_s == 0


def test_networks_as_they_are_make_nothing_late() -> None:
    chance, lateness = random.Random(1), Lateness()  # noqa: S311 - jitter
    for at_s in pictures(5000):
        lateness.see(at_s, at_s + 0.1 + chance.random() * 0.8)
        assert lateness.late_s == 0


def test_what_is_late_is_not_called_so_and_not_so_in_turn() -> None:
    chance, lateness = random.Random(1), Lateness()  # noqa: S311 - jitter
    watch(lateness, pictures(100))
    said = [watch(lateness, pictures(1, 100 + number), LATE_S + chance.random() * 0.2) for number in range(1000)]
    assert sum(before != after for before, after in itertools.pairwise(said)) <= 1
