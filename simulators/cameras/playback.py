"""What a stream sends, picture after picture: its loop, or a second that was drawn anew because somebody is in view.

A second begins wherever the loop has gone on by as many pictures as the stream has in one. It is drawn ahead, while the
one before it plays, and put in where it begins: with a key frame, from which on all that follows is of one encoder. The
loop is taken up again at one of its own key frames. What is not drawn in time is not shown: the loop goes on.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from simulators.cameras.clip import Clip
from simulators.cameras.drawing.film import FRAMES_PER_POSE
from simulators.cameras.frame import Frame
from simulators.cameras.sight import Sight
from simulators.cameras.take import Moment, Take

_PLANS_PER_SECOND = 5
_READY_AHEAD_S = 6.0
"""So long before somebody comes into view, what he will be drawn into is made ready."""
_DRAWS_FOR_S = 0.25
"""What has less time than this is not begun; more, when drawing was late."""
_NEAR_S = 0.5


class Studio(Protocol):
    """Who draws for a playback."""

    def draw(self, take: Take, moments: Sequence[Moment]) -> "Future[tuple[Frame, ...]]":
        """Have pictures drawn by a worker, in the light of the loop that plays; none: have all ready to draw some."""

    def renewal(self) -> Clip | None:
        """Another loop that should be on now, of other light or weather, once it is whole."""


class _Order(NamedTuple):
    """A second that is being drawn: where in the loop it begins, and when."""

    first: int
    begins_s: float
    take: Take
    frames: "Future[tuple[Frame, ...]]"


class Playback:
    """Pictures of one stream, one after another.

    `late_total` counts seconds that were wanted and not drawn in time; `drawn_total` those that were.
    """

    def __init__(self, clip: Clip, index: int, sight: Sight | None, studio: Studio) -> None:
        self.clip = clip
        self.index = index
        self.late_total = 0
        self.drawn_total = 0
        self._sight = None if clip.is_still else sight
        self._studio = studio
        self._second: tuple[Frame, ...] = ()
        self._take: Take | None = None
        self._order: _Order | None = None
        self._is_ready = False
        self._draws_for_s = _DRAWS_FOR_S

    def next(self, at_s: float) -> Frame:
        """The picture that is due at a moment (monotonic)."""
        fps = self.clip.format.fps
        within = self.index % fps
        if self._sight is not None:
            if within == 0:
                self._turn(at_s)
            if within % max(1, fps // _PLANS_PER_SECOND) == 0:
                self._plan(self._sight, at_s, (fps - within) / fps)
        frame = self._second[within] if self._second else self.clip[self.index]
        self.index = self.clip.after(self.index)
        return frame

    def _turn(self, at_s: float) -> None:
        """A new second begins: what was drawn for it, or the loop."""
        was_drawn = bool(self._second)
        self._second, self._take = self._drawn(at_s)
        if was_drawn and not self._second and not self.clip[self.index].key:
            self.index = self.clip.key_before(self.index)
        if self.clip[self.index].key and (renewed := self._studio.renewal()) is not None:
            self.clip, self._take, self._is_ready = renewed, None, False

    def _drawn(self, at_s: float) -> tuple[tuple[Frame, ...], Take | None]:
        """What was drawn for the second that begins, and the take that it is of."""
        order = self._order
        if order is None or abs(order.begins_s - at_s) > _NEAR_S:
            return (), None
        if not order.frames.done():
            self.late_total += 1
            self._draws_for_s = min(1.0, self._draws_for_s * 1.5)
            return (), None
        self._order = None
        self._draws_for_s = max(_DRAWS_FOR_S, self._draws_for_s * 0.95)
        if order.first != self.index:
            return (), None  # the loop has grown meanwhile, and goes on elsewhere
        self.drawn_total += 1
        return order.frames.result(), order.take

    def _plan(self, sight: Sight, at_s: float, begins_in_s: float) -> None:
        """Have the next second drawn, if somebody will be in view and there is the time for it."""
        order = self._order
        if order is not None:
            if order.begins_s > at_s or not order.frames.done():
                return
            self._order = None
        if begins_in_s < self._draws_for_s:
            return
        first = self.clip.after(self.index - self.index % self.clip.format.fps, self.clip.format.fps)
        must_go_on = bool(self._second) and not self.clip[first].key
        if must_go_on or sight.is_entered(begins_in_s, begins_in_s + 1.0):
            take = self._take or Take()
            frames = self._studio.draw(take, self._moments(sight, first, begins_in_s))
            self._order = _Order(first, at_s + begins_in_s, take, frames)
        elif not self._is_ready and sight.is_entered(0.0, _READY_AHEAD_S):
            self._is_ready = True
            self._studio.draw(Take(), ())

    def _moments(self, sight: Sight, first: int, begins_in_s: float) -> list[Moment]:
        """Every picture of a second; what is of one pose shows everybody at one place."""
        moments: list[Moment] = []
        pose, present = -1, sight.appearances(begins_in_s)
        for index in range(self.clip.format.fps):
            number = self.clip.number(first + index)
            if pose != number // FRAMES_PER_POSE:
                pose = number // FRAMES_PER_POSE
                present = sight.appearances(begins_in_s + index / self.clip.format.fps)
            moments.append(Moment(number, present))
        return moments
