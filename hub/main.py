"""The hub's commands, and the only place where its parts are made and joined."""

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from random import SystemRandom
from typing import NamedTuple

import structlog
import typer
from msgspec import structs

from hub.api.app import build_app
from hub.api.server import bind, serve
from hub.aside import Aside
from hub.brokers.listener import check_access, listen
from hub.config import HubSettings, InfluxSettings, IngestSettings, StorageSettings
from hub.core import Hub
from hub.cues import Cues
from hub.decisions.center import Center
from hub.decisions.dialects import Dialects
from hub.decisions.state import State
from hub.dialects_config import make_dialects
from hub.discovery.settings import DiscoverySettings
from hub.discovery.turning import Interviewer, Turner
from hub.health import Health
from hub.ingest.connection import Address
from hub.ingest.door import Entrance, FrontDoor, connections
from hub.ingest.intake import ANY_VERSION, EMBEDDED_VERSION, LONGEST_PAUSE_S, NEARBY_PAUSE_S, Intake
from hub.ingest.partitions import covered, hub_filters
from hub.ingest.spool_intake import SpoolIntake
from hub.inputs import Inbox, Moment
from hub.live import LiveFeed
from hub.ownership import sole_owner
from hub.people.accounts import Accounts
from hub.people.keys import load_or_create_keys
from hub.pipeline import Pipeline
from hub.signals import stop_on_signals
from hub.storage import downsampling, outbox, rollup_forwarding
from hub.storage.archive import Archive
from hub.storage.checkpoints import Checkpoints
from hub.storage.dead_letters import DeadLetters
from hub.storage.downsampling import Downsampler
from hub.storage.forwarder import Forwarder
from hub.storage.history import Historian
from hub.storage.influx_reader import InfluxReader
from hub.storage.line_protocol import check_bucket
from hub.storage.operations import OperationsStore
from hub.storage.outbox import Outbox
from hub.storage.read_back import ReadBack
from hub.storage.readings import ReadingsStore
from hub.storage.retention import Retention
from hub.storage.rollup_forwarding import RollupForwarder
from hub.storage.rollups import RollupStore
from hub.storage.windows import Windows
from hub.supervision import Child
from hub.wall_orders import WallOrders
from sensors.broker_settings import BrokerSettings
from sensors.clock import Clock, SystemClock
from sensors.errors import ShekaraError, UnavailableError
from sensors.reception import Reception
from sensors.settings import Settings

hub = typer.Typer()
_THREADS_STOP_WITHIN_S = 1.0
_PIPELINE_STOPS_WITHIN_S = 5.0
"""It may be waiting for a slow disk to keep the last batch."""
_WATCH_S = 1.0
_log = structlog.get_logger("hub")


@hub.command("hub")
def run_hub(ctx: typer.Context) -> None:
    """Run the hub: take in, decide, store, and answer."""
    asyncio.run(_run_hub(ctx.obj))


async def _run_hub(settings: Settings) -> None:
    stopping = stop_on_signals()
    section = settings.section(HubSettings, "hub")
    broker_section = settings.section(BrokerSettings, "broker")
    clock = SystemClock()
    check_bucket(settings.section(InfluxSettings, "influx"), exercise=section.exercise)
    with ExitStack() as stack:
        stack.enter_context(sole_owner(section.data_dir, "hub"))
        listener = bind(section.host, section.port)
        stack.callback(listener.close)
        if broker_section.embedded:
            check_access(broker_section, settings.secrets.mqtt)
            listen(broker_section).close()
        engine = _make_engine(settings, section, broker_section, clock, stack)
        accounts = Accounts(section.data_dir, clock)
        keys = load_or_create_keys(section.data_dir)
        app = build_app(engine.facade, accounts, keys, section, clock)
        orders = WallOrders(engine.facade, accounts, keys, engine.door.publish, clock)
        engine.pipeline.take_order = orders.take
        cues = Cues(engine.facade, clock)
        engine.pipeline.take_cue = cues.take
        if settings.section(DiscoverySettings, "discovery").onvif:
            engine.facade.turner = Turner(settings.secrets, partial(_make_interviewer, clock))
        engine.pipeline.start(engine.door)
        stack.callback(_stop_threads, engine)
        engine.door.start()
        for thread in (engine.downsampler.thread, engine.retention.thread, engine.checkpoints.thread):
            stack.callback(thread.stop, _THREADS_STOP_WITHIN_S)
            thread.start()
        _log.info("hub started", url=section.url, broker=engine.health.broker, data=str(section.data_dir))
        _start_forwarding(settings, section, engine, clock, stack)
        services: list[Coroutine[None, None, None]] = [
            serve(app, listener, engine.reception),
            Aside("orders of walls' pages", orders.run, engine.health, clock).run(),
            Aside("cameras sent by alarms", cues.run, engine.health, clock).run(),
        ]
        if broker_section.embedded:
            services.append(_child("broker", ("broker",), settings, engine.health, clock).run())
        for number in range(1, len(settings.section(IngestSettings, "ingest").lists) + 1):
            child = _child(f"ingest {number}", ("ingest", str(number)), settings, engine.health, clock)
            services.append(child.run())
        services += _discovery(settings, section, broker_section, engine, clock)
        await _run_until(stopping, services, engine)
    _log.info("hub stopped")


