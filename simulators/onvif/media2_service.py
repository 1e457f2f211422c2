"""The second media service, which knows H.265 by name: the same profiles, streams and snapshots as the first."""

from collections.abc import Callable
from typing import Final
from xml.sax.saxutils import escape

from sensors.model import StreamRole
from simulators.onvif.envelope import Refusal, Request
from simulators.onvif.media_service import NOWHERE, SOURCE, role_named, role_of, snapshot_url
from simulators.onvif.ptz_service import CONFIGURATION
from simulators.onvif.subject import Address, Subject

_PROTOCOLS = frozenset({"RtspUnicast", "RTSP"})
"""RTP by UDP, and inside the RTSP connection."""
_ENCODER = "encoder-"


def _encoder(subject: Subject, role: StreamRole, element: str) -> str:
    shown = subject.rig.broadcasts[role].format
    return (
        f'<tr2:{element} token="{_ENCODER}{role}" GovLength="{shown.key_every}" Profile="Main">'
        f"<tt:Name>{role}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{shown.codec.upper()}</tt:Encoding>"
        f"<tt:Resolution><tt:Width>{shown.width}</tt:Width><tt:Height>{shown.height}</tt:Height></tt:Resolution>"
        f'<tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>{shown.fps}</tt:FrameRateLimit>'
        f"<tt:BitrateLimit>{shown.bit_rate // 1000}</tt:BitrateLimit></tt:RateControl>{NOWHERE}"
        f"<tt:Quality>5</tt:Quality></tr2:{element}>"
    )


def _source(subject: Subject, role: StreamRole) -> str:
    shown = subject.rig.broadcasts[role].format
    return (
        f'<tr2:VideoSource token="source"><tt:Name>source</tt:Name><tt:UseCount>{len(subject.rig.broadcasts)}'
        f"</tt:UseCount><tt:SourceToken>{SOURCE}</tt:SourceToken>"
        f'<tt:Bounds x="0" y="0" width="{shown.width}" height="{shown.height}"/></tr2:VideoSource>'
    )


def _profile(subject: Subject, role: StreamRole, types: frozenset[str]) -> str:
    """A profile with those of its parts that are asked for; without any, its name alone."""
    parts = {"VideoSource": _source(subject, role), "VideoEncoder": _encoder(subject, role, "VideoEncoder")}
    if subject.turns:
        parts["PTZ"] = CONFIGURATION.format(element="tr2:PTZ")
    chosen = "".join(part for name, part in parts.items() if types & {"All", name})
    configurations = f"<tr2:Configurations>{chosen}</tr2:Configurations>" if types else ""
    return f'<tr2:Profiles token="{role}" fixed="true"><tr2:Name>{role}</tr2:Name>{configurations}</tr2:Profiles>'


def _profiles(subject: Subject, request: Request, _: Address) -> str | Refusal:
    token, roles = request.argument("Token"), tuple(subject.rig.broadcasts)
    if token is not None:
        role = role_named(subject, token)
        if isinstance(role, Refusal):
            return role
        roles = (role,)
    said = "".join(_profile(subject, role, request.arguments("Type")) for role in roles)
    return f"<tr2:GetProfilesResponse>{said}</tr2:GetProfilesResponse>"


def _encoders(subject: Subject, request: Request, _: Address) -> str | Refusal:
    roles: tuple[StreamRole, ...] = tuple(subject.rig.broadcasts)
    if request.argument("ProfileToken") is not None:
        role = role_of(subject, request)
        if isinstance(role, Refusal):
            return role
        roles = (role,)
    token = request.argument("ConfigurationToken")
    if token is not None:
        roles = tuple(role for role in roles if f"{_ENCODER}{role}" == token)
        if not roles:
            return Refusal("Sender", ("InvalidArgVal", "NoConfig"), "no such configuration")
    said = "".join(_encoder(subject, role, "Configurations") for role in roles)
    return f"<tr2:GetVideoEncoderConfigurationsResponse>{said}</tr2:GetVideoEncoderConfigurationsResponse>"


def _stream_uri(subject: Subject, request: Request, address: Address) -> str | Refusal:
    role = role_of(subject, request)
    if isinstance(role, Refusal):
        return role
    if request.argument("Protocol") not in _PROTOCOLS:
        return Refusal("Sender", ("InvalidArgVal", "InvalidStreamSetup"), "unicast over RTSP only")
    return _uri("GetStreamUri", subject.stream_url(role, address.written_host))


def _snapshot_uri(subject: Subject, request: Request, address: Address) -> str | Refusal:
    role = role_of(subject, request)
    return role if isinstance(role, Refusal) else _uri("GetSnapshotUri", snapshot_url(role, address))


def _uri(operation: str, url: str) -> str:
    return f"<tr2:{operation}Response><tr2:Uri>{escape(url)}</tr2:Uri></tr2:{operation}Response>"


def _service_capabilities(subject: Subject, _: Request, __: Address) -> str:
    parts = "VideoSource VideoEncoder" + (" PTZ" if subject.turns else "")
    return (
        '<tr2:GetServiceCapabilitiesResponse><tr2:Capabilities SnapshotUri="true" Rotation="false">'
        f'<tr2:ProfileCapabilities MaximumNumberOfProfiles="2" ConfigurationsSupported="{parts}"/>'
        '<tr2:StreamingCapabilities RTSPStreaming="true" RTPMulticast="false" RTP_RTSP_TCP="true"/>'
        "</tr2:Capabilities></tr2:GetServiceCapabilitiesResponse>"
    )


MEDIA2_OPERATIONS: Final[dict[str, Callable[[Subject, Request, Address], str | Refusal]]] = {
    "GetProfiles": _profiles,
    "GetVideoEncoderConfigurations": _encoders,
    "GetStreamUri": _stream_uri,
    "GetSnapshotUri": _snapshot_uri,
    "GetServiceCapabilities": _service_capabilities,
}
