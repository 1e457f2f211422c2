"""How finely the wall is quantised, so that it keeps its bit rate over some seconds. Pure: sizes in, a figure out.

x264's own rate control looks at every picture twice, which costs a quarter of the encoding. Here the quantiser stays
the same for a group of pictures and is set anew between groups; a group that grows far too large is cut short.
"""

import math

FINEST, COARSEST = 22, 44
"""Finer shows nothing more of a camera's picture that was coded once already; coarser shows nothing worth a look."""
_BEGIN = 24
_HALVES_BY = 6
"""So many steps more halve the size (ITU-T H.264, 8.5.9: the step doubles)."""
_LEAVE_BELOW, _LEAVE_ABOVE = 0.85, 1.05
_AIM = 0.96
_MOST_DEBT_S = 1.0


class Quantiser:
    """`value` is what the next group of pictures should be coded with."""

    def __init__(self, bitrate_kbps: int, fps: float) -> None:
        self.value = _BEGIN
        self._picture_bytes = bitrate_kbps * 125 / fps
        self._second = max(1, round(fps))
        self._sizes: list[int] = []
        self._debt_bytes = 0.0

    def see(self, size_bytes: int) -> bool:
        """Take in a coded picture; True when the bit rate cannot wait for the group's end."""
        self._sizes.append(size_bytes)
        self._debt_bytes = max(0.0, self._debt_bytes + size_bytes - self._picture_bytes)
        return self._debt_bytes > _MOST_DEBT_S * self._second * self._picture_bytes and self.value < COARSEST

    def settle(self, length: int = 0) -> int:
        """The group is over: the quantiser of the next one.

        `length`: of how many pictures it would have been. One that a viewer's wish cut short is reckoned as if it had
        run on: it is nearly all key picture, and the rest of a group is what pays for that.
        """
        if self._sizes:
            share = self._mean_bytes(length) / self._picture_bytes
            if not _LEAVE_BELOW <= share <= _LEAVE_ABOVE:
                step = round(_HALVES_BY * math.log2(max(share, 1e-3) / _AIM))
                self.value = min(COARSEST, max(FINEST, self.value + (step or (1 if share > 1 else -1))))
        self._sizes.clear()
        self._debt_bytes = 0.0
        return self.value

    def _mean_bytes(self, length: int) -> float:
        key, *others = self._sizes
        rest = max(length, len(self._sizes)) - 1
        return (key + rest * sum(others) / len(others)) / (1 + rest) if others else key
