"""A simulated post loses nothing on the embedded broker either, which keeps nothing over its own death."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import psutil
import pytest

from hub.storage.database import reading
from sensors.clock import SystemClock
from sensors.dialects.native import Sample, encode_birth
from sensors.model import Birth, DeviceId, Metric, MetricType, Names, SiteId
from simulators.publish_connection import Broker
from simulators.publisher import Publisher
from tests.support.brokers import free_port
from tests.support.waiting import eventually_async
from tests.torture.parts import HubProcess

_FENCE = DeviceId("fence-1")
_BIRTHS = {
    DeviceId("gateway"): encode_birth(Birth(kind="gateway", names=Names(en="Gateway"), receipts=True)),
    _FENCE: encode_birth(
        Birth(kind="fence", names=Names(en="Fence"), via="gateway", metrics=(Metric("energy", MetricType.NUMBER),))
    ),
}
_WITHIN_S = 60


class _Post:
    """Measures until told to stop."""

    def __init__(self, port: int) -> None:
        self.publisher = Publisher(
            SiteId("kordai"), Broker("127.0.0.1", port, 20), _BIRTHS, list[bytes]().append, SystemClock()
        )
        self.sent = 0
        self._began = datetime.now(UTC)

    def has_receipts(self, aim: int) -> bool:
        return self.publisher.outbox.acknowledged_total >= aim

    async def measure(self) -> None:
        for number in count(1):
            sample = Sample(self._began + timedelta(milliseconds=number), number, {"energy": float(number)})
            self.publisher.publish(_FENCE, sample)
            self.sent = number
            await asyncio.sleep(0.005)


@pytest.mark.slow
async def test_a_simulated_post_loses_nothing_although_the_embedded_broker_is_killed_under_load(tmp_path: Path) -> None:
    port = free_port()
    hub = HubProcess(tmp_path, {"SHEKARA_BROKER_PORT": str(port), "SHEKARA_HUB_PORT": "0"})
    post = _Post(port)
    hub.start()
    await eventually_async(lambda: hub.subscribed, within_s=_WITHIN_S, what="the hub and its broker")
    publishing = asyncio.create_task(post.publisher.run())
    measuring = asyncio.create_task(post.measure())
    try:
        for killed in (_broker_of, _itself):
            aim = post.publisher.outbox.acknowledged_total + 100
            await eventually_async(partial(post.has_receipts, aim), within_s=_WITHIN_S, what="receipts")
            broker, process = _broker_of(hub), killed(hub)
            process.kill()
            await asyncio.to_thread(process.wait, 60)
            if killed is _itself:
                # Its broker ends by itself, and holds the port until then.
                await eventually_async(partial(_has_ended, broker), what="the end of its broker")
                hub.start()
        measuring.cancel()
        await eventually_async(lambda: len(post.publisher.outbox) == 0, within_s=_WITHIN_S, what="every receipt")
    finally:
        for task in (measuring, publishing):
            task.cancel()
        await asyncio.wait([measuring, publishing], timeout=5)
        hub.kill()
    outbox = post.publisher.outbox
    assert (outbox.acknowledged_total, outbox.dropped_total) == (post.sent, 0)
    assert outbox.resent_total > 0
    with reading(hub.store) as store:
        stored = store.execute("SELECT sequence, value FROM readings WHERE value = sequence").fetchall()
    assert sorted(sequence for sequence, _ in stored) == [*range(1, post.sent + 1)]


def _has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _itself(hub: HubProcess) -> psutil.Process:
    return psutil.Process(hub.pid)


def _broker_of(hub: HubProcess) -> psutil.Process:
    [child] = [each for each in psutil.Process(hub.pid).children() if "broker" in each.cmdline()]
    return child
