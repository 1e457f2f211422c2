"""Watches one child from outside: whether it says that it is alive, and how much memory it takes."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import structlog
from msgspec import Struct

from sensors.clock import Clock
from sensors.supervised import ALIVE, READY

_LOOK_S = 0.5
_OVERSLEPT_S = 1.0
"""A look that comes so late was kept waiting by the machine, and the child as well as a rule: that is no silence."""
_WEIGH_EVERY = 4
"""Memory is summed at every fourth look: it takes a while, and grows slowly."""
_log = structlog.get_logger("hub.supervision")


class Limits(Struct, frozen=True):
    """What a child may do. It may take `start_s` to say that it is alive for the first time."""

    silent_s: float
    memory_bytes: int
    start_s: float = 60.0


class Watchdog:
    """The ear of one life of a child; `address` is where it has to speak."""

    def __init__(self, name: str, limits: Limits, clock: Clock, address: Path) -> None:
        self.address = address
        self._name = name
        self._limits = limits
        self._clock = clock
        self._heard_s = clock.monotonic_s()
        self._patience_s = limits.start_s

    async def run(self, pid: int) -> str:
        """Watch until the child does what it may not: that, in words."""
        looks = 0
        while True:
            before_s = self._clock.monotonic_s()
            await asyncio.sleep(_LOOK_S)
            now_s = self._clock.monotonic_s()
            if (overslept_s := now_s - before_s - _LOOK_S) > _OVERSLEPT_S:
                self._heard_s = min(now_s, self._heard_s + overslept_s)
            silent_s = now_s - self._heard_s
            if silent_s > self._patience_s:
                return f"has not said for {self._patience_s:g} s that it is alive"
            looks += 1
            if looks % _WEIGH_EVERY == 0:
                used = await asyncio.to_thread(_memory_bytes, pid)
                if used > self._limits.memory_bytes:
                    return f"uses {used / 1e6:.0f} MB of {self._limits.memory_bytes / 1e6:.0f}"

    def hear(self, data: bytes) -> None:
        """Something the child said."""
        said = data.split(b"\n")
        if READY in said:
            _log.info("child is ready", child=self._name)
        if ALIVE in said or READY in said:
            self._heard_s, self._patience_s = self._clock.monotonic_s(), self._limits.silent_s


@asynccontextmanager
async def watching(name: str, limits: Limits, clock: Clock) -> AsyncIterator[Watchdog]:
    """A watchdog that listens for the length of the block, in a folder that no other user may enter."""
    with tempfile.TemporaryDirectory(prefix="shekara-") as folder:
        dog = Watchdog(name, limits, clock, Path(folder) / "alive")
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Ear(dog), local_addr=str(dog.address), family=socket.AF_UNIX
        )
        try:
            yield dog
        finally:
            transport.close()


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, dog: Watchdog) -> None:
        self._dog = dog

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        self._dog.hear(data)


def _memory_bytes(pid: int) -> int:
    """Of a process and of its children; those that end meanwhile take none."""
    total = 0
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            total += int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return total
    return total
