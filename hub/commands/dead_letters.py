"""`shekara dead-letters`: what InfluxDB refused, and what becomes of it. Works with and without a running hub."""

import sys
from typing import Annotated

import typer

from hub.config import HubSettings, InfluxSettings
from hub.storage.dead_letters import DeadLetters
from sensors.clock import SystemClock
from sensors.errors import ConfigError, NotFoundError

dead_letters = typer.Typer(no_args_is_help=True)
Numbers = Annotated[list[int] | None, typer.Argument(metavar="[NUMBER]...", help="As `list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="Every dead letter.")]
_REASON_LETTERS = 80


@dead_letters.callback()
def manage_dead_letters() -> None:
    """Inspect, replay or drop the readings that InfluxDB refused. A running hub takes every change within seconds."""


@dead_letters.command("list")
def list_letters(
    ctx: typer.Context, limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many lines.")] = 100
) -> None:
    """List them, oldest first: number, when refused, how often, state, reason."""
    letters = _letters(ctx)
    for letter in letters.letters(limit=limit):
        state = "in line" if letter.queued else "kept"
        reason = letter.reason if len(letter.reason) <= _REASON_LETTERS else f"{letter.reason[:_REASON_LETTERS]}…"
        typer.echo(f"{letter.id}\t{letter.refused_at:%Y-%m-%dT%H:%M:%SZ}\t{letter.refusals}x\t{state}\t{reason}")
    tally = letters.tally()
    shown = f", the oldest {limit} are shown" if tally.kept > limit else ""
    gone = f"; {tally.given_way_total} older ones had to give way" if tally.given_way_total else ""
    typer.echo(f"{tally.kept} dead letters, {tally.queued} of them in line{shown}{gone}")


@dead_letters.command("show")
def show_letter(ctx: typer.Context, number: Annotated[int, typer.Argument(help="As `list` shows it.")]) -> None:
    """Show one whole: the line as it was sent, and the server's reason."""
    letter = _letters(ctx).letter(number)
    if letter is None:
        raise NotFoundError("there is no such dead letter", subject=str(number), mend="See shekara dead-letters list")
    typer.echo(f"number   {letter.id}{' (in line to be sent again)' if letter.queued else ''}")
    typer.echo(f"refused  {letter.refused_at.isoformat()}, {letter.refusals} times")
    typer.echo(f"reason   {letter.reason}")
    typer.echo(f"line     {letter.line}")


@dead_letters.command("replay")
def replay_letters(ctx: typer.Context, numbers: Numbers = None, *, every: All = False) -> None:
    """Put them back in line; each leaves this list when the database has confirmed it, and is there once."""
    count = _letters(ctx).replay(_chosen(numbers, every=every))
    where = "sent again by the hub: within seconds when it runs, else when it is started"
    if not ctx.obj.section(InfluxSettings, "influx").enabled:
        where = "kept until [influx] url names a server and the hub runs"
    typer.echo(f"{count} in line, {where}")


@dead_letters.command("drop")
def drop_letters(
    ctx: typer.Context,
    numbers: Numbers = None,
    *,
    every: All = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Give them up for good. The local store keeps the readings as long as its retention says."""
    chosen = _chosen(numbers, every=every)
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigError("wants to be sure", subject="dead-letters drop", mend="Add --yes")
        typer.confirm("Drop them for good?", abort=True)
    typer.echo(f"{_letters(ctx).drop(chosen)} dropped")


def _chosen(numbers: list[int] | None, *, every: bool) -> list[int] | None:
    """The numbers, or None for all of them; naming neither is no choice.

    Raises:
        ConfigError: neither, or both.
    """
    if bool(numbers) == every:
        raise ConfigError("wants numbers, or --all", subject="dead-letters", mend="See shekara dead-letters list")
    return None if every else numbers


def _letters(ctx: typer.Context) -> DeadLetters:
    return DeadLetters(ctx.obj.section(HubSettings, "hub").data_dir, SystemClock())
