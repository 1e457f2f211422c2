"""Section [broker]: which MQTT broker the hub, the walls and the simulators meet at."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from sensors.errors import ConfigError


class BrokerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The named broker, or the embedded one when `url` is empty."""

    url: Annotated[str, Meta(description="mqtt://host:port of a broker; empty: the hub starts an embedded one")] = ""
    host: Annotated[str, Meta(description="address the embedded broker listens on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535, description="port the embedded broker listens on")] = 1883
    store: Annotated[
        str,
        Meta(
            description="folder where a mosquitto on this machine keeps what it remembers, for `shekara doctor` to see"
            " whether it writes it down; empty: not looked at"
        ),
    ] = ""
    client_keepalive_s: Annotated[
        int, Meta(ge=5, le=3600, description="MQTT keep-alive of our own clients, in seconds")
    ] = 20

    @property
    def embedded(self) -> bool:
        """Whether the hub starts a broker of its own."""
        return not self.url

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that clients connect to.

        Raises:
            ConfigError: the URL is not mqtt://host[:port].
        """
        if self.embedded:
            return self.host, self.port
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port or 1883
        except ValueError as error:
            raise ConfigError(str(error), subject="[broker] url", mend="Write mqtt://host:port") from error
        if parts.scheme != "mqtt" or not host or parts.username or parts.password:
            raise ConfigError(
                "not an address of the form mqtt://host:port",
                subject="[broker] url",
                mend="Write mqtt://host:port; user and password belong in the secrets file",
            )
        return host, port
