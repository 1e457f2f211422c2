"""A frozen picture is told from a quiet night, whatever coded it."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.faulty_pictures import SCENES
from tests.support.frozen_scores import SAID_WITHIN_S, judge
from tests.support.frozen_streams import Case, Coding, Content, Freeze, play
from videowall.picture import Planes, allocate
from videowall.quality.probe import FROZEN_S, Probe, thinned

FPS, KEY_EVERY = 10, 10
NIGHT = SCENES[3]
HIGH = Coding("libx264", "ultrafast", 10, 20, None, 300, True, 12, 320, 180)
THIN = Coding("libx264", "veryfast", 8, 8, 28, 100, True, 18, 320, 180)
HEVC = Coding("libx265", "ultrafast", 8, 16, None, 150, True, 12, 320, 180)


def case(coding: Coding, freeze: Freeze, content: Content = Content.NOTHING, noise: float = 1.0) -> Case:
    return Case(coding, NIGHT, content, freeze, noise, None if freeze is Freeze.NEVER else 24.0, 5)


@pytest.mark.slow
@pytest.mark.parametrize("freeze", [Freeze.REPEATED, Freeze.REPLAYED])
@pytest.mark.parametrize("coding", [HIGH, THIN, HEVC], ids=["high", "thin", "hevc"])
def test_a_freeze_is_said_in_time_and_not_before(coding: Coding, freeze: Freeze) -> None:
    verdict = judge(case(coding, freeze))
    assert not verdict.falsely
    assert verdict.after_s is not None
    assert verdict.after_s <= SAID_WITHIN_S


@pytest.mark.slow
@pytest.mark.parametrize("content", [Content.NOTHING, Content.VISITOR, Content.CLOUDS])
@pytest.mark.parametrize("coding", [HIGH, THIN], ids=["high", "thin"])
def test_a_quiet_night_is_no_freeze(coding: Coding, content: Content) -> None:
    verdict = judge(case(coding, Freeze.NEVER, content, noise=0.5))
    assert verdict.after_s is None
    assert not verdict.falsely


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.16])
@pytest.mark.parametrize(
    "coding",
    [
        Coding("libx264", "medium", 5, 50, 30, 50, True, 12, 320, 180),
        Coding("libx264", "veryfast", 20, 30, None, 250, True, 0, 320, 180),
        Coding("libx264", "superfast", 15, 20, None, 75, True, 12, 320, 180),
    ],
    ids=["slow", "fast", "thin"],
)
def test_a_camera_that_is_decoded_in_parts_from_now_on_is_not_frozen_for_that(coding: Coding, share: float) -> None:
    verdict = judge(case(coding, Freeze.NEVER), share)
    assert verdict.after_s is None
    assert not verdict.falsely


@pytest.mark.slow
def test_a_replay_is_said_in_time_though_only_parts_of_it_are_decoded() -> None:
    verdict = judge(case(HIGH, Freeze.REPLAYED), 0.25)
    assert not verdict.falsely
    assert verdict.in_time


def as_is(planes: Planes) -> Planes:
    return planes


def said_of(case: Case, change: Callable[[Planes], Planes] = as_is) -> list[tuple[float, bool]]:
    """When a stream, so changed, was called frozen, and when it no longer was."""
    probe, said = Probe(), [(0.0, False)]
    for coded in play(case):
        probe.look(change(coded.planes), coded.at_s, key=coded.key)
        if (is_frozen := probe.frozen_s >= FROZEN_S) is not said[-1][1]:
            said.append((coded.at_s, is_frozen))
    return said[1:]


@pytest.mark.slow
@pytest.mark.parametrize("lives_again_s", [40.6, 43.1])
@pytest.mark.parametrize("key_every", [96, 120, 151])
def test_frozen_from_the_start_with_rare_key_pictures_it_is_so_until_it_lives_again(
    key_every: int, lives_again_s: float
) -> None:
    coding = Coding("libx264", "ultrafast", 12, key_every, None, 400, True, 12, 320, 180)
    frozen = case(coding, Freeze.REPEATED, noise=1.5)._replace(freezes_s=0.2, lives_again_s=lives_again_s)
    (from_s, is_frozen), (until_s, is_frozen_still) = said_of(frozen)
    assert (is_frozen, is_frozen_still) == (True, False)
    assert from_s == pytest.approx(2 * frozen.key_interval_s, abs=0.01)
    assert lives_again_s < until_s < lives_again_s + 4.0


def clipped(planes: Planes, darker: int) -> Planes:
    """As a camera shows a night in which it sees nothing but what lamps shine on."""
    luma = np.clip((planes.y.astype(np.int16) - darker) * 2 + 16, 16, 235)
    return Planes(luma.astype(np.uint8), planes.u, planes.v)


def round_picture(planes: Planes, around: int) -> Planes:
    """As a fish-eye lens draws it."""
    luma, (height, width) = planes.y.copy(), planes.y.shape
    rows, columns = np.ogrid[:height, :width]
    luma[(columns - width / 2) ** 2 + (rows - height / 2) ** 2 > (height / 2) ** 2] = around
    return Planes(luma, planes.u, planes.v)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "value"),
    [(clipped, 90), (clipped, 110), (round_picture, 16), (round_picture, 44)],
    ids=["night", "darker", "round", "round-grey"],
)
@pytest.mark.parametrize("coding", [HIGH, THIN], ids=["high", "thin"])
def test_what_never_changes_in_a_picture_says_nothing_of_the_rest(
    coding: Coding, change: Callable[[Planes, int], Planes], value: int
) -> None:
    def seen(picture: Planes) -> Planes:
        return change(picture, value)

    live = case(coding, Freeze.NEVER, Content.NOTHING, noise=1.5)
    assert said_of(live, seen) == []
    frozen = live._replace(freeze=Freeze.REPEATED, freezes_s=0.2)
    whole_s, seen_s = said_of(frozen)[0][0], said_of(frozen, seen)[0][0]
    assert seen_s <= whole_s + 2 * frozen.key_interval_s


def noisy(chance: np.random.Generator, still: NDArray[np.uint8]) -> Planes:
    planes = allocate(640, 360)
    planes.y[:] = still + chance.integers(0, 6, still.shape, np.uint8)
    return planes


def scene() -> NDArray[np.uint8]:
    return (60 + np.add.outer(np.arange(360) // 4, np.arange(640) // 8)).astype(np.uint8)


def test_it_is_frozen_until_it_moves_and_a_session_begins_anew() -> None:
    chance, probe, still = np.random.default_rng(1), Probe(), scene()
    last = noisy(chance, still)

    def show(first_s: float, last_s: float, *, frozen: bool) -> None:
        nonlocal last
        for number in range(round(first_s * FPS), round(last_s * FPS)):
            last = last if frozen else noisy(chance, still)
            probe.look(last, number / FPS, key=number % KEY_EVERY == 0)

    show(0, 30, frozen=False)
    assert probe.frozen_s == 0
    show(30, 38, frozen=True)
    assert FROZEN_S <= probe.frozen_s <= 9
    show(38, 41, frozen=False)
    assert probe.frozen_s == 0
    show(41, 50, frozen=True)
    assert probe.frozen_s >= FROZEN_S
    probe.reset(50.0)
    assert probe.frozen_s == 0


@pytest.mark.parametrize("brighter", [3, 0], ids=["dawn", "noise"])
@pytest.mark.parametrize("length", [KEY_EVERY, 2 * KEY_EVERY])
def test_a_loop_of_coded_pictures_is_frozen_however_they_move(length: int, brighter: int) -> None:
    chance, probe = np.random.default_rng(2), Probe()
    loop = [noisy(chance, scene() + np.uint8(brighter * number)) for number in range(length)]
    said = []
    for number in range(15 * FPS):
        probe.look(loop[number % length], number / FPS, key=number % length == 0)
        said.append(probe.frozen_s >= FROZEN_S)
    assert all(said[10 * FPS :])


def test_what_lives_again_after_a_repeated_key_picture_need_not_wait_for_the_next_one() -> None:
    chance, probe, still = np.random.default_rng(5), Probe(), scene()
    last = noisy(chance, still)
    for number in range(40 * FPS):
        last = noisy(chance, still) if number < 30 * FPS else last
        probe.look(last, number / FPS, key=number % (2 * FPS) == 0)
    assert probe.frozen_s >= FROZEN_S
    probe.look(last, 40.0, key=True)
    for number in range(40 * FPS + 1, 42 * FPS):
        probe.look(noisy(chance, still), number / FPS, key=False)
    assert probe.frozen_s == 0


def test_where_key_pictures_alone_are_looked_at_they_tell() -> None:
    chance, probe = np.random.default_rng(2), Probe()
    for second in range(60):
        probe.look(noisy(chance, scene()), float(second), key=True)
        assert probe.frozen_s == 0
    last = noisy(chance, scene())
    for second in range(60, 70):
        probe.look(last, float(second), key=True)
        assert (probe.frozen_s >= FROZEN_S) == (second >= 60 + FROZEN_S)
    probe.look(noisy(chance, scene()), 70.0, key=True)
    assert probe.frozen_s == 0


def test_pictures_between_rare_key_frames_that_stop_to_change_are_frozen() -> None:
    chance, probe, still = np.random.default_rng(3), Probe(), scene()
    last = noisy(chance, still)
    for number in range(40 * FPS):
        last = noisy(chance, still) if number < 30 * FPS else last
        probe.look(last, number / FPS, key=number == 0)
    assert probe.frozen_s >= FROZEN_S


def test_pictures_of_another_size_begin_anew() -> None:
    chance, probe = np.random.default_rng(4), Probe()
    for number in range(20 * FPS):
        planes = noisy(chance, scene()) if number < 10 * FPS else allocate(320, 200)
        probe.look(planes, number / FPS, key=number % KEY_EVERY == 0)
    assert probe.frozen_s >= FROZEN_S
    assert thinned(allocate(1920, 1080).y).shape == (72, 128)
