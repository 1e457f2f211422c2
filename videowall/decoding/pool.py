"""A fixed number of decoding threads for any number of cameras, which take turns picture by picture."""

import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple, Protocol

from sensors.clock import Clock
from sensors.model import DeviceKey, StreamRole
from videowall.capture.channel import Channel
from videowall.decoding.beat import Beat
from videowall.decoding.decoder import OpenDecoder
from videowall.decoding.looks import LONGEST_S, Looks
from videowall.decoding.turns import Turns
from videowall.hardware.decoding import DecoderMaker
from videowall.picture import quicken_thread

_NICENESS: Final = 5
_ENOUGH_S: Final = 0.02
"""What takes one thread longer is shared with the others: two that take turns at the interpreter cost more than one."""
_SMOOTHING: Final = 0.1
_KNOWN_S: Final = 1.0
"""Over about so long it is averaged how busy a thread is."""


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

    @property
    def busy_s(self) -> tuple[float, ...]:
        """For how long each has worked of those that cannot take work from one another."""

    def number_of(self, key: DeviceKey) -> int:
        """Which of those works on a camera's pictures."""

    def looks_at_s(self, from_s: float) -> float:
        """When coded pictures are looked for, from then on: those that come earlier only wait."""

    def schedule(self, channel: Channel) -> None:
        """Have one picture of a channel decoded, from any thread."""

    def opener(self, key: DeviceKey, role: StreamRole) -> OpenDecoder:
        """What makes the decoders of one stream."""


class DecodePool:
    """Threads that decode. A channel waits at most once, so what waits is bounded by how many channels there are.

    While somebody composes, what has come is decoded together, some times between two pictures of the wall and the last
    time just before the next one is due: a thread that wakes for each picture costs more than some of them. One thread
    does it all unless there is too much for one.
    """

    def __init__(self, workers: int, clock: Clock, beat: Beat, hardware: DecoderMaker | None = None) -> None:
        self._hardware = hardware or DecoderMaker(0)
        self._clock = clock
        self._beat = beat
        self._waiting = Turns()
        self._has_work = threading.Event()
        self._stopping = threading.Event()
        self._busy = Busy()
        self._looks = Looks()
        self._each_s = self._share = 0.0
        """How long a picture takes, and the share of its time that the leading thread is busy, lately."""
        count = workers or os.cpu_count() or 1
        self._calls = tuple(threading.Event() for _ in range(count - 1))
        """One for each thread that helps: set when it shall."""
        targets: list[Callable[[], None]] = [self._lead, *(partial(self._assist, call) for call in self._calls)]
        self._threads = [
            threading.Thread(target=target, name=f"decode-{number}", daemon=True)
            for number, target in enumerate(targets)
        ]

    def start(self) -> None:
        """Begin to decode."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads; each finishes the picture it is at."""
        self._stopping.set()
        self._has_work.set()
        for call in self._calls:
            call.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether every thread runs."""
        return all(thread.is_alive() for thread in self._threads)

    @property
    def counts(self) -> PoolCounts:
        """Nothing is decoded elsewhere."""
        return PoolCounts()

    @property
    def busy_s(self) -> tuple[float, ...]:
        """For how long the threads have worked, all together divided by their number."""
        return (self._busy.total_s / len(self._threads),)

    def number_of(self, key: DeviceKey) -> int:
        """All threads work for all cameras."""
        del key
        return 0

    def looks_at_s(self, from_s: float) -> float:
        """When coded pictures are looked for, from then on: those that come earlier only wait."""
        due_s = self._beat.after(from_s + self._looks.last_s)
        return from_s + LONGEST_S if due_s is None else self._looks.first(from_s, due_s)

    def schedule(self, channel: Channel) -> None:
        """Have one picture of a channel decoded, from any thread."""
        self._waiting.put(channel)
        if not self._has_work.is_set():
            self._has_work.set()

    def opener(self, key: DeviceKey, role: StreamRole) -> OpenDecoder:
        """Decoders of this very process."""
        del key
        return self._hardware.opener(role)

    def _lead(self) -> None:
        prepare_thread()
        before_s = self._clock.monotonic_s()
        while not self._stopping.wait(self._pause_s()):
            self._has_work.wait()
            self._has_work.clear()
            count, now_s = len(self._waiting), self._clock.monotonic_s()
            self._call(int(count * self._each_s / _ENOUGH_S))
            # No more than waited: where pictures come faster than one thread decodes, others must be called again.
            done = self._work(count)
            ended_s = self._clock.monotonic_s()
            if done:
                self._learn(ended_s - now_s, done, ended_s - before_s)
            before_s = ended_s
            if self._waiting:
                self._has_work.set()

    def _call(self, helpers: int) -> None:
        for call in self._calls[:helpers]:
            call.set()

    def _learn(self, spent_s: float, done: int, passed_s: float) -> None:
        """So many pictures took so long, of the time that has passed."""
        self._each_s += _SMOOTHING * (spent_s / done - self._each_s)
        self._share += (spent_s - passed_s * self._share) / max(passed_s, _KNOWN_S)
        self._looks.learn(self._each_s, self._share)

    def _assist(self, call: threading.Event) -> None:
        prepare_thread()
        while call.wait() and not self._stopping.is_set():
            call.clear()
            self._work()

    def _work(self, most: int = sys.maxsize) -> int:
        """Decode so many pictures, or until nothing waits; how many that were."""
        done = 0
        while done < most and not self._stopping.is_set() and (channel := self._waiting.take()) is not None:
            began_s = self._clock.monotonic_s()
            if channel.work():
                self._waiting.put(channel)
            spent_s = self._clock.monotonic_s() - began_s
            self._busy.add(spent_s)
            self._waiting.spent(channel, spent_s)
            if spent_s >= _ENOUGH_S:
                # A batch may be long when it holds such pictures, and others shall not wait for its end.
                self._call(len(self._waiting))
            done += 1
        return done

    def _pause_s(self) -> float:
        """Until work should be looked for again; none while nobody composes."""
        now_s = self._clock.monotonic_s()
        composes = self._beat.after(now_s) is not None
        return self.looks_at_s(now_s) - now_s if composes and not self._waiting else 0.0


class Busy:
    """A sum that several threads add to."""

    def __init__(self) -> None:
        self.total_s = 0.0
        self._lock = threading.Lock()

    def add(self, duration_s: float) -> None:
        """So much more."""
        with self._lock:
            self.total_s += duration_s


def prepare_thread() -> None:
    """Let this thread scale quickly, and give it a lower priority than the composer's, where the system can."""
    quicken_thread()
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
