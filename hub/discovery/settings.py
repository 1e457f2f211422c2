"""Section [discovery] of shekara.toml: how the hub looks for cameras. Their passwords are secrets."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Struct

from sensors.errors import ConfigError
from sensors.identity import UNASSIGNED
from sensors.model import Ident, SiteId

MAX_ASKED = 4_096
"""Addresses that are asked one by one, of all ranges together."""


class DiscoverySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How cameras are looked for, beside mDNS ([hub] mdns). What is found waits for a technician."""

    onvif: Annotated[bool, Meta(description="look for ONVIF cameras by WS-Discovery")] = True
    interfaces: Annotated[
        str, Meta(max_length=2_000, description="addresses of this machine to search from, with commas; empty: all")
    ] = ""
    ranges: Annotated[
        str,
        Meta(
            max_length=10_000,
            description="IPv4 networks whose every address is asked by itself, each with the post its cameras stand "
            "at: 10.1.2.0/24=kordai, 10.1.3.0/26=",
        ),
    ] = ""
    every_s: Annotated[float, Meta(ge=10, le=86_400, description="pause between two searches, in seconds")] = 300.0
    asks_per_s: Annotated[float, Meta(gt=0, le=500, description="most addresses of ranges asked in a second")] = 50.0
    streams: Annotated[bool, Meta(description="ask cameras to describe their streams, and show the answer")] = True


class Range(NamedTuple):
    """A network to ask, and the post its cameras belong to."""

    network: IPv4Network
    site: SiteId


class Ranges(tuple[Range, ...]):
    """The listed networks."""

    __slots__ = ()

    def hosts(self) -> Iterator[IPv4Address]:
        """Every address to ask, once."""
        seen: set[IPv4Address] = set()
        for each in self:
            for host in each.network.hosts():
                if host not in seen:
                    seen.add(host)
                    yield host

    def covers(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether the operator has listed this address."""
        return any(address in each.network for each in self)

    def site_of(self, address: str) -> SiteId:
        """The post of a camera that answers from this address; the narrowest network decides."""
        parsed = ip_address(address)
        containing = [each for each in self if parsed in each.network]
        return max(containing, key=lambda each: each.network.prefixlen).site if containing else UNASSIGNED


def parse_interfaces(settings: DiscoverySettings) -> tuple[str, ...]:
    """The addresses to search from.

    Raises:
        ConfigError: one of them is no address.
    """
    return tuple(str(_address(text)) for text in _words(settings.interfaces))


def parse_ranges(settings: DiscoverySettings) -> Ranges:
    """The networks to ask.

    Raises:
        ConfigError: one of them is no IPv4 network, its post no id, or all together have too many addresses.
    """
    ranges = Ranges(_range(text) for text in _words(settings.ranges))
    if (total := sum(each.network.num_addresses for each in ranges)) > MAX_ASKED:
        raise ConfigError(
            f"hold {total} addresses, more than {MAX_ASKED}", subject="[discovery] ranges", mend="List smaller networks"
        )
    return ranges


def _range(text: str) -> Range:
    network, _, site = (part.strip() for part in text.partition("="))
    try:
        parsed = ip_network(network)
        site_id = SiteId(str(msgspec.convert(site, Ident))) if site else UNASSIGNED
    except ValueError as error:
        raise ConfigError(str(error), subject=f"[discovery] ranges, {text[:60]}", mend="10.1.2.0/24=kordai") from error
    if not isinstance(parsed, IPv4Network):
        raise ConfigError("is not IPv4", subject=f"[discovery] ranges, {text[:60]}", mend="IPv6 is asked by multicast")
    return Range(parsed, site_id)


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise ConfigError(
            str(error), subject="[discovery] interfaces", mend="List addresses of this machine"
        ) from error


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
