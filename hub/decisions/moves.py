"""Walls told that a camera is being turned, until each has answered: one may be away just then."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from sensors.dialects.native import encode_command
from sensors.model import DeviceKey, Value
from sensors.topics import Leaf, topic, wall_key
from sensors.wall_orders import EXPECT_MOVE

MOVE_S: Final = 30.0
"""For so long after a camera was sent to a preset its view is not judged."""
MAX_UNANSWERED: Final = 16
"""As many commands as a wall takes at once. Of more, the first are given up: their cameras count as moved."""


class Moves:
    """By wall and camera the last move that the wall has not answered yet. A wall does each only once."""

    def __init__(self) -> None:
        self._unanswered: dict[str, OrderedDict[DeviceKey, str]] = {}

    def tell(self, walls: Iterable[str], key: DeviceKey, number: int) -> list[tuple[str, bytes]]:
        """Topics and commands that say it to the walls, shown there or not: one may show it only when it is there."""
        command_id = f"move-{number}"
        said = []
        for wall in walls:
            unanswered = self._unanswered.setdefault(wall, OrderedDict())
            unanswered[key] = command_id
            unanswered.move_to_end(key)
            if len(unanswered) > MAX_UNANSWERED:
                unanswered.popitem(last=False)
            said.append(_command(wall, key, command_id))
        return said

    def hear_answer(self, wall: str, command_id: str) -> None:
        """A wall has answered a command, this or another."""
        unanswered = self._unanswered.get(wall, OrderedDict())
        for key in [key for key, known in unanswered.items() if known == command_id]:
            del unanswered[key]

    def tell_again(self, wall: str) -> list[tuple[str, bytes]]:
        """What a wall that is back may not have heard."""
        unanswered = self._unanswered.get(wall, OrderedDict())
        return [_command(wall, key, command_id) for key, command_id in unanswered.items()]


def _command(wall: str, key: DeviceKey, command_id: str) -> tuple[str, bytes]:
    arguments: dict[str, Value] = {"site": key.site, "camera": key.device, "seconds": MOVE_S}
    return topic(wall_key(wall), Leaf.COMMAND), encode_command(command_id, EXPECT_MOVE, arguments)
