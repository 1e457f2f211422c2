"""What becomes of one sample on its way out, by the faults in force and by chance."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from simulators.faults.spans import Span
from simulators.scenario.telemetry_actions import (
    ClockSkew,
    DataCorrupt,
    DataDelay,
    DataDrop,
    DataDuplicate,
    DataReorder,
    TelemetryFault,
)


class Fate(NamedTuple):
    """How a sample leaves: not at all, late, several times, unreadable, or after the next one (`waits`)."""

    is_lost: bool = False
    skew: timedelta = timedelta()
    delay_s: float = 0.0
    copies: int = 1
    is_corrupt: bool = False
    waits: bool = False


def fate_of(faults: Iterable[Span[TelemetryFault]], random: Random, now: datetime) -> Fate:
    """The fate of a sample that leaves now. Faults of one sort add up."""
    fate = Fate()
    for span in faults:
        match span.fault:
            case ClockSkew(skew_s=skew_s, drift_s_per_h=drift_s_per_h):
                lasted_h = (now - span.starts).total_seconds() / 3600.0
                fate = fate._replace(skew=fate.skew + timedelta(seconds=skew_s + drift_s_per_h * lasted_h))
            case DataDelay(delay_s=delay_s, jitter_s=jitter_s):
                fate = fate._replace(delay_s=fate.delay_s + delay_s + jitter_s * random.random())
            case DataDrop(share=share) if random.random() < share:
                fate = fate._replace(is_lost=True)
            case DataDuplicate(share=share, copies=copies) if random.random() < share:
                fate = fate._replace(copies=fate.copies + copies)
            case DataCorrupt(share=share) if random.random() < share:
                fate = fate._replace(is_corrupt=True)
            case DataReorder(share=share) if random.random() < share:
                fate = fate._replace(waits=True)
            case _:
                pass
    return fate
