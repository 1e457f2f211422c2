"""The one command, `shekara`: finds the subcommands that each folder registers, and hands them their settings.

Subcommands are entry points of the group `shekara.commands`, loaded only when they are run, so that the console
starts without loading the video libraries. A `ShekaraError` ends here: one line on stderr and its kind's exit code.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import MutableMapping
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from typer.core import TyperGroup

from sensors.errors import ConfigError, ShekaraError
from sensors.secrets import Secrets, parse_secrets
from sensors.settings import Settings, parse_document

GROUP = "shekara.commands"
DEFAULT_CONFIG = Path("shekara.toml")
PARENT_PIPE = "SHEKARA_PARENT_PIPE"
"""Set by whoever supervises this process: end when standard input is closed, because the parent has died."""


class _Commands(TyperGroup):
    """Subcommands by entry point."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names, sorted."""
        del ctx
        return sorted(point.name for point in entry_points(group=GROUP))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, loaded now; None when there is none."""
        del ctx
        found: tuple[EntryPoint, ...] = tuple(entry_points(group=GROUP, name=cmd_name))
        if not found:
            return None
        command = typer.main.get_command(found[0].load())
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def shekara(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(envvar="SHEKARA_CONFIG", help="Settings file; shekara.toml of this directory when it exists."),
    ] = None,
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what is normal too.")] = False,
) -> None:
    """Real-time video wall and sensor monitoring for a border Situation Center."""
    ctx.obj = settings = read_settings(config)
    exercise = False
    with suppress(ConfigError):  # whoever needs that setting says what is wrong with it
        exercise = settings.exercise
    configure_logging(logging.DEBUG if verbose else logging.INFO, exercise=exercise)


def read_settings(config: Path | None) -> Settings:
    """The settings of this run, from a file (or the default one, or none), its secrets file, and the environment.

    Raises:
        ConfigError: a named file cannot be read, or does not parse.
    """
    path = config or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)
    source = str(path or "(no settings file)")
    document = parse_document(_read(path), source) if path else {}
    secrets_file = os.environ.get("SHEKARA_SECRETS_FILE") or document.get("secrets", {}).get("file")
    if not secrets_file:
        return Settings(source, document, dict(os.environ), parse_secrets(b"", os.environ, "environment"))
    secrets_path = Path(secrets_file) if not path else path.parent / secrets_file
    return Settings(source, document, dict(os.environ), _secrets(secrets_path), secrets_path)


def configure_logging(level: int, *, exercise: bool = False) -> None:
    """Structured lines to stderr, each marked when it is of an exercise; standard output is for data."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            *([_mark_exercise] if exercise else []),
            structlog.dev.ConsoleRenderer(colors=False) if sys.stderr.isatty() else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")


def _mark_exercise(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    del logger, method
    line["exercise"] = True
    return line


def main() -> None:
    """Run `shekara` and turn its outcome into an exit code."""
    if os.environ.get(PARENT_PIPE):
        threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    try:
        app()
    except ShekaraError as error:
        sys.stderr.write(f"shekara: {error.text}\n")
        sys.exit(error.consequence.exit_code)


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", subject=str(path), mend="Name an existing, readable file with --config"
        ) from error


def _secrets(path: Path) -> Secrets:
    return parse_secrets(_read(path), os.environ, str(path))


if __name__ == "__main__":
    main()
