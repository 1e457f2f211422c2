"""`shekara export`: what was measured, as a file; a running hub goes on beside it."""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from hub.config import HubSettings
from hub.export.formats import Format, What
from hub.export.formats import export as write_export
from hub.export.selection import Selection, is_exercise
from hub.storage import readings
from sensors.errors import ConfigError, NotFoundError, UnavailableError
from sensors.settings import Settings

export = typer.Typer()
_TIMES = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]


@export.command("export")
def run_export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write; it appears whole, or not at all.")],
    form: Annotated[Format | None, typer.Option("--format", help="By the file's name where nothing is said.")] = None,
    what: Annotated[What, typer.Option(help="Readings, windows of a tier, or devices (GeoJSON only).")] = What.READINGS,
    since: Annotated[
        datetime | None, typer.Option(formats=_TIMES, help="From this time on; UTC without a zone.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=_TIMES, help="Before this time.")] = None,
    site: Annotated[str | None, typer.Option(help="Only this site.")] = None,
    device: Annotated[str | None, typer.Option(help="Only devices of this id.")] = None,
    metric: Annotated[str | None, typer.Option(help="Only this metric.")] = None,
) -> None:
    """Write readings, their summaries or devices into a CSV, Parquet or GeoJSON file."""
    settings: Settings = ctx.obj
    data_dir = settings.section(HubSettings, "hub").data_dir
    if not (data_dir / readings.FILE_NAME).is_file():
        raise NotFoundError("holds no readings", subject=f"[hub] data_dir {data_dir}", mend="Name the hub's settings")
    selection = _selection(since, until, site, device, metric)
    written = write_whole(file, write_export(data_dir, form or _form_of(file), what, selection))
    typer.echo(f"{file}: {written} bytes{', EXERCISE' if is_exercise(data_dir) else ''}")


def write_whole(path: Path, chunks: Iterator[bytes]) -> int:
    """Write a file that appears under its name only when it is whole and on the disk; its size.

    Raises:
        UnavailableError: it cannot be written; what was there before stays.
    """
    written = 0
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            unfinished = Path(folder) / path.name
            with unfinished.open("wb") as file:
                for chunk in chunks:
                    written += file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
    except OSError as error:
        raise UnavailableError(
            f"cannot be written: {error.strerror}", subject=str(path), mend="Name a file in a writable folder"
        ) from error
    return written


def _form_of(file: Path) -> Format:
    try:
        return Format(file.suffix.removeprefix(".").lower())
    except ValueError:
        raise ConfigError(
            "its name says no format", subject=str(file), mend=f"Say --format {', '.join(Format)}"
        ) from None


def _selection(
    since: datetime | None, until: datetime | None, site: str | None, device: str | None, metric: str | None
) -> Selection:
    asked = {"since": _utc(since), "until": _utc(until), "site": site, "device": device, "metric": metric}
    try:
        return msgspec.convert(asked, Selection)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error), subject="shekara export", mend="See shekara export --help") from error


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
