"""The play: everything started, watched until it stands, an intrusion played, everything ended, the findings said."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress

import msgspec
from msgspec import Struct

from hub.client import HubClient
from sensors.errors import NotFoundError, ShekaraError, UnavailableError
from sensors.model import DeviceId, DeviceKey, SiteId
from simulators.cameras.departures import read_departures
from simulators.demo.installation import ACCOUNT, WALL, Installation
from simulators.demo.latency import latencies_ms
from simulators.demo.processes import Process
from simulators.demo.report import Report, percentiles
from simulators.demo.watch import Watch
from simulators.demo.witness import Sighting, Witness
from simulators.scenario.form import Scenario

_STEP_S = 0.05
_HUB_WITHIN_S = 30.0
_SETTLE_WITHIN_S = 40.0
_SPOT_WITHIN_S = 15.0
_LIVE_WINDOW_S = 1.0
_LATE_WITHIN_S = 10.0
_GATEWAY = DeviceId("gateway")


class _Summary(Struct, frozen=True):
    readings_acknowledged: int = 0


_summary = msgspec.json.Decoder(_Summary)


class Stage:
    """One demonstration: its processes and what is known of them."""

    def __init__(self, installation: Installation, scenario: Scenario, scenario_name: str) -> None:
        self.installation = installation
        self.scenario = scenario
        self.started_at = 0.0
        self.expected = expected_devices(scenario) | {installation.wall}
        self.report = Report(
            devices_expected=len(self.expected),
            tiles_expected=sum(len(site.cameras) for site in scenario.sites),
        )
        made = installation
        simulate = ("simulate", scenario_name, "--departures", str(made.departures), "--rtsp-port", str(made.rtsp_port))
        self.processes = {
            name: Process(name, arguments, made.config, made.logs, {})
            for name, arguments in (("hub", ("hub",)), ("simulate", simulate), ("wall", ("wall",)))
        }
        self.client = HubClient(made.hub_url)
        self.watch = Watch(self.client)

    @asynccontextmanager
    async def standing(self) -> AsyncIterator["Stage"]:
        """Every process running and this client signed in; everything ended at the end, however it ends.

        Raises:
            UnavailableError: a process keeps dying, or the hub does not answer.
        """
        self.started_at = time.time()
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(process.run(), name=f"process-{name}") for name, process in self.processes.items()
            ]
            try:
                await _create_account(self.installation)
                await self._sign_in()
                tasks.append(group.create_task(self.watch.run(), name="watch"))
                yield self
            finally:
                await self.stop()
                for task in tasks:
                    task.cancel()
                await self.client.close()

    async def stop(self) -> None:
        """End the processes, those that speak first."""
        await asyncio.gather(self.processes["simulate"].stop(), self.processes["wall"].stop())
        await self.processes["hub"].stop()

    async def entrance(self) -> str:
        """The address of the wall's page, good for one entry.

        Raises:
            UnavailableError: the wall has not announced itself in time.
        """
        deadline = time.monotonic() + _SETTLE_WITHIN_S
        while True:
            with suppress(NotFoundError, UnavailableError):
                return (await self.client.ticket(WALL)).url
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"did not announce itself: {self.processes['wall'].last_words()}", subject=f"wall {WALL}"
                )
            await asyncio.sleep(_STEP_S)

    async def play_intrusion(self) -> None:
        """A person at the first post's perimeter.

        Raises:
            ShekaraError: the hub refuses, or cannot reach the post.
        """
        site = SiteId(self.scenario.sites[0].id)
        await self.client.send_command(DeviceKey(site, _GATEWAY), "intrusion")

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds of every process so far; this one is `demo`."""
        return {"demo": time.process_time()} | {
            name: used for process in self.processes.values() for name, used in process.cpu_s().items()
        }

    async def _sign_in(self) -> None:
        deadline = time.monotonic() + _HUB_WITHIN_S
        while True:
            try:
                await self.client.sign_in(ACCOUNT, self.installation.password)
            except UnavailableError:
                if time.monotonic() > deadline:
                    raise UnavailableError(
                        f"does not answer: {self.processes['hub'].last_words()}", subject=self.installation.hub_url
                    ) from None
                await asyncio.sleep(_STEP_S)
            else:
                return


