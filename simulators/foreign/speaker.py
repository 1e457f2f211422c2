"""The one shape of all who speak another dialect at a post: machines without I/O, each with a connection of its own."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from sensors.dialects.dialect import Send
from sensors.dialects.native import Sample
from sensors.model import Birth, DeviceId, SiteId
from simulators.foreign.sight import Look

MAX_KEPT = 20_000
"""Samples that a speaker keeps while nobody hears them; the oldest is dropped for a new one, and counted."""


class Spoken(Struct, frozen=True):
    """A device that speaks another dialect: who it is, and how often it says something."""

    site: SiteId
    device: DeviceId
    birth: Birth
    period_s: float


class Speaker:
    """One who speaks, to begin with of nothing: each dialect has its own words in the place of these.

    `client` is the id of its connection, `topics` are what it listens to (no wildcards), `devices` and `cameras` whose
    samples and looks it is given. `dropped_total` counts samples, or what became of them, that were given up.
    """

    client: str
    topics: tuple[str, ...] = ()
    devices: frozenset[DeviceId] = frozenset()
    cameras: frozenset[DeviceId] = frozenset()

    def __init__(self) -> None:
        self.dropped_total = 0
        self.there = False
        """Whether its connection stands."""
        self.leaving = False
        """Whether it wants to end this connection of its own accord, and to open another."""

    def will(self, now: datetime) -> Send | None:
        """A connection is about to be opened: what the broker says when it breaks."""
        del now
        return None

    def connected(self, now: datetime) -> Iterable[Send]:
        """The connection stands, and the topics are subscribed to."""
        del now
        self.there = True
        return ()

    def lost(self) -> None:
        """The connection is gone."""
        self.there = self.leaving = False

    def heard(self, topic: str, payload: bytes, now: datetime) -> Iterable[Send]:
        """Something came on one of its topics."""
        del topic, payload, now
        return ()

    def take(self, device: DeviceId, sample: Sample) -> Iterable[Send]:
        """A sample of one of its devices."""
        del device, sample
        return ()

    def see(self, camera: DeviceId, look: Look, now: datetime) -> Iterable[Send]:
        """What is before one of its cameras now; asked several times a second."""
        del camera, look, now
        return ()

    def leave(self, now: datetime) -> Iterable[Send]:
        """What it says before it ends, while it is connected."""
        del now
        return ()
