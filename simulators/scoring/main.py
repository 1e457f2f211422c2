"""`shekara score` and `shekara record`: what a run's truth and the system's words say of each other."""

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from hub.client import HubClient
from sensors.clock import SystemClock
from sensors.errors import ConfigError
from sensors.model import Language
from sensors.settings import Settings
from simulators.scoring.page import page_of
from simulators.scoring.recorder import record as record_run
from simulators.scoring.score import Score, score_run
from simulators.scoring.table import table_of
from simulators.truth import read_heard, read_run, read_truth

SCORE, PAGE = "score.json", "score.html"
TOKEN = "SHEKARA_TOKEN"  # noqa: S105 - the name of the variable, not a token
_MAX_TOKEN_BYTES = 8192
score = typer.Typer(add_completion=False)
record = typer.Typer(add_completion=False)


@score.command("score")
def run_score(
    run: Annotated[Path, typer.Argument(help="The folder of a run: run.json, truth.jsonl and heard.jsonl.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the score as JSON instead of a table.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 unless everything held.")] = False,
    language: Annotated[Language, typer.Option(help="Language of the table and the report.")] = Language.EN,
) -> None:
    """Score a run: a table here, and score.json and score.html in its folder."""
    scored = score_run(read_run(run), read_truth(run), read_heard(run))
    text = msgspec.json.format(msgspec.json.encode(scored.score), indent=2) + b"\n"
    _write(run / SCORE, text)
    _write(run / PAGE, page_of(scored, language).encode())
    sys.stdout.write(text.decode() if as_json else table_of(scored.score, language))
    raise typer.Exit(_exit_code(scored.score, strict=strict))


@record.command("record")
def run_record(
    ctx: typer.Context,
    run: Annotated[Path, typer.Argument(help="The folder of the run; heard.jsonl is written there.")],
    *,
    hub: Annotated[str, typer.Option(help="Address of the hub.")] = "http://127.0.0.1:8460",
    token_file: Annotated[Path | None, typer.Option(help=f"File with a session token; else {TOKEN}.")] = None,
) -> None:
    """Write down what a hub says of its posts, to be scored, until a signal."""
    settings: Settings = ctx.obj
    token = _read_token(token_file) if token_file else settings.environ.get(TOKEN, "")
    if not token:
        raise ConfigError("no session token", subject="shekara record", mend=f"Name --token-file, or set {TOKEN}")
    asyncio.run(_record(hub, token, run))


async def _record(hub: str, token: str, folder: Path) -> None:
    async with HubClient(hub, token) as client:
        recording = asyncio.ensure_future(record_run(client, folder, SystemClock()))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, recording.cancel)
        with suppress(asyncio.CancelledError):
            await recording


def _read_token(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_TOKEN_BYTES).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("cannot be read", subject=str(path), mend="Name a file with a session token") from error


def _exit_code(scored: Score, *, strict: bool) -> int:
    return 1 if strict and not scored.holds else 0


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigError(
            f"cannot be written: {error.strerror}", subject=str(path), mend="Make the run's folder writable"
        ) from error
