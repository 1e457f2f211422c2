"""What several observers say of one limit of one metric: its condition is met while one of them says so. Pure.

Each wall measures a camera by its own stream and line. Would the last word count, the good figure of the one ended the
delay that the bad figure of the other had begun. Time is monotonic seconds.
"""

from typing import NamedTuple

from hub.alarms.limits import holds
from hub.decisions.pictures import MAX_OBSERVERS, PICTURE_HOLDS_S
from sensors.model import Limit, Reading


class _Word(NamedTuple):
    """Whether one observer last saw the condition met, when it was heard, and in what; None: that is not known."""

    held: bool
    heard_s: float
    reading: Reading | None


class Voices:
    """The words that hold, by observer. Those who do not name themselves are one observer.

    `held` is what was known before the first of them was named, in an earlier run too. It holds as long as any word:
    who said so may only not have spoken yet.
    """

    __slots__ = ("_words",)

    def __init__(self, *, held: bool, now_s: float) -> None:
        self._words: dict[str, _Word] = {"": _Word(held, now_s, None)} if held else {}

    def hear(self, reading: Reading, voice: str, limit: Limit, now_s: float) -> None:
        """Take in what an observer says; what it said before is not heard again."""
        self._drop_lapsed(now_s)
        before = self._words.get(voice)
        if before is not None and before.reading is not None and not _is_newer(reading, before.reading):
            return
        self._words.pop(voice, None)
        held = holds(limit, reading.value, held=before is not None and before.held)
        self._words[voice] = _Word(held, now_s, reading)
        if len(self._words) > MAX_OBSERVERS:
            del self._words[next(iter(self._words))]

    def held(self, now_s: float) -> bool | None:
        """Whether any observer sees the condition met; None when no word holds any more."""
        self._drop_lapsed(now_s)
        return any(word.held for word in self._words.values()) if self._words else None

    @property
    def reason(self) -> Reading | None:
        """The newest reading in which somebody sees the condition met."""
        return next((word.reading for word in reversed(self._words.values()) if word.held and word.reading), None)

    def forget(self) -> None:
        """What was said so far is no reason any more."""
        self._words.clear()

    def _drop_lapsed(self, now_s: float) -> None:
        for voice, word in tuple(self._words.items()):
            if word.heard_s + PICTURE_HOLDS_S >= now_s:
                return
            del self._words[voice]


def _is_newer(reading: Reading, than: Reading) -> bool:
    """Whether it was said later, where the same observer said both: those of different ones are not compared."""
    is_another = reading.observer != than.observer
    return is_another or reading.sequence > than.sequence or reading.captured_at > than.captured_at
