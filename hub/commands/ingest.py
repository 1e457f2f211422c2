"""`shekara ingest N`: one of several processes that take in messages before the hub. See docs/scaling-ingest.md."""

import signal
import threading
from typing import Annotated

import structlog
import typer

from hub.config import HubSettings, IngestSettings, StorageSettings
from hub.decisions.dialects import MAIN
from hub.health import Health
from hub.ingest.connection import Address
from hub.ingest.door import FrontDoor
from hub.ingest.intake import Intake
from hub.ingest.partitions import partition_terms
from hub.ingest.relay import Relay
from hub.ingest.spool import Spool, StatusFile, spool_file
from hub.inputs import Inbox
from hub.ownership import sole_owner
from sensors.broker_settings import BrokerSettings
from sensors.clock import SystemClock
from sensors.errors import ConfigError
from sensors.settings import Settings

ingest = typer.Typer()
_STOP_WITHIN_S = 1.0
_log = structlog.get_logger("hub.ingest")


@ingest.command("ingest")
def run_ingest(
    ctx: typer.Context, partition: Annotated[int, typer.Argument(help="Number in [ingest] partitions, from 1.")]
) -> None:
    """Take in the messages of one partition's sites; the hub starts one for each partition by itself."""
    settings: Settings = ctx.obj
    section, broker = settings.section(HubSettings, "hub"), settings.section(BrokerSettings, "broker")
    ingesting, storage = settings.section(IngestSettings, "ingest"), settings.section(StorageSettings, "storage")
    terms = partition_terms(ingesting, partition)
    if broker.embedded:
        raise ConfigError(
            "has no shared subscriptions", subject="the embedded broker", mend="Name a broker in [broker] url"
        )
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    clock = SystemClock()
    inbox = Inbox(storage.inbox_messages, clock)
    path = spool_file(section.data_dir, partition)
    health = Health(clock.now(), broker.url, str(path))
    name = f"{section.name}-ingest-{partition}"
    address = Address(*broker.address, name, broker.client_keepalive_s, settings.secrets.mqtt)
    intake = Intake(address, inbox, health, clock, terms=terms)
    with sole_owner(section.data_dir, path.stem):
        spool, status = Spool(path), StatusFile(section.data_dir, partition)
        door = FrontDoor({MAIN: intake}, health)
        relay = Relay(door, inbox, spool, status, health, clock, storage, ingesting.spool_messages)
        door.start()
        _log.info("ingest started", partition=partition, sites=ingesting.lists[partition - 1])
        relay.run(stopping)
        inbox.close()
        door.stop(_STOP_WITHIN_S)
        spool.close()
    _log.info("ingest stopped", partition=partition)
