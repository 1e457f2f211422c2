"""Where the embedded broker listens, and whether it may: asked by the hub before it starts the broker's process."""

import socket

from sensors.broker_settings import BrokerSettings
from sensors.errors import ConfigError, UnavailableError
from sensors.rtsp.authentication import Credentials

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def listen(settings: BrokerSettings) -> socket.socket:
    """The broker's listening socket.

    Raises:
        UnavailableError: the port is in use, or the address is not this machine's.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise UnavailableError(
            f"the embedded broker cannot listen there: {error.strerror or error}",
            subject=f"{settings.host}:{settings.port}",
            mend="Stop what uses the port, set [broker] port, or name that broker in [broker] url",
        ) from error
    return listener


def check_access(settings: BrokerSettings, credentials: Credentials | None) -> None:
    """Refuse an embedded broker that would be open to the network.

    Raises:
        ConfigError: it listens beyond this machine, and no user and password are set.
    """
    if credentials is None and settings.host not in _LOOPBACK:
        raise ConfigError(
            "would let anybody on the network in",
            subject=f"[broker] host {settings.host}",
            mend="Set [mqtt] user and password in the secrets file, or listen on 127.0.0.1",
        )
