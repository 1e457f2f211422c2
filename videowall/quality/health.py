"""What may be said of a camera's picture. Pure: facts and limits in, one state out; time is an argument."""

from typing import NamedTuple

from sensors.catalog import PictureState
from videowall.quality.probe import FROZEN_S

NO_PACKETS_S = 2.5
DELAYED_S = 0.75
"""A face is renewed five times a second, so that nothing a second old is shown as live."""
_PERIODS = 2.5
"""A camera that sends fewer than so many pictures in `DELAYED_S` may take so many of its own periods for one, and
never more than `DELAYED_S` after the next was due."""
ERRORS_IN_ROW = 10
ERRORS_AT_FIRST = 3
"""So many units without a picture say as much of a session that has shown none yet."""
BLIND = frozenset({PictureState.BLACK, PictureState.OVEREXPOSED})
"""Where there is nothing to see, nothing can change: that it does not says nothing more."""


class Facts(NamedTuple):
    """What is known of one stream now; ages are None when there never was one. `fault`: of the picture itself.

    `period_s`: between a camera's own pictures where all of them are shown, else 0. `late_s`: how much later than usual
    they come, 0 where that is nothing to speak of. `owed_s`: by how much decoding is behind what has come whole.
    """

    failure: PictureState | None
    packet_age_s: float | None
    picture_age_s: float | None
    picture_in_session: bool
    errors_in_row: int
    frozen_s: float
    fault: PictureState | None
    period_s: float = 0.0
    late_s: float = 0.0
    owed_s: float = 0.0


def judge(facts: Facts) -> PictureState:
    """The one state of a picture; the gravest and best known cause wins."""
    picture_age_s, period_s = facts.picture_age_s or 0.0, facts.period_s
    fault = facts.fault or PictureState.LIVE
    longest_s = max(DELAYED_S, min(_PERIODS * period_s, period_s + DELAYED_S))
    bound = ERRORS_IN_ROW if facts.picture_in_session else ERRORS_AT_FIRST
    rules = (
        (facts.packet_age_s is None, PictureState.CONNECTING),
        ((facts.packet_age_s or 0.0) > NO_PACKETS_S, PictureState.NO_PACKETS),
        (facts.errors_in_row >= bound, PictureState.CANNOT_DECODE),
        (not facts.picture_in_session, PictureState.CONNECTING),
        (picture_age_s - facts.owed_s > longest_s, PictureState.DELAYED),
        (picture_age_s > longest_s, PictureState.BEHIND),
        (facts.late_s > 0, PictureState.DELAYED),
        (fault in BLIND, fault),
        (facts.frozen_s >= FROZEN_S, PictureState.FROZEN),
    )
    return facts.failure or next((state for holds, state in rules if holds), fault)
