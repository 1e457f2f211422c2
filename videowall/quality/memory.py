"""What a camera is known to look like: its references by light, and the detail it showed lately."""

from typing import cast

import numpy as np

from videowall.quality.likeness import Reference, View, edges_of, pack, unpack
from videowall.quality.measures import Measures
from videowall.quality.sample import Floats, Sample

LEARNING_LOOKS = 60
"""A reference is learnt from so many good looks in a row, and kept when the two halves agree."""
_HALVES_AGREE = 0.6
ALIKE = 0.4
NIGHT_BELOW = 70.0
_COLOURLESS_BELOW = 0.7
_DETAIL_LOOKS = 10
_DETAIL_RATE = 1 / 120
"""Detail is forgotten over some minutes, so that nightfall is no loss of it and a hand on the lens is."""
_CLEAR_ABOVE = 5.0
_LEAST_CLEAR = 10
_LOST_SHARE, _LOST_BELOW = 0.3, 2.5


def is_night(measures: Measures) -> bool:
    """Whether a picture is of the dark: little light, or the colourless picture of infra-red light."""
    return measures.middle < NIGHT_BELOW or measures.colour < _COLOURLESS_BELOW


class _Lessons:
    """Edges of good looks in a row, summed in two halves."""

    def __init__(self) -> None:
        self.looks = 0
        self._sums: list[Floats] = []

    def add(self, edges: Floats) -> None:
        if self.looks in {0, LEARNING_LOOKS // 2}:
            self._sums.append(edges.copy())
        else:
            self._sums[-1] += edges
        self.looks += 1

    def clear(self) -> None:
        self.looks = 0
        self._sums = []

    @property
    def halves(self) -> tuple[Floats, Floats]:
        """Their means, once there are `LEARNING_LOOKS`."""
        first, second = (cast("Floats", half / (LEARNING_LOOKS // 2)) for half in self._sums)
        return first, second


class Memory:
    """References and lately seen detail of one stream."""

    def __init__(self, references: tuple[Reference, ...] = ()) -> None:
        self._references = {reference.night: (reference, View(unpack(reference))) for reference in references}
        self._detail: Floats | None = None
        self._looks = 0
        self._lessons = _Lessons()
        self._learning_night = False
        self._sent: dict[bool, View] = {}
        """What it shows where it was sent to, by light; nothing while it is where it belongs."""

    @property
    def references(self) -> tuple[Reference, ...]:
        """At most one by day and one by night."""
        return tuple(reference for reference, _ in self._references.values())

    @property
    def is_away(self) -> bool:
        """Whether it stays where it was sent to."""
        return bool(self._sent)

    def accept(self, sample: Sample, measures: Measures) -> None:
        """This is what it shall look like; what was known before is forgotten, for both lights."""
        self._references.clear()
        self._sent.clear()
        self._keep(edges_of(sample.luma), measures, accepted=True)
        self.forget_detail()

    def forget_detail(self) -> None:
        """Begin anew with what it shows."""
        self._detail, self._looks = None, 0
        self._lessons.clear()

    def settle(self, sample: Sample, measures: Measures) -> None:
        """It has been turned on purpose and should be there: what it shows now is as right as what it is known for."""
        self._sent.clear()
        seen = edges_of(sample.luma)
        if self._references and max(self._likenesses(seen).values()) < ALIKE:
            self._sent[is_night(measures)] = View(seen)

    def accepted_sharpness(self, measures: Measures) -> float | None:
        """What a human agreed to be sharp enough in this light."""
        known = self._references.get(is_night(measures))
        return known[0].sharpness if known is not None and known[0].accepted else None

    def match(self, sample: Sample, measures: Measures) -> float | None:
        """How much it looks as it should, -1 to 1; None when nothing is known of this light.

        A reference of the other light can say that all is well, but not that the camera was moved.
        """
        night = is_night(measures)
        if not self._references:
            return None
        seen = edges_of(sample.luma)
        if self._sent:
            return self._match_sent(seen, night=night)
        alike = self._likenesses(seen)
        other = alike.get(not night)
        if night in alike:
            return max(alike.values())
        return other if other is not None and other >= ALIKE else None

    def _match_sent(self, seen: Floats, *, night: bool) -> float | None:
        """The same of one that was sent elsewhere: it may stay, and may come back."""
        back = max(self._likenesses(seen).values())
        there = {light: view.likeness(seen) for light, view in self._sent.items()}
        alike = max(back, *there.values())
        if back >= ALIKE and back == alike:
            self._sent.clear()
        return alike if alike >= ALIKE or night in there else None

    def _likenesses(self, seen: Floats) -> dict[bool, float]:
        return {light: view.likeness(seen) for light, (_, view) in self._references.items()}

    def lost(self, measures: Measures) -> float | None:
        """The share of lately detailed cells that show nothing now; None while too little is known."""
        if self._detail is None or self._looks < _DETAIL_LOOKS:
            return None
        clear = self._detail >= _CLEAR_ABOVE
        if np.count_nonzero(clear) < _LEAST_CLEAR:
            return None
        now, before = measures.detail[clear], self._detail[clear]
        return float(np.mean(now < np.minimum(_LOST_BELOW, _LOST_SHARE * before)))

    def learn(self, sample: Sample, measures: Measures, *, view: bool) -> None:
        """A picture in which nothing is wrong; `view`: it may be what the camera shall look like."""
        self._looks = min(self._looks + 1, _DETAIL_LOOKS)
        rate = max(_DETAIL_RATE, 1 / self._looks) if self._looks < _DETAIL_LOOKS else _DETAIL_RATE
        detail = measures.detail if self._detail is None else self._detail + rate * (measures.detail - self._detail)
        self._detail = cast("Floats", detail)
        night = is_night(measures)
        if self._sent:
            # In another light than it came in, it is there still.
            self._sent.setdefault(night, View(edges_of(sample.luma)))
        if night in self._references or self._sent or not view:
            self._lessons.clear()
        else:
            self._learn_edges(edges_of(sample.luma), measures, night=night)

    def doubt(self) -> None:
        """Something is wrong: what is being learnt begins anew later."""
        self._lessons.clear()

    def _learn_edges(self, edges: Floats, measures: Measures, *, night: bool) -> None:
        if night is not self._learning_night:
            self._lessons.clear()
            self._learning_night = night
        self._lessons.add(edges)
        if self._lessons.looks < LEARNING_LOOKS:
            return
        first, second = self._lessons.halves
        self._lessons.clear()
        if View(first).likeness(second) >= _HALVES_AGREE:
            self._keep(cast("Floats", (first + second) / 2), measures, accepted=False)

    def _keep(self, edges: Floats, measures: Measures, *, accepted: bool) -> None:
        packed = pack(edges)
        reference = Reference(packed, is_night(measures), accepted, measures.sharpness)
        self._references[reference.night] = (reference, View(unpack(reference)))
