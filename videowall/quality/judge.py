"""From looks to a verdict: a fault is said when it lasts, and taken back when it has gone for as long."""

from collections.abc import Mapping
from typing import NamedTuple

from sensors.catalog import PictureState
from videowall.quality.suspicion import FAULTS

SAID_FROM, TAKEN_BACK_FROM = 0.7, 0.3
_RATES: dict[PictureState, float] = {
    PictureState.BLACK: 0.5,
    PictureState.OVEREXPOSED: 0.3,
    PictureState.COVERED: 0.15,
    PictureState.STRIPED: 0.2,
    PictureState.NOISY: 0.2,
    PictureState.BLURRED: 0.15,
    PictureState.MOVED: 0.1,
    PictureState.DISCOLOURED: 0.15,
}
"""How much one look counts. A bus before the lens for some seconds is neither a cover nor another view."""


class Verdict(NamedTuple):
    """The fault that is said, since when (monotonic), and the confidence in each, 0 to 1."""

    fault: PictureState | None
    since_s: float
    confidences: Mapping[PictureState, float]


NOTHING = Verdict(None, 0.0, dict.fromkeys(FAULTS, 0.0))


def weigh(before: Verdict, suspicions: Mapping[PictureState, float], now_s: float) -> Verdict:
    """The verdict after one more look."""
    confidences = {
        fault: known + (suspicions[fault] - known) * _RATES[fault] for fault, known in before.confidences.items()
    }
    said = [fault for fault in FAULTS if confidences[fault] >= SAID_FROM]
    if said:
        fault: PictureState | None = said[0]
    elif before.fault is not None and confidences[before.fault] > TAKEN_BACK_FROM:
        fault = before.fault
    else:
        fault = None
    return Verdict(fault, before.since_s if fault is before.fault else now_s, confidences)
