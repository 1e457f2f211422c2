"""The foreign WS-Discovery (PyPI `wsdiscovery`) kept to loopback, for processes that have nothing else in them."""

import socket
from ipaddress import ip_address
from typing import Any, Final

_IP_MULTICAST_ALL: Final = 49
"""Of Linux (ip(7)); the socket module does not name it."""


def keep_to_loopback() -> Any:
    """Have the library see no other interface; the type that ONVIF cameras have, in its words."""
    # Not above: the test process itself does without its threads. It has no types.
    from wsdiscovery import QName, threaded  # type: ignore[import-untyped]  # noqa: PLC0415

    loopback = ip_address("127.0.0.1")
    threaded._getNetworkAddrs = lambda version: [loopback] if version == socket.AF_INET else []
    threaded.NetworkingThreadIPv6.start = _refuse
    create = threaded.NetworkingThread._createMulticastInSocket

    def create_deaf(self: object, *arguments: object) -> socket.socket:
        """Linux hands a socket the groups that others on this machine have joined on other interfaces, too."""
        made: socket.socket = create(self, *arguments)
        made.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
        return made

    threaded.NetworkingThread._createMulticastInSocket = create_deaf
    return QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")


def _refuse(_: object) -> None:
    message = "loopback alone"
    raise OSError(message)