class _Engine(NamedTuple):
    """The hub without its API."""

    readings: ReadingsStore
    pipeline: Pipeline
    door: FrontDoor
    rollups: RollupStore
    downsampler: Downsampler
    retention: Retention
    checkpoints: Checkpoints
    feed: LiveFeed
    health: Health
    facade: Hub
    reception: Reception


def _make_engine(
    settings: Settings, section: HubSettings, broker_section: BrokerSettings, clock: Clock, stack: ExitStack
) -> _Engine:
    readings = ReadingsStore(section.data_dir, exercise=section.exercise)
    stack.callback(readings.close)
    operations = OperationsStore(section.data_dir, exercise=section.exercise)
    stack.callback(operations.close)
    address = Address(*broker_section.address, section.name, broker_section.client_keepalive_s, settings.secrets.mqtt)
    remembered = operations.recall()
    dialects = Dialects(make_dialects(settings, remembered.devices, remembered.memos))
    ingesting = settings.section(IngestSettings, "ingest")
    feed, reception = LiveFeed(), Reception(clock)
    health = Health(
        started_at=clock.now(),
        broker=f"{address} (embedded)" if broker_section.embedded else str(address),
        storage=str(section.data_dir),
        live_dropped=lambda: feed.dropped_total,
        turned_away=lambda: (reception.refused_total, reception.unheard_total),
        exercise=section.exercise,
    )
    started = Moment(health.started_at, clock.monotonic_s())
    center = Center(State(section, remembered, readings.newest(), started, dialects, covered(ingesting)))
    storage = settings.section(StorageSettings, "storage")
    pipeline = Pipeline(center, readings, operations, feed, health, clock, storage)
    door = _make_door(section, ingesting, dialects, address, pipeline.inbox, health, clock, broker_section)
    rollups = RollupStore(section.data_dir)
    stack.callback(rollups.close)
    downsampler = Downsampler(readings, Windows(section.data_dir), rollups, health, clock)
    retention = Retention(readings, rollups, storage, *_followers(settings), health, clock)
    historian = Historian(readings, rollups, storage, clock, _make_reader(settings, stack))
    facade = Hub(pipeline, Archive(historian, operations), lambda: health.status(clock.now()))
    checkpoints = Checkpoints(readings, health, clock)
    return _Engine(
        readings, pipeline, door, rollups, downsampler, retention, checkpoints, feed, health, facade, reception
    )


def _followers(settings: Settings) -> tuple[list[str], list[str]]:
    """The cursors over readings and over windows that deletion waits for."""
    influx = settings.section(InfluxSettings, "influx")
    followed = [rollup_forwarding.CURSOR] if influx.enabled and influx.forward_rollups else []
    return [downsampling.CURSOR, *([outbox.CURSOR] if influx.enabled else [])], followed


def _make_door(
    section: HubSettings,
    ingesting: IngestSettings,
    dialects: Dialects,
    address: Address,
    inbox: Inbox,
    health: Health,
    clock: Clock,
    broker_section: BrokerSettings,
) -> FrontDoor:
    """The hub's own connection, one for each dialect that needs a will of its own, and the spools of its partitions."""
    epochs = count(1)
    entrances: dict[str, Entrance] = {}
    for name, terms in connections(dialects, hub_filters(ingesting)).items():
        client_id = f"{address.client_id}-{name}" if name else address.client_id
        entrances[name] = Intake(
            address._replace(client_id=client_id),
            inbox,
            health,
            clock,
            name=name,
            terms=terms,
            epochs=epochs,
            versions=EMBEDDED_VERSION if broker_section.embedded else ANY_VERSION,
            longest_pause_s=NEARBY_PAUSE_S if broker_section.embedded else LONGEST_PAUSE_S,
        )
    for partition in range(1, len(ingesting.lists) + 1):
        spool = SpoolIntake(section.data_dir, partition, inbox, health, clock, epochs)
        entrances[f"ingest {partition}"] = spool
    return FrontDoor(entrances, health)


