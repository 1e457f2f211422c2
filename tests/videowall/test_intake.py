"""The queue between network and decoder."""

from videowall.capture.intake import FORGIVEN_EVERY_S, MAX_AGE_S, MAX_BYTES, Intake
from videowall.capture.rtsp.assembly import AccessUnit


def unit(number: int, *, key: bool = False, gap: bool = False, size: int = 10) -> AccessUnit:
    return AccessUnit(bytes(size), key, gap, number, number / 25)


def taken(intake: Intake, now_s: float) -> list[int]:
    found: list[int] = []
    while (item := intake.take(now_s)) is not None:
        found.append(item.rtp_timestamp)
    return found


def test_nothing_passes_before_the_first_key_frame_or_after_a_loss() -> None:
    intake = Intake()
    given = [unit(0), unit(1, key=True, gap=True), unit(2), unit(3, gap=True), unit(4), unit(5, key=True), unit(6)]
    assert [intake.put(item) for item in given] == [False, True, True, False, False, True, True]
    assert taken(intake, 0.3) == [1, 2, 5, 6]
    assert intake.dropped_total == 3


def test_an_old_head_jumps_to_the_next_fresh_key_frame() -> None:
    intake = Intake()
    for number in range(30):
        intake.put(unit(number, key=number % 10 == 0))
    assert taken(intake, 20 / 25 + MAX_AGE_S - 0.01) == list(range(20, 30))
    assert intake.dropped_total == 20


def test_an_old_queue_without_a_fresh_key_frame_is_caught_up_with_from_its_last_key_frame() -> None:
    intake = Intake()
    for number in range(10):
        intake.put(unit(number, key=number % 4 == 0))
    assert taken(intake, 1.0) == [8, 9]
    assert intake.dropped_total == 8
    intake.put(unit(25))
    assert taken(intake, 1.0) == [25]


def test_an_old_queue_that_begins_after_its_key_frame_is_caught_up_with_whole() -> None:
    intake = Intake()
    intake.put(unit(0, key=True))
    assert taken(intake, 0.0) == [0]
    for number in range(1, 4):
        intake.put(unit(number))
    assert taken(intake, 2.0) == [1, 2, 3]
    assert intake.dropped_total == 0


def test_an_old_queue_is_dropped_and_waits_for_a_key_frame_when_it_was_caught_up_with_just_now() -> None:
    intake = Intake()
    for number in range(3):
        intake.put(unit(number, key=number == 0))
    assert intake.take(1.0) is not None
    late = [unit(25 + number) for number in range(5)]
    assert all(intake.put(item) for item in late)
    assert taken(intake, 2.0) == [1, 2]
    assert not intake.put(unit(50))
    assert intake.put(unit(51, key=True))
    assert intake.dropped_total == len(late) + 1
    assert taken(intake, 51 / 25) == [51]
    intake.put(unit(60))
    assert taken(intake, 1.0 + FORGIVEN_EVERY_S) == [60]


def test_a_picture_over_the_bound_alone_is_dropped_with_what_refers_to_it() -> None:
    intake = Intake()
    assert intake.put(unit(0, key=True))
    assert not intake.put(unit(1, key=True, size=MAX_BYTES + 1))
    assert not intake.put(unit(2))
    assert intake.put(unit(3, key=True, size=MAX_BYTES))
    assert taken(intake, 0.1) == [3]
    assert intake.dropped_total == 3


def test_bytes_are_bounded() -> None:
    intake = Intake()
    for number in range(5):
        intake.put(unit(number, key=True, size=MAX_BYTES // 3))
    assert len(intake) <= 3
    assert intake.dropped_total > 0
