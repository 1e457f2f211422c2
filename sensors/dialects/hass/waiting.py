"""Messages that came before the config which explains them: a broker delivers what it queued before what it retains.

They are acknowledged, so they are kept over a restart too.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from sensors.dialects.dialect import Memo

MAX_MESSAGES = 5_000
MAX_BYTES = 16 * 1024 * 1024
WAIT_S = 15.0
_MARK = "early:"


class Word(NamedTuple):
    """A message, and which of its topic and its moment it is; kept: its topic was announced only after it came.

    What is measured in a kept one goes by its number and moment, and by nothing that came later: it is stored once,
    and takes no other's place, however often it is gone through after a kill.
    """

    topic: str
    payload: bytes
    retained: bool
    received_at: datetime
    number: int = 0
    kept: bool = False


class Waiting:
    """Keeps such messages for a short while after a connection was made; what is over the bounds is refused.

    `memos`: those that an earlier run kept, in their order.
    """

    def __init__(self, memos: Mapping[str, bytes]) -> None:
        self.open = True
        self._until: datetime | None = None
        self._kept: dict[str, list[Word]] = {}
        self._announced: set[str] = set()
        self._messages = 0
        self._bytes = 0
        self._names: dict[str, None] = {}
        self._number = 0
        for name, content in memos.items():
            if not name.startswith(_MARK):
                continue
            self._names[name] = None
            with suppress(msgspec.DecodeError, ValueError):
                self._number = max(self._number, int(name.removeprefix(_MARK)))
                self._add(msgspec.msgpack.decode(content, type=Word)._replace(kept=True))

    def begin(self, now: datetime) -> None:
        """Wait from now on."""
        self.open, self._until = True, now + timedelta(seconds=WAIT_S)

    def clock_set(self, by: timedelta) -> None:
        """Times of before are so much later by now, or earlier."""
        self._until = self._until and self._until + by

    def keep(self, early: Word) -> Memo | None:
        """Keep a message, and what is to be remembered of it; None when there is no room."""
        if self._messages >= MAX_MESSAGES or self._bytes + len(early.payload) > MAX_BYTES:
            return None
        early = early._replace(kept=True)
        self._number += 1
        memo = Memo(f"{_MARK}{self._number:012}", msgspec.msgpack.encode(early))
        self._names[memo.name] = None
        self._add(early)
        return memo

    def kept(self, topic: str) -> tuple[Word, ...]:
        """What has waited for this topic; kept on for others that may be measured there too."""
        early = self._kept.get(topic)
        if early:
            self._announced.add(topic)
        return tuple(early or ())

    def is_over(self, now: datetime) -> bool:
        """Whether it has waited for long enough."""
        if self.open and self._until is None:
            self.begin(now)
        return self.open and self._until is not None and now >= self._until

    def close(self) -> tuple[list[Word], Iterable[Memo]]:
        """The first message of each topic that nobody announced in time, and what need not be remembered any more."""
        self.open = False
        unclaimed = [early[0] for topic, early in self._kept.items() if topic not in self._announced]
        over = [Memo(name, None) for name in self._names]
        self._names.clear()
        self._kept.clear()
        self._announced.clear()
        self._messages = self._bytes = 0
        return unclaimed, over

    def _add(self, early: Word) -> None:
        self._kept.setdefault(early.topic, []).append(early)
        self._messages += 1
        self._bytes += len(early.payload)
