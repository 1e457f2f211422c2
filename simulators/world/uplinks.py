"""What carries a post's link to the centre, and what nature makes of it. Pure.

Figures are our own, in the order of a Ku band terminal with a dish of 1.2 m: rain takes the signal as ITU-R P.838 has
it for 12 GHz, along 4 km; modems then go over to slower, safer codes, and in the end lose.
"""

import math
from enum import StrEnum

from simulators.faults.link import LinkState
from simulators.scenario.form import Site

CLEAR_C_N_DB = 13.0
"""Carrier to noise under a clear sky."""
HOP_S, CELL_S = 0.28, 0.03
"""One way over a geostationary satellite, and through a mobile network."""
SLOW_BY_SATELLITE_MS = 1_000.0
"""A link over a satellite is slow beyond this; the catalogue's limit for links is one of fibre."""
_COEFFICIENT, _EXPONENT, _RAIN_KM = 0.024, 1.18, 4.0
_MOST_FADE_DB = 25.0
_FASTEST_KBPS, _SLOWEST_KBPS = 4_096.0, 128.0
_FAST_C_N_DB, _SLOW_C_N_DB = 10.0, 3.0
_LOSES_C_N_DB, _LOSS_PER_DB, _MOST_LOSS = 6.0, 0.06, 0.5
_BYTES_S_PER_KBPS = 125.0


class Path(StrEnum):
    """What the link goes over."""

    FIBRE = "fibre"
    VSAT = "vsat"
    LTE = "lte"


_CARRIERS = {"transceiver": Path.FIBRE, "vsat": Path.VSAT, "lte": Path.LTE}
"""By kind, the best first."""


def path_of(site: Site) -> Path:
    """Fibre where there is any, else a satellite, else a mobile network; a post that has none of them has fibre."""
    kinds = {device.kind for device in site.devices}
    return next((path for kind, path in _CARRIERS.items() if kind in kinds), Path.FIBRE)


def rain_fade_db(rain_mmph: float) -> float:
    """What rain takes from the signal of a satellite; dry snow takes next to nothing."""
    return min(_MOST_FADE_DB, _COEFFICIENT * math.pow(rain_mmph, _EXPONENT) * _RAIN_KM)


def c_n_db(rain_mmph: float) -> float:
    """Carrier to noise in rain."""
    return CLEAR_C_N_DB - rain_fade_db(rain_mmph)


def by_satellite(rain_mmph: float) -> LinkState:
    """What a link over a satellite does in rain: it gets narrow and uneven, and loses."""
    c_n = c_n_db(rain_mmph)
    share = min(1.0, max(0.0, (c_n - _SLOW_C_N_DB) / (_FAST_C_N_DB - _SLOW_C_N_DB)))
    kbps = _SLOWEST_KBPS + (_FASTEST_KBPS - _SLOWEST_KBPS) * share
    loss = min(_MOST_LOSS, max(0.0, _LOSES_C_N_DB - c_n) * _LOSS_PER_DB)
    jitter_s = 0.02 + 0.06 * (1.0 - share)
    return LinkState(latency_s=HOP_S, jitter_s=jitter_s, loss=loss, bytes_s=kbps * _BYTES_S_PER_KBPS)


def nature_of(path: Path, rain_mmph: float) -> LinkState:
    """What a link does by itself, without any fault."""
    match path:
        case Path.FIBRE:
            return LinkState()
        case Path.LTE:
            return LinkState(latency_s=CELL_S, jitter_s=0.01)
        case Path.VSAT:
            return by_satellite(rain_mmph)
