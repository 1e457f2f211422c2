"""What a resting stream keeps, so that its newest picture is there at once."""

from videowall.capture.held import MAX_BYTES, MAX_UNITS, Held
from videowall.capture.intake import MAX_AGE_S, Intake
from videowall.capture.rtsp.assembly import AccessUnit


def unit(number: int, *, key: bool = False, gap: bool = False, size: int = 100) -> AccessUnit:
    return AccessUnit(bytes(size), key, gap, number, number / 25)


def held(*units: AccessUnit) -> list[int]:
    kept = Held()
    for each in units:
        kept.keep(each)
    return [each.rtp_timestamp for each in kept.take()]


def test_one_whole_group_is_held_from_its_key_picture_on() -> None:
    assert held(unit(0), unit(1, key=True), unit(2), unit(3)) == [1, 2, 3]
    assert held(unit(1, key=True), unit(2), unit(3, key=True), unit(4)) == [3, 4]


def test_a_group_that_has_lost_a_part_is_let_go() -> None:
    assert held(unit(1, key=True), unit(3, gap=True), unit(4)) == []
    assert held(unit(1, key=True, gap=True), unit(2)) == [1, 2]


def test_what_is_held_is_bounded() -> None:
    endless = [unit(1, key=True), *(unit(number) for number in range(2, MAX_UNITS + 2))]
    assert held(*endless) == []
    assert held(unit(1, key=True), unit(2, size=MAX_BYTES)) == []


def test_what_was_held_is_not_too_old_and_what_comes_after_is_judged_as_ever() -> None:
    intake = Intake()
    intake.put(unit(0, key=True))
    intake.catch_up((unit(1, key=True), unit(2)))
    now_s = 10.0
    assert intake.waits_s(now_s) == 0.0
    taken = [intake.take(now_s), intake.take(now_s)]
    assert [each.rtp_timestamp if each else None for each in taken] == [1, 2]
    assert intake.put(unit(3))
    assert unit(3).arrival_s < now_s - MAX_AGE_S
    assert intake.take(now_s) is not None  # as of any queue, once
    assert intake.put(unit(4))
    assert intake.take(now_s) is None


def test_with_nothing_held_the_next_key_picture_is_waited_for() -> None:
    intake = Intake()
    intake.put(unit(0, key=True))
    intake.catch_up(())
    assert not intake.put(unit(1))
    assert intake.put(unit(2, key=True))
