"""A disk that is full, fails, or may only be read: nothing is acknowledged, all are told, and it passes by itself.

Each fault is a real one, put on a running `shekara hub` from outside while a foreign gateway publishes.
"""

import asyncio
import os
import resource
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from hub.client import HubClient
from hub.people.accounts import Accounts
from hub.protocol import HubStatus, StatusChanged
from sensors.access import Role
from sensors.clock import SystemClock
from sensors.errors import UnavailableError
from tests.hub.standing_hub import CHEAP, PASSWORD
from tests.support.brokers import free_port
from tests.support.influx_servers import find_program
from tests.support.mosquitto import running_mosquitto
from tests.support.waiting import eventually, eventually_async
from tests.torture.balance import in_store
from tests.torture.gateway import Gateway
from tests.torture.ledger import Ledger
from tests.torture.parts import HubProcess

WITHIN_S = 30.0
DISK_BYTES = 24 << 20
LIMIT_BYTES = 64 << 10


@contextmanager
def full_disk(folder: Path, hub: HubProcess) -> Iterator[None]:
    """A small file system without a byte left; the hub's data are in it."""
    del hub
    filler = folder / "data" / "filler"
    with filler.open("wb") as out, suppress(OSError):
        while True:
            os.write(out.fileno(), bytes(4096))
    yield
    filler.unlink()


@contextmanager
def bounded_files(folder: Path, hub: HubProcess) -> Iterator[None]:
    """No file may grow, as under a quota."""
    del folder
    resource.prlimit(hub.pid, resource.RLIMIT_FSIZE, (LIMIT_BYTES, resource.RLIM_INFINITY))
    yield
    resource.prlimit(hub.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def failing_sync(folder: Path, hub: HubProcess) -> Iterator[None]:
    """The disk takes data and cannot keep them."""
    del folder
    with _failing(hub, "fsync,fdatasync", "EIO"):
        yield


@contextmanager
def read_only_disk(folder: Path, hub: HubProcess) -> Iterator[None]:
    """As when the kernel has found errors and lets nobody write any more."""
    del folder
    with _failing(hub, "pwrite64,ftruncate", "EROFS"):
        yield


@contextmanager
def _failing(hub: HubProcess, calls: str, error: str) -> Iterator[None]:
    """The kernel refuses these calls of the hub's as long as the block lives."""
    command = [find_program("strace", "strace"), "-f", "-o", "/dev/null", "-e", f"trace={calls}"]
    command += ["-e", f"inject={calls}:error={error}", "-p", str(hub.pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: _tracer_of(hub.pid) == tracer.pid, what="the tracer")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(60)


def _tracer_of(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("TracerPid:"))


FAULTS: dict[str, Callable[[Path, HubProcess], AbstractContextManager[None]]] = {
    "files that may not grow": bounded_files,
    "fsync fails": failing_sync,
    "read-only": read_only_disk,
}
if os.geteuid() == 0:
    FAULTS["full"] = full_disk  # making a small file system is root's alone


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


class _Watcher:
    """An officer who was signed in and watching before it happened."""

    def __init__(self) -> None:
        self.heard: list[HubStatus] = []

    async def watch(self, client: HubClient) -> None:
        async with aclosing(client.live()) as feed:
            async for message in feed:
                if isinstance(message, StatusChanged):
                    self.heard.append(message.status)

    async def next_status(self, *, writable: bool) -> HubStatus:
        """What is heard from now on, once the disk is so."""
        begin = len(self.heard)
        await eventually_async(
            lambda: any(status.storage_writable is writable for status in self.heard[begin:]),
            within_s=WITHIN_S,
            what=f"a status with storage_writable={writable}",
        )
        return next(status for status in self.heard[begin:] if status.storage_writable is writable)


class _Load(NamedTuple):
    hub: HubProcess
    client: HubClient
    gateway: Gateway
    ledger: Ledger
    watcher: _Watcher


@asynccontextmanager
async def under_load(folder: Path) -> AsyncIterator[_Load]:
    """A hub with an officer signed in, and a gateway that publishes."""
    data = folder / "data"
    data.mkdir()
    with ExitStack() as stack:
        if os.geteuid() == 0:
            stack.enter_context(small_disk(data))
        Accounts(data, SystemClock(), CHEAP).set("officer", Role.ADMINISTRATOR, PASSWORD)
        port, web = stack.enter_context(running_mosquitto(folder, "max_inflight_messages 1000")), free_port()
        environ = {"SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{port}", "SHEKARA_HUB_PORT": str(web)}
        hub = HubProcess(folder, environ)
        hub.start()
        stack.callback(hub.kill)
        await eventually_async(lambda: hub.subscribed, within_s=WITHIN_S, what="the hub")
        ledger = stack.enter_context(Ledger(folder / "ledger.txt"))
        gateway = Gateway(port, ledger, devices=3, window=200)
        gateway.start()
        stack.callback(gateway.end)
        async with HubClient(f"http://127.0.0.1:{web}") as client:
            await client.sign_in("officer", PASSWORD)
            watcher = _Watcher()
            watching = asyncio.create_task(watcher.watch(client))
            try:
                yield _Load(hub, client, gateway, ledger, watcher)
            finally:
                watching.cancel()
                await asyncio.wait([watching])


@pytest.mark.slow
async def test_a_bad_disk_stops_acknowledgements_is_said_everywhere_and_passes_without_a_restart(
    tmp_path: Path,
) -> None:
    """A hub and a broker for each fault, at the same time: they mostly wait."""
    async with asyncio.TaskGroup() as group:
        for number, fault in enumerate(FAULTS):
            folder = tmp_path / str(number)
            folder.mkdir()
            group.create_task(_live_through(fault, folder), name=fault)


async def _live_through(fault: str, folder: Path) -> None:
    async with under_load(folder) as load:
        hub, client, gateway, ledger, watcher = load
        await eventually_async(lambda: len(ledger.read().by_hub) > 100, within_s=WITHIN_S, what="receipts")
        await watcher.next_status(writable=True)
        pid = hub.pid
        with FAULTS[fault](folder, hub):
            said = await watcher.next_status(writable=False)
            assert any("sqlite" in problem for problem in said.problems)
            assert any("sqlite" in problem for problem in (await client.status()).problems)
            with pytest.raises(UnavailableError, match="sqlite"):
                await client.write_note("a shift begins")
            assert "storage refuses" in hub.log.read_text()
            acknowledged = (await client.status()).messages_acknowledged_total
            kept = in_store(hub.store).keys()
            entries = ledger.entries_total
            await eventually_async(lambda: ledger.entries_total > entries, within_s=WITHIN_S, what="further load")
            assert (await client.status()).messages_acknowledged_total == acknowledged
            # A receipt may still have been on its way, but for nothing that was not kept before.
            assert ledger.read().by_hub <= kept
            assert in_store(hub.store).keys() == kept
        assert (await watcher.next_status(writable=True)).storage_writable
        gateway.measure_no_more()
        await eventually_async(lambda: gateway.spooled == 0, within_s=WITHIN_S, what="every receipt")
        gateway.end()
        stored = in_store(hub.store)
        assert stored == Counter(ledger.read().by_hub)
        assert (await client.write_note("the disk is well")).text
        assert "storage takes data again" in hub.log.read_text()
        assert (hub.pid, await asyncio.to_thread(hub.stop)) == (pid, 0)
