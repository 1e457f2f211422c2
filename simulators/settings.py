"""Section [simulators]: what simulated posts do besides speaking to the broker of [broker]."""

import re
from typing import Annotated

from msgspec import Meta, Struct

from sensors.errors import ConfigError

_ADDRESS = re.compile(r"https?://[^/?#@\s]+/?")


class SimulatorSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where files of simulated radiation portals go. See docs/scenarios.md, other dialects."""

    hub: Annotated[
        str,
        Meta(
            description="http://host:port of a hub that portals with dialect n42 upload their files to, signed in as "
            "[hub] of the secrets says; empty: their files go by MQTT"
        ),
    ] = ""
    n42_folder: Annotated[
        str, Meta(description="folder in which the newest 10,000 of their files are kept as well; empty: none")
    ] = ""

    @property
    def hub_url(self) -> str:
        """The address, without a slash at its end; empty for none.

        Raises:
            ConfigError: it is not one.
        """
        if self.hub and not _ADDRESS.fullmatch(self.hub):
            raise ConfigError(
                "not an address of the form http://host:port",
                subject="[simulators] hub",
                mend="User and password belong in the secrets file",
            )
        return self.hub.rstrip("/")
