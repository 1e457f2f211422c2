"""Looks at the settings, and at everything they point to, before anything is started. Changes nothing but a probe.

Each check answers with findings and never raises: a doctor that falls ill helps nobody.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from msgspec import Struct, structs

from hub.apart import SECTION, check_apart
from hub.config import HubSettings, InfluxSettings, WallsSettings
from hub.doctor.finding import Finding, Level
from hub.doctor.peers import Met, meet_broker, meet_http, meet_influx
from hub.doctor.purpose import check_purpose
from hub.doctor.trials import try_out
from hub.people.accounts import FILE_NAME as ACCOUNTS_FILE
from hub.people.accounts import Accounts
from hub.people.keys import PRIVATE_NAME, PUBLIC_NAME
from hub.reference import find_sections
from sensors.access import Role
from sensors.broker_settings import BrokerSettings
from sensors.clock import SystemClock
from sensors.errors import ShekaraError
from sensors.settings import Settings

LITTLE_SPACE_BYTES = 1 << 30
T = TypeVar("T", bound=Struct)


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Everything, in the order in which it would be needed."""
    return tuple(_examine(settings))


def _examine(settings: Settings) -> Iterator[Finding]:
    sections = find_sections()
    sound: dict[str, Struct] = {}
    for name, type_ in sections.items():
        try:
            sound[name] = settings.section(type_, name)
        except ShekaraError as error:
            yield Finding(f"[{name}]", Level.FAIL, error.what, error.mend)
        else:
            yield Finding(f"[{name}]", Level.OK, "every key is understood")
    yield from check_environment(settings, sections)
    yield from check_secrets(settings)
    hub, broker = sound.get("hub"), sound.get("broker")
    influx = sound.get("influx")
    if isinstance(hub, HubSettings):
        yield from check_purpose(hub, influx if isinstance(influx, InfluxSettings) else None)
        yield from check_data(hub.data_dir)
        yield from check_accounts(hub.data_dir)
        yield _of_http("[hub] port", meet_http(hub.host, hub.port, "/api/v1/session"), hub.port)
    if isinstance(broker, BrokerSettings):
        met = _of_broker(broker, settings)
        yield met
        if met.level is Level.OK and not broker.embedded:
            yield from try_out(*broker.address, settings.secrets.mqtt, Path(broker.store) if broker.store else None)
    if isinstance(influx, InfluxSettings) and influx.enabled:
        yield _of_influx(influx, settings)
    wall = sound.get("wall")
    if wall is not None:
        port = int(getattr(wall, "port", 0))
        yield _of_http("[wall] port", meet_http(str(getattr(wall, "host", "")), port, "/"), port)
        yield check_wall_key(Path(str(getattr(wall, "public_key_file", ""))), hub)
    walls = sound.get("walls")
    if isinstance(walls, WallsSettings) and SECTION in sound:
        yield check_outputs(settings, walls)


def check_environment(settings: Settings, sections: dict[str, type[Struct]]) -> Iterator[Finding]:
    """Variables that look like overrides and override nothing."""
    for name, type_ in sections.items():
        prefix = f"SHEKARA_{name}_".upper()
        known = {f"{prefix}{item.encode_name.upper()}" for item in structs.fields(type_)}
        for variable in sorted(settings.environ):
            if variable.startswith(prefix) and variable not in known:
                yield Finding("environment", Level.WARN, f"{variable} overrides nothing", "See docs/configuration.md")


def check_secrets(settings: Settings) -> Iterator[Finding]:
    """Whether the secrets file is its owner's alone. That it can be read and parsed is known by now."""
    named = settings.environ.get("SHEKARA_SECRETS_FILE") or settings.document.get("secrets", {}).get("file")
    if not named:
        yield Finding("[secrets] file", Level.OK, "no secrets file is named")
        return
    path = Path(settings.source).parent / named
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        yield Finding("[secrets] file", Level.FAIL, f"{path}: {error.strerror}", "Name an existing file")
        return
    if mode & 0o077:
        yield Finding("[secrets] file", Level.FAIL, f"{path} is open to others (mode {mode:o})", f"chmod 600 {path}")
    else:
        yield Finding("[secrets] file", Level.OK, f"{path} is its owner's alone")


