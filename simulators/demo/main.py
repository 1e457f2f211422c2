"""`shekara demo`: the whole of Shekara on one machine, with nothing to install; wires the play and says its end."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from sensors.errors import ShekaraError, first_in
from sensors.model import Language, SiteId
from simulators.demo.installation import install
from simulators.demo.interactive import present
from simulators.demo.stage import Stage, perform
from simulators.scenario.reading import read_scenario

demo = typer.Typer()


@demo.command()
def run_demo(
    *,
    headless: Annotated[bool, typer.Option("--headless", help="No console; measure, and end after --for.")] = False,
    duration_s: Annotated[float, typer.Option("--for", min=10, help="Seconds to run unattended.")] = 60.0,
    report: Annotated[Path | None, typer.Option(help="Where the unattended run writes its findings, as JSON.")] = None,
    scenario: Annotated[str, typer.Option(help="A scenario file, or the name of a shipped one.")] = "border",
    language: Annotated[Language, typer.Option(help="Language of the wall and the console.")] = Language.RU,
    keep: Annotated[Path | None, typer.Option(help="Keep settings, data and logs in this folder.")] = None,
) -> None:
    """Simulated border posts, hub, wall and console, all at once; everything is thrown away at the end."""
    played = read_scenario(scenario)
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shekara-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        made = install(folder.resolve(), tuple(SiteId(site.id) for site in played.sites), language)
        stage = Stage(made, played, scenario)
        if headless or report is not None:
            raise typer.Exit(_run_unattended(stage, duration_s, report))
        asyncio.run(_until_stopped(present(stage, terminal=sys.stdin.isatty() and sys.stdout.isatty())))


def _run_unattended(stage: Stage, duration_s: float, path: Path | None) -> int:
    try:
        asyncio.run(_until_stopped(perform(stage, duration_s)))
    except* ShekaraError as group:
        stage.report.errors.append(first_in(group).text)
    text = msgspec.json.format(msgspec.json.encode(stage.report), indent=2)
    if path is not None:
        path.write_bytes(text + b"\n")
    sys.stdout.write(text.decode() + "\n")
    for error in stage.report.errors:
        sys.stderr.write(f"shekara: {error}\n")
    return 1 if stage.report.errors else 0


async def _until_stopped(play: Coroutine[None, None, object]) -> None:
    """Run a play until it ends, or until a signal asks for its end."""
    task = asyncio.ensure_future(play)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        sys.stderr.write("shekara: stopped\n")
