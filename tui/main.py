"""`shekara console`: the terminal console, or with --plain one line an event. Builds and wires; nothing imports it."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer

from hub.client import HubClient
from sensors.clock import SystemClock
from sensors.errors import ConfigError
from sensors.model import Language
from sensors.settings import Settings
from tui.config import ConsoleSettings
from tui.console import Console
from tui.watch import Watch

TOKEN = "SHEKARA_TOKEN"  # noqa: S105 - the name of the variable, not a token
FRAMES_PER_S = 15
_MAX_TOKEN_BYTES = 8192

console = typer.Typer(add_completion=False)


@console.command()
def run_console(
    ctx: typer.Context,
    *,
    hub: Annotated[str | None, typer.Option(help="Address of the hub, before [console] hub_url.")] = None,
    user: Annotated[str | None, typer.Option(help="Name to offer on the sign-in screen.")] = None,
    token_file: Annotated[
        Path | None, typer.Option(help=f"File with a session token; else {TOKEN}, else the sign-in screen.")
    ] = None,
    language: Annotated[Language | None, typer.Option(help="Language to begin with.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="One line an event on standard output; no screen.")] = False,
) -> None:
    """Watch the border section, its alarms, cameras and sensors, in this terminal."""
    settings: Settings = ctx.obj
    ours = settings.section(ConsoleSettings, "console")
    changes = {"hub_url": hub, "user": user, "language": language}
    ours = msgspec.structs.replace(ours, **{name: value for name, value in changes.items() if value is not None})
    _check_zone(ours.time_zone)
    token = _read_token(token_file) if token_file else settings.environ.get(TOKEN, "")
    if plain:
        asyncio.run(_watch(ours, token))
    else:
        asyncio.run(_show(ours, token))


async def _show(settings: ConsoleSettings, token: str) -> None:
    os.environ.setdefault("TEXTUAL_FPS", str(FRAMES_PER_S))
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    from tui.app import ConsoleApp  # noqa: PLC0415 - after its environment is set, and not for --plain

    async with HubClient(settings.hub_url, token) as hub:
        app = ConsoleApp(Console(hub, settings, SystemClock()), signed_in=bool(token))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.exit)
        await app.run_async()


async def _watch(settings: ConsoleSettings, token: str) -> None:
    async with HubClient(settings.hub_url, token) as hub:
        if not token:
            await _sign_in(hub, settings)
        watching = asyncio.current_task()
        if watching is not None:
            for each in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(each, watching.cancel)
        with suppress(asyncio.CancelledError, BrokenPipeError):
            await Watch(Console(hub, settings, SystemClock()), _print_line).run()


async def _sign_in(hub: HubClient, settings: ConsoleSettings) -> None:
    if not sys.stdin.isatty():
        raise ConfigError("no token", subject="console --plain", mend=f"Give --token-file or {TOKEN}")
    name = typer.prompt("Name", default=settings.user or None, err=True)
    await hub.sign_in(name, typer.prompt("Password", hide_input=True, err=True))


def _print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _read_token(path: Path) -> str:
    try:
        with path.open("rb") as file:
            token = file.read(_MAX_TOKEN_BYTES).decode("ascii").strip()
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", subject=str(path), mend="Name a readable file"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not a token", subject=str(path), mend="Name the file with the session token") from error
    if not token:
        raise ConfigError("is empty", subject=str(path), mend="Name the file with the session token")
    return token


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(
            f"no time zone {name}", subject="[console] time_zone", mend="Write one such as Asia/Almaty"
        ) from error
