"""A soak is run and judged as it should be: a very short one for real, and invented figures for the rest."""

import pytest

from tests.soak.figures import Sample, steady, trend
from tests.soak.run import MOST_RSS_MB_PER_H, Outcome, soak

pytestmark = pytest.mark.alone


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_short_soak_flaps_watches_and_changes_plans_and_all_is_well_after() -> None:
    outcome = soak(12.0, cameras=3, shards=1, seed=1)
    assert outcome.faults == []
    assert (outcome.restarts, outcome.live_at_end) == (0, outcome.cameras)
    assert outcome.flaps > 0
    assert outcome.plans >= 2
    assert outcome.viewers > 0
    assert outcome.samples >= 5
    assert min(outcome.fds) > 0
    assert min(outcome.rss_mb) > 50


def outcome(**changes: object) -> Outcome:
    calm: dict[str, object] = {
        "hours": 24.0,
        "rss_slope_mb_per_h": 0.2,
        "rss_mb": (300.0, 301.0),
        "rss_own_mb": (200.0, 201.0),
        "fds": (40, 41),
        "threads": (20, 20),
        "restarts": 0,
        "live_at_end": 6,
        "cameras": 6,
        "flaps": 1000,
        "plans": 1000,
        "viewers": 1000,
        "samples": 1600,
    }
    return Outcome(**{**calm, **changes})  # type: ignore[arg-type]  # checked by the fields' names


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"rss_slope_mb_per_h": MOST_RSS_MB_PER_H + 1}, "memory grows by 6.0 MB an hour"),
        ({"rss_mb": (300.0, 360.0)}, "memory grows from 300.0 to 360.0 MB"),
        ({"fds": (40, 140)}, "descriptors grow from 40 to 140"),
        ({"threads": (20, 60)}, "threads grow from 20 to 60"),
        ({"restarts": 1}, "begun again 1 times"),
        ({"live_at_end": 5}, "5 of 6 cameras live at the end"),
    ],
)
def test_what_must_not_be_is_named(changes: dict[str, object], fault: str) -> None:
    assert outcome().faults == []
    assert outcome(**changes).faults == [fault]


def test_a_slope_is_judged_only_after_the_warm_up_and_in_a_run_that_is_long_enough() -> None:
    assert outcome(hours=0.01, rss_slope_mb_per_h=900.0).faults == []
    grown = [Sample(hour / 10, 200.0 + min(hour, 20) * 10, 200.0, 10, 5, 1) for hour in range(101)]
    judged = steady(grown)
    assert judged[0].at_h == 0.5
    course = trend([(sample.at_h, sample.rss_mb) for sample in judged if sample.at_h >= 2])
    assert (round(course.per_h, 6), course.first, course.last) == (0.0, 400.0, 400.0)
    assert trend([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]).per_h == pytest.approx(2.0)
    assert trend([]) == (0.0, 0.0, 0.0)
