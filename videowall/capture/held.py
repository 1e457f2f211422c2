"""What a resting stream sent since its last key picture: decoded in one go when it is wanted again."""

from collections import deque

from videowall.capture.rtsp.assembly import AccessUnit

MAX_UNITS = 256
MAX_BYTES = 2_000_000


class Held:
    """One group of pictures, whole from its key picture on, or nothing. Belongs to one thread."""

    def __init__(self) -> None:
        self._units: deque[AccessUnit] = deque()
        self._bytes = 0

    def keep(self, unit: AccessUnit) -> None:
        """The next picture of the stream; a group that has lost a part or grown too large is let go."""
        if unit.key:
            self.clear()
        elif unit.gap or not self._units:
            self.clear()
            return
        self._units.append(unit)
        self._bytes += len(unit.data)
        if len(self._units) > MAX_UNITS or self._bytes > MAX_BYTES:
            self.clear()

    def take(self) -> tuple[AccessUnit, ...]:
        """The group, which is held no more."""
        units = tuple(self._units)
        self.clear()
        return units

    def clear(self) -> None:
        """Let go of it."""
        self._units.clear()
        self._bytes = 0
