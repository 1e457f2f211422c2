"""Which cameras were sent elsewhere on purpose and have not been seen back where they belong.

A camera is somewhere as a whole, whichever of its streams are looked at: an alarm sends it to a preset and has its main
stream opened for the spot, which must not be measured by where the camera was before.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final

from sensors.model import DeviceKey
from videowall.quality.inspector import Inspector, Place

MAX_CAMERAS: Final = 1024
"""Of more, those that were sent first are forgotten: they have moved until they are back."""


class Whereabouts:
    """By camera until when it turns, monotonic seconds. On one event loop."""

    def __init__(self, sent: Mapping[DeviceKey, float]) -> None:
        self._turns_until_s: OrderedDict[DeviceKey, float] = OrderedDict(sent)

    @property
    def sent(self) -> Mapping[DeviceKey, float]:
        """The cameras that are away, as far as is known, and until when they turn."""
        return self._turns_until_s

    def send(self, key: DeviceKey, until_s: float) -> None:
        """A camera turns until then, whether any of its streams runs or none."""
        self._turns_until_s[key] = until_s
        self._turns_until_s.move_to_end(key)
        if len(self._turns_until_s) > MAX_CAMERAS:
            self._turns_until_s.popitem(last=False)

    def brief(self, key: DeviceKey, inspector: Inspector) -> None:
        """Tell the inspector of a stream that begins what it cannot know."""
        until_s = self._turns_until_s.get(key)
        if until_s is not None:
            inspector.expect_move(until_s)

    def follow(self, running: Iterable[tuple[DeviceKey, Inspector]]) -> None:
        """Learn from those who know the camera's own view whether it is back; until then no other learns its view."""
        by_camera: dict[DeviceKey, list[Inspector]] = {}
        for key, inspector in running:
            by_camera.setdefault(key, []).append(inspector)
        for key, inspectors in by_camera.items():
            places = {inspector.place for inspector in inspectors}
            if Place.AWAY not in places and Place.HOME in places:
                self._turns_until_s.pop(key, None)
            for inspector in inspectors:
                inspector.may_learn_view = Place.AWAY not in places or key not in self._turns_until_s
