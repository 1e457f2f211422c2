"""The queue between network and decoder."""

from videowall.capture.intake import MAX_AGE_S, MAX_BYTES, Intake
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


def test_an_old_queue_without_a_fresh_key_frame_is_dropped_and_waits_for_one() -> None:
    intake = Intake()
    for number in range(10):
        intake.put(unit(number, key=number == 0))
    assert taken(intake, 10.0) == []
    assert not intake.put(unit(260))
    assert intake.put(unit(261, key=True))
    assert intake.dropped_total == 11


def test_bytes_are_bounded() -> None:
    intake = Intake()
    for number in range(5):
        intake.put(unit(number, key=True, size=MAX_BYTES // 3))
    assert len(intake) <= 3
    assert intake.dropped_total > 0
