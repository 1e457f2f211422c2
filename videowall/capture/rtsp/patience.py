"""How long to leave a camera alone after a failure, by what kind of failure it was.

Full jitter between a least and a growing ceiling. A camera that does not know our password is asked rarely: asking may
lock the account. So is one that has no session left, for asking keeps it busy; but only after some seconds, since most
that are full were left by somebody just now, or have yet to notice that we were cut off.
"""

import random

from msgspec import Struct

from sensors.catalog import PictureState

STABLE_S = 60.0
"""A session that lasted this long wipes the slate clean."""


class Wait(Struct, frozen=True):
    """The waits of one kind of failure, in seconds; the first ceiling is `first_s`, every `patient`-th is double.

    Before them come `eager` short ones.
    """

    least_s: float
    first_s: float
    most_s: float
    patient: int = 1
    eager: int = 0


_EAGER_S = (1.0, 1.8)
_USUAL = Wait(0.3, 0.6, 10.0, 3)
"""Most that fail are back within seconds, and then shall be seen at once; how many ask at once is bounded elsewhere."""
_WAITS = {
    PictureState.NOT_FOUND: Wait(1.0, 2.0, 30.0),
    PictureState.CANNOT_DECODE: Wait(1.0, 2.0, 30.0),
    PictureState.NO_FREE_SESSION: Wait(5.0, 10.0, 60.0, eager=6),
    PictureState.BAD_CREDENTIALS: Wait(30.0, 45.0, 300.0),
}


class Patience:
    """The failures of one stream since it last ran well."""

    def __init__(self, chance: random.Random) -> None:
        self.failures = 0
        self._chance = chance
        self._of_kind: dict[Wait, int] = {}

    def wait_s(self, state: PictureState) -> float:
        """How long to wait after another failure."""
        wait = _WAITS.get(state, _USUAL)
        before = self._of_kind.get(wait, 0)
        self._of_kind[wait] = min(before + 1, 20)
        self.failures += 1
        if before < wait.eager:
            return self._chance.uniform(*_EAGER_S)
        doublings = (before - wait.eager) // wait.patient
        return self._chance.uniform(wait.least_s, min(wait.most_s, wait.first_s * 2**doublings))

    def reset(self) -> None:
        """The stream has run well."""
        self.failures = 0
        self._of_kind.clear()
