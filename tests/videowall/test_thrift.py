"""What a wall does without when there is too much to decode, in which order, and when it takes that back."""

from collections.abc import Callable

import pytest

from sensors.clock import SystemClock
from sensors.model import DeviceId, DeviceKey, SiteId, Stream, StreamRole
from videowall.capture.channel import Channel
from videowall.capture.choice import choose
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.decoding.thrift import DEEPEST, PLENTY, Governor, Pressure, Saving, Thrift, saving, ticks_each
from videowall.picture import Rect

HIGH = Pressure(busy=0.99, missed=0.0, waits_s=0.05)
GRAVE = Pressure(busy=1.0, missed=0.2, waits_s=0.39)
LOW = Pressure(busy=0.6, missed=0.0, waits_s=0.01)
SLIGHT = Pressure(busy=0.3, missed=0.0, waits_s=0.01)
BETWEEN = Pressure(busy=0.85, missed=0.0, waits_s=0.01)


def test_each_step_takes_away_more_from_small_tiles_and_spots_are_spared_to_the_last() -> None:
    small = [saving(depth, is_spot=False) for depth in range(DEEPEST + 1)]
    spot = [saving(depth, is_spot=True) for depth in range(DEEPEST + 1)]
    assert small == sorted(small, key=lambda step: (step.thrift, -step.share))
    assert small[0] == PLENTY
    assert {step.thrift for step in small} == set(Thrift)
    first_for_spot = next(depth for depth, step in enumerate(spot) if step != PLENTY)
    assert small[first_for_spot].thrift is Thrift.KEYS
    assert ticks_each(first_for_spot - 1) == 2
    assert spot[-1] == Saving(Thrift.REFERENCED)


def test_the_wall_itself_is_slowed_only_when_only_key_pictures_are_left() -> None:
    slowed = next(depth for depth in range(DEEPEST + 1) if ticks_each(depth) == 2)
    assert saving(slowed - 1, is_spot=False).thrift is Thrift.KEYS


@pytest.mark.parametrize(
    ("pressure", "depths"),
    [(HIGH, [0, 1, 1, 1, 2, 2, 2, 3]), (GRAVE, [3, 3, 3, 6, 6, 6, 9, 9]), (LOW, [0] * 8), (BETWEEN, [0] * 8)],
)
def test_under_pressure_it_goes_down_and_on_only_when_what_it_did_is_felt(
    pressure: Pressure, depths: list[int]
) -> None:
    governor = Governor()
    assert [governor.look(pressure) for _ in range(8)] == depths


def test_a_step_that_was_enough_is_the_last() -> None:
    governor = Governor()
    felt = [governor.look(GRAVE) for _ in range(3)]
    assert felt + [governor.look(BETWEEN) for _ in range(20)] == [3] * 23


def test_one_bad_second_is_no_reason() -> None:
    governor = Governor()
    assert {governor.look(pressure) for pressure in (HIGH, LOW, HIGH, BETWEEN, HIGH)} == {0}


def test_it_never_goes_deeper_than_there_are_steps() -> None:
    governor = Governor()
    for _ in range(60):
        governor.look(GRAVE)
    assert governor.depth == DEEPEST


def test_it_comes_up_a_step_at_a_time_after_some_calm_seconds() -> None:
    governor = Governor()
    governor.look(GRAVE)
    assert [governor.look(LOW) for _ in range(12)] == [3] * 3 + [2] * 4 + [1] * 4 + [0]


def test_it_comes_up_some_steps_at_once_where_there_is_room_for_twice_as_much() -> None:
    governor = Governor()
    for _ in range(4):
        governor.look(GRAVE)
    assert [governor.look(SLIGHT) for _ in range(8)] == [6] * 3 + [3] * 4 + [0]


def test_between_high_and_low_it_stays() -> None:
    governor = Governor()
    strain(governor)
    assert {governor.look(BETWEEN) for _ in range(100)} == {1}


