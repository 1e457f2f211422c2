"""What nobody thought of in a search for cameras ends that search alone: it is said, counted and begun anew."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.aside import Aside
from hub.discovery import checks as checks_module
from hub.discovery.checks import StreamChecks
from hub.discovery.finder import Finder
from hub.discovery.onvif import Interviewer, Told
from hub.discovery.settings import DiscoverySettings
from hub.health import Health
from hub.protocol import Approval, StreamCheck, StreamState
from sensors.clock import ManualClock, SystemClock
from sensors.dialects import native
from sensors.errors import ConfigError
from sensors.model import Birth, DeviceId, DeviceKey, Names, SiteId, Stream, StreamRole
from sensors.rtsp.authentication import Credentials
from sensors.secrets import Secrets
from sensors.topics import Leaf
from tests.hub.quiet_center import START
from tests.hub.standing_hub import standing_hub
from tests.support.onvif_announcer import announced_camera
from tests.support.waiting import eventually_async

LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def aside(begin: Callable[[], Awaitable[None]], health: Health, stable_s: float = 60.0) -> AsyncIterator[None]:
    async def work() -> None:
        await begin()

    task = asyncio.create_task(Aside("the search", work, health, SystemClock(), stable_s).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()


class Failing:
    """Work that ends so, one time after another, and then goes on until it is cancelled."""

    def __init__(self, *ends: BaseException | None) -> None:
        self.ends = list(ends)
        self.begun = self.cancelled = 0

    async def run(self) -> None:
        self.begun += 1
        if self.ends:
            end = self.ends.pop(0)
            if end is not None:
                raise end
            return
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled += 1


async def test_whatever_ends_it_is_said_and_counted_and_it_is_begun_again() -> None:
    group = ExceptionGroup("tasks", [ZeroDivisionError()])
    work, health = Failing(KeyError("of a stranger"), group, asyncio.CancelledError(), None), Health(START, "", "")
    async with aside(work.run, health):
        await eventually_async(lambda: work.begun == 5, what="the fifth beginning")
        status = health.status(START)
        assert status.services_failed_total == 4
        assert status.problems == ("the search failed and is begun again: EOFError, see the log",)
    assert work.cancelled == 1


async def test_an_error_of_ours_says_how_to_mend_it_and_is_over_when_the_work_goes_on() -> None:
    error = ConfigError("not an address of this machine", subject="[discovery] interfaces", mend="Name others")
    work, health = Failing(error), Health(START, "", "")
    async with aside(work.run, health):
        await eventually_async(lambda: work.begun == 2, what="the second beginning")
        (problem,) = health.status(START).problems
        assert problem == f"the search failed and is begun again: {error.text}"
    async with aside(work.run, health, stable_s=0.01):
        await eventually_async(lambda: not health.status(START).problems, what="the end of the trouble")


class Stumbling(Interviewer):
    """Fails on the first camera's answer in a way that nobody thought of."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.asked: list[str] = []

    async def ask(self, url: str, address: str, credentials: Credentials | None) -> Told:
        del address, credentials
        self.asked.append(url)
        if len(self.asked) == 1:
            raise BufferError
        return Told(StreamState.NO_ANSWER)


async def test_a_camera_whose_answer_nobody_thought_of_keeps_no_other_from_being_found(tmp_path: Path) -> None:
    settings, interviewer = DiscoverySettings(interfaces=LOOPBACK, every_s=60), Stumbling()
    async with standing_hub(tmp_path, approve_all=False) as hub:
        finder = Finder(
            settings, hub.facade, Secrets(), SystemClock(), interviewer=interviewer, chance=random.SystemRandom()
        )
        async with aside(finder.run, hub.health):
            with announced_camera(f"http://{LOOPBACK}:1/first"):
                await eventually_async(lambda: hub.health.counters.services_failed_total == 1, what="the failure")
            with announced_camera(f"http://{LOOPBACK}:1/second") as second:
                await eventually_async(lambda: finder.proposed_total, what="the other camera")
            assert any(second in device.identities for device in await hub.facade.devices())


async def test_a_stream_that_nobody_thought_of_is_not_asked_first_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def describe(url: str, credentials: Credentials | None, clock: ManualClock, *, plain: bool) -> StreamCheck:
        del credentials, plain
        asked.append(url)
        if "bad" in url:
            raise BufferError
        return StreamCheck(url, StreamState.OK, clock.now())

    monkeypatch.setattr(checks_module, "describe", describe)
    monkeypatch.setattr(checks_module, "AT_ONCE", 1)
    clock = ManualClock(START)
    async with standing_hub(tmp_path, clock) as hub:
        for name in ("bad", "good"):
            birth = Birth("camera", Names(en=name), streams=(Stream(StreamRole.MAIN, f"rtsp://10.0.0.5/{name}"),))
            hub.hear(DeviceKey(SiteId("kordai"), DeviceId(f"cam-{name}")), Leaf.BIRTH, native.encode_birth(birth))
        assert all(device.approval is Approval.APPROVED for device in await hub.facade.devices())
        checks = StreamChecks(hub.facade, Secrets(), clock)
        with pytest.raises(ExceptionGroup):
            await checks.run_once()
        await checks.run_once()
        assert {f"rtsp://10.0.0.5/{name}" for name in ("bad", "good")} <= set(asked)
        assert asked.count("rtsp://10.0.0.5/bad") == 1
