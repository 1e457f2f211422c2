"""What others know of a picture while its stream has been seen for too short a time to say so itself.

A frozen or covered camera is told by how its pictures change over seconds. A stream that begins, as an alarm's main
stream on the spot, a page that comes up again or a connection that was lost, would be called live until then, though
another of the camera's streams, or the same one a moment ago, has told already. Pure: time is an argument.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from sensors.catalog import PictureState

OWN_WORD_S: Final = 15.0
"""Who has seen a picture for so long says by itself what is wrong with it."""
PROOF_S: Final = 30.0
"""So long a stream that does not show life is taken for as frozen as it was called."""
_OF_THE_CAMERA: Final = frozenset({PictureState.COVERED, PictureState.MOVED})
"""These are told by what was seen before, which a stream that began later never learns."""


class Word(NamedTuple):
    """What is wrong with a picture, and since when, monotonic seconds."""

    state: PictureState
    since_s: float


class Hearsay:
    """What one stream was told. On one event loop."""

    def __init__(self) -> None:
        self._recalled: tuple[Word, ...] = ()
        self._told: tuple[Word, ...] = ()
        self._is_said = False
        """Whether one who knows is there to say so still."""

    def recall(self, words: tuple[Word, ...]) -> None:
        """So it was when the stream's pictures, or the camera's, were last seen."""
        self._recalled = words

    def tell(self, words: Iterable[Word], began_s: float | None) -> None:
        """All that the camera's other streams say now, as far as they know it.

        `began_s`: since when this stream shows pictures. What came long after that, it would have seen itself.
        """
        until_s = float("inf") if began_s is None else began_s + OWN_WORD_S
        self._told, self._is_said = tuple(word for word in words if word.since_s < until_s), True
        # What others see is news of the camera. That this stream alone was frozen they cannot know.
        self._recalled = tuple(word for word in self._recalled if word.state is PictureState.FROZEN)

    def hush(self) -> None:
        """Nobody is there who knows more; what was said last is remembered."""
        self._is_said = False

    def since_s(self, own: Word, *, shows_life: bool) -> float:
        """Since when it is so what a stream sees itself: who has seen the camera for longer may know."""
        if own.state is PictureState.FROZEN:
            known = () if shows_life else (*self._told, *self._recalled)
        else:
            known = self._told if self._is_said else ()
        return min(word.since_s for word in (own, *known) if word.state is own.state)

    def believed(self, began_s: float, now_s: float, *, shows_life: bool) -> tuple[Word, ...]:
        """What holds for a stream that sees nothing wrong itself, in the pictures that it shows since `began_s`."""
        seen_s, known = now_s - began_s, (*self._told, *self._recalled)
        return tuple(word for word in known if self._holds(word, seen_s, shows_life=shows_life))

    def _holds(self, word: Word, seen_s: float, *, shows_life: bool) -> bool:
        if word.state is PictureState.FROZEN:
            return seen_s < PROOF_S and not shows_life
        return seen_s < OWN_WORD_S or (self._is_said and word.state in _OF_THE_CAMERA)