def test_a_step_up_that_was_one_too_many_is_not_tried_again_so_soon() -> None:
    governor = Governor()
    strain(governor)
    waits = []
    for _ in range(4):
        waits.append(_seconds_until(lambda: governor.look(LOW) == 0))
        strain(governor)
    assert waits == [4, 8, 16, 32]


def test_what_was_one_step_too_many_costs_one_step_however_bad_it_is() -> None:
    governor = Governor()
    governor.look(GRAVE)
    assert _seconds_until(lambda: governor.look(LOW) == 2) == 4
    assert [governor.look(GRAVE) for _ in range(3)] == [3] * 3


def test_no_step_jumps_over_the_key_pictures_to_a_slower_wall() -> None:
    governor = Governor()
    depths = [governor.look(GRAVE) for _ in range(60)]
    slowed = next(depth for depth in range(DEEPEST + 1) if ticks_each(depth) == 2)
    assert slowed - 1 in depths
    assert [depth for depth in sorted(set(depths)) if depth >= slowed - 1] == list(range(slowed - 1, DEEPEST + 1))


@pytest.mark.parametrize(
    ("busy", "missed", "is_high"), [(0.5, 0.2, False), (0.5, 0.3, True), (0.85, 0.2, True), (0.85, 0.05, False)]
)
def test_decoding_less_is_no_answer_to_pictures_missed_while_it_leaves_room(
    busy: float, missed: float, *, is_high: bool
) -> None:
    assert Pressure(busy=busy, missed=missed, waits_s=0.0).is_high is is_high


@pytest.mark.parametrize(("busy", "is_high"), [(0.5, False), (0.78, False), (0.79, True), (0.96, True)])
def test_pictures_that_wait_while_decoding_leaves_room_are_no_reason_to_decode_less(
    busy: float, *, is_high: bool
) -> None:
    pressure = Pressure(busy=busy, missed=0.0, waits_s=0.39)
    assert (pressure.is_high, pressure.is_grave) == (is_high, is_high)


def test_one_camera_whose_pictures_always_wait_does_not_keep_the_wall_from_what_there_is_room_for() -> None:
    governor = Governor()
    governor.look(GRAVE)
    assert _seconds_until(lambda: governor.look(LOW._replace(waits_s=0.39)) == 0) == 12


def test_a_smaller_stream_will_do_for_a_small_tile_where_there_is_too_much_to_decode() -> None:
    sub, main = Stream(StreamRole.SUB, "", "h264", 640, 360, 25), Stream(StreamRole.MAIN, "", "h264", 1920, 1080, 25)
    tile = Rect(0, 0, 960, 540)
    assert choose((sub, main), tile, None) is main
    assert choose((sub, main), tile, StreamRole.MAIN, sparingly=True) is sub
    assert choose((sub, main), Rect(0, 0, 1440, 810), None, sparingly=True) is main


def strain(governor: Governor) -> None:
    """Two seconds of it: one step."""
    for _ in range(2):
        governor.look(HIGH)


def fed(saving_: Saving, pictures: int = 150) -> list[int]:
    """Which of a camera's pictures are given to the decoder; 25 a second, each fiftieth a key picture."""
    channel = Channel(DeviceKey(SiteId("post"), DeviceId("cam")), StreamRole.MAIN, SystemClock(), lambda _: None)
    for number in range(pictures):
        if number == 100:
            channel.saving = saving_
        channel.feed(
            AccessUnit(b"", key=number % 50 == 0, gap=number == 0, rtp_timestamp=number, arrival_s=number / 25)
        )
    given = []
    while len(channel.intake):
        unit = channel.intake.take(4.0)
        if unit is not None:
            given.append(unit.rtp_timestamp)
    return [number for number in given if number >= 100]


def test_of_each_group_the_beginning_is_decoded_or_its_key_picture_alone() -> None:
    assert fed(Saving(Thrift.UNFILTERED)) == list(range(100, 150))
    assert fed(Saving(Thrift.PARTS, 0.5)) == list(range(100, 125))
    assert fed(Saving(Thrift.KEYS, 0.0)) == [100]


def _seconds_until(holds: Callable[[], bool]) -> int:
    return next(second for second in range(1, 1000) if holds())
