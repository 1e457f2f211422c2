"""`shekara walls`: every wall of this machine in a process of its own, begun again when it ends, hangs or runs away."""

import asyncio
from pathlib import Path

import typer

from hub.apart import check_apart
from hub.config import WallsSettings
from hub.signals import stop_on_signals
from hub.supervision import Child
from hub.watchdog import Limits
from sensors.clock import SystemClock
from sensors.settings import Settings

walls = typer.Typer()


@walls.command("walls")
def run_walls(ctx: typer.Context) -> None:
    """Run every wall of this machine, each in a process of its own that is begun again when it fails."""
    settings: Settings = ctx.obj
    config = ("--config", settings.source) if Path(settings.source).is_file() else ()
    section = settings.section(WallsSettings, "walls")
    check_apart(settings, [name for name, _ in section.walls])
    asyncio.run(_run(section, config))


async def _run(section: WallsSettings, config: tuple[str, ...]) -> None:
    limits = Limits(section.silent_s, section.memory_mb * 1_000_000)
    stopping = stop_on_signals()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_wall(name, port, config, limits).run(), name=f"wall {name}")
            for name, port in section.walls
        ]
        await stopping.wait()
        for task in tasks:
            task.cancel()


def _wall(name: str, port: int, config: tuple[str, ...], limits: Limits) -> Child:
    own = {"SHEKARA_WALL_NAME": name, "SHEKARA_WALL_PORT": str(port)}
    return Child(f"wall {name}", (*config, "wall"), own, None, SystemClock(), limits)
