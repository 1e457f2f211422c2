"""What gammas look like in a plastic portal: coarse channels, and in which of them each kind of load shows.

Shapes only: a background that falls with energy, the narrow hump of a point source, the wide one of goods that are
naturally radioactive, which reaches far up.
"""

import math
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from random import Random

CHANNELS = 32
CHANNEL_KEV = 96.0
_MANY = 5_000
"""Beyond so many counts their noise is drawn for each channel, not for each count."""


class Load(StrEnum):
    """What radiates in a vehicle, as a portal's analysis calls it."""

    NONE = ""
    SOURCE = "Cs-137"
    NEUTRON = "Cf-252"
    NORM = "K-40"


_FALLS_KEV = 260.0
_HUMPS = {
    Load.SOURCE: ((570.0, 90.0, 1.0),),
    Load.NEUTRON: ((700.0, 420.0, 1.0),),
    Load.NORM: ((420.0, 330.0, 0.55), (1_250.0, 380.0, 0.45)),
}
"""Middle and width in keV, and share, of what a load adds."""


def shape(load: Load, added: float) -> tuple[float, ...]:
    """Shares of the channels when `added`, of all counts, are of the load and the rest is background."""
    usual, hump = _background(), _hump(load)
    return tuple(low * (1.0 - added) + high * added for low, high in zip(usual, hump, strict=True))


def deal(count: int, shares: Sequence[float], random: Random) -> list[int]:
    """So many counts, each into one of the places by its share."""
    if count <= _MANY:
        found = Counter(random.choices(range(len(shares)), weights=shares, k=count))
        return [found[place] for place in range(len(shares))]
    whole = sum(shares)
    dealt = [max(0, round(random.gauss(mean := count * share / whole, math.sqrt(mean)))) for share in shares]
    dealt[0] = max(0, dealt[0] + count - sum(dealt))
    return dealt


@lru_cache(1)
def _background() -> tuple[float, ...]:
    return _even([math.exp(-_middle(channel) / _FALLS_KEV) + 0.004 for channel in range(CHANNELS)])


@lru_cache(len(Load))
def _hump(load: Load) -> tuple[float, ...]:
    humps = _HUMPS.get(load)
    if humps is None:
        return _background()
    return _even(
        [
            sum(part * math.exp(-0.5 * ((_middle(channel) - at) / width) ** 2) / width for at, width, part in humps)
            for channel in range(CHANNELS)
        ]
    )


def _middle(channel: int) -> float:
    return (channel + 0.5) * CHANNEL_KEV


def _even(heights: Sequence[float]) -> tuple[float, ...]:
    whole = sum(heights)
    return tuple(height / whole for height in heights)
