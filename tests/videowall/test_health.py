"""What may be said of a picture, and when."""

import numpy as np
import pytest

from sensors.catalog import PictureState
from tests.support.still_nights import Night, frozen_after_s, nights
from videowall.health import Facts, Probe, judge
from videowall.picture import Planes, allocate

GOOD = Facts(None, 0.02, 0.05, picture_in_session=True, errors_in_row=0, frozen_s=0.0, fault=None)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (GOOD, PictureState.LIVE),
        (GOOD._replace(packet_age_s=None, picture_age_s=None, picture_in_session=False), PictureState.CONNECTING),
        (GOOD._replace(picture_in_session=False), PictureState.CONNECTING),
        (GOOD._replace(failure=PictureState.REFUSED, picture_age_s=900.0), PictureState.REFUSED),
        (GOOD._replace(packet_age_s=2.6, picture_age_s=2.6), PictureState.NO_PACKETS),
        (GOOD._replace(picture_age_s=1.6), PictureState.DELAYED),
        (GOOD._replace(errors_in_row=10, picture_age_s=1.0), PictureState.CANNOT_DECODE),
        (GOOD._replace(frozen_s=8.0), PictureState.FROZEN),
        (GOOD._replace(frozen_s=7.9), PictureState.LIVE),
        (GOOD._replace(fault=PictureState.BLACK, frozen_s=20.0), PictureState.BLACK),
        (GOOD._replace(fault=PictureState.MOVED, frozen_s=20.0), PictureState.FROZEN),
        (GOOD._replace(fault=PictureState.MOVED), PictureState.MOVED),
        (GOOD._replace(fault=PictureState.MOVED, packet_age_s=3.0), PictureState.NO_PACKETS),
    ],
)
def test_the_gravest_cause_is_said(facts: Facts, state: PictureState) -> None:
    assert judge(facts) is state


def picture(level: int, noise: int, seed: int) -> Planes:
    planes = allocate(640, 360)
    chance = np.random.default_rng(seed)
    planes.y[:] = level
    planes.y[100:200, 100:300] = min(235, level + 40)
    planes.y[:] += chance.integers(0, noise + 1, planes.y.shape, np.uint8)
    return planes


def test_a_still_scene_with_sensor_noise_is_not_frozen() -> None:
    probe = Probe()
    for number in range(200):
        probe.look(picture(90, 24, number), number / 10, key=number % 10 == 0)
    assert probe.frozen_s < 2


def test_a_picture_repeated_and_refreshed_at_each_key_frame_is_frozen_until_it_moves() -> None:
    probe = Probe()
    probe.reset(0.0)
    for number in range(226):
        # Every 25th picture is encoded anew, and the one after it refined: both differ as much as noise does.
        probe.look(picture(90, 12, min(number % 25, 2)), number / 25, key=number % 25 == 0)
    assert probe.frozen_s == pytest.approx(9.0)
    for number in range(226, 252):
        probe.look(picture(90, 12, number), number / 25, key=number % 25 == 0)
    assert probe.frozen_s == pytest.approx(0.0)


@pytest.mark.parametrize("night", list(nights())[4:12], ids=str)
def test_a_quiet_night_is_told_from_a_frozen_picture(night: Night) -> None:
    after_s = frozen_after_s(night)
    if night.is_frozen:
        assert after_s is not None
        assert after_s <= 11
    else:
        assert after_s is None
