"""How far one look at a picture speaks for each fault, 0 to 1. Pure: figures in, figures out."""

from sensors.catalog import PictureState
from videowall.quality.measures import Measures

FAULTS = (
    PictureState.BLACK,
    PictureState.OVEREXPOSED,
    PictureState.COVERED,
    PictureState.STRIPED,
    PictureState.NOISY,
    PictureState.BLURRED,
    PictureState.MOVED,
    PictureState.DISCOLOURED,
)
"""Gravest first: of two faults the earlier explains the later."""
_SHARPNESS = 2.35
_ACCEPTED_SHARE = 0.75


def suspect(
    measures: Measures, match: float | None, lost: float | None, accepted_sharpness: float | None
) -> dict[PictureState, float]:
    """What a look says; a fault that an earlier one of `FAULTS` explains is not suspected too.

    Args:
        measures: the picture's figures.
        match: how much it looks like its reference; None without one.
        lost: the share of lately seen detail that is gone; None while unknown.
        accepted_sharpness: what a human agreed to be sharp enough; None: the usual.
    """
    limit = _SHARPNESS if accepted_sharpness is None else min(_SHARPNESS, _ACCEPTED_SHARE * accepted_sharpness)
    unlike = 0.0 if match is None else _grade(match, 0.40, 0.30)
    # What a camera writes over its picture, a clock or a name, stays sharp over a covered or dark one.
    found = {
        PictureState.BLACK: min(_grade(measures.bright, 40, 28), _grade(measures.plain, 0.7, 0.85)),
        PictureState.OVEREXPOSED: min(_grade(measures.middle, 198, 210), _grade(measures.dark, 175, 195)),
        PictureState.COVERED: max(
            _grade(measures.plain, 0.84, 0.90),
            min(_grade(measures.plain, 0.60, 0.75), unlike),
            _grade(lost or 0.0, 0.58, 0.70),
        ),
        PictureState.STRIPED: _grade(measures.stripes, 5.0, 7.5),
        PictureState.NOISY: max(_grade(measures.noise, 10, 15), _grade(measures.restless, 4.8, 6.2)),
        PictureState.BLURRED: 0.0 if measures.sharpness is None else _grade(measures.sharpness, limit, limit - 0.15),
        PictureState.MOVED: unlike,
        PictureState.DISCOLOURED: _grade(measures.tint, 14, 22),
    }
    unexplained = 1.0
    for fault in FAULTS:
        found[fault] = min(found[fault], unexplained)
        unexplained = min(unexplained, 1.0 - found[fault])
    return found


def _grade(value: float, none: float, full: float) -> float:
    """0 at `none`, 1 at `full`, in proportion between them."""
    return min(1.0, max(0.0, (value - none) / (full - none)))
