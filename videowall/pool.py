"""A fixed number of decoding threads for any number of cameras, which take turns picture by picture."""

import os
import queue
import sys
import threading
from typing import NamedTuple, Protocol

from sensors.model import DeviceKey, StreamRole
from videowall.channel import Channel
from videowall.decoder import Decoder, OpenDecoder

_NICENESS = 5


class PoolCounts(NamedTuple):
    """Beside the wall's own process: processor time used, decoding children lost, streams kept away from them."""

    cpu_s: float = 0.0
    lost_total: int = 0
    kept_away: int = 0


class Pool(Protocol):
    """Where the pictures of a wall are decoded."""

    def start(self) -> None:
        """Begin to decode."""

    def stop(self) -> None:
        """End; what is being decoded is finished or given up."""

    @property
    def is_alive(self) -> bool:
        """Whether the wall may go on with it."""

    @property
    def counts(self) -> PoolCounts:
        """What decoding does outside the wall's process."""

    def schedule(self, channel: Channel) -> None:
        """Have one picture of a channel decoded, from any thread."""

    def opener(self, key: DeviceKey, role: StreamRole) -> OpenDecoder:
        """What makes the decoders of one stream."""


class DecodePool:
    """Threads that decode. A channel is in the queue at most once, so the queue is as long as there are channels."""

    def __init__(self, workers: int) -> None:
        self._queue: queue.SimpleQueue[Channel | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"decode-{number}", daemon=True)
            for number in range(workers or os.cpu_count() or 1)
        ]

    def start(self) -> None:
        """Begin to decode."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads; each finishes the picture it is at."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether every thread runs."""
        return all(thread.is_alive() for thread in self._threads)

    @property
    def counts(self) -> PoolCounts:
        """Nothing is decoded elsewhere."""
        return PoolCounts()

    def schedule(self, channel: Channel) -> None:
        """Have one picture of a channel decoded, from any thread."""
        self._queue.put(channel)

    def opener(self, key: DeviceKey, role: StreamRole) -> OpenDecoder:
        """Decoders of this very process."""
        del key, role
        return Decoder

    def _run(self) -> None:
        yield_to_the_composer()
        while (channel := self._queue.get()) is not None:
            if channel.work():
                self._queue.put(channel)


def yield_to_the_composer() -> None:
    """Give this thread alone a lower priority, where the system can."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
