"""What an RTSP service on the network amounts to: a device to propose. Pure; every word of it is a stranger's."""

from collections.abc import Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from urllib.parse import quote

from msgspec import Struct

from sensors.catalog import CAMERA, EquipmentClass
from sensors.identity import UNASSIGNED, device_id, identity_mark
from sensors.model import Birth, DeviceKey, Names, Stream, StreamRole

_PATH_LETTERS = 300
_SHOWN_LETTERS = 100


class Service(Struct, frozen=True):
    """A DNS-SD service as it was resolved. `instance` is its name without its type."""

    instance: str
    addresses: tuple[str, ...]
    port: int
    properties: Mapping[bytes, bytes | None]


def camera_of(
    service: Service, *, on_loopback: bool = False, stream: str | None = None
) -> tuple[DeviceKey, Birth] | str:
    """The camera that a service announces, or why it is none.

    Its id comes from its MAC address where it says that, else from its name: it keeps both when its address changes.
    `on_loopback`: whether this machine's own addresses may be meant. `stream`: where its maker has the stream, as
    port and path, when the service is another one than RTSP.
    """
    mac = _mac(service.properties)
    host = _reachable(service.addresses, on_loopback=on_loopback)
    if host is None:
        return "it has no address that could be a camera's"
    if not 0 < service.port < 65_536:
        return "it has no port"
    shown = "".join(letter if letter.isprintable() else " " for letter in service.instance).strip()[:_SHOWN_LETTERS]
    place = f":{service.port}{_path(service.properties)}" if stream is None else stream
    birth = Birth(
        kind=CAMERA,
        names=Names(en=shown or "Camera"),
        equipment_class=EquipmentClass.SURVEILLANCE.value,
        streams=(Stream(StreamRole.MAIN, f"rtsp://{host}{place}"),),
        identities=(mac,) if mac else (),
    )
    return DeviceKey(UNASSIGNED, device_id(service.instance, mac or service.instance)), birth


def _reachable(addresses: Sequence[str], *, on_loopback: bool) -> str | None:
    """The first address worth trying, IPv4 before IPv6, as a URL has it."""
    parsed: list[IPv4Address | IPv6Address] = []
    for text in addresses:
        try:
            parsed.append(ip_address(text))
        except (AddressValueError, ValueError):
            continue
    for address in sorted(parsed, key=lambda each: each.version):
        foreign = address.is_multicast or address.is_unspecified or (address.is_loopback and not on_loopback)
        needs_interface = address.version == 6 and address.is_link_local
        if not (foreign or needs_interface):
            return f"[{address}]" if address.version == 6 else str(address)
    return None


def _mac(properties: Mapping[bytes, bytes | None]) -> str:
    """The TXT record's MAC address, in the one spelling of identities; empty when there is none."""
    given = next((value for name, value in properties.items() if name.lower() == b"macaddress" and value), b"")
    mark = identity_mark(given.decode("ascii", "replace"))
    return mark if mark.startswith("mac:") else ""


def _path(properties: Mapping[bytes, bytes | None]) -> str:
    """The TXT record's path, in letters that a URL may have; empty when there is none that makes sense."""
    given = next((value for name, value in properties.items() if name.lower() == b"path" and value), b"")
    try:
        text = given.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    written = quote(text.strip(), safe="/?&=;:,.~_-%+")[:_PATH_LETTERS]
    return written if written.startswith("/") or not written else f"/{written}"
