"""Where each picture of a camera lies on its track's time: no gap, none backwards, whatever the camera's clock does.

A browser takes a gap of a few pictures for a break in the stream, so that every picture begins where the one before
it ends, and lasts until it should have been followed by another.
"""

from typing import Final, NamedTuple

from videowall.encoding.broadcast import CLOCK_RATE_HZ

_FIRST_STEP: Final = CLOCK_RATE_HZ // 25
_SHORTEST: Final = CLOCK_RATE_HZ // 1000
_LONGEST_STEP: Final = 2 * CLOCK_RATE_HZ
_SMOOTHING: Final = 0.05
_LONG_SMOOTHING: Final = 0.002
"""So slow that packets which come in bursts are not taken for another clock rate."""
_TRUSTED_AFTER: Final = 25
_SAME_RATE: Final = (0.5, 2.0)
_MAX_LAG: Final = CLOCK_RATE_HZ // 2
_REORDERED_FOR: Final = 300
_PAUSE_STEPS: Final = 4
"""A longer step is a pause, and says nothing of the pictures' rate."""


class Span(NamedTuple):
    """A picture's decoding time, how long it lasts, and how long after it is shown; in units of 1/90000 s."""

    begin_90k: int
    duration_90k: int
    shown_after_90k: int


class Timeline:
    """One track's. RTP's time stamps are followed where they count 90000 a second, arrival otherwise."""

    def __init__(self) -> None:
        self._end = 0
        self._shown = self._latest = 0
        self._step = float(_FIRST_STEP)
        self._ticks_step = self._waited_step = 0.0
        self._seen = 0
        self._reordered = 0
        self._before: tuple[int, float] | None = None

    def place(self, ticks: int, arrival_s: float) -> Span:
        """The span of the next picture in decoding order; `ticks` is its RTP time stamp, of 32 bits."""
        if self._before is not None:
            self._advance(ticks, arrival_s)
        self._before = (ticks, arrival_s)
        nominal = max(_SHORTEST, int(self._ticks_step if self._reordered else self._step))
        begin = self._end
        if self._reordered:
            late = self._latest - begin
            self._end = begin + max(_SHORTEST, nominal + int(late * _SMOOTHING))
            return Span(begin, self._end - begin, self._shown - begin)
        self._end = max(begin + _SHORTEST, self._shown + nominal)
        return Span(begin, self._end - begin, 0)

    def restart(self) -> None:
        """A new session: its time stamps have nothing to do with those before."""
        self._before = None
        self._seen = self._reordered = 0
        self._shown = self._latest = self._end

    def _advance(self, ticks: int, arrival_s: float) -> None:
        before_ticks, before_s = self._before or (ticks, arrival_s)
        step = (ticks - before_ticks + 2**31) % 2**32 - 2**31
        waited = (arrival_s - before_s) * CLOCK_RATE_HZ
        self._seen += 1
        weight = max(_LONG_SMOOTHING, 1 / self._seen)
        self._ticks_step += weight * (step - self._ticks_step)
        self._waited_step += weight * (waited - self._waited_step)
        if abs(step) > _LONGEST_STEP or not self._is_trusted():
            step = int(min(waited, _LONGEST_STEP))
        self._reordered = _REORDERED_FOR if step < 0 else max(0, self._reordered - 1)
        self._shown += step
        self._latest = max(self._latest, self._shown)
        if self._shown < self._end - _MAX_LAG or (self._reordered and self._shown > self._end + _MAX_LAG):
            self._shown = self._latest = self._end
        if 0 < step < _PAUSE_STEPS * self._step or self._seen == 1:
            self._step += _SMOOTHING * (step - self._step) if self._seen > 1 else step - self._step

    def _is_trusted(self) -> bool:
        if self._seen < _TRUSTED_AFTER or self._waited_step <= 0:
            return True
        least, most = _SAME_RATE
        return least <= self._ticks_step / self._waited_step <= most
