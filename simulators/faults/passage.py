"""When bytes that enter a link come out of it. Pure: time is an argument, chance is handed in."""

from random import Random

from simulators.faults.link import LinkState

SEGMENT_BYTES = 1_400
_RETRANSMIT_S = 0.2
"""The least that TCP waits before it sends a segment again (Linux); twice as long after each time in vain."""
_MOST_LOSSES = 6


class Lane:
    """One direction of a link. All connections share what it carries in a second."""

    def __init__(self) -> None:
        self.free_s = 0.0


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
            due_s = max(due_s, self._lane.free_s) + size / state.bytes_s
            self._lane.free_s = due_s
        self._last_s = due_s
        return due_s

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
