"""Alarms that name a preset: the cameras that see the place look there, each by itself."""

import asyncio
from collections import OrderedDict
from typing import Final

import structlog

from hub.core import Hub
from hub.decisions.journal import HUB
from hub.decisions.state import Cue
from sensors.clock import Clock
from sensors.errors import ShekaraError
from sensors.model import DeviceKey

MAX_WAITING: Final = 64
AT_ONCE: Final = 64
"""Cameras that do not answer keep no other from looking where its alarm is."""
AGAIN_AFTER_S: Final = 10.0
"""A camera is sent to the same place by alarms at most so often: one that comes and goes must not wear it out."""
_REMEMBERED: Final = 1_000
_log = structlog.get_logger("hub.cues")


class Cues:
    """Carries out cues. One too many, or too soon, is dropped and counted. Belongs to the hub's event loop."""

    def __init__(self, hub: Hub, clock: Clock) -> None:
        self.dropped_total = 0
        self._hub = hub
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[Cue] = asyncio.Queue(MAX_WAITING)
        self._sent: OrderedDict[DeviceKey, tuple[str, float]] = OrderedDict()

    def take(self, cue: Cue) -> None:
        """An alarm was raised: from the pipeline's thread."""
        self._loop.call_soon_threadsafe(self._take, cue)

    async def run(self) -> None:
        """Carry out what comes until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(AT_ONCE):
                group.create_task(self._work(), name=f"cues-{number}")

    async def _work(self) -> None:
        while True:
            camera, preset = await self._waiting.get()
            try:
                await self._hub.go_to_preset(camera, preset, HUB)
            except ShekaraError as error:
                _log.warning("a camera did not look where an alarm is", camera=str(camera), problem=error.text)

    def _take(self, cue: Cue) -> None:
        now_s = self._clock.monotonic_s()
        preset, sent_s = self._sent.get(cue.camera, ("", 0.0))
        if self._waiting.full() or (preset == cue.preset and now_s - sent_s < AGAIN_AFTER_S):
            self.dropped_total += 1
            return
        self._sent[cue.camera] = (cue.preset, now_s)
        self._sent.move_to_end(cue.camera)
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        self._waiting.put_nowait(cue)
