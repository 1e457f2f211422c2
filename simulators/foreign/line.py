"""A speaker's connection to the broker: opened again and again, bounded, and cut when a scenario cuts the line."""

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from sensors.clock import Clock
from sensors.dialects.dialect import Send
from sensors.dialects.native import Sample
from sensors.model import DeviceId
from simulators.cable import Cable
from simulators.foreign.sight import Look
from simulators.foreign.speaker import Speaker
from simulators.publish_connection import Broker, Connection, Will

MAX_WAITING = 2_000
"""Messages that the broker has not taken yet; what comes beyond is dropped, and counted."""
_UPKEEP_S = 0.5
_FAREWELL_S = 1.0


class Line:
    """Belongs to one event loop."""

    def __init__(self, speaker: Speaker, broker: Broker, clock: Clock) -> None:
        self.speaker = speaker
        self._broker = broker
        self._clock = clock
        self._cable = Cable(clock, speaker.client)
        self.dropped_total = 0

    @property
    def connected(self) -> bool:
        """Whether what is said leaves at once."""
        return self._cable.is_up

    def take(self, device: DeviceId, sample: Sample) -> None:
        """A sample of one of its devices."""
        self._say(self.speaker.take(device, sample))

    def see(self, camera: DeviceId, look: Look, now: datetime) -> None:
        """What is before one of its cameras."""
        self._say(self.speaker.see(camera, look, now))

    def cut(self) -> None:
        """Lose the connection as a torn cable does, and stay without one until `restore`."""
        self._cable.cut()

    def restore(self) -> None:
        """The line is whole again."""
        self._cable.restore()

    async def run(self) -> None:
        """Stay connected: full-jitter back-off, forgotten after a stable minute."""
        await self._cable.keep_up(self.run_once)

    async def run_once(self) -> None:
        """Connect, and speak until the connection ends. Cancelled, it says goodbye.

        Raises:
            UnavailableError: the broker does not answer.
            AccessError: it does not let us in.
        """
        speaker = self.speaker
        will = speaker.will(self._clock.now())
        last = None if will is None else Will(will.topic, will.payload, will.qos, will.retained)
        connection = Connection(self._broker, f"shekara-simulated-{speaker.client}", last)
        try:
            await connection.open()
            self._cable.carry(connection)
            for topic in speaker.topics:
                connection.subscribe(topic, partial(self._hear, topic))
            self._say(speaker.connected(self._clock.now()))
            while not connection.ended.is_set():
                connection.keep_alive()
                if speaker.leaving:
                    connection.close()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_UPKEEP_S):
                        await connection.ended.wait()
        except asyncio.CancelledError:
            if self.connected:
                await self._say_goodbye(connection)
            raise
        finally:
            self._cable.connection = None
            speaker.lost()
            connection.close()

    def _hear(self, topic: str, payload: bytes) -> None:
        self._say(self.speaker.heard(topic, payload, self._clock.now()))

    def _say(self, said: Iterable[Send]) -> None:
        for each in said:
            connection = self._cable.connection
            if connection is None or connection.ended.is_set():
                continue
            if connection.waiting >= MAX_WAITING:
                self.dropped_total += 1
            else:
                connection.publish(each.topic, each.payload, qos=each.qos, retain=each.retained)

    async def _say_goodbye(self, connection: Connection) -> None:
        self._say(self.speaker.leave(self._clock.now()))
        deadline_s = self._clock.monotonic_s() + _FAREWELL_S
        while not connection.ended.is_set() and self._clock.monotonic_s() < deadline_s:
            if not connection.waiting:
                return
            await asyncio.sleep(0.01)
