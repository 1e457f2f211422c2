"""`shekara simulate`: builds and wires a scenario's posts and cameras, or a crowd, and runs them until a signal."""

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import structlog
import typer
from msgspec import Struct

from sensors.broker_settings import BrokerSettings
from sensors.clock import Clock, SystemClock
from sensors.errors import ConfigError, ShekaraError
from sensors.model import Command, DeviceId, DeviceKey, SiteId, Stream
from sensors.settings import Settings
from simulators.cameras.cache import default_directory
from simulators.cameras.departures import Departure, DepartureWriter
from simulators.cameras.look import Look
from simulators.cameras.server import CameraServer
from simulators.cameras.workshop import Workshop
from simulators.chronicle import Chronicle
from simulators.faults.line import LOOPBACK
from simulators.filming import cameras_of
from simulators.foreign.advice import hub_settings
from simulators.foreign.filing import Filing, Folder, Uploader
from simulators.lines import PostLine, open_lines
from simulators.load.crowd import MAX_POSTS, MAX_SENSORS
from simulators.load.run import Crowd, Size
from simulators.onvif.station import Station
from simulators.pace import FastClock
from simulators.post import Post
from simulators.publish_connection import Broker
from simulators.rehearsal import Rehearsal, hash_of
from simulators.run_folder import RunFolder
from simulators.scenario.form import MAX_SPEED, CameraEntry, Light, OnvifEntry, Scenario, Site
from simulators.scenario.reading import read_scenario
from simulators.scenario.streams import formats_of, hosts_of
from simulators.settings import SimulatorSettings
from simulators.training.forms import commands_of
from simulators.training.offers import playable, read_library
from simulators.training.simulator import Simulator
from simulators.truth import Run

_SWITCH_S = 0.0005
"""Drawing threads give way to the event loop this soon."""
_ACCOUNT_S = 5.0
"""How often a load says what it costs."""
_log = structlog.get_logger()

simulate = typer.Typer(add_completion=False)


class _Options(Struct, frozen=True):
    cache: Path
    departures: Path | None
    light: Light | None
    rtsp_port: int | None
    speed: float | None
    run: Path | None
    training: bool
    onvif: bool
    offer: Path | None


class _Ready(Struct, frozen=True, omit_defaults=True):
    """The one line on standard output: all cameras can be fetched, all posts speak to the broker or try to.

    `onvif` are the device services of the cameras that have one.
    """

    rtsp_port: int
    cameras: int
    devices: int
    onvif: tuple[str, ...] = ()


class _Parts(NamedTuple):
    scenario: Scenario
    posts: dict[str, Post]
    lines: tuple[PostLine, ...]
    server: CameraServer
    filing: Filing
    station: Station
    speed: float
    simulator: Simulator | None


class _Rehearsed(Struct, frozen=True):
    """The one line on standard output of a fixed clock: SHA-256 over the time, topic and payload of every message."""

    messages: int
    seconds: float
    sha256: str


class _Done(Struct, frozen=True):
    """The last line on standard output: values that a broker confirmed, and samples that were given up."""

    readings_acknowledged: int
    samples_dropped: int


@simulate.command()
def run_scenario(
    ctx: typer.Context,
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped one.")] = "border",
    *,
    departures: Annotated[Path | None, typer.Option(help="Log here when each frame left; binary.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Keep encoded clips here.", envvar="SHEKARA_CLIPS")] = None,
    light: Annotated[Light | None, typer.Option(help="Film by day, by night, or by the sun.")] = None,
    rtsp_port: Annotated[int | None, typer.Option(help="Port of all cameras; 0 takes a free one.")] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.1, max=MAX_SPEED, help="Simulated seconds a second; cameras stay real.")
    ] = None,
    fixed: Annotated[
        bool, typer.Option("--fixed", help="On a fixed clock, without cameras and broker: print the stream's SHA-256.")
    ] = False,
    training: Annotated[
        bool, typer.Option("--training", help="Take no step: let an instructor start what happens.")
    ] = False,
    offer: Annotated[
        Path | None, typer.Option(help="With --training: offer the scenarios of this folder, not the shipped ones.")
    ] = None,
    settings_for_hub: Annotated[
        bool, typer.Option("--hub-settings", help="Print what a hub needs to hear all dialects, and end.")
    ] = False,
    onvif: Annotated[
        bool, typer.Option("--onvif", help="Have cameras speak ONVIF and be found, whatever the scenario says.")
    ] = False,
    run: Annotated[Path | None, typer.Option(help="Write run.json and truth.jsonl to this folder.")] = None,
    posts: Annotated[
        int | None, typer.Option(min=1, max=MAX_POSTS, help="No scenario: a load of so many posts.")
    ] = None,
    sensors: Annotated[int, typer.Option(min=1, max=MAX_SENSORS, help="Of a load: sensors of each post.")] = 50,
    rate: Annotated[float, typer.Option(min=0.01, max=100, help="Of a load: readings a second of each sensor.")] = 1.0,
    connections: Annotated[int, typer.Option(min=0, help="Of a load: how many; 0 is one for each post.")] = 0,
    for_s: Annotated[float | None, typer.Option("--for", min=1, help="Of a load: end after so many seconds.")] = None,
) -> None:
    """Run simulated border posts: cameras over RTSP, sensors over MQTT."""
    settings: Settings = ctx.obj
    try:
        if posts is not None:
            asyncio.run(_run_load(Size(posts, sensors, rate, connections), settings, for_s))
            return
        if settings_for_hub:
            sys.stdout.write(hub_settings(_speaking(read_scenario(scenario), onvif=onvif)))
            return
        if fixed:
            _rehearse(read_scenario(scenario), scenario, run)
            return
        sys.setswitchinterval(_SWITCH_S)
        options = _Options(
            cache or default_directory(), departures, light, rtsp_port, speed, run, training, onvif, offer
        )
        asyncio.run(_run(read_scenario(scenario), scenario, settings, options))
    except BaseExceptionGroup as errors:
        ours = errors.subgroup(ShekaraError)
        if ours is None:
            raise
        raise _first(ours) from errors


