"""What every kind of target has in common."""

from typing import Protocol

from sensors.errors import UnavailableError
from videowall.encoding.broadcast import EncodedFrame, ParameterSets


class OutputError(UnavailableError):
    """One attempt at one output has ended. `refused`: the receiver knows us and does not want us."""

    def __init__(self, what: str, *, subject: str = "", mend: str = "", refused: bool = False) -> None:
        self.refused = refused
        super().__init__(what, subject=subject, mend=mend)


class Receiver(Protocol):
    """One session with one receiver. Every call may raise `OutputError` or `OSError`, which ends the session.

    Calls come one at a time, each under a deadline: `open`, then `begin` with the first key frame, then `send` for
    every frame with that one first, then `close`, whatever happened before.
    """

    async def open(self) -> None:
        """Reach the receiver; nothing is encoded for it before."""

    async def begin(self, sets: ParameterSets, first: EncodedFrame) -> None:
        """Tell it what comes."""

    async def send(self, frame: EncodedFrame) -> int:
        """Hand over one frame; gives the bytes that it became."""

    async def close(self) -> None:
        """Leave, politely where that is quick."""
