"""When bytes that enter a link come out of it. Pure: time is an argument, chance is handed in."""

from random import Random

from simulators.faults.link import LinkState

SEGMENT_BYTES = 1_400
_RETRANSMIT_S = 0.2
"""The least that TCP waits before it sends a segment again (Linux); twice as long after each time in vain."""
_MOST_LOSSES = 6
HELD_S = 1.0
"""So much of what is to go through a narrow link waits before it, as in a router; there is no room for more."""


class Lane:
    """One direction of a link. All connections share what it carries in a second.

    What is carried takes its time from the lane `behind` as well, which gets what is left.
    """

    def __init__(self, behind: "Lane | None" = None) -> None:
        self.free_s = 0.0
        self._behind = behind

    def carry(self, enters_s: float, lasts_s: float) -> float:
        """When something is through that enters then and takes so long."""
        if self._behind is not None:
            self._behind.carry(enters_s, lasts_s)
        self.free_s = max(enters_s, self.free_s) + lasts_s
        return self.free_s


class Passage:
    """One direction of one connection: nothing overtakes what went before it."""

    def __init__(self, lane: Lane, random: Random) -> None:
        self._lane = lane
        self._random = random
        self._last_s = 0.0

    def due_s(self, now_s: float, size: int, state: LinkState) -> float:
        """When bytes that enter now are out."""
        delay_s = state.latency_s + state.jitter_s * self._random.random() if state.jitter_s else state.latency_s
        if state.loss:
            delay_s += self._lost_s(size, state)
        due_s = max(self._last_s, now_s + delay_s)
        if state.bytes_s is not None:
            due_s = self._lane.carry(due_s, size / state.bytes_s)
        self._last_s = due_s
        return due_s

    def datagram_due_s(self, now_s: float, size: int, state: LinkState) -> float | None:
        """When a datagram that enters now is out, or None: nobody sends it again when the link has lost it."""
        if not state.passes or (state.loss and self._random.random() < state.loss):
            return None
        if state.bytes_s is not None and self.waits_s(now_s, state) > HELD_S:
            return None
        return self.due_s(now_s, size, state._replace(loss=0.0))

    def waits_s(self, now_s: float, state: LinkState) -> float:
        """How long something that enters now would wait until a narrow link is free."""
        return 0.0 if state.bytes_s is None else self._lane.free_s - now_s - state.latency_s

    def _lost_s(self, size: int, state: LinkState) -> float:
        """How long they wait for segments to be sent again."""
        waits_s = 0.0
        for _ in range(-(-size // SEGMENT_BYTES)):
            again_s = max(_RETRANSMIT_S, 2 * state.latency_s)
            for _ in range(_MOST_LOSSES):
                if self._random.random() >= state.loss:
                    break
                waits_s += again_s
                again_s *= 2
        return waits_s
