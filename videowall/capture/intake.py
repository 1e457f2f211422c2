"""Compressed pictures of one stream on their way to a decoder: bounded by age and bytes, latest wins.

The event loop puts, a decoding thread takes. After a loss or a new session nothing passes until a key frame. When the
head has grown too old, everything before the next key frame is dropped; where none is there yet, what waits is decoded
all the same, once: whoever stood still for a moment soon catches up, and the next key frame may be ten seconds away.
Who cannot keep up is late again at once, and then it is dropped. Every drop is counted.
"""

import threading
from collections import deque

from videowall.capture.rtsp.assembly import AccessUnit

MAX_AGE_S = 0.4
MAX_BYTES = 8_000_000
MAX_UNITS = 256
FORGIVEN_EVERY_S = 10.0


class Intake:
    """The queue of one stream."""

    def __init__(self) -> None:
        self.dropped_total = 0
        self._lock = threading.Lock()
        self._units: deque[AccessUnit] = deque()
        self._bytes = 0
        self._wants_key = True
        self._patient_until_s = self._forgiven_s = float("-inf")

    def put(self, unit: AccessUnit) -> bool:
        """Queue a picture; False when it was dropped: what it refers to is missing, or it is over the bound alone."""
        with self._lock:
            if self._bytes + len(unit.data) > MAX_BYTES or len(self._units) >= MAX_UNITS:
                self._drop_all()
            if unit.gap:
                self._wants_key = True
            if (self._wants_key and not unit.key) or len(unit.data) > MAX_BYTES:
                self.dropped_total += 1
                return False
            self._wants_key = False
            self._units.append(unit)
            self._bytes += len(unit.data)
            return True

    def take(self, now_s: float) -> AccessUnit | None:
        """The next picture to decode, or None when there is none that is worth it."""
        with self._lock:
            head_s = self._units[0].arrival_s if self._units else now_s
            if now_s - head_s > MAX_AGE_S and head_s > self._patient_until_s:
                self._skip_to_key(now_s)
            if not self._units:
                return None
            unit = self._units.popleft()
            self._bytes -= len(unit.data)
            return unit

    def catch_up(self, units: tuple[AccessUnit, ...]) -> None:
        """Replace what waits by a group of pictures that begins with a key picture, none of which is too old."""
        with self._lock:
            self._drop_all()
            if not units:
                return
            self._units.extend(units)
            self._bytes = sum(len(unit.data) for unit in units)
            self._patient_until_s = units[-1].arrival_s
            self._wants_key = False

    def waits_s(self, now_s: float) -> float:
        """How long the oldest picture has waited, of those that are not being caught up with."""
        with self._lock:
            if not self._units or self._units[0].arrival_s <= self._patient_until_s:
                return 0.0
            return now_s - self._units[0].arrival_s

    def clear(self) -> None:
        """Forget what waits, because its session is over."""
        with self._lock:
            self._drop_all()

    def __len__(self) -> int:
        return len(self._units)

    def _skip_to_key(self, now_s: float) -> None:
        keys = [place for place, unit in enumerate(self._units) if unit.key]
        fresh = [place for place in keys if now_s - self._units[place].arrival_s <= MAX_AGE_S]
        if not fresh and now_s - self._forgiven_s < FORGIVEN_EVERY_S:
            self._drop_all()
            return
        if not fresh:
            self._forgiven_s, self._patient_until_s = now_s, self._units[-1].arrival_s
        for _ in range((fresh or keys[-1:] or [0])[0]):
            self._bytes -= len(self._units.popleft().data)
            self.dropped_total += 1

    def _drop_all(self) -> None:
        self.dropped_total += len(self._units)
        self._units.clear()
        self._bytes = 0
        self._wants_key = True
