"""What is masked of a camera is neither a fault of its picture nor hides one, and nothing of it is learnt."""

from itertools import cycle, islice

import numpy as np
import pytest

from sensors.catalog import PictureState
from tests.support.fake_pictures import noise
from tests.support.faulty_pictures import (
    FAULTS,
    SCENES,
    Change,
    as_is,
    black,
    blurred,
    coded,
    covered,
    green,
    noisy,
    seconds,
    striped,
    striped_upright,
    turned,
    white_out,
)
from tests.support.frozen_scores import SAID_WITHIN_S
from tests.support.frozen_streams import Case, Coding, Content, Freeze, play
from videowall.composing.mask import Burner
from videowall.picture import Planes, allocate
from videowall.plan import Mask
from videowall.quality.memory import LEARNING_LOOKS
from videowall.quality.opinion import Opinion
from videowall.quality.probe import FROZEN_S

DAY, NIGHT = SCENES[2], SCENES[3]
HIGH = Coding("libx264", "ultrafast", 10, 20, None, 300, True, 12, 320, 180)
THIN = Coding("libx264", "veryfast", 8, 8, 28, 100, True, 18, 320, 180)


def area(left: float, top: float, right: float, bottom: float) -> Mask:
    return Mask(((left, top), (right, top), (right, bottom), (left, bottom)))


CORNER, MIDDLE, BOTTOM, MOST = area(0, 0, 0.3, 0.2), area(0.3, 0.3, 0.7, 0.7), area(0, 0.7, 1, 1), area(0, 0.3, 1, 1)
ALL = area(0, 0, 1, 1)


class Masked:
    """A camera's pictures as a channel has them judged."""

    def __init__(self, *masks: Mask) -> None:
        self.opinion = Opinion()
        self._burner = Burner(masks)
        self._at_s = 0.0

    def look(self, planes: Planes, at_s: float, *, key: bool) -> None:
        burnt = self._burner.burn(planes)
        self.opinion.look(burnt, at_s, key=key, hidden=self._burner.hidden)

    def show(self, pictures: list[Planes], looks: int) -> list[PictureState | None]:
        """What is said after each look at these pictures, one a second, over and over."""
        said = []
        for planes in islice(cycle(pictures), looks):
            self._at_s += 1
            self.look(planes, self._at_s, key=False)
            said.append(self.opinion.inspector.verdict.fault)
        return said


def pictures(change: Change, first: int = 0) -> list[Planes]:
    chance = np.random.default_rng(7)
    return list(coded([change(planes, chance, second) for second, planes in enumerate(seconds(DAY, 8, first))]))


@pytest.mark.parametrize("mask", [CORNER, MIDDLE, BOTTOM, MOST], ids=["corner", "middle", "bottom", "most"])
def test_faults_are_found_beside_a_mask_and_a_mask_is_none(mask: Mask) -> None:
    plain = pictures(as_is)
    for change in (as_is, black, white_out, green, noisy, striped, striped_upright, covered, blurred):
        masked = Masked(mask)
        assert set(masked.show(plain, 12)) == {None}
        assert masked.show(pictures(change), 20)[-1] is FAULTS.get(change), change


@pytest.mark.parametrize("mask", [MIDDLE, MOST], ids=["middle", "most"])
def test_a_camera_of_which_a_part_is_masked_is_known_by_the_rest(mask: Mask) -> None:
    masked = Masked(mask)
    assert set(masked.show(pictures(as_is), LEARNING_LOOKS + 1)) == {None}
    assert masked.opinion.inspector.references
    assert set(masked.show(pictures(as_is, 40), 20)) == {None}
    assert masked.show(pictures(turned), 20)[-1] is PictureState.MOVED


def test_nothing_of_a_mask_or_of_what_it_hides_is_learnt() -> None:
    grey = allocate(640, 360)
    grey.y[:] = 100
    hiding = Planes(grey.y.copy(), grey.u, grey.v)
    hiding.y[115:245, 200:440] = noise(640, 360, 1).y[115:245, 200:440]
    for picture in (grey, hiding):
        masked = Masked(MIDDLE)
        masked.show([picture], 1)
        assert masked.opinion.inspector.accept()
        (reference,) = masked.opinion.inspector.references
        assert not any(reference.edges)


def test_of_a_picture_that_is_masked_as_a_whole_nothing_is_said() -> None:
    masked = Masked(ALL)
    assert set(masked.show(pictures(as_is), 60)) == {None}
    assert masked.opinion.frozen_s == 0
    assert not masked.opinion.inspector.accept()


@pytest.mark.slow
@pytest.mark.parametrize("covered_share", [0.45, 0.6, 0.85])
@pytest.mark.parametrize("coding", [HIGH, THIN], ids=["high", "thin"])
def test_a_camera_is_no_more_frozen_for_a_mask_and_no_less(coding: Coding, covered_share: float) -> None:
    for freeze in (Freeze.NEVER, Freeze.REPEATED):
        freezes_s = None if freeze is Freeze.NEVER else 24.0
        masked = Masked(area(0, 1 - covered_share, 1, 1))
        said_s = []
        for shown in play(Case(coding, NIGHT, Content.NOTHING, freeze, 1.0, freezes_s, 5)):
            masked.look(shown.planes, shown.at_s, key=shown.key)
            if masked.opinion.frozen_s >= FROZEN_S:
                said_s.append(shown.at_s)
        if freezes_s is None:
            assert said_s == []
        else:
            assert freezes_s < said_s[0] <= freezes_s + SAID_WITHIN_S