def _discovery(
    settings: Settings, section: HubSettings, broker_section: BrokerSettings, engine: _Engine, clock: Clock
) -> list[Coroutine[None, None, None]]:
    """What looks for equipment. Its libraries take their time to load: only a hub that looks pays for that."""
    wanted, services = settings.section(DiscoverySettings, "discovery"), list[Coroutine[None, None, None]]()
    if section.mdns:
        from hub.discovery.mdns import Discovery, own_services  # noqa: PLC0415 - see above

        discovery = Discovery(engine.facade, own_services(section, broker_section), clock)
        services.append(Aside("the search by mDNS", discovery.run, engine.health, clock).run())
    if wanted.onvif:
        from hub.discovery.finder import Finder  # noqa: PLC0415 - see above

        finder = Finder(wanted, engine.facade, settings.secrets, clock)
        services.append(Aside("the search for ONVIF cameras", finder.run, engine.health, clock).run())
    if wanted.streams:
        from hub.discovery.checks import StreamChecks  # noqa: PLC0415 - see above

        checks = StreamChecks(engine.facade, settings.secrets, clock)
        services.append(Aside("the checks of streams", checks.run, engine.health, clock).run())
    return services


def _make_interviewer(clock: Clock) -> Interviewer:
    """What speaks ONVIF; it takes a second to load."""
    from hub.discovery.onvif import Interviewer as Onvif  # noqa: PLC0415 - see above

    return Onvif(clock)


def _make_reader(settings: Settings, stack: ExitStack) -> InfluxReader | None:
    """For what is not kept here any more, and was forwarded while it was."""
    influx = settings.section(InfluxSettings, "influx")
    if not influx.enabled:
        return None
    reader = InfluxReader(influx, settings.secrets.influx)
    stack.callback(reader.close)
    return reader


def _start_forwarding(
    settings: Settings, section: HubSettings, engine: _Engine, clock: Clock, stack: ExitStack
) -> None:
    influx = settings.section(InfluxSettings, "influx")
    if not influx.enabled:
        return
    # Its client takes half a second and numpy to load: only a hub that forwards pays for that.
    from hub.storage.influx_writer import InfluxWriter  # noqa: PLC0415 - see above

    writer = InfluxWriter(influx, settings.secrets.influx)
    stack.callback(writer.close)
    reader = InfluxReader(influx, settings.secrets.influx)
    stack.callback(reader.close)
    read_back = ReadBack(reader, engine.health, clock, SystemRandom(), influx.read_back_every_s)
    letters = DeadLetters(section.data_dir, clock)
    forwarder = Forwarder(
        Outbox(engine.readings, section.data_dir, exercise=section.exercise),
        writer,
        letters,
        read_back,
        engine.health,
        clock,
        influx.batch_lines,
    )
    stack.callback(forwarder.stop, _THREADS_STOP_WITHIN_S)
    forwarder.start()
    if influx.forward_rollups:
        bucket = influx.rollup_bucket or influx.bucket
        windows_writer = InfluxWriter(structs.replace(influx, bucket=bucket), settings.secrets.influx)
        stack.callback(windows_writer.close)
        windows = RollupForwarder(
            engine.rollups,
            windows_writer,
            letters,
            engine.health,
            clock,
            influx.batch_lines,
            exercise=section.exercise,
        )
        stack.callback(windows.thread.stop, _THREADS_STOP_WITHIN_S)
        windows.thread.start()


async def _run_until(stopping: asyncio.Event, services: list[Coroutine[None, None, None]], engine: _Engine) -> None:
    """Run everything beside the threads until told to stop, then end all of it.

    Raises:
        ShekaraError: a service could not go on.
    """
    failures: list[BaseException] = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(service) for service in services]
            watchdog = group.create_task(_watch(engine))
            await stopping.wait()
            watchdog.cancel()
            engine.feed.close()
            await asyncio.to_thread(_stop_threads, engine)
            for task in tasks:
                task.cancel()
    except* ShekaraError as errors:
        failures.extend(errors.exceptions)
    if failures:
        raise failures[0]


async def _watch(engine: _Engine) -> None:
    """The threads' watchdog: a dead intake is begun again, a dead pipeline ends the hub.

    Raises:
        UnavailableError: the pipeline has died.
    """
    while True:
        await asyncio.sleep(_WATCH_S)
        if not engine.pipeline.alive:
            raise UnavailableError("has died", subject="the hub's pipeline", mend="See its last log lines")
        engine.door.watch()


def _stop_threads(engine: _Engine) -> None:
    """The pipeline first, so that its last acknowledgements still find the way out."""
    if not engine.pipeline.stop(_PIPELINE_STOPS_WITHIN_S):
        _log.error("the pipeline did not end in time; what it did not acknowledge comes again")
    engine.door.stop(_THREADS_STOP_WITHIN_S)


def _child(name: str, command: tuple[str, ...], settings: Settings, health: Health, clock: Clock) -> Child:
    """A process beside the hub, told what this one was told."""
    config = ("--config", settings.source) if Path(settings.source).is_file() else ()
    environ = dict(settings.environ)
    if settings.secrets.mqtt is not None:
        environ["SHEKARA_SECRET_MQTT_USER"] = settings.secrets.mqtt.user
        environ["SHEKARA_SECRET_MQTT_PASSWORD"] = settings.secrets.mqtt.password
    return Child(name, (*config, *command), environ, health, clock)
