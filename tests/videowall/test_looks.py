"""When coded pictures are looked for, towards the wall's next picture."""

from itertools import pairwise

import pytest

from videowall.decoding.looks import LONGEST_S, Looks

_DUE_S, _PERIOD_S = 100.0, 0.04


def looked(looks: Looks, period_s: float = _PERIOD_S) -> list[float]:
    """How long before the picture is due each look for it is."""
    at_s, leads = _DUE_S - period_s, []
    while (look_s := looks.first(at_s, _DUE_S)) < _DUE_S:
        leads.append(_DUE_S - look_s)
        at_s = look_s + 1e-6
    return leads


@pytest.mark.parametrize(
    ("each_s", "busy"),
    [(0.0, 0.0), (0.0004, 0.05), (0.0018, 0.3), (0.0018, 0.75), (0.004, 0.9), (0.008, 1.0), (0.05, 1.0)],
)
def test_looks_follow_one_another_faster_and_faster(each_s: float, busy: float) -> None:
    looks = Looks()
    looks.learn(each_s, busy)
    leads = looked(looks)
    intervals = [before - after for before, after in pairwise(leads)]
    assert leads[-1] == pytest.approx(looks.last_s)
    assert all(later <= earlier + 1e-6 for earlier, later in pairwise(intervals[1:]))
    assert max(intervals, default=0.0) <= LONGEST_S + 1e-6
    assert len(leads) <= 6


def test_what_comes_between_two_looks_can_be_decoded_before_the_wall_needs_it() -> None:
    each_s, busy = 0.0018, 0.75
    looks = Looks()
    looks.learn(each_s, busy)
    leads = looked(looks)
    assert leads[-1] == pytest.approx(2 * each_s)
    # The first of them stands for what came while the last picture was made.
    for before, after in pairwise(leads[1:]):
        assert (before - after) * busy <= after + 1e-6


def test_the_last_look_is_never_too_near_nor_too_far() -> None:
    looks = Looks()
    looks.learn(0.0, 0.0)
    assert looks.last_s == 0.002
    looks.learn(1.0, 1.0)
    assert looks.last_s == LONGEST_S


def test_a_slow_wall_is_looked_for_all_the_time() -> None:
    leads = looked(Looks(), period_s=0.5)
    assert len(leads) >= 0.48 / LONGEST_S


def test_after_the_last_look_only_the_picture_itself_is_left() -> None:
    assert Looks().first(_DUE_S - 0.001, _DUE_S) == _DUE_S
