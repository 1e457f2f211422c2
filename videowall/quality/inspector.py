"""One stream's picture, looked at once a second, for good: sample, measure, suspect, weigh, learn."""

import threading
from enum import Enum, auto

from videowall.picture import Planes
from videowall.quality.judge import NOTHING, Verdict, weigh
from videowall.quality.likeness import Reference
from videowall.quality.measures import Measures, measure
from videowall.quality.memory import ALIKE, Memory
from videowall.quality.sample import Patches, Sample, sample
from videowall.quality.suspicion import suspect

PERIOD_S = 1.0
_UNDOUBTED = 0.2


class Place(Enum):
    """Where a camera looks, as far as one of its streams tells."""

    UNKNOWN = auto()
    HOME = auto()
    """It shows what it is known for."""
    AWAY = auto()
    """It was sent elsewhere, and is there or on its way."""


class Inspector:
    """Looked through by one decoding thread at a time; everything else may be called from anywhere."""

    def __init__(self, references: tuple[Reference, ...] = ()) -> None:
        self.verdict: Verdict = NOTHING
        self.may_learn_view = True
        """Whether what it shows now may become what it is known for; set from anywhere."""
        self._memory = Memory(references)
        self._lock = threading.Lock()
        self._looked_s = float("-inf")
        self._still_until_s = float("-inf")
        self._was_sent = False
        self._match: float | None = None
        self._last: tuple[Sample, Measures] | None = None

    def look(self, planes: Planes, now_s: float, patches: Patches | None = None) -> None:
        """Take in a decoded picture, unless the last one was looked at less than `PERIOD_S` ago.

        `patches` are laid over what is masked of it.
        """
        if now_s - self._looked_s < PERIOD_S:
            return
        self._looked_s = now_s
        taken = sample(planes, patches)
        with self._lock:
            measures = measure(taken, self._last[0] if self._last else None)
            self._last = taken, measures
            memory, is_turning = self._memory, now_s < self._still_until_s
            match = self._match = None if is_turning or self._was_sent else memory.match(taken, measures)
            suspicions = suspect(measures, match, memory.lost(measures), memory.accepted_sharpness(measures))
            is_sound = max(suspicions.values()) <= _UNDOUBTED
            if self._was_sent and is_sound and not is_turning:
                memory.settle(taken, measures)
                self._was_sent = False
            self.verdict = weigh(self.verdict, suspicions, now_s)
            if is_turning or not is_sound or self.verdict.fault is not None:
                memory.doubt()
            else:
                memory.learn(taken, measures, view=self.may_learn_view)

    def accept(self) -> bool:
        """From now on the camera shall look as it does; False when no picture has come yet."""
        with self._lock:
            if self._last is None:
                return False
            self._memory.accept(*self._last)
            self.verdict = NOTHING
            return True

    def expect_move(self, until_s: float) -> None:
        """The camera is being turned on purpose: until then no view is wrong, and none is learnt.

        Then it is where it was sent to: that view is right too, until it is sent elsewhere or has come back.
        """
        with self._lock:
            self._still_until_s = until_s
            self._was_sent = True
            self._memory.forget_detail()

    @property
    def place(self) -> Place:
        """Where the camera looks now."""
        with self._lock:
            memory, match = self._memory, self._match
            if memory.references and (self._was_sent or memory.is_away):
                return Place.AWAY
            return Place.HOME if match is not None and match >= ALIKE else Place.UNKNOWN

    @property
    def references(self) -> tuple[Reference, ...]:
        """What the camera shall look like, as it was learnt or accepted."""
        with self._lock:
            return self._memory.references
