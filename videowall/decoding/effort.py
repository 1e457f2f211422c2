"""What decoding one stream would take of one processor: what its pictures take, times how many come."""

from time import thread_time


class Effort:
    """The event loop says what comes and asks; whoever decodes, one thread at a time, says what a picture took.

    It is processor time: how long a thread or child waits for a processor that others use says nothing of the stream.
    """

    def __init__(self) -> None:
        self._come = self._done = 0
        self._spent_s = self._each_s = 0.0
        self._began_s = 0.0
        self._asked = (0, 0, 0.0)

    def come(self) -> None:
        """A picture has come that should be decoded, whether there will be time for it or not."""
        self._come += 1

    def begin(self) -> None:
        """The calling thread works on a picture from now on."""
        self._began_s = thread_time()

    def end(self) -> None:
        """It has done so."""
        self._spent_s += thread_time() - self._began_s
        self._done += 1

    def add(self, cpu_s: float) -> None:
        """So much of it was done elsewhere."""
        self._spent_s += cpu_s

    def need(self, passed_s: float) -> float:
        """The share of a processor that all that came would have taken, in the time since this was asked last."""
        now = (self._come, self._done, self._spent_s)
        come, done, spent_s = (later - before for later, before in zip(now, self._asked, strict=True))
        self._asked = now
        if done:
            self._each_s = spent_s / done
        return come * self._each_s / passed_s