async def perform(stage: Stage, duration_s: float) -> Report:
    """The unattended demonstration: fills and returns the stage's report."""
    report = stage.report
    async with stage.standing():
        report.url_wall = (await stage.entrance()).partition("?")[0]
        token = stage.client.token
        witness = Witness(stage.installation.wall_url, WALL, token)
        watching = asyncio.create_task(witness.run(), name="witness")
        try:
            await _measure(stage, witness, stage.started_at + duration_s)
        except ShekaraError as error:
            report.errors.append(error.text)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        for process in stage.processes.values():
            if process.restarts_total:
                report.errors.append(f"{process.name} died {process.restarts_total} times: {process.last_words()}")
        if witness.trouble and report.tiles_live < report.tiles_expected:
            report.errors.append(f"the wall's viewer: {witness.trouble}")
        await stage.processes["simulate"].stop()
        await _count_readings(stage)
    report.wall_latency_ms = percentiles(
        latencies_ms(witness.sightings, read_departures(stage.installation.departures))
    )
    report.errors += report.missing()
    return report


async def _measure(stage: Stage, witness: Witness, until: float) -> None:
    report, watch = stage.report, stage.watch

    def tiles_live() -> int:
        return len(witness.live(time.time() - _LIVE_WINDOW_S))

    def standing() -> bool:
        report.devices_registered = max(report.devices_registered, watch.registered(stage.expected))
        report.tiles_live = tiles_live()
        return report.devices_registered >= report.devices_expected and report.tiles_live >= report.tiles_expected

    await _wait(standing, min(until, time.time() + _SETTLE_WITHIN_S))
    if witness.first_camera_at is not None:
        report.first_wall_frame_s = round(witness.first_camera_at - stage.started_at, 2)
    steady_from, cpu_from = time.monotonic(), stage.cpu_s()
    raised_before = len(watch.raised)
    await stage.play_intrusion()
    await _wait(lambda: _spot_delay_s(watch, witness, raised_before) is not None, time.time() + _SPOT_WITHIN_S)
    report.alarm_to_spot_s = _spot_delay_s(watch, witness, raised_before)
    await _wait(lambda: False, until)
    steady_s = max(1e-9, time.monotonic() - steady_from)
    report.cpu_s_per_s = {
        name: round((used - cpu_from.get(name, 0.0)) / steady_s, 3) for name, used in sorted(stage.cpu_s().items())
    }
    # One that is late for a moment is not missing.
    await _wait(lambda: tiles_live() >= report.tiles_expected, time.time() + _LATE_WITHIN_S)
    report.tiles_live = tiles_live()
    report.devices_registered = watch.registered(stage.expected)


def _spot_delay_s(watch: Watch, witness: Witness, raised_before: int) -> float | None:
    """From the alarm's reading, at its source, to its camera's stamp on the spot tile of the encoded wall."""
    for alarm in watch.raised[raised_before:]:
        for camera in alarm.cameras:
            seen: Sighting | None = next(
                (
                    one
                    for one in witness.sightings
                    if one.spot
                    and (one.site, one.device) == (camera.site, camera.device)
                    and one.at >= alarm.captured_at.timestamp()
                ),
                None,
            )
            if seen is not None:
                return round(seen.at - alarm.captured_at.timestamp(), 3)
    return None


async def _count_readings(stage: Stage) -> None:
    """Hold the posts' own count of acknowledged readings against the hub's store."""
    stage.report.readings_acknowledged = _summary.decode(stage.processes["simulate"].last_line).readings_acknowledged
    cameras = {camera.id for site in stage.scenario.sites for camera in site.cameras}
    posts = {site.id for site in stage.scenario.sites}

    def stored() -> int:
        with closing(sqlite3.connect(f"file:{stage.installation.readings}?mode=ro", uri=True)) as store:
            counts = store.execute(
                "SELECT site, device, count(*) FROM readings JOIN series ON series.id = readings.series GROUP BY 1, 2"
            ).fetchall()
        return sum(count for site, device, count in counts if site in posts and device not in cameras)

    await _wait(lambda: stored() >= stage.report.readings_acknowledged, time.time() + _SPOT_WITHIN_S)
    stage.report.readings_stored = stored()


def expected_devices(scenario: Scenario) -> set[DeviceKey]:
    """Every device of a scenario's posts, gateways included."""
    return {
        DeviceKey(SiteId(site.id), DeviceId(device))
        for site in scenario.sites
        for device in (_GATEWAY, *(entry.id for entry in site.cameras), *(entry.id for entry in site.devices))
    }


async def _wait(condition: Callable[[], bool], until: float) -> None:
    while not condition() and time.time() < until:  # noqa: ASYNC110 - the conditions come from several sources
        await asyncio.sleep(_STEP_S)


async def _create_account(installation: Installation) -> None:
    account = Process(
        "account",
        ("account", "set", ACCOUNT, "--role", "administrator"),
        installation.config,
        installation.logs,
        {"SHEKARA_ACCOUNT_PASSWORD": installation.password},
    )
    code = await account.run_once()
    if code:
        raise UnavailableError(f"cannot be created: {account.last_words()}", subject=f"account {ACCOUNT}")
