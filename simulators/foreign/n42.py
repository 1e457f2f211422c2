"""A radiation portal that says nothing but files after ANSI N42.42-2012: one for each vehicle that has passed."""

from collections import deque
from collections.abc import Callable
from datetime import datetime

from sensors.dialects.dialect import Send
from sensors.dialects.native import MAX_PAYLOAD_BYTES, Sample
from sensors.model import DeviceId, DeviceKey
from simulators.foreign.n42_document import Document, write_document
from simulators.foreign.passage import Passages
from simulators.foreign.speaker import Speaker, Spoken
from simulators.foreign.spectra import Load

MAX_KEPT = 100
"""Files that wait for a connection; the oldest is dropped for a new one, and counted."""


class Portal(Speaker):
    """The speaker. `load_at` tells what radiates in the portal at a moment; `file` takes each file.

    By MQTT go those that fit into a message, where `publishes`: a portal that uploads does not.
    """

    def __init__(
        self,
        prefix: str,
        spoken: Spoken,
        load_at: Callable[[datetime], Load],
        file: Callable[[DeviceKey, Document], None],
        *,
        publishes: bool,
    ) -> None:
        super().__init__()
        self._topic = f"{prefix}/{spoken.site}/{spoken.device}"
        self._key = DeviceKey(spoken.site, spoken.device)
        self._spoken = spoken
        self._load_at = load_at
        self._file = file
        self._publishes = publishes
        self._passages = Passages(spoken.period_s)
        self._kept: deque[bytes] = deque()
        self._load = Load.NONE
        self.client = f"portal-{spoken.site}-{spoken.device}"
        self.devices = frozenset((spoken.device,))

    def connected(self, now: datetime) -> tuple[Send, ...]:
        """Hand in what has waited."""
        del now
        self.there = True
        waited = tuple(Send(self._topic, content) for content in self._kept)
        self._kept.clear()
        return waited

    def take(self, device: DeviceId, sample: Sample) -> tuple[Send, ...]:
        """The file of the passage that this sample ends."""
        del device
        if sample.values.get("occupied"):
            self._load = self._load_at(sample.at) or self._load
        passage = self._passages.take(sample)
        if passage is None:
            return ()
        document = write_document(self._key, self._spoken.birth, passage, self._load)
        self._load = Load.NONE
        self._file(self._key, document)
        if not self._publishes or len(document.content) > MAX_PAYLOAD_BYTES:
            return ()
        if self.there:
            return (Send(self._topic, document.content),)
        if len(self._kept) >= MAX_KEPT:
            self._kept.popleft()
            self.dropped_total += 1
        self._kept.append(document.content)
        return ()