def check_data(folder: Path) -> Iterator[Finding]:
    """Whether the data folder takes a file, and the disk confirms it."""
    part = "[hub] data_dir"
    try:
        there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        with tempfile.TemporaryFile(dir=there) as probe:
            probe.write(b"shekara")
            probe.flush()
            os.fsync(probe.fileno())
        free = shutil.disk_usage(there).free
    except OSError as error:
        yield Finding(part, Level.FAIL, f"{folder}: {error.strerror}", "Name a folder that the hub may write to")
        return
    if free < LITTLE_SPACE_BYTES:
        yield Finding(part, Level.WARN, f"{folder}: only {free >> 20} MiB are free", "Make room")
    else:
        yield Finding(part, Level.OK, f"{folder} takes data to the disk; {free >> 30} GiB are free")
    private = folder / "keys" / PRIVATE_NAME
    if private.exists() and private.stat().st_mode & 0o077:
        yield Finding("signing key", Level.FAIL, f"{private} is open to others", f"chmod 600 {private}")


def check_accounts(folder: Path) -> Iterator[Finding]:
    """Whether somebody can sign in and manage the rest."""
    mend = "shekara account set NAME --role administrator"
    if not (folder / ACCOUNTS_FILE).exists():
        yield Finding("accounts", Level.WARN, "there is none yet", mend)
        return
    try:
        roles = [account.role for account in Accounts(folder, SystemClock()).all()]
    except ShekaraError as error:
        yield Finding("accounts", Level.FAIL, error.text, error.mend)
        return
    if Role.ADMINISTRATOR in roles:
        yield Finding("accounts", Level.OK, f"{len(roles)}, an administrator among them")
    else:
        yield Finding("accounts", Level.WARN, "nobody is an administrator", mend)


def check_wall_key(file: Path, hub: Struct | None) -> Finding:
    """Whether a wall of these settings would believe this hub's sign-ins."""
    part = "[wall] public_key_file"
    try:
        text = file.read_bytes()
        key = load_pem_public_key(text)
    except OSError as error:
        return Finding(part, Level.WARN, f"{file}: {error.strerror}", "The hub makes it at its first start; copy it")
    except (ValueError, UnsupportedAlgorithm):
        return Finding(part, Level.FAIL, f"{file} is no public key", "Copy the hub's keys/session.pub")
    if not isinstance(key, Ed25519PublicKey):
        return Finding(part, Level.FAIL, f"{file} is no Ed25519 key", "Copy the hub's keys/session.pub")
    own = hub.data_dir / "keys" / PUBLIC_NAME if isinstance(hub, HubSettings) else file
    if own.exists() and own.read_bytes() != text:
        return Finding(part, Level.FAIL, f"{file} is another hub's key", f"cp {own} {file}")
    return Finding(part, Level.OK, f"{file} is a session key")


def check_outputs(settings: Settings, walls: WallsSettings) -> Finding:
    """Whether the walls of this machine can be sent where they shall go, each to a place of its own."""
    part = f"[{SECTION}] urls"
    names = [name for name, _ in walls.walls]
    try:
        check_apart(settings, names)
    except ShekaraError as error:
        return Finding(part, Level.FAIL, error.what, error.mend)
    return Finding(part, Level.OK, f"every address can be used by {', '.join(names)}")


def _of_http(part: str, met: Met, port: int) -> Finding:
    match met:
        case Met.NOBODY:
            return Finding(part, Level.OK, f"{port} is free" if port else "any free one is taken")
        case Met.OURS:
            return Finding(part, Level.OK, f"{port} is answered already, by Shekara")
        case _:
            return Finding(part, Level.FAIL, f"{port} is taken by something else", f"Stop it, or change {part}")


def _of_broker(broker: BrokerSettings, settings: Settings) -> Finding:
    try:
        host, port = broker.address
    except ShekaraError as error:
        return Finding("broker", Level.FAIL, error.text, error.mend)
    address = f"{host}:{port}"
    match meet_broker(host, port, settings.secrets.mqtt):
        case Met.OURS:
            return Finding("broker", Level.OK, f"{address} accepts us")
        case Met.NOBODY if broker.embedded:
            return Finding("broker", Level.OK, f"{address} is free; the hub starts its own broker there")
        case Met.NOBODY:
            return Finding("broker", Level.FAIL, f"{address} does not answer", "Start it, or correct [broker] url")
        case Met.REFUSES:
            return Finding("broker", Level.FAIL, f"{address} refuses our user and password", "Correct mqtt in secrets")
        case Met.SOMEBODY:
            return Finding("broker", Level.FAIL, f"{address} does not speak MQTT", "Correct [broker]")


def _of_influx(influx: InfluxSettings, settings: Settings) -> Finding:
    trouble = meet_influx(influx, settings.secrets.influx)
    if trouble is None:
        return Finding("[influx]", Level.OK, f"{influx.url} takes points")
    return Finding("[influx]", Level.FAIL, trouble.text, trouble.mend)
