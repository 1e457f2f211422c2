"""An ONVIF device made of written answers: device and media service over HTTP, which checks the password's digest.

Its answers hold the least that the service descriptions want; zeep itself judges them in tests.
"""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from sensors.rtsp.authentication import Credentials

DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_OPEN = {"GetSystemDateAndTime", "GetCapabilities", "GetServices"}
_TOLERANCE = timedelta(seconds=30)


class OnvifDevice:
    """One device. Fields may be changed at any time; `asked` is what it was asked, by whom."""

    def __init__(self, host: str, credentials: Credentials | None) -> None:
        self.host, self.credentials = host, credentials
        self.ahead = timedelta()
        self.media_host = host
        self.stream_host = host
        self.answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.asked: list[tuple[str, str]] = []
        self.port = 0
        self.presets: dict[str, str] | None = None
        """Names by their tokens; None for a camera that does not turn."""
        self.gone_to: list[str] = []

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/onvif/device_service"

    def answer(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and further headers."""
        envelope = fromstring(body)
        (request,) = envelope.findall(f"{{{_SOAP}}}Body/*")
        operation = request.tag.rpartition("}")[2]
        user = self._user(envelope)
        self.asked.append((operation, user))
        if operation in self.answers:
            return self.answers[operation]
        if operation not in _OPEN and self.credentials is not None and user != self.credentials.user:
            return 400, _envelope(_FAULT.format(code="Sender", subcode="ter:NotAuthorized")), {}
        token = next((child.text or "" for child in request if child.tag.endswith("ProfileToken")), "")
        if operation == "GotoPreset":
            self.gone_to.append(next(child.text or "" for child in request if child.tag.endswith("PresetToken")))
        return 200, _envelope(self._body(operation, token)), {}

    def _user(self, envelope: Element) -> str:
        """The user whose digest is right and made within half a minute of this device's clock; empty if none."""
        token = envelope.find(f".//{{{_WSSE}}}UsernameToken")
        if token is None or self.credentials is None:
            return ""
        name, digest, nonce = (token.findtext(f"{{{_WSSE}}}{part}") or "" for part in ("Username", "Password", "Nonce"))
        created = token.findtext(f"{{{_WSU}}}Created") or ""
        told = datetime.fromisoformat(created)
        expected = hashlib.sha1(  # noqa: S324 - the profile's own
            base64.b64decode(nonce) + created.encode() + self.credentials.password.encode()
        ).digest()
        right = base64.b64encode(expected).decode() == digest and abs(told - self._now()) < _TOLERANCE
        return name if right else f"not {name}"

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def _body(self, operation: str, token: str) -> str:
        media = f"http://{self.media_host}:{self.port}/onvif/media_service"
        answers = {
            "GetSystemDateAndTime": _TIME.format(now=self._now()),
            "GetCapabilities": _CAPABILITIES.format(device=self.url, media=media, ptz=self._ptz(_PTZ_CAPABILITY)),
            "GetServices": _SERVICES.format(
                services=_SERVICE.format(namespace=DEVICE, url=self.url)
                + _SERVICE.format(namespace=MEDIA, url=media)
                + self._ptz(_SERVICE)
            ),
            "GetDeviceInformation": _INFORMATION,
            "GetProfiles": _profiles(turns=self.presets is not None),
            "GetPresets": _PRESETS.format(
                presets="".join(
                    f'<p:Preset token="{token}"><t:Name>{name}</t:Name></p:Preset>'
                    for token, name in (self.presets or {}).items()
                )
            ),
            "GotoPreset": "<p:GotoPresetResponse/>",
            "GetStreamUri": _STREAM.format(url=f"rtsp://viewer:hunter2@{self.stream_host}:554/{token}?a=1&amp;b=2"),
        }
        return answers.get(operation, _FAULT.format(code="Receiver", subcode="ter:ActionNotSupported"))

    def _ptz(self, words: str) -> str:
        """Words about the service that turns it; none when it does not."""
        url = f"http://{self.host}:{self.port}/onvif/ptz_service"
        return words.format(namespace=PTZ, url=url) if self.presets is not None else ""


@contextmanager
def onvif_device(host: str = "127.0.0.1", credentials: Credentials | None = None) -> Iterator[OnvifDevice]:
    """A device that answers until the block ends."""
    device = OnvifDevice(host, credentials)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status, body, headers = device.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            for name, value in {"Content-Type": "application/soap+xml; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((host, 0), Handler)
    device.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="onvif-device")
    thread.start()
    try:
        yield device
    finally:
        server.shutdown()
        server.server_close()
        thread.join(60)


def _envelope(body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_SOAP}" xmlns:d="{DEVICE}" xmlns:m="{MEDIA}" '
        f'xmlns:p="{PTZ}" xmlns:t="{SCHEMA}" xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


_FAULT = (
    "<s:Fault><s:Code><s:Value>s:{code}</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">No</s:Text></s:Reason></s:Fault>'
)
_TIME = (
    "<d:GetSystemDateAndTimeResponse><d:SystemDateAndTime><t:DateTimeType>Manual</t:DateTimeType>"
    "<t:DaylightSavings>false</t:DaylightSavings><t:UTCDateTime><t:Time><t:Hour>{now.hour}</t:Hour>"
    "<t:Minute>{now.minute}</t:Minute><t:Second>{now.second}</t:Second></t:Time><t:Date><t:Year>{now.year}</t:Year>"
    "<t:Month>{now.month}</t:Month><t:Day>{now.day}</t:Day></t:Date></t:UTCDateTime></d:SystemDateAndTime>"
    "</d:GetSystemDateAndTimeResponse>"
)
_CAPABILITIES = (
    "<d:GetCapabilitiesResponse><d:Capabilities><t:Device><t:XAddr>{device}</t:XAddr></t:Device>"
    "<t:Media><t:XAddr>{media}</t:XAddr><t:StreamingCapabilities/></t:Media>{ptz}"
    "</d:Capabilities></d:GetCapabilitiesResponse>"
)
_PTZ_CAPABILITY = "<t:PTZ><t:XAddr>{url}</t:XAddr></t:PTZ>"
_PRESETS = "<p:GetPresetsResponse>{presets}</p:GetPresetsResponse>"
_SERVICE = (
    "<d:Service><d:Namespace>{namespace}</d:Namespace><d:XAddr>{url}</d:XAddr>"
    "<d:Version><t:Major>2</t:Major><t:Minor>0</t:Minor></d:Version></d:Service>"
)
_SERVICES = "<d:GetServicesResponse>{services}</d:GetServicesResponse>"
_INFORMATION = (
    "<d:GetDeviceInformationResponse><d:Manufacturer>Example</d:Manufacturer><d:Model>X-7</d:Model>"
    "<d:FirmwareVersion>1.2.3</d:FirmwareVersion><d:SerialNumber>00408C010203</d:SerialNumber>"
    "<d:HardwareId>7</d:HardwareId></d:GetDeviceInformationResponse>"
)
_STREAM = (
    "<m:GetStreamUriResponse><m:MediaUri><t:Uri>{url}</t:Uri><t:InvalidAfterConnect>false</t:InvalidAfterConnect>"
    "<t:InvalidAfterReboot>false</t:InvalidAfterReboot><t:Timeout>PT0S</t:Timeout></m:MediaUri>"
    "</m:GetStreamUriResponse>"
)
_PROFILE = (
    '<m:Profiles token="{token}"><t:Name>{token}</t:Name><t:VideoEncoderConfiguration token="e-{token}">'
    "<t:Name>e</t:Name><t:UseCount>1</t:UseCount><t:Encoding>H264</t:Encoding><t:Resolution><t:Width>{width}</t:Width>"
    "<t:Height>{height}</t:Height></t:Resolution><t:Quality>5</t:Quality><t:RateControl><t:FrameRateLimit>{fps}"
    "</t:FrameRateLimit><t:EncodingInterval>1</t:EncodingInterval><t:BitrateLimit>2048</t:BitrateLimit></t:RateControl>"
    "<t:Multicast><t:Address><t:Type>IPv4</t:Type><t:IPv4Address>239.0.0.1</t:IPv4Address></t:Address><t:Port>0</t:Port>"
    "<t:TTL>1</t:TTL><t:AutoStart>false</t:AutoStart></t:Multicast><t:SessionTimeout>PT60S</t:SessionTimeout>"
    "</t:VideoEncoderConfiguration>{ptz}</m:Profiles>"
)
_PTZ_CONFIGURATION = (
    '<t:PTZConfiguration token="ptz"><t:Name>ptz</t:Name><t:UseCount>1</t:UseCount><t:NodeToken>n</t:NodeToken>'
    "</t:PTZConfiguration>"
)


def _profiles(*, turns: bool) -> str:
    profiles = "".join(
        _PROFILE.format(token=token, width=width, height=height, fps=fps, ptz=_PTZ_CONFIGURATION if turns else "")
        for token, width, height, fps in (("low", 640, 360, 12), ("high", 1920, 1080, 25), ("mid", 1280, 720, 25))
    )
    return f"<m:GetProfilesResponse>{profiles}</m:GetProfilesResponse>"
