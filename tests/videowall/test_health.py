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
