"""The link between a post and the centre: what it does at a moment, as a pure function of the faults it was given."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from simulators.faults.spans import Spans
from simulators.scenario.gateway_actions import LinkCut
from simulators.scenario.link_actions import (
    Ending,
    LinkAction,
    LinkBreak,
    LinkBrownOut,
    LinkFault,
    LinkHalfOpen,
    LinkLatency,
    LinkLoss,
    LinkNarrow,
    LinkResume,
)

_BYTES_S_PER_KBPS = 125.0
CUT_AFTER_S = 0.5
"""A cable that is cut first lets the answer to the command out."""


class LinkState(NamedTuple):
    """What a link does at one moment."""

    ending: Ending | None = None
    half_open: bool = False
    stalled: bool = False
    latency_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    bytes_s: float | None = None

    @property
    def passes(self) -> bool:
        """Whether what is sent now arrives at all, however late."""
        return self.ending is None and not self.half_open and not self.stalled


class Link:
    """One post's link. The same actions at the same times make the same states, whoever asks and how often."""

    def __init__(self) -> None:
        self._faults: Spans[LinkFault] = Spans()
        self._cuts: Spans[LinkCut] = Spans()
        self.nature: Callable[[datetime], LinkState] | None = None
        """What the link does by itself, beside all faults."""

    def act(self, action: LinkAction, now: datetime) -> None:
        """Take an action that is performed now."""
        if isinstance(action, LinkResume):
            self._faults.clear()
        else:
            self._faults.add(action, now, action.duration_s)

    def cut(self, action: LinkCut, now: datetime) -> None:
        """Cut the cable, nearly now; it is mended by its time alone."""
        self._cuts.add(action, now + timedelta(seconds=CUT_AFTER_S), action.duration_s)

    def is_cut(self, now: datetime) -> bool:
        """Whether the cable is cut at a moment, which takes no line of ours to feel."""
        return bool(self._cuts.at(now))

    def at(self, now: datetime) -> LinkState:
        """What the link does at a moment."""
        state = LinkState()
        for span in self._faults.at(now):
            match span.fault:
                case LinkBreak(ending=ending):
                    state = state._replace(ending=ending)
                case LinkHalfOpen():
                    state = state._replace(half_open=True)
                case LinkBrownOut() as fault:
                    down = (now - span.starts).total_seconds() % fault.every_s < fault.down_s
                    state = state._replace(stalled=down)
                    if down and fault.breaks:
                        state = state._replace(ending=Ending.RESET)
                case LinkLatency(latency_s=latency_s, jitter_s=jitter_s):
                    state = state._replace(latency_s=latency_s, jitter_s=jitter_s)
                case LinkLoss(share=share):
                    state = state._replace(loss=share)
                case LinkNarrow(kbps=kbps):
                    state = state._replace(bytes_s=kbps * _BYTES_S_PER_KBPS)
        if self.nature is not None:
            state = _both(state, self.nature(now))
        return state._replace(ending=Ending.RESET) if self.is_cut(now) else state


def _both(fault: LinkState, nature: LinkState) -> LinkState:
    """What a faulty link does by its faults and by itself."""
    rates = [rate for rate in (fault.bytes_s, nature.bytes_s) if rate is not None]
    return fault._replace(
        latency_s=fault.latency_s + nature.latency_s,
        jitter_s=fault.jitter_s + nature.jitter_s,
        loss=fault.loss + nature.loss - fault.loss * nature.loss,
        bytes_s=min(rates, default=None),
    )
