"""Every fault of a camera over each transport, all at once on one wall, read from the encoded wall.

`python -m tests.support.fault_matrix` prints what is measured here as a page.
"""

import asyncio

import pytest

from sensors.catalog import PictureState
from simulators.cameras.vocabulary import Fault
from tests.support.fault_cases import CASES, FROZEN_S, SLOW_TO_RETURN, STALL_S, TRANSPORTS, Case
from tests.support.fault_matrix import measure
from tests.support.fault_wall import Outcome, Watched
from videowall.capture.backlog import SOON_S
from videowall.capture.rtsp.conversation import Transport
from videowall.quality.health import DELAYED_S

pytestmark = [pytest.mark.alone, pytest.mark.slow, pytest.mark.timeout(900)]  # a busy machine may have to draw first
TWO_FRAMES = 2
CELLS = [(case, transport) for case in CASES for transport in TRANSPORTS if transport in case.over]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[Transport, Watched]:
    return {wall.transport: wall for wall in asyncio.run(measure(tmp_path_factory.mktemp("matrix")))}


def outcome_of(watched: dict[Transport, Watched], case: Case, transport: Transport) -> tuple[Outcome, float]:
    wall = watched[transport]
    return next(outcome for outcome in wall.outcomes if outcome.case is case), wall.slack_s


@pytest.mark.parametrize(("case", "transport"), CELLS, ids=lambda part: getattr(part, "name", str(part)))
def test_the_wall_says_what_is_wrong_in_time_and_nothing_else(
    watched: dict[Transport, Watched], case: Case, transport: Transport
) -> None:
    outcome, slack_s = outcome_of(watched, case, transport)
    # A machine that makes healthy pictures late calls others so, too.
    late = {PictureState.DELAYED, PictureState.BEHIND} if slack_s >= DELAYED_S / 2 else set()
    # One that lets the key picture wait that ends a camera's own delay says that as well.
    behind = {PictureState.BEHIND} if PictureState.DELAYED in case.on_way and slack_s >= SOON_S else set()
    assert set(outcome.said) <= case.said | case.on_way | {PictureState.LIVE} | late | behind, outcome
    assert outcome.right_s is not None, outcome
    if late and PictureState.LIVE in case.said:
        # It was late with the healthy ones, whenever that was; what counts is that in the end it is right, or late.
        assert outcome.last in case.said | late, outcome
    else:
        assert outcome.right_s <= case.within_s + slack_s, outcome


@pytest.mark.parametrize(("case", "transport"), CELLS, ids=lambda part: getattr(part, "name", str(part)))
def test_no_stuck_picture_is_shown_as_live(watched: dict[Transport, Watched], case: Case, transport: Transport) -> None:
    outcome, slack_s = outcome_of(watched, case, transport)
    most_s = FROZEN_S if case.fault is Fault.FROZEN else STALL_S
    assert outcome.stuck_s <= most_s + slack_s, outcome


@pytest.mark.parametrize(("case", "transport"), CELLS, ids=lambda part: getattr(part, "name", str(part)))
def test_a_mended_camera_is_live_again(watched: dict[Transport, Watched], case: Case, transport: Transport) -> None:
    outcome, _ = outcome_of(watched, case, transport)
    assert outcome.back_s is not None or outcome.last in SLOW_TO_RETURN, outcome


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_healthy_cameras_keep_their_rhythm_and_no_tile_shows_another_camera(
    watched: dict[Transport, Watched], transport: Transport
) -> None:
    wall = watched[transport]
    assert wall.strangers == 0
    for camera, before in wall.before.items():
        during = wall.during[camera]
        assert during.usual <= before.usual, (before, during)
        assert during.long <= before.long + TWO_FRAMES, (before, during)
