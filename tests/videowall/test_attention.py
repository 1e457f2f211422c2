"""What a board says of each tile, and for how long it may be believed."""

from datetime import timedelta

from sensors.model import Priority
from tests.support.board_of import KORDAI, NOW, SYPATAI, alarm, board_of, camera
from videowall.board import STALE_S
from videowall.captions.attention import Attention, Edge

LATER = NOW + timedelta(seconds=STALE_S + 1)


def test_a_tile_bears_the_border_of_the_gravest_alarm_that_nobody_has_taken_on() -> None:
    attention = Attention(
        board_of(
            alarm("a", Priority.CRITICAL, 1, acknowledged=True),
            alarm("b", Priority.LOW, 1),
            alarm("c", Priority.HIGH, 1),
            alarm("d", Priority.MEDIUM, 2, acknowledged=True),
        )
    )
    assert attention.edge(camera(KORDAI, 1), fresh=True) == Edge(Priority.HIGH, calm=False)
    assert attention.edge(camera(KORDAI, 2), fresh=True) == Edge(Priority.MEDIUM, calm=True)
    assert attention.edge(camera(SYPATAI, 1), fresh=True) is None
    assert attention.is_acknowledged("a")
    assert not attention.is_acknowledged("b")
    assert not attention.is_acknowledged("nothing")


def test_a_border_stays_when_the_hub_falls_silent_but_claims_less() -> None:
    attention = Attention(board_of(alarm("a", Priority.CRITICAL, 1)))
    assert attention.edge(camera(KORDAI, 1), fresh=False) == Edge(Priority.CRITICAL, calm=True)


def test_a_board_is_as_old_as_either_clock_says_and_one_from_the_future_is_not_believed() -> None:
    attention = Attention(board_of(), heard_s=100.0)
    assert attention.is_fresh(NOW, 100.0)
    assert attention.is_fresh(NOW + timedelta(seconds=STALE_S), 100.0 + STALE_S)
    assert not attention.is_fresh(LATER, 100.0)
    assert not attention.is_fresh(NOW, 100.0 + STALE_S + 1)
    assert not attention.is_fresh(NOW - timedelta(hours=1), 100.0)
    assert Attention().age_s(NOW, 0.0) is None
    assert not Attention().is_fresh(NOW, 0.0)


def test_eyes_are_needed_while_an_alarm_is_not_taken_on_or_is_left_out_of_the_list() -> None:
    assert not Attention().needs_eyes
    assert not Attention(board_of(alarm("a", Priority.LOW, 1, acknowledged=True))).needs_eyes
    assert Attention(board_of(alarm("a", Priority.LOW, 1))).needs_eyes
    assert Attention(board_of(total=3)).needs_eyes


def test_alarms_left_out_of_the_list_need_no_eyes_when_the_last_listed_one_is_taken_on() -> None:
    taken_on, open_one = alarm("a", Priority.LOW, 1, acknowledged=True), alarm("b", Priority.CRITICAL, 1)
    assert not Attention(board_of(taken_on, total=40)).needs_eyes
    assert Attention(board_of(open_one, taken_on, total=40)).needs_eyes
    assert Attention(board_of(open_one, total=40)).needs_eyes
