"""From which of this machine's addresses WebRTC is sent."""

import ipaddress

from aioice.ice import get_host_addresses

from sensors.errors import ConfigError


def own_addresses(text: str, host: str) -> tuple[str, ...]:
    """The addresses of a comma list; without one, that of the wall's page, or every one when that listens on all.

    Raises:
        ConfigError: one is no IP address.
    """
    listed = tuple(word for part in text.split(",") if (word := part.strip()))
    if listed:
        return tuple(_checked(word) for word in listed)
    if host == "localhost":
        return ("127.0.0.1",)
    try:
        address = ipaddress.ip_address(host or "::")
    except ValueError:
        return _all()
    return _all() if address.is_unspecified else (str(address),)


def _all() -> tuple[str, ...]:
    return tuple(get_host_addresses(use_ipv4=True, use_ipv6=True))


def _checked(word: str) -> str:
    try:
        return str(ipaddress.ip_address(word))
    except ValueError as error:
        mend = "Give [outputs] webrtc_addresses, the addresses of this machine that viewers reach"
        raise ConfigError("not an IP address that WebRTC could be sent from", subject=word[:63], mend=mend) from error
