"""The scores of many runs as one line of figures."""

from collections.abc import Iterable

from msgspec import Struct

from simulators.scoring.score import Score


class Sums(Struct, frozen=True):
    """Of all runs together. `honesty`: the share of faulty pictures' time in which walls said so; None of no faults."""

    scenarios: int
    expected: int
    detected: int
    missed: int
    false: int
    honesty: float | None


def sums_of(scores: Iterable[Score]) -> Sums:
    """Add them up."""
    known = tuple(scores)
    faulty_s = sum(score.wall.faulty_s for score in known)
    marked_s = sum(score.wall.marked_s for score in known)
    return Sums(
        scenarios=len(known),
        expected=sum(score.total.expected for score in known),
        detected=sum(score.total.detected for score in known),
        missed=sum(score.total.missed for score in known),
        false=sum(score.total.false for score in known),
        honesty=round(marked_s / faulty_s, 4) if faulty_s else None,
    )
