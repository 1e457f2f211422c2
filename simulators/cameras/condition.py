"""What is wrong with a camera now, and the sessions it holds."""

from simulators.cameras.vocabulary import Blemish, Fault

BLEMISHES = {
    Fault.BLACK: Blemish.BLACK,
    Fault.WHITE: Blemish.WHITE,
    Fault.BLURRED: Blemish.BLURRED,
    Fault.COVERED: Blemish.COVERED,
    Fault.TURNED: Blemish.TURNED,
    Fault.NOISY: Blemish.NOISY,
}
SILENT = frozenset({Fault.STALLED, Fault.HALF_OPEN})
"""Nothing is sent to those who watch."""


class Condition:
    """Shared by the streams of one camera. `amount` is how much of its fault it has, in the fault's own unit.

    `is_down`: it restarts just now.
    """

    def __init__(self) -> None:
        self.fault = Fault.NONE
        self.amount = 0.0
        self.is_down = False
        self.sessions = 0
        self._leaked = 0

    def change(self, fault: Fault, amount: float) -> None:
        """Break the camera, or mend it: sessions that leaked are free again."""
        self.fault = fault
        self.amount = amount
        self.is_down = False
        self.sessions -= self._leaked
        self._leaked = 0

    @property
    def blemish(self) -> Blemish:
        """What its lens has."""
        return BLEMISHES.get(self.fault, Blemish.NONE)

    @property
    def is_dead(self) -> bool:
        """Whether it answers nobody: connections to it break off."""
        return self.is_down or self.fault in (Fault.KILLED, Fault.RESET)

    @property
    def trickle_bytes_s(self) -> float | None:
        """How slowly its connections are written, or None: as fast as they take it."""
        return self.amount if self.fault is Fault.TRICKLING else None

    def admit(self) -> bool:
        """Take one more session, if there is room."""
        if self.fault is Fault.FULL or (self.fault is Fault.LEAKING and self.sessions >= self.amount):
            return False
        self.sessions += 1
        return True

    def release(self) -> None:
        """A session has ended; a camera that leaks does not notice."""
        if self.fault is Fault.LEAKING:
            self._leaked += 1
        else:
            self.sessions -= 1
