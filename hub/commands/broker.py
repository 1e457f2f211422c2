"""`shekara broker`: the embedded MQTT broker, in a module of its own because it starts first and needs little."""

import asyncio

import typer

from hub.brokers import embedded
from hub.command import PARENT_PIPE
from hub.config import HubSettings
from hub.signals import stop_on_signals
from sensors.broker_settings import BrokerSettings
from sensors.settings import Settings

broker = typer.Typer()


@broker.command("broker")
def run_broker(ctx: typer.Context) -> None:
    """Run the embedded MQTT broker; the hub does so by itself when no broker is named."""
    asyncio.run(_run_broker(ctx.obj))


async def _run_broker(settings: Settings) -> None:
    section = settings.section(BrokerSettings, "broker")
    # Started by hand there may be no hub to come; under a supervisor, which is the hub, there is.
    hub_name = settings.section(HubSettings, "hub").name if PARENT_PIPE in settings.environ else ""
    await embedded.serve(section, settings.secrets.mqtt, stop_on_signals(), hub_name)
