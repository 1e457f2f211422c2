"""What is said of a picture's faults, after how many looks, and what is not."""

from itertools import cycle, islice

import numpy as np
import pytest

from sensors.catalog import CAMERA_HEALTH, PictureState
from simulators.cameras.look import Look
from simulators.cameras.vocabulary import Blemish
from tests.support.faulty_pictures import (
    SCENES,
    Change,
    Scene,
    as_is,
    blurred,
    coded,
    covered,
    people,
    seconds,
    turned,
    without_colour,
)
from tests.support.quality_scores import judge_all, learnt, scores
from videowall.picture import Planes, scale
from videowall.picture import allocate as allocated
from videowall.quality.inspector import Inspector
from videowall.quality.judge import NOTHING, weigh
from videowall.quality.memory import LEARNING_LOOKS
from videowall.quality.suspicion import FAULTS

GATE, GATE_BY_NIGHT = SCENES[0], SCENES[1]
FLOOR = 0.95
STATES = {
    Blemish.NONE: None,
    Blemish.BLACK: PictureState.BLACK,
    Blemish.WHITE: PictureState.OVEREXPOSED,
    Blemish.BLURRED: PictureState.BLURRED,
    Blemish.COVERED: PictureState.COVERED,
    Blemish.TURNED: PictureState.MOVED,
    Blemish.NOISY: PictureState.NOISY,
}


def shown(inspector: Inspector, pictures: list[Planes], looks: int, at_s: float) -> list[PictureState | None]:
    """What is said after each look at these pictures, over and over."""
    said = []
    for second, planes in enumerate(islice(cycle(pictures), looks)):
        inspector.look(planes, at_s + second)
        said.append(inspector.verdict.fault)
    return said


