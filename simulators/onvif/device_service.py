"""The device service: what the camera is, what it can do, and what time it has."""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from simulators.onvif.envelope import DEVICE, MEDIA, MEDIA2, PTZ, Refusal, Request
from simulators.onvif.subject import DEVICE_PATH, MEDIA2_PATH, MEDIA_PATH, PTZ_PATH, Address, Subject

OPEN: Final = frozenset(
    {"GetSystemDateAndTime", "GetCapabilities", "GetServices", "GetServiceCapabilities", "GetEndpointReference"}
)
"""Asked before anybody signs in (ONVIF Core, access class PRE_AUTH)."""
_SCOPE = "onvif://www.onvif.org/"
_VERSION = "<tt:Major>2</tt:Major><tt:Minor>60</tt:Minor>"


def scopes_of(subject: Subject) -> tuple[str, ...]:
    """What a camera says of itself to those who search for some only."""
    plate = subject.plate
    said = ["type/video_encoder", "Profile/Streaming", f"name/{quote(subject.name)}", f"hardware/{quote(plate.model)}"]
    said += [f"MAC/{plate.mac}", *(["type/ptz"] if subject.turns else [])]
    return tuple(_SCOPE + scope for scope in said)


def _date_and_time(subject: Subject, _: Request, __: Address) -> str:
    now = subject.clock.now()
    moment = (
        f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
        f"</tt:Time><tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
        "</tt:Date>"
    )
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
        "<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone>"
        f"<tt:UTCDateTime>{moment}</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def _information(subject: Subject, _: Request, __: Address) -> str:
    plate = subject.plate
    return (
        f"<tds:GetDeviceInformationResponse><tds:Manufacturer>{escape(plate.maker)}</tds:Manufacturer>"
        f"<tds:Model>{escape(plate.model)}</tds:Model><tds:FirmwareVersion>{plate.firmware}</tds:FirmwareVersion>"
        f"<tds:SerialNumber>{escape(plate.serial)}</tds:SerialNumber><tds:HardwareId>{escape(plate.model)}"
        "</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )


def _capabilities(subject: Subject, request: Request, address: Address) -> str | Refusal:
    wanted = request.argument("Category") or "All"
    said = {
        "Device": f"<tt:Device><tt:XAddr>{address.url(DEVICE_PATH)}</tt:XAddr></tt:Device>",
        "Media": f"<tt:Media><tt:XAddr>{address.url(MEDIA_PATH)}</tt:XAddr><tt:StreamingCapabilities>"
        "<tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP>"
        "</tt:StreamingCapabilities></tt:Media>",
    }
    if subject.turns:
        said["PTZ"] = f"<tt:PTZ><tt:XAddr>{address.url(PTZ_PATH)}</tt:XAddr></tt:PTZ>"
    if wanted != "All" and wanted not in said:
        return Refusal("Receiver", ("ActionNotSupported", "NoSuchService"), "no such service")
    chosen = "".join(words for name, words in said.items() if wanted in ("All", name))
    return f"<tds:GetCapabilitiesResponse><tds:Capabilities>{chosen}</tds:Capabilities></tds:GetCapabilitiesResponse>"


def _services(subject: Subject, _: Request, address: Address) -> str:
    offered = [(DEVICE, DEVICE_PATH), (MEDIA, MEDIA_PATH), (MEDIA2, MEDIA2_PATH)]
    offered += [(PTZ, PTZ_PATH)] if subject.turns else []
    services = "".join(
        f"<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{address.url(path)}</tds:XAddr>"
        f"<tds:Version>{_VERSION}</tds:Version></tds:Service>"
        for namespace, path in offered
    )
    return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"


def _service_capabilities(_: Subject, __: Request, ___: Address) -> str:
    return (
        "<tds:GetServiceCapabilitiesResponse><tds:Capabilities><tds:Network/>"
        '<tds:Security UsernameToken="true" HttpDigest="true"/>'
        '<tds:System DiscoveryResolve="true" DiscoveryBye="true"/>'
        "</tds:Capabilities></tds:GetServiceCapabilitiesResponse>"
    )


def _endpoint(subject: Subject, _: Request, __: Address) -> str:
    return (
        f"<tds:GetEndpointReferenceResponse><tds:GUID>{subject.plate.urn.removeprefix('urn:uuid:')}</tds:GUID>"
        "</tds:GetEndpointReferenceResponse>"
    )


def _scopes(subject: Subject, _: Request, __: Address) -> str:
    said = "".join(
        f"<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>{escape(scope)}</tt:ScopeItem></tds:Scopes>"
        for scope in scopes_of(subject)
    )
    return f"<tds:GetScopesResponse>{said}</tds:GetScopesResponse>"


def _interfaces(subject: Subject, _: Request, address: Address) -> str:
    ours = f"<tt:Address>{escape(address.host)}</tt:Address><tt:PrefixLength>24</tt:PrefixLength>"
    ipv4 = (
        ""
        if ":" in address.host
        else (
            "<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config>"
            f"<tt:Manual>{ours}</tt:Manual><tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4>"
        )
    )
    return (
        '<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info>'
        f"<tt:Name>eth0</tt:Name><tt:HwAddress>{subject.plate.mac}</tt:HwAddress></tt:Info>{ipv4}"
        "</tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>"
    )


DEVICE_OPERATIONS: Final[dict[str, Callable[[Subject, Request, Address], str | Refusal]]] = {
    "GetSystemDateAndTime": _date_and_time,
    "GetDeviceInformation": _information,
    "GetCapabilities": _capabilities,
    "GetServices": _services,
    "GetServiceCapabilities": _service_capabilities,
    "GetEndpointReference": _endpoint,
    "GetScopes": _scopes,
    "GetNetworkInterfaces": _interfaces,
}
