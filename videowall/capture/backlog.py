"""How far decoding is behind what a stream brings: pictures that came whole, and that no decoder was given yet."""

from typing import Final

from videowall.capture.rtsp.assembly import AccessUnit

SOON_S: Final = 0.2
"""What has come since then will be decoded in a moment."""


class Backlog:
    """The event loop says what comes, a decoding thread what it had; times are those at which pictures came."""

    def __init__(self) -> None:
        self.newest_s = 0.0
        """When the newest picture came that lacks nothing."""
        self._decoded_s = 0.0
        self._since_s = 0.0
        """When the first came of those that no decoder was given."""
        self._is_whole = False

    def begin(self) -> None:
        """A new session: what refers to pictures of the one before lacks them."""
        self._is_whole = False

    def come(self, unit: AccessUnit) -> bool:
        """The next picture; False when it refers to lost ones."""
        self._is_whole = unit.key or (self._is_whole and not unit.gap)
        if self._is_whole:
            if self.newest_s <= self._decoded_s:
                self._since_s = unit.arrival_s
            self.newest_s = unit.arrival_s
        return self._is_whole

    def done(self, unit: AccessUnit) -> None:
        """A decoder had this one, whatever it made of it."""
        self._decoded_s = unit.arrival_s
        self._since_s = max(self._since_s, unit.arrival_s)

    def owed_s(self, now_s: float) -> float:
        """By how much older the newest picture that was decoded is than the newest that could have been."""
        return max(0.0, self.newest_s - self._decoded_s) if now_s - self._since_s >= SOON_S else 0.0
