"""How often the wall is right about a picture: labelled sequences in, precision and recall of each fault out."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain, cycle, islice
from typing import NamedTuple

import numpy as np

from sensors.catalog import PictureState
from tests.support.faulty_pictures import FAULTS, WEATHER, Change, Scene, coded, seconds
from videowall.picture import Planes
from videowall.quality.inspector import Inspector
from videowall.quality.memory import LEARNING_LOOKS
from videowall.quality.suspicion import FAULTS as KNOWN

LOOKS = 16
_DRAWN = 12
_FIRST_CHANGED = 30


class Score(NamedTuple):
    """Of what was said, how much was so; of what was so, how much was said."""

    precision: float
    recall: float
    sequences: int


class Sequence(NamedTuple):
    """What was shown, what should be said of it, and what was said last and at any time."""

    name: str
    label: PictureState | None
    last: PictureState | None
    said: frozenset[PictureState]

    @property
    def is_right(self) -> bool:
        """The fault is said in the end, and no other at any time."""
        return self.last is self.label and self.said <= {self.label}


def judge_all(scenes: Iterable[Scene]) -> list[Sequence]:
    """Every fault and every weather in each scene, after the camera's view has been learnt."""
    return list(chain.from_iterable(_judge_scene(scene) for scene in scenes))


def scores(sequences: list[Sequence]) -> dict[PictureState, Score]:
    """By fault. A fault that is said for a moment only, or beside the right one, counts as said."""
    so, said, both = Counter[PictureState](), Counter[PictureState](), Counter[PictureState]()
    for sequence in sequences:
        said.update(sequence.said)
        if sequence.label is not None:
            so[sequence.label] += 1
            both[sequence.label] += sequence.last is sequence.label
    return {
        fault: Score(both[fault] / max(1, said[fault]), both[fault] / max(1, so[fault]), so[fault]) for fault in KNOWN
    }


def learnt(scene: Scene) -> Inspector:
    """An inspector that knows a scene's view."""
    inspector = Inspector()
    pictures = list(coded(seconds(scene, _DRAWN)))
    for second, planes in enumerate(islice(cycle(pictures), LEARNING_LOOKS + 1)):
        inspector.look(planes, float(second))
    assert inspector.verdict.fault is None
    assert inspector.references
    return inspector


def _judge_scene(scene: Scene) -> Iterable[Sequence]:
    known = learnt(scene).references
    plain = list(seconds(scene, LOOKS, _FIRST_CHANGED))
    before = list(coded(plain))
    for change in (*FAULTS, *WEATHER):
        inspector = Inspector(known)
        for second, planes in enumerate(before[:10]):
            inspector.look(planes, float(second))
        said: set[PictureState] = set()
        for second, planes in enumerate(coded(_changed(plain, change)), 100):
            inspector.look(planes, float(second))
            if inspector.verdict.fault is not None:
                said.add(inspector.verdict.fault)
        yield Sequence(f"{scene} {change.__name__}", FAULTS.get(change), inspector.verdict.fault, frozenset(said))


def _changed(pictures: list[Planes], change: Change) -> list[Planes]:
    chance = np.random.default_rng(7)
    return [change(planes, chance, second) for second, planes in enumerate(pictures)]