def _first(errors: BaseExceptionGroup[ShekaraError]) -> ShekaraError:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _stopped_by_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _run_load(size: Size, settings: Settings, for_s: float | None) -> None:
    crowd = Crowd(size, _broker(settings), SystemClock())
    await crowd.run(_stopped_by_signal(), _ACCOUNT_S, for_s)


def _rehearse(scenario: Scenario, name: str, folder: Path | None) -> None:
    rehearsal = Rehearsal(scenario)
    with ExitStack() as files:
        if folder is None:
            stream = hash_of(rehearsal.messages())
        else:
            kept = files.enter_context(RunFolder(folder, _run_of(scenario, name, rehearsal.starts, 0.0)))
            chronicle = Chronicle(scenario, rehearsal.worlds, kept.write)
            rehearsal.on_step = chronicle.take
            stream = hash_of(rehearsal.messages())
            chronicle.finish(rehearsal.until)
            kept.finish(rehearsal.until, stream.sha256)
    _say(_Rehearsed(stream.messages, scenario.lasts_s, stream.sha256))


def _run_of(scenario: Scenario, name: str, start: datetime, speed: float) -> Run:
    return Run(scenario=Path(name).stem, seed=scenario.seed, start=start, speed=speed)


async def _run(scenario: Scenario, name: str, settings: Settings, options: _Options) -> None:
    stop = _stopped_by_signal()
    speed = scenario.speed if options.speed is None else options.speed
    clock = _clock(scenario, speed)
    if options.light is not None:
        scenario = msgspec.structs.replace(scenario, light=options.light)
    scenario = _speaking(scenario, onvif=options.onvif)
    offered: dict[str, Scenario] = {}
    if options.training:
        library = read_library(options.offer)
        offered = playable(library if options.offer else {**library, Path(name).stem: scenario}, scenario.sites)
        # A line for each post, so that an instructor can make it faulty.
        sites = tuple(msgspec.structs.replace(site, line=True) for site in scenario.sites)
        scenario = msgspec.structs.replace(scenario, sites=sites, steps=())
    with ExitStack() as files:
        on_departure = _departure_log(options.departures, files)
        async with Workshop(options.cache) as workshop:
            port = scenario.rtsp_port if options.rtsp_port is None else options.rtsp_port
            posts: dict[str, Post] = {}

            def turn(camera: DeviceKey, look: Look) -> None:
                posts[camera.site].premises.world.turn(camera.device, look)

            hosts = hosts_of(scenario)
            cameras = cameras_of(scenario, settings, clock, speed, posts)
            server = CameraServer(
                scenario.rtsp_host,
                port,
                cameras,
                workshop,
                clock,
                on_departure,
                scenario.session_timeout_s,
                hosts.values(),
            )
            server.on_turned = turn
            await server.start()
            lines = await open_lines(scenario, clock, _broker(settings).address, server, port)
            station = Station(scenario, server)
            await station.start()
            filing = _filing(settings)
            for site in scenario.sites:
                commands = commands_of(site) if options.training else ()
                line = lines.get(site.id)
                posts[site.id] = _post(site, scenario, clock, settings, server, line, commands, filing)
            simulator = None
            if options.training:
                simulator = Simulator(Path(name).stem, scenario.title, _broker(settings), posts, offered, clock, speed)
            parts = _Parts(scenario, posts, tuple(lines.values()), server, filing, station, speed, simulator)
            if options.run is None:
                await _run_parts(parts, stop)
            else:
                with RunFolder(options.run, _run_of(scenario, name, clock.now(), speed)) as folder:
                    await _run_told(parts, folder, clock, stop)


