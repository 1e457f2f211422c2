"""The media service: a profile for each stream, and where it is fetched."""

from collections.abc import Callable
from typing import Final
from xml.sax.saxutils import escape

from sensors.model import StreamRole
from simulators.onvif.envelope import Refusal, Request
from simulators.onvif.ptz_service import CONFIGURATION
from simulators.onvif.subject import SNAPSHOT_PATH, Address, Subject

SOURCE: Final = "video"
NOWHERE: Final = (
    "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
    "<tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
)
_FOR_EVER = (
    "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
    "<tt:Timeout>PT0S</tt:Timeout>"
)
_NO_PROFILE = Refusal("Sender", ("InvalidArgVal", "NoProfile"), "no such profile")


def role_of(subject: Subject, request: Request) -> StreamRole | Refusal:
    """The stream whose profile a request names: profiles have the tokens "main" and "sub"."""
    token = request.argument("ProfileToken")
    if token is None:
        return Refusal("Sender", ("InvalidArgs",), "no ProfileToken")
    return role_named(subject, token)


def role_named(subject: Subject, token: str) -> StreamRole | Refusal:
    """The stream of a profile."""
    return next((role for role in subject.rig.broadcasts if role == token), _NO_PROFILE)


def _profile(subject: Subject, role: StreamRole, element: str) -> str:
    shown = subject.rig.broadcasts[role].format
    rate_kbps = shown.bit_rate // 1000
    group = f"<tt:H264><tt:GovLength>{shown.key_every}</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>"
    # The first media service knows no H.265; the name stands there nevertheless, for clients that ask no second one.
    return (
        f'<trt:{element} token="{role}" fixed="true"><tt:Name>{role}</tt:Name>'
        f'<tt:VideoSourceConfiguration token="source"><tt:Name>source</tt:Name>'
        f"<tt:UseCount>{len(subject.rig.broadcasts)}</tt:UseCount><tt:SourceToken>{SOURCE}</tt:SourceToken>"
        f'<tt:Bounds x="0" y="0" width="{shown.width}" height="{shown.height}"/></tt:VideoSourceConfiguration>'
        f'<tt:VideoEncoderConfiguration token="encoder-{role}"><tt:Name>{role}</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:Encoding>{shown.codec.upper()}</tt:Encoding><tt:Resolution><tt:Width>{shown.width}</tt:Width>"
        f"<tt:Height>{shown.height}</tt:Height></tt:Resolution><tt:Quality>5</tt:Quality><tt:RateControl>"
        f"<tt:FrameRateLimit>{shown.fps}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
        f"<tt:BitrateLimit>{rate_kbps}</tt:BitrateLimit></tt:RateControl>{group if shown.codec == 'h264' else ''}"
        f"{NOWHERE}<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration>"
        f"{CONFIGURATION.format(element='tt:PTZConfiguration') if subject.turns else ''}</trt:{element}>"
    )


def _profiles(subject: Subject, _: Request, __: Address) -> str:
    said = "".join(_profile(subject, role, "Profiles") for role in subject.rig.broadcasts)
    return f"<trt:GetProfilesResponse>{said}</trt:GetProfilesResponse>"


def _one_profile(subject: Subject, request: Request, _: Address) -> str | Refusal:
    role = role_of(subject, request)
    if isinstance(role, Refusal):
        return role
    return f"<trt:GetProfileResponse>{_profile(subject, role, 'Profile')}</trt:GetProfileResponse>"


def _stream_uri(subject: Subject, request: Request, address: Address) -> str | Refusal:
    role = role_of(subject, request)
    if isinstance(role, Refusal):
        return role
    stream, protocol = (request.nested("StreamSetup", *names) for names in (("Stream",), ("Transport", "Protocol")))
    if stream != "RTP-Unicast" or protocol not in ("UDP", "TCP", "RTSP"):
        return Refusal("Sender", ("InvalidArgVal", "InvalidStreamSetup"), "unicast over RTSP only")
    return (
        "<trt:GetStreamUriResponse><trt:MediaUri>"
        f"<tt:Uri>{escape(subject.stream_url(role, address.written_host))}</tt:Uri>{_FOR_EVER}"
        "</trt:MediaUri></trt:GetStreamUriResponse>"
    )


def snapshot_url(role: StreamRole, address: Address) -> str:
    """Where a profile's snapshots are."""
    return address.url(f"{SNAPSHOT_PATH}/{role}")


def _snapshot_uri(subject: Subject, request: Request, address: Address) -> str | Refusal:
    role = role_of(subject, request)
    if isinstance(role, Refusal):
        return role
    return (
        f"<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>{escape(snapshot_url(role, address))}</tt:Uri>{_FOR_EVER}"
        "</trt:MediaUri></trt:GetSnapshotUriResponse>"
    )


def _sources(subject: Subject, _: Request, __: Address) -> str:
    shown = next(iter(subject.rig.broadcasts.values())).format
    return (
        f'<trt:GetVideoSourcesResponse><trt:VideoSources token="{SOURCE}"><tt:Framerate>{shown.fps}</tt:Framerate>'
        f"<tt:Resolution><tt:Width>{shown.width}</tt:Width><tt:Height>{shown.height}</tt:Height></tt:Resolution>"
        "</trt:VideoSources></trt:GetVideoSourcesResponse>"
    )


def _service_capabilities(_: Subject, __: Request, ___: Address) -> str:
    return (
        '<trt:GetServiceCapabilitiesResponse><trt:Capabilities SnapshotUri="true" Rotation="false">'
        '<trt:ProfileCapabilities MaximumNumberOfProfiles="2"/><trt:StreamingCapabilities RTPMulticast="false" '
        'RTP_TCP="true" RTP_RTSP_TCP="true"/></trt:Capabilities></trt:GetServiceCapabilitiesResponse>'
    )


MEDIA_OPERATIONS: Final[dict[str, Callable[[Subject, Request, Address], str | Refusal]]] = {
    "GetProfiles": _profiles,
    "GetProfile": _one_profile,
    "GetStreamUri": _stream_uri,
    "GetSnapshotUri": _snapshot_uri,
    "GetVideoSources": _sources,
    "GetServiceCapabilities": _service_capabilities,
}
