"""What the wall's probe says of labelled streams, and how often that is right."""

from collections.abc import Iterable
from typing import NamedTuple

from tests.support.frozen_streams import Case, Freeze, play
from videowall.quality.probe import FROZEN_S, Probe

SAID_WITHIN_S = 10.0
THRIFT_FROM_S = 20.0
_PROVABLE_KEYS_S = 4.0
_PROVABLE_BITS = 0.04


class Verdict(NamedTuple):
    """What was said of one stream. `after_s`: from the freeze to the word; None: never, or there was none.

    `falsely`: it was called frozen while it was not.
    """

    case: Case
    after_s: float | None
    falsely: bool

    @property
    def in_time(self) -> bool:
        return self.after_s is not None and self.after_s <= SAID_WITHIN_S


class Score(NamedTuple):
    """Of streams called frozen, the share that were; of frozen ones, the share that were called so in time."""

    precision: float
    recall: float
    frozen: int
    streams: int


def judge(case: Case, share: float = 1.0) -> Verdict:
    """Show a stream to a probe, from `THRIFT_FROM_S` on only so large a share of each group of pictures."""
    probe = Probe()
    since_key, skipped = 0, False
    froze_s: float | None = None
    after_s: float | None = None
    falsely = False
    for coded in play(case):
        since_key = 0 if coded.key else since_key + 1
        if coded.at_s < THRIFT_FROM_S or since_key < max(1.0, share * case.coding.key_every):
            probe.look(coded.planes, coded.at_s, key=coded.key, skipped=skipped)
            skipped = False
        else:
            skipped = True
        if coded.is_frozen and froze_s is None:
            froze_s = coded.at_s
        if probe.frozen_s >= FROZEN_S:
            falsely |= not coded.is_frozen
            if after_s is None and froze_s is not None:
                after_s = coded.at_s - froze_s
    return Verdict(case, after_s, falsely)


def is_provable(case: Case) -> bool:
    """Whether a key frame comes often enough, and there are bits enough, that a freeze shows at all within 10 s."""
    coding = case.coding
    bits = coding.rate_kbps * 1000 / (coding.width * coding.height * coding.fps)
    return case.key_interval_s <= _PROVABLE_KEYS_S and (bits >= _PROVABLE_BITS or not coding.is_capped)


def score(verdicts: Iterable[Verdict]) -> Score:
    """Of all of them together."""
    verdicts = tuple(verdicts)
    frozen = [verdict for verdict in verdicts if verdict.case.freeze is not Freeze.NEVER]
    right = sum(verdict.in_time for verdict in frozen)
    false = sum(verdict.falsely for verdict in verdicts)
    return Score(right / max(1, right + false), right / max(1, len(frozen)), len(frozen), len(verdicts))
