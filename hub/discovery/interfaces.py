"""This machine's own addresses: from which of them is searched, and which strangers are neighbours."""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_interface
from typing import NamedTuple

import psutil

from sensors.errors import ConfigError

MAX_INTERFACES = 16


class Interface(NamedTuple):
    """One address of this machine. `card` numbers its network card, as multicast over IPv6 wants it."""

    address: IPv4Address | IPv6Address
    network: IPv4Network | IPv6Network
    card: int


def own_interfaces(chosen: Sequence[str] = ()) -> tuple[Interface, ...]:
    """Where to search from: the chosen addresses, or all but loopback; of IPv6 the link-local ones.

    Raises:
        ConfigError: a chosen address is none of this machine's.
    """
    everything = [each for each in _all() if not chosen or str(each.address) in chosen]
    if missing := set(chosen) - {str(each.address) for each in everything}:
        raise ConfigError(
            f"not an address of this machine: {', '.join(sorted(missing))}",
            subject="[discovery] interfaces",
            mend="Name addresses that this machine has, or none",
        )
    wanted = [each for each in everything if chosen or _is_searched(each)]
    return tuple(wanted[:MAX_INTERFACES])


def _is_searched(interface: Interface) -> bool:
    address = interface.address
    return not address.is_loopback and (address.version == 4 or address.is_link_local)


def _all() -> list[Interface]:
    statistics = psutil.net_if_stats()
    found: list[Interface] = []
    for name, entries in psutil.net_if_addrs().items():
        if name in statistics and not statistics[name].isup:
            continue
        for entry in entries:
            if entry.family in (socket.AF_INET, socket.AF_INET6) and entry.netmask:
                text = entry.address.partition("%")[0]
                mask = entry.netmask if entry.family == socket.AF_INET else _prefix(entry.netmask)
                parsed = ip_interface(f"{text}/{mask}")
                found.append(Interface(parsed.ip, parsed.network, socket.if_nametoindex(name)))
    return found


def _prefix(netmask: str) -> int:
    return int(IPv6Address(netmask)).bit_count()
