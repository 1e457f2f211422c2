"""Walls that were away when a camera was sent to a preset."""

from hub.decisions.moves import MAX_UNANSWERED, Moves
from sensors.dialects.native import CommandPayload, decode_command
from sensors.model import DeviceId, DeviceKey, SiteId
from sensors.topics import Leaf, topic, wall_key


def camera(number: int) -> DeviceKey:
    return DeviceKey(SiteId("kordai"), DeviceId(f"cam-{number}"))


def ids(told: list[tuple[str, bytes]]) -> list[tuple[str, str, object]]:
    """Of each command its topic, its id and the camera it is about."""
    read = [(name, decode_command(payload)) for name, payload in told]
    return [(name, each.id, each.arguments["camera"]) for name, each in read if isinstance(each, CommandPayload)]


def test_every_wall_is_told_again_until_it_has_answered_and_only_it() -> None:
    moves = Moves()
    hall, main = topic(wall_key("hall"), Leaf.COMMAND), topic(wall_key("main"), Leaf.COMMAND)
    assert ids(moves.tell(("hall", "main"), camera(1), 7)) == [(hall, "move-7", "cam-1"), (main, "move-7", "cam-1")]
    moves.hear_answer("main", "move-6")
    assert ids(moves.tell_again("main")) == [(main, "move-7", "cam-1")]
    moves.hear_answer("main", "move-7")
    assert moves.tell_again("main") == []
    assert ids(moves.tell_again("hall")) == [(hall, "move-7", "cam-1")]
    moves.hear_answer("nowhere", "move-7")
    assert moves.tell_again("nowhere") == []


def test_of_one_camera_only_the_last_move_is_told_again() -> None:
    moves = Moves()
    moves.tell(("main",), camera(1), 7)
    moves.tell(("main",), camera(2), 8)
    moves.tell(("main",), camera(1), 9)
    assert [(number, name) for _, number, name in ids(moves.tell_again("main"))] == [
        ("move-8", "cam-2"),
        ("move-9", "cam-1"),
    ]


def test_no_more_moves_wait_for_a_wall_than_it_takes_at_once() -> None:
    moves = Moves()
    for number in range(MAX_UNANSWERED + 1):
        moves.tell(("main",), camera(number), number)
    told = [number for _, number, _ in ids(moves.tell_again("main"))]
    assert told == [f"move-{number}" for number in range(1, MAX_UNANSWERED + 1)]