def turned_without_colour(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    return without_colour(turned(planes, chance, second), chance, second)


def pictures(scene: Scene, change: Change = as_is, count: int = 6) -> list[Planes]:
    chance = np.random.default_rng(3)
    changed = [change(planes, chance, second) for second, planes in enumerate(seconds(scene, count, 40))]
    return list(coded(changed))


@pytest.fixture(scope="module")
def knowing() -> Inspector:
    return learnt(GATE)


@pytest.mark.slow
def test_faults_are_found_and_weather_is_none() -> None:
    # Some of the scenes, by day and by night; the benchmark takes them all.
    sequences = judge_all(SCENES[::9])
    for fault, score in scores(sequences).items():
        assert score.sequences > 0
        assert score.precision >= FLOOR, (
            fault,
            [each for each in sequences if fault in each.said and not each.is_right],
        )
        assert score.recall >= FLOOR, (fault, [each for each in sequences if each.label is fault and not each.is_right])


def test_every_fault_is_a_metric_of_a_camera() -> None:
    metrics = {metric.name for metric in CAMERA_HEALTH}
    assert {fault.value for fault in FAULTS} | {PictureState.FROZEN.value} <= metrics


def test_a_fault_is_said_when_it_lasts_and_taken_back_when_it_is_gone(knowing: Inspector) -> None:
    inspector = Inspector(knowing.references)
    plain, bad = pictures(GATE), pictures(GATE, covered)
    assert set(shown(inspector, plain, 12, 0)) == {None}
    said = shown(inspector, bad, 14, 20)
    assert said[:5] == [None] * 5
    assert said[-1] is PictureState.COVERED
    assert inspector.verdict.confidences[PictureState.COVERED] > 0.7
    since_s = inspector.verdict.since_s
    assert 25 <= since_s < 34
    back = shown(inspector, plain, 14, 40)
    assert back[:3] == [PictureState.COVERED] * 3
    assert back[-1] is None


def test_somebody_before_the_lens_for_a_moment_is_no_fault(knowing: Inspector) -> None:
    inspector = Inspector(knowing.references)
    shown(inspector, pictures(GATE), 12, 0)
    assert set(shown(inspector, pictures(GATE, covered), 4, 20)) == {None}
    assert set(shown(inspector, pictures(GATE, people), 20, 40)) == {None}


def test_a_turned_camera_has_moved_until_its_new_view_is_accepted(knowing: Inspector) -> None:
    inspector = Inspector(knowing.references)
    elsewhere = pictures(GATE, turned)
    assert shown(inspector, elsewhere, 20, 0)[-1] is PictureState.MOVED
    assert inspector.accept()
    assert set(shown(inspector, elsewhere, 20, 30)) == {None}
    assert shown(inspector, pictures(GATE), 20, 60)[-1] is PictureState.MOVED
    (reference,) = inspector.references
    assert reference.accepted


def test_a_camera_that_is_turned_on_purpose_has_not_moved(knowing: Inspector) -> None:
    inspector = Inspector(knowing.references)
    inspector.expect_move(30.0)
    assert set(shown(inspector, pictures(GATE, turned), 30, 0)) == {None}
    assert set(shown(inspector, pictures(GATE), 20, 30)) == {None}
    inspector.expect_move(60.0)
    assert set(shown(inspector, pictures(GATE, turned), 80, 50)) == {None}


def test_where_a_camera_was_sent_it_may_stay_and_be_turned_away_from_no_more_than_from_its_own_view(
    knowing: Inspector,
) -> None:
    inspector, elsewhere = Inspector(knowing.references), pictures(GATE, turned)
    inspector.expect_move(5.0)
    assert set(shown(inspector, elsewhere, 60, 0)) == {None}
    assert shown(inspector, pictures(SCENES[20]), 20, 100)[-1] is PictureState.MOVED
    assert shown(inspector, elsewhere, 20, 130)[-1] is None
    assert shown(inspector, pictures(GATE), 20, 160)[-1] is None
    assert shown(inspector, elsewhere, 20, 190)[-1] is PictureState.MOVED
    assert inspector.references == knowing.references


def test_where_a_camera_was_sent_it_stays_into_the_night(knowing: Inspector) -> None:
    inspector = Inspector(knowing.references)
    inspector.expect_move(5.0)
    shown(inspector, pictures(GATE, turned), 20, 0)
    assert set(shown(inspector, pictures(GATE_BY_NIGHT, turned_without_colour), LEARNING_LOOKS + 20, 30)) == {None}
    assert inspector.references == knowing.references


def test_what_spoils_the_picture_on_the_way_is_not_taken_for_the_place(knowing: Inspector) -> None:
    inspector = Inspector(knowing.references)
    inspector.expect_move(5.0)
    assert shown(inspector, pictures(GATE, covered), 20, 0)[-1] is PictureState.COVERED
    assert shown(inspector, pictures(GATE, turned), 40, 30)[-1] is None


def test_a_simulated_camera_has_moved_when_it_turns_by_itself_and_not_when_it_is_sent(knowing: Inspector) -> None:
    elsewhere = list(coded(seconds(GATE, 6, 40, look=Look(pan_deg=12.0, zoom=1.5))))
    by_itself, sent = Inspector(knowing.references), Inspector(knowing.references)
    assert shown(by_itself, elsewhere, 20, 0)[-1] is PictureState.MOVED
    sent.expect_move(30.0)
    assert set(shown(sent, elsewhere, 20, 0)) == {None}
    assert set(shown(sent, pictures(GATE), 30, 20)) == {None}


def test_an_unknown_camera_is_never_called_moved_and_nothing_is_accepted_unseen() -> None:
    inspector = Inspector()
    assert not inspector.accept()
    assert set(shown(inspector, pictures(GATE, turned), 20, 0)) == {None}


def test_night_has_a_reference_of_its_own(knowing: Inspector) -> None:
    inspector = Inspector(knowing.references)
    by_night = pictures(GATE_BY_NIGHT, without_colour)
    assert set(shown(inspector, by_night, LEARNING_LOOKS + 1, 0)) == {None}
    assert [reference.night for reference in inspector.references] == [False, True]
    assert shown(inspector, pictures(GATE_BY_NIGHT, turned), 20, 100)[-1] is PictureState.MOVED
    assert set(shown(Inspector(inspector.references), pictures(GATE), 20, 0)) == {None}


def test_a_soft_lens_that_was_accepted_is_not_blurred() -> None:
    inspector = Inspector()
    soft = pictures(GATE, blurred)
    assert shown(inspector, soft, 20, 0)[-1] is PictureState.BLURRED
    assert inspector.references == ()
    assert inspector.accept()
    assert set(shown(inspector, soft, 20, 30)) == {None}


def test_a_picture_of_any_size_is_looked_at_and_no_more_than_once_a_second(knowing: Inspector) -> None:
    for width, height in ((160, 90), (704, 576), (1920, 1080)):
        inspector = Inspector(knowing.references)
        sized = allocated(width, height)
        scale(pictures(GATE, count=1)[0], sized)
        assert set(shown(inspector, [sized], 5, 0)) == {None}
        confidences = inspector.verdict.confidences
        inspector.look(allocated(width, height), 4.5)
        assert inspector.verdict.confidences is confidences


def test_the_graver_of_two_faults_is_said() -> None:
    verdict = NOTHING
    for second in range(30):
        both = dict.fromkeys(FAULTS, 0.0) | {PictureState.MOVED: 1.0, PictureState.BLACK: 1.0}
        verdict = weigh(verdict, both, float(second))
    assert verdict.fault is PictureState.BLACK


@pytest.mark.parametrize("scene", [SCENES[0], SCENES[11], SCENES[20]], ids=str)
def test_what_simulated_cameras_do_to_their_lens_is_recognised(scene: Scene) -> None:
    known = learnt(scene).references
    for blemish, state in STATES.items():
        inspector = Inspector(known)
        spoilt = list(coded(seconds(scene, 6, 40, blemish)))
        assert shown(inspector, spoilt, 20, 0)[-1] is state, blemish


@pytest.mark.parametrize("scene", [GATE, GATE_BY_NIGHT], ids=str)
@pytest.mark.parametrize("rate_kbps", [60, 150, 400])
def test_noise_that_an_encoder_smears_is_noise_still(scene: Scene, rate_kbps: int) -> None:
    spoilt = list(coded(seconds(scene, 12, 40, Blemish.NOISY), rate_kbps))
    assert shown(Inspector(), spoilt, 12, 0)[-1] is PictureState.NOISY
    assert set(shown(Inspector(), list(coded(seconds(scene, 12, 40), rate_kbps)), 12, 0)) == {None}
