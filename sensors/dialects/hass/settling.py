"""What was announced is introduced once announcements have paused: entities of one device come in many configs."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sensors.dialects.dialect import Action, Listen, Unlisten
from sensors.dialects.hass.announcements import Holder, Outcome
from sensors.model import DeviceKey

PAUSE = timedelta(seconds=1)
LONGEST = timedelta(seconds=5)
AT_ONCE = 2_000
"""Devices introduced in one tick."""


class News(NamedTuple):
    """A device to be introduced: whether any of its configs was said just now, and its entities that are new."""

    live: bool
    holders: tuple[Holder, ...]


class Settling:
    """Devices that wait for their birth, and topics that are listened to only then."""

    def __init__(self) -> None:
        self._news: dict[DeviceKey, News] = {}
        self._topics: dict[str, None] = {}
        self._first_at: datetime | None = None
        self._last_at: datetime | None = None

    def add(self, outcome: Outcome, now: datetime, *, live: bool) -> None:
        """Take in what a config changed."""
        for key in outcome.devices:
            known = self._news.get(key, News(live=False, holders=()))
            new = (holder for holder in outcome.entities if holder[0] == key)
            self._news[key] = News(known.live or live, tuple(dict.fromkeys((*known.holders, *new))))
        self._first_at, self._last_at = self._first_at or now, now

    def drop(self, key: DeviceKey) -> None:
        """The device is gone before it came."""
        self._news.pop(key, None)

    def defer(self, actions: list[Action]) -> list[Action]:
        """Keep what is to be listened to for later; the rest is to be done now."""
        at_once: list[Action] = []
        for action in actions:
            if isinstance(action, Listen):
                self._topics[action.topic] = None
            elif not (isinstance(action, Unlisten) and action.topic in self._topics):
                at_once.append(action)
            else:
                del self._topics[action.topic]
        return at_once

    def clock_set(self, by: timedelta) -> None:
        """Times of before are so much later by now, or earlier."""
        self._first_at = self._first_at and self._first_at + by
        self._last_at = self._last_at and self._last_at + by

    @property
    def settled(self) -> bool:
        """Whether nobody waits to be introduced."""
        return not self._news

    def due(self, now: datetime, *, hurried: bool = False) -> tuple[list[tuple[DeviceKey, News]], list[Listen]]:
        """Who is to be introduced now, and what to listen to from then on; hurried: without waiting for a pause."""
        if self._first_at is None or self._last_at is None:
            return [], []
        # A clock that was set back would make them wait for long.
        self._first_at, self._last_at = min(self._first_at, now), min(self._last_at, now)
        if not hurried and now - self._last_at < PAUSE and now - self._first_at < LONGEST:
            return [], []
        keys = list(self._news)[:AT_ONCE]
        introduced = [(key, self._news.pop(key)) for key in keys]
        if self._news:
            return introduced, []
        topics = [Listen(topic) for topic in self._topics]
        self._topics.clear()
        self._first_at = self._last_at = None
        return introduced, topics
