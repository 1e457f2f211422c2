"""Vehicle after vehicle through a portal: which of its samples belong to one passage, and what is before it."""

from collections import deque
from datetime import datetime
from typing import NamedTuple

from sensors.dialects.native import Sample

MAX_SLICES = 120
"""Of one passage; a vehicle that stands in the portal for longer makes several files."""
_BEFORE, _AFTER = 2, 2
_BACKGROUND = 60
_ENOUGH = 5


class Slice(NamedTuple):
    """What a portal measured from one sample to the next, which is at `at`; counts a second."""

    at: datetime
    seconds: float
    gamma_cps: float
    neutron_cps: float
    occupied: bool
    speed_kmh: float
    gamma_alarm: bool
    neutron_alarm: bool


class Passage(NamedTuple):
    """One vehicle: slices before, while it is there and after, and the background before that."""

    slices: tuple[Slice, ...]
    background: tuple[Slice, ...]


class Passages:
    """Takes samples in order, and hands out each passage when it is over. `period_s` is the longest slice."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._last_at: datetime | None = None
        self._quiet: deque[Slice] = deque(maxlen=_BACKGROUND)
        self._open: list[Slice] = []
        self._background: tuple[Slice, ...] = ()
        self._after = 0

    def take(self, sample: Sample) -> Passage | None:
        """The passage that this sample ends, if it does."""
        measured = _slice(sample, self._seconds(sample.at))
        if not self._open:
            if measured.occupied:
                self._begin(measured)
            else:
                self._quiet.append(measured)
            return None
        self._open.append(measured)
        self._after = 0 if measured.occupied else self._after + 1
        if self._after < _AFTER and len(self._open) < MAX_SLICES:
            return None
        passage = Passage(tuple(self._open), self._background)
        self._quiet.extend(self._open[-self._after :] if self._after else ())
        self._open = []
        return passage

    def _seconds(self, at: datetime) -> float:
        """For how long this sample was measured: a portal may be asked before its time."""
        since_s = self._period_s if self._last_at is None else (at - self._last_at).total_seconds()
        self._last_at = at
        return min(self._period_s, since_s) if since_s > 0.0 else self._period_s

    def _begin(self, measured: Slice) -> None:
        before = list(self._quiet)
        enough = len(before) > _ENOUGH + _BEFORE
        self._background = tuple(before[:-_BEFORE] if enough else before)
        self._open = [*(before[-_BEFORE:] if enough else ()), measured]
        self._after = 0


def _slice(sample: Sample, seconds: float) -> Slice:
    said = sample.values
    return Slice(
        at=sample.at,
        seconds=seconds,
        gamma_cps=float(said.get("gamma") or 0.0),
        neutron_cps=float(said.get("neutron") or 0.0),
        occupied=bool(said.get("occupied")),
        speed_kmh=float(said.get("speed") or 0.0),
        gamma_alarm=bool(said.get("gamma_alarm")),
        neutron_alarm=bool(said.get("neutron_alarm")),
    )
