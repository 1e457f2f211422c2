"""Passwords and tokens, from one file and the environment; never from births, plans or the settings file.

The file is TOML:

    [mqtt]
    user = "hub"
    password = "…"
    [influx]                     # a token, or user and password for InfluxDB 1.x
    token = "…"
    [cameras."kordai"]           # every camera of a site
    user = "viewer"
    password = "…"
    [cameras."kordai/cam-gate"]  # one camera, before its site's
    user = "viewer"
    password = "…"
    [hub]                        # an account, for simulated portals that upload their files
    user = "portals"
    password = "…"
    [outputs."media.local:8554"] # where a wall is sent, by host:port or host
    user = "wall"
    password = "…"

`SHEKARA_SECRET_MQTT_USER`, `SHEKARA_SECRET_MQTT_PASSWORD`, `SHEKARA_SECRET_INFLUX_TOKEN`,
`SHEKARA_SECRET_INFLUX_USER` and `SHEKARA_SECRET_INFLUX_PASSWORD` override it.
"""

import tomllib
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from sensors.errors import ConfigError
from sensors.model import DeviceKey
from sensors.rtsp.authentication import Credentials

_FROM_ENVIRONMENT = (
    ("mqtt", "user"),
    ("mqtt", "password"),
    ("influx", "token"),
    ("influx", "user"),
    ("influx", "password"),
)


class SecretsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Section [secrets]: where they are, never what they are."""

    file: Annotated[str, Meta(description="TOML file of passwords and tokens, relative to this one; empty: none")] = ""


class InfluxSecrets(Struct, frozen=True, forbid_unknown_fields=True):
    """How to sign in at an InfluxDB: with a token (2 and 3), or with user and password (1.x). All empty: not at all."""

    token: str = ""
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return "InfluxSecrets(…)"


class Secrets(Struct, frozen=True, forbid_unknown_fields=True):
    """What was in the file, the environment applied. Its repr shows no secret."""

    mqtt: Credentials | None = None
    influx: InfluxSecrets = field(default_factory=InfluxSecrets)
    cameras: dict[str, Credentials] = field(default_factory=dict)
    outputs: dict[str, Credentials] = field(default_factory=dict)
    hub: Credentials | None = None

    def camera(self, key: DeviceKey) -> Credentials | None:
        """The credentials of one camera, or of its site, or none."""
        return self.cameras.get(str(key)) or self.cameras.get(key.site)

    def __repr__(self) -> str:
        return f"Secrets(cameras={sorted(self.cameras)})"


def parse_secrets(text: bytes, environ: Mapping[str, str], source: str) -> Secrets:
    """The secrets in a file's bytes (empty when there is no file).

    Raises:
        ConfigError: it is not TOML of this shape; the message names keys, never values.
    """
    try:
        document: dict[str, Any] = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("not a TOML file in UTF-8", subject=source, mend="Check it line by line") from error
    for section, key in _FROM_ENVIRONMENT:
        value = environ.get(f"SHEKARA_SECRET_{section}_{key}".upper())
        if value is not None and isinstance(document.setdefault(section, {}), dict):
            document[section][key] = value
    try:
        return msgspec.convert(document, Secrets)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error), subject=source, mend="See docs/configuration.md, secrets") from error
