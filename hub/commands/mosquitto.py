"""`shekara mosquitto-config`: the broker's configuration, printed or written."""

import os
from pathlib import Path
from typing import Annotated

import typer

from hub.brokers.mosquitto import (
    ACCESS,
    CONFIGURATION,
    DEFAULT_STORE,
    PASSWORDS,
    Place,
    write_access_list,
    write_configuration,
    write_password_line,
)
from sensors.broker_settings import BrokerSettings
from sensors.errors import ConfigError
from sensors.rtsp.authentication import Credentials
from sensors.settings import Settings

mosquitto_config = typer.Typer()


@mosquitto_config.command("mosquitto-config")
def run_mosquitto_config(
    ctx: typer.Context,
    folder: Annotated[
        Path | None, typer.Option(help="Write mosquitto.conf, and its passwords and access list, into this folder.")
    ] = None,
    store: Annotated[Path, typer.Option(help="Where mosquitto keeps what it has to remember.")] = DEFAULT_STORE,
) -> None:
    """Make the configuration of a mosquitto that loses nothing it need not lose, from [broker] and the secrets."""
    settings: Settings = ctx.obj
    broker, credentials = settings.section(BrokerSettings, "broker"), settings.secrets.mqtt
    place = Place(store=store) if folder is None else Place(folder.absolute(), store)
    text = write_configuration(broker, credentials, place)
    if folder is None:
        typer.echo(text, nl=False)
        return
    for name in write_files(text, credentials, place):
        typer.echo(place.folder / name)


def write_files(configuration: str, credentials: Credentials | None, place: Place) -> list[str]:
    """Write what there is to write, and name it. Passwords of others in the password file stay.

    Raises:
        ConfigError: the folder does not take files.
    """
    written = {CONFIGURATION: configuration}
    try:
        place.folder.mkdir(parents=True, exist_ok=True)
        if credentials is not None:
            file = place.folder / PASSWORDS
            others = file.read_text("utf-8").splitlines(keepends=True) if file.exists() else []
            kept = [line for line in others if not line.startswith(f"{credentials.user}:")]
            written |= {ACCESS: write_access_list(credentials), PASSWORDS: write_password_line(credentials)}
            written[PASSWORDS] += "".join(kept)
        for name, text in written.items():
            _write(place.folder / name, text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot be written: {error}", subject=str(place.folder), mend="Name a folder that you may write to"
        ) from error
    return [*written]


def _write(file: Path, text: str) -> None:
    """Whole or not at all; its owner's alone, before the first byte is in it."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    fresh.replace(file)
