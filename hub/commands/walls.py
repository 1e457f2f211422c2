"""`shekara walls`: every wall of this machine in a process of its own, begun again when it ends, hangs or runs away."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Protocol, runtime_checkable

import typer

from hub.config import WallsSettings
from hub.reference import find_sections
from hub.signals import stop_on_signals
from hub.supervision import Child
from hub.watchdog import Limits
from sensors.clock import SystemClock
from sensors.errors import ConfigError
from sensors.settings import Settings

_OUTPUTS = "outputs"
walls = typer.Typer()


@runtime_checkable
class _KeepsFiles(Protocol):
    """What the hub knows of the section by which a wall writes to the disk."""

    def kept_at(self, wall: str) -> tuple[str, ...]:
        """Where files of that wall are kept."""


@walls.command("walls")
def run_walls(ctx: typer.Context) -> None:
    """Run every wall of this machine, each in a process of its own that is begun again when it fails."""
    settings: Settings = ctx.obj
    config = ("--config", settings.source) if Path(settings.source).is_file() else ()
    section = settings.section(WallsSettings, "walls")
    _check_apart(settings, [name for name, _ in section.walls])
    asyncio.run(_run(section, config))


def _check_apart(settings: Settings, names: list[str]) -> None:
    """See that no wall writes over what another one keeps: neither would know.

    Raises:
        ConfigError: walls are to keep their files in one place.
    """
    outputs = settings.section(find_sections()[_OUTPUTS], _OUTPUTS)
    if not isinstance(outputs, _KeepsFiles):
        raise TypeError(f"[{_OUTPUTS}] does not say where it keeps files")
    users = Counter(place for name in names for place in outputs.kept_at(name))
    if shared := [place for place, count in users.items() if count > 1]:
        raise ConfigError(
            f"the walls {', '.join(names)} would delete and overwrite each other's files in {', '.join(shared)}",
            subject=f"{settings.source} [{_OUTPUTS}]",
            mend="Write {wall} where each wall's id shall stand in the path",
        )


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