def _speaking(scenario: Scenario, *, onvif: bool) -> Scenario:
    """A scenario whose cameras speak ONVIF if they are to."""
    return msgspec.structs.replace(scenario, onvif=OnvifEntry()) if onvif and scenario.onvif is None else scenario


async def _run_told(parts: _Parts, folder: RunFolder, clock: Clock, stop: asyncio.Event) -> None:
    """Run, and write down what is made to happen."""
    worlds = {id_: post.premises.world for id_, post in parts.posts.items()}
    chronicle = Chronicle(parts.scenario, worlds, folder.write)
    for post in parts.posts.values():
        post.on_action = chronicle.take
    if parts.simulator is not None:
        parts.simulator.player.on_start = chronicle.learn
    await _run_parts(parts, stop)
    chronicle.finish(clock.now())
    folder.finish(clock.now())


def _clock(scenario: Scenario, speed: float) -> Clock:
    real = SystemClock()
    return real if speed == 1.0 else FastClock(real, scenario.starts or real.now(), speed)


async def _run_parts(parts_of: _Parts, stop: asyncio.Event) -> None:
    scenario, posts, lines, server, filing, station, speed, simulator = parts_of
    async with asyncio.TaskGroup() as group:
        parts = [
            group.create_task(server.run(), name="cameras"),
            group.create_task(_prepare(scenario, server, station.urls), name="prepare"),
            group.create_task(filing.run(), name="filing"),
            group.create_task(station.run(), name="onvif"),
            group.create_task(_perform_steps(scenario, posts, speed), name="steps"),
            *([group.create_task(simulator.run(), name="simulator")] if simulator is not None else ()),
            *(group.create_task(line.run(), name="line") for both in lines for line in both),
            *(group.create_task(post.run(), name=f"post-{name}") for name, post in posts.items()),
        ]
        await stop.wait()
        for part in parts:
            part.cancel()
    outboxes = [post.publisher.outbox for post in posts.values()]
    dropped = sum(post.foreign.dropped_total for post in posts.values())
    dropped += sum(outbox.dropped_total for outbox in outboxes)
    _say(_Done(sum(outbox.acknowledged_total for outbox in outboxes), dropped))


async def _prepare(scenario: Scenario, server: CameraServer, onvif: tuple[str, ...]) -> None:
    await server.warm_up()
    cameras = sum(len(site.cameras) for site in scenario.sites)
    devices = sum(len(site.cameras) + len(site.devices) + 1 for site in scenario.sites)
    _say(_Ready(server.port, cameras, devices, onvif))
    await server.prepare_mains()
    if onvif:
        await server.prepare_looks()


def _say(line: _Ready | _Rehearsed | _Done) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


async def _perform_steps(scenario: Scenario, posts: dict[str, Post], speed: float) -> None:
    began_s = asyncio.get_running_loop().time()
    for step in sorted(scenario.steps, key=lambda step: step.at_s):
        await asyncio.sleep(max(0.0, began_s + step.at_s / speed - asyncio.get_running_loop().time()))
        _log.info("step", site=step.site, action=type(step).__name__)
        await posts[step.site].perform(step)


def _post(
    site: Site,
    scenario: Scenario,
    clock: Clock,
    settings: Settings,
    server: CameraServer,
    line: PostLine | None,
    commands: tuple[Command, ...],
    filing: Filing,
) -> Post:
    site_id, host = SiteId(site.id), hosts_of(scenario)[site.id]

    def streams_of(camera: CameraEntry) -> tuple[Stream, ...]:
        key = DeviceKey(site_id, DeviceId(camera.id))
        return tuple(
            Stream(role, server.url(key, role, host), form.codec, form.width, form.height, form.fps)
            for role, form in formats_of(camera).items()
        )

    broker = _broker(settings)
    if line is None:
        return Post(site, scenario, clock, broker, streams_of, server.set_fault, commands=commands, filing=filing)
    here = msgspec.structs.replace(broker, host=LOOPBACK, port=line.telemetry.port)
    link = line.telemetry.link
    return Post(site, scenario, clock, here, streams_of, server.set_fault, link, commands, filing)


def _filing(settings: Settings) -> Filing:
    section = settings.section(SimulatorSettings, "simulators")
    return Filing(
        Folder(Path(section.n42_folder)) if section.n42_folder else None,
        Uploader(section.hub_url, settings.secrets.hub) if section.hub_url else None,
    )


def _broker(settings: Settings) -> Broker:
    broker = settings.section(BrokerSettings, "broker")
    host, port = broker.address
    return Broker(host, port, broker.client_keepalive_s, settings.secrets.mqtt)


def _departure_log(path: Path | None, files: ExitStack) -> Callable[[Departure], None] | None:
    if path is None:
        return None
    try:
        writer = DepartureWriter.open(path)
    except OSError as error:
        raise ConfigError(
            f"cannot be written: {error.strerror}", subject=str(path), mend="Name another file"
        ) from error
    files.callback(writer.close)
    return writer.record
