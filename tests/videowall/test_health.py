"""What may be said of a picture, and when."""

import pytest

from sensors.catalog import PictureState
from videowall.quality.health import Facts, judge
from videowall.quality.probe import FROZEN_S

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
        (GOOD._replace(picture_age_s=1.6, owed_s=0.8), PictureState.DELAYED),
        (GOOD._replace(picture_age_s=1.6, owed_s=0.9), PictureState.BEHIND),
        (GOOD._replace(picture_age_s=0.7, owed_s=0.7), PictureState.LIVE),
        (GOOD._replace(packet_age_s=3.0, picture_age_s=9.0, owed_s=6.0), PictureState.NO_PACKETS),
        (GOOD._replace(late_s=1.2, period_s=1.0), PictureState.DELAYED),
        (GOOD._replace(errors_in_row=10, picture_age_s=1.0), PictureState.CANNOT_DECODE),
        (GOOD._replace(errors_in_row=3), PictureState.LIVE),
        (GOOD._replace(errors_in_row=3, picture_in_session=False), PictureState.CANNOT_DECODE),
        (GOOD._replace(frozen_s=FROZEN_S), PictureState.FROZEN),
        (GOOD._replace(frozen_s=FROZEN_S - 0.1), PictureState.LIVE),
        (GOOD._replace(fault=PictureState.BLACK, frozen_s=20.0), PictureState.BLACK),
        (GOOD._replace(fault=PictureState.MOVED, frozen_s=20.0), PictureState.FROZEN),
        (GOOD._replace(fault=PictureState.MOVED), PictureState.MOVED),
        (GOOD._replace(fault=PictureState.MOVED, packet_age_s=3.0), PictureState.NO_PACKETS),
    ],
)
def test_the_gravest_cause_is_said(facts: Facts, state: PictureState) -> None:
    assert judge(facts) is state


def test_a_slow_camera_is_late_soon_after_its_next_picture_was_due() -> None:
    def live_for_s(fps: float) -> float:
        """By a clock of hundredths: until when its last picture is called live, packets of others still coming."""
        ages_s = (hundredths / 100 for hundredths in range(1000))
        slow = GOOD._replace(period_s=1 / fps)
        return next(age_s for age_s in ages_s if judge(slow._replace(picture_age_s=age_s)) is PictureState.DELAYED)

    assert [live_for_s(fps) for fps in (25, 5, 2, 1, 0.25)] == pytest.approx([0.75, 0.75, 1.25, 1.75, 4.75], abs=0.011)


def test_a_slow_camera_whose_pictures_come_unevenly_is_live() -> None:
    for late_s in (0.0, 0.3, 0.7):
        assert (
            judge(GOOD._replace(packet_age_s=1 + late_s, picture_age_s=1 + late_s, period_s=1.0)) is PictureState.LIVE
        )
