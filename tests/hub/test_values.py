"""Which value of a metric is the current one."""

from datetime import timedelta

import pytest

from hub.decisions.values import LastValues
from sensors.model import MetricName, Quality, Reading
from tests.hub.quiet_center import FENCE, START

TENSION = MetricName("tension")


def said(sequence: int, minute: int, value: float) -> Reading:
    at = START + timedelta(minutes=minute)
    return Reading(FENCE, TENSION, value, "N", Quality.GOOD, at, at, sequence, historical=False)


def shown(values: LastValues) -> list[object]:
    return [(view.value, view.quality) for view in values.views]


@pytest.mark.parametrize(
    ("sequence", "minute", "is_newer"), [(6, 4, True), (4, 6, True), (5, 5, False), (4, 4, False), (5, 4, False)]
)
def test_newer_is_a_higher_number_or_a_later_time(sequence: int, minute: int, is_newer: bool) -> None:  # noqa: FBT001 - a case
    values = LastValues([])
    assert values.move(said(5, 5, 1.0))
    assert values.move(said(sequence, minute, 2.0)) is is_newer
    assert shown(values) == [(2.0 if is_newer else 1.0, Quality.GOOD)]


def test_what_an_earlier_run_knew_gives_way_to_anything_once() -> None:
    values = LastValues([said(9, 9, 1.0)])
    assert shown(values) == [(1.0, Quality.GOOD)]
    assert values.move(said(2, 2, 2.0))
    assert not values.move(said(1, 1, 3.0))
    assert shown(values) == [(2.0, Quality.GOOD)]


def test_a_device_that_begins_anew_may_count_from_the_start() -> None:
    values = LastValues([])
    values.move(said(9, 9, 1.0))
    values.restart(FENCE)
    assert values.move(said(0, 0, 2.0))
    assert not values.move(said(0, 0, 3.0))


def test_the_brokers_memory_is_shown_until_the_device_itself_speaks() -> None:
    values = LastValues([said(9, 9, 1.0)])
    values.recall(said(0, 0, 2.0))
    assert shown(values) == [(2.0, Quality.UNCERTAIN)]
    values.recall(said(0, 0, 3.0))
    assert values.move(said(0, 0, 4.0))
    values.recall(said(9, 9, 5.0))
    assert shown(values) == [(4.0, Quality.GOOD)]
    assert [view.value for view in values.take_changed()] == [4.0]
    assert values.take_changed() == ()
