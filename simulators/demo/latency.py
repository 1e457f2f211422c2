"""From the moment a frame left its camera to the moment it was seen in the encoded wall."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from simulators.cameras.departures import Departure
from simulators.demo.witness import Sighting

_PLAUSIBLE_S = 4.0
"""Shorter than a clip's loop, so that a stamp names one departure."""


def latencies_ms(sightings: Iterable[Sighting], departures: Iterable[Departure]) -> list[float]:
    """Milliseconds from departure to arrival, one for each first sight of a frame in a tile.

    Both clocks are this machine's. A frame that has no departure within `_PLAUSIBLE_S` is left out: it is the
    same picture shown again, which its state on the wall says.
    """
    left: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for departure in departures:
        left[departure.camera, departure.frame].append(departure.unix_s)
    for times in left.values():
        times.sort()
    found: list[float] = []
    for sighting in sightings:
        times = left.get((sighting.stamp.camera, sighting.stamp.frame), [])
        index = bisect_right(times, sighting.at) - 1
        if index >= 0 and sighting.at - times[index] < _PLAUSIBLE_S:
            found.append((sighting.at - times[index]) * 1000)
    return found
