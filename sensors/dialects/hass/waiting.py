"""Messages that came before the config which explains them: a broker delivers what it queued before what it retains."""

from datetime import datetime, timedelta
from typing import NamedTuple

MAX_MESSAGES = 5_000
MAX_BYTES = 16 * 1024 * 1024
WAIT_S = 15.0


class Early(NamedTuple):
    """A message whose topic nobody has announced yet."""

    topic: str
    payload: bytes
    retained: bool
    received_at: datetime


class Waiting:
    """Keeps such messages for a short while after a connection was made; what is over the bounds is refused."""

    def __init__(self) -> None:
        self.open = True
        self._until: datetime | None = None
        self._kept: dict[str, list[Early]] = {}
        self._announced: set[str] = set()
        self._messages = 0
        self._bytes = 0

    def begin(self, now: datetime) -> None:
        """Wait from now on."""
        self.open, self._until = True, now + timedelta(seconds=WAIT_S)

    def keep(self, early: Early) -> bool:
        """Keep a message; False when there is no room."""
        if self._messages >= MAX_MESSAGES or self._bytes + len(early.payload) > MAX_BYTES:
            return False
        self._kept.setdefault(early.topic, []).append(early)
        self._messages += 1
        self._bytes += len(early.payload)
        return True

    def kept(self, topic: str) -> tuple[Early, ...]:
        """What has waited for this topic; kept on for others that may be measured there too."""
        early = self._kept.get(topic)
        if early:
            self._announced.add(topic)
        return tuple(early or ())

    def tick(self, now: datetime) -> list[Early]:
        """The first message of each topic that nobody announced in time."""
        if not self.open:
            return []
        if self._until is None:
            self.begin(now)
        if self._until is not None and now < self._until:
            return []
        self.open = False
        unclaimed = [early[0] for topic, early in self._kept.items() if topic not in self._announced]
        self._kept.clear()
        self._announced.clear()
        self._messages = self._bytes = 0
        return unclaimed
