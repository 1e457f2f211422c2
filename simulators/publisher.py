"""What a gateway says to the broker: births, states, samples, answers; and what it does while there is no broker."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping

from sensors.catalog import GATEWAY
from sensors.clock import Clock
from sensors.dialects.native import Sample, encode_backlog, encode_data, encode_state
from sensors.model import DeviceId, DeviceKey, SiteId
from sensors.receipts import Receipt, decode_receipt
from sensors.topics import Leaf, topic
from simulators.cable import Cable
from simulators.outbox import Outbox, Parcel
from simulators.publish_connection import Broker, Connection, Will

_UPKEEP_S = 0.25
_FAREWELL_S = 1.0
_GATEWAY = DeviceId(GATEWAY)
_MAX_UNTOLD = 256


class Publisher:
    """Publishes for the devices of one site; keeps their samples until the centre has them on its disk.

    `owner` is the device whose connection it is: the gateway, where it is not another.
    """

    def __init__(
        self,
        site: SiteId,
        broker: Broker,
        births: Mapping[DeviceId, bytes],
        on_command: Callable[[bytes], None],
        clock: Clock,
        outbox: Outbox | None = None,
        owner: DeviceId = _GATEWAY,
    ) -> None:
        self._gateway = DeviceKey(site, owner)
        self._untold: deque[bytes] = deque(maxlen=_MAX_UNTOLD)
        self._broker = broker
        self._births = births
        self._on_command = on_command
        self._clock = clock
        self._met_broker = asyncio.Event()
        self._cable = Cable(clock, self._client_id)
        self.outbox = Outbox() if outbox is None else outbox
        self.connections_total = 0
        self.untold_dropped_total = 0

    @property
    def _client_id(self) -> str:
        site, owner = self._gateway.site, self._gateway.device
        return f"shekara-simulated-{site}" if owner == _GATEWAY else f"shekara-simulated-{site}-{owner}"

    @property
    def connected(self) -> bool:
        """Whether samples leave at once."""
        return self._cable.is_up

    async def meet_broker(self, within_s: float) -> None:
        """Wait for the first connection, but no longer than that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._met_broker.wait()

    def publish(self, device: DeviceId, sample: Sample) -> None:
        """Send a sample now, or keep it for later."""
        if self._cable.connection is not None and self.connected and self.outbox.open:
            self._send(self._cable.connection, Parcel(device, (sample,), historical=False))
        else:
            self.outbox.keep(device, sample)

    def publish_garbled(self, device: DeviceId, payload: bytes) -> None:
        """Send bytes that nobody can read; without a connection they are lost."""
        if self._cable.connection is not None and self.connected:
            self._cable.connection.publish(topic(DeviceKey(self._gateway.site, device), Leaf.DATA), payload)

    def announce(self) -> None:
        """Say all births and states once more."""
        if self._cable.connection is not None and self.connected:
            self._say_births(self._cable.connection)

    def deny(self) -> None:
        """Say what the will says, and go on."""
        if self._cable.connection is not None and self.connected:
            offline = encode_state(online=False, since=self._clock.now())
            self._cable.connection.publish(topic(self._gateway, Leaf.STATE), offline, retain=True)

    def answer(self, payload: bytes) -> None:
        """Send the gateway's answer to a command."""
        if self._cable.connection is not None:
            self._cable.connection.publish(topic(self._gateway, Leaf.ACK), payload)

    def tell(self, payload: bytes) -> None:
        """Send an event of the owner's; without a connection it is kept, and of too many the oldest given up."""
        if self._cable.connection is not None and self.connected:
            self._cable.connection.publish(topic(self._gateway, Leaf.EVENT), payload)
            return
        self.untold_dropped_total += len(self._untold) == _MAX_UNTOLD
        self._untold.append(payload)

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
        """Connect, announce everything, and publish until the connection ends. Cancelled, it says goodbye.

        Raises:
            UnavailableError: the broker does not answer.
            AccessError: it does not let us in.
        """
        offline = encode_state(online=False, since=self._clock.now())
        connection = Connection(
            self._broker,
            self._client_id,
            Will(topic(self._gateway, Leaf.STATE), offline),
        )
        try:
            await connection.open()
            self._announce(connection)
            self._cable.carry(connection)
            self.connections_total += 1
            self._met_broker.set()
            while not connection.ended.is_set():
                connection.keep_alive()
                self.outbox.time_out(self._clock.monotonic_s())
                self._send_backlog(connection)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_UPKEEP_S):
                        await connection.ended.wait()
        except asyncio.CancelledError:
            if self._cable.connection is not None:
                await self._say_goodbye(connection)
            raise
        finally:
            self._cable.connection = None
            self.outbox.connection_lost()
            connection.close()

    def _announce(self, connection: Connection) -> None:
        connection.subscribe(topic(self._gateway, Leaf.STORED), self._take_receipt)
        connection.subscribe(topic(self._gateway, Leaf.COMMAND), self._on_command)
        self._say_births(connection)
        while self._untold:
            connection.publish(topic(self._gateway, Leaf.EVENT), self._untold.popleft())

    def _say_births(self, connection: Connection) -> None:
        site = self._gateway.site
        online = encode_state(online=True, since=self._clock.now())
        for device, birth in self._births.items():
            connection.publish(topic(DeviceKey(site, device), Leaf.BIRTH), birth, retain=True)
        for device in self._births:
            connection.publish(topic(DeviceKey(site, device), Leaf.STATE), online, retain=True)

    def _take_receipt(self, payload: bytes) -> None:
        receipt = decode_receipt(payload)
        if isinstance(receipt, Receipt):
            self.outbox.receipted(receipt)

    def _send_backlog(self, connection: Connection) -> None:
        while self.outbox.open and (parcel := self.outbox.next_parcel()) is not None:
            self._send(connection, parcel)

    def _send(self, connection: Connection, parcel: Parcel) -> None:
        if parcel.historical:
            payload = encode_backlog(parcel.samples)
        else:
            sample = parcel.samples[0]
            payload = encode_data(sample.at, sample.seq, sample.values, sample.quality)
        key = DeviceKey(self._gateway.site, parcel.device)
        connection.publish(topic(key, Leaf.DATA), payload)
        self.outbox.sent(parcel, self._clock.monotonic_s())

    async def _say_goodbye(self, connection: Connection) -> None:
        offline = encode_state(online=False, since=self._clock.now())
        farewell = connection.publish(topic(self._gateway, Leaf.STATE), offline, retain=True)
        deadline_s = self._clock.monotonic_s() + _FAREWELL_S
        while not connection.ended.is_set() and self._clock.monotonic_s() < deadline_s:
            if farewell.is_published() and not self.outbox.in_flight:
                return
            await asyncio.sleep(0.01)
