"""What an ONVIF device says of itself when it is asked: maker, model, serial number, streams.

Only the address that answered the search is ever spoken to, whatever other hosts its replies name. The password goes
out as a digest, made for the clock of the device itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx
import structlog
from msgspec import Struct
from zeep import AsyncClient
from zeep.exceptions import Fault, TransportError
from zeep.proxy import AsyncServiceProxy
from zeep.wsdl import Document
from zeep.wsse.username import UsernameToken

from hub.discovery.soap import SETTINGS, UNREADABLE, Post, Services, is_at, read_services
from hub.protocol import StreamState
from sensors.clock import Clock
from sensors.model import Stream, StreamRole
from sensors.rtsp.authentication import Credentials

MAX_PROFILES = 8
REQUEST_WITHIN_S = 5.0
CONVERSATION_WITHIN_S = 20.0
MAX_PRESETS = 64
_DEVICE, _MEDIA = "http://www.onvif.org/ver10/device/wsdl", "http://www.onvif.org/ver10/media/wsdl"
_PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
_LINE_LETTERS, _URL_LETTERS, _LARGEST = 200, 500, 16_384
T = TypeVar("T")
_log = structlog.get_logger("hub.discovery")


class Told(Struct, frozen=True):
    """What a device said. `whole` when it said all of it; else `state` says why not."""

    state: StreamState
    maker: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    streams: tuple[Stream, ...] = ()
    presets: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it may replace what was known."""
        return self.state is StreamState.OK


class Interviewer:
    """Asks devices. The service descriptions are read once, on a thread, when the first device is asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read: Services | None = None

    async def ask(self, url: str, address: str, credentials: Credentials | None) -> Told:
        """Ask the device service at `url`, whose host is `address`. Never raises for what the device does."""
        return await self._converse(address, credentials, lambda conversation: conversation.hold(url), Told)

    async def turn(self, url: str, address: str, credentials: Credentials | None, preset: str) -> StreamState:
        """Send a camera to the preset of that name; NOT_FOUND when it has none. Raises as little as `ask`."""
        return await self._converse(
            address, credentials, lambda conversation: conversation.turn(url, preset), lambda state: state
        )

    async def _converse(
        self,
        address: str,
        credentials: Credentials | None,
        talk: Callable[["_Conversation"], Awaitable[T]],
        failed: Callable[[StreamState], T],
    ) -> T:
        services = await self._service_descriptions()
        login = httpx.DigestAuth(credentials.user, credentials.password) if credentials else None
        async with httpx.AsyncClient(
            timeout=REQUEST_WITHIN_S,
            trust_env=False,
            follow_redirects=False,
            verify=False,  # noqa: S501 - cameras sign their own certificates
            auth=login,
        ) as http:
            conversation = _Conversation(services, Post(http, address), credentials, self._clock)
            try:
                async with asyncio.timeout(CONVERSATION_WITHIN_S):
                    return await talk(conversation)
            except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError):
                return failed(StreamState.NO_ANSWER)
            except Fault as fault:
                return failed(_state_of(fault, credentials))
            except TransportError as error:
                refused = error.status_code in (401, 403)
                return failed(_refusal(credentials) if refused else StreamState.NOT_UNDERSTOOD)
            except UNREADABLE as error:
                _log.info("a camera's answer is not understood", address=address, problem=type(error).__name__)
                return failed(StreamState.NOT_UNDERSTOOD)

    async def _service_descriptions(self) -> Services:
        async with self._lock:
            if self._read is None:
                self._read = await asyncio.to_thread(read_services)
            return self._read


class _Conversation:
    """One device's questions and answers."""

    def __init__(self, services: Services, post: Post, credentials: Credentials | None, clock: Clock) -> None:
        self._services = services
        self._post, self._credentials, self._clock = post, credentials, clock
        self._ahead = timedelta()

    async def hold(self, url: str) -> Told:
        """Ask everything, in order: time and services need no password, the rest mostly does."""
        capabilities = await self._greet(url)
        device = self._service(self._services.device, f"{{{_DEVICE}}}DeviceBinding", url)
        facts = await device.GetDeviceInformation()
        media = self._media(capabilities)
        profiles = await media.GetProfiles()
        streams = await self._streams(media, profiles)
        return Told(
            StreamState.OK,
            maker=_line(facts.Manufacturer),
            model=_line(facts.Model),
            firmware=_line(facts.FirmwareVersion),
            serial=_line(facts.SerialNumber),
            streams=streams,
            presets=await self._names(capabilities, profiles),
        )

    async def turn(self, url: str, preset: str) -> StreamState:
        """Send it to the first preset of that name."""
        capabilities = await self._greet(url)
        profiles = await self._media(capabilities).GetProfiles()
        ptz, profile = self._ptz(capabilities), _turnable(profiles)
        if ptz is None or profile is None:
            return StreamState.NOT_FOUND
        presets = _by_name(await ptz.GetPresets(ProfileToken=profile))
        if preset not in presets:
            return StreamState.NOT_FOUND
        await ptz.GotoPreset(ProfileToken=profile, PresetToken=presets[preset])
        return StreamState.OK

    async def _greet(self, url: str) -> Any:
        """Learn the device's clock and its services, which it tells anybody."""
        bare = self._service(self._services.device, f"{{{_DEVICE}}}DeviceBinding", url, signed=False)
        self._ahead = _offset(await bare.GetSystemDateAndTime(), self._clock.now())
        return await bare.GetCapabilities(Category="All")

    async def _names(self, capabilities: Any, profiles: Any) -> tuple[str, ...]:
        """What its presets are called; nothing when it does not turn, or gets that wrong: its pictures come first."""
        try:
            ptz, profile = self._ptz(capabilities), _turnable(profiles)
            if ptz is None or profile is None:
                return ()
            return tuple(_by_name(await ptz.GetPresets(ProfileToken=profile)))
        except (httpx.HTTPError, *UNREADABLE):
            return ()

    def _media(self, capabilities: Any) -> Any:
        return self._service(self._services.media, f"{{{_MEDIA}}}MediaBinding", str(capabilities.Media.XAddr))

    def _ptz(self, capabilities: Any) -> Any:
        """The service that turns it; None when it has none."""
        said = getattr(capabilities, "PTZ", None)
        if said is None or not said.XAddr:
            return None
        return self._service(self._services.ptz, f"{{{_PTZ}}}PTZBinding", str(said.XAddr))

    async def _streams(self, media: Any, profiles: Iterable[Any]) -> tuple[Stream, ...]:
        """The largest and the smallest of the device's pictures, at addresses of its own."""
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        found: list[Stream] = []
        for profile in list(profiles or ())[:MAX_PROFILES]:
            encoder = profile.VideoEncoderConfiguration
            if encoder is None:
                continue
            reply = await media.GetStreamUri(StreamSetup=setup, ProfileToken=profile.token)
            url = clean_url(str(reply.Uri), self._post.address)
            if url is not None:
                found.append(_stream(url, encoder))
        found.sort(key=lambda stream: stream.width * stream.height, reverse=True)
        if not found:
            return ()
        main, *rest = found
        others = [stream for stream in rest if stream.url != main.url]
        return (main, *(_as_sub(stream) for stream in others[-1:]))

    def _service(self, document: Document, binding: str, url: str, *, signed: bool = True) -> Any:
        """A service at a URL; `signed` requests carry the digest, made for the device's own clock."""
        wsse = None
        if signed and self._credentials is not None:
            created = (self._clock.now() + self._ahead).replace(tzinfo=None, microsecond=0)
            user, password = self._credentials.user, self._credentials.password
            wsse = UsernameToken(user, password, use_digest=True, created=created, zulu_timestamp=True)
        client = AsyncClient(document, transport=self._post, wsse=wsse, settings=SETTINGS)
        return AsyncServiceProxy(client, document.bindings[binding], address=url)


def _turnable(profiles: Any) -> str | None:
    """The profile by which it is turned."""
    known = (profile for profile in list(profiles or ())[:MAX_PROFILES])
    return next((str(profile.token) for profile in known if profile.PTZConfiguration is not None), None)


def _by_name(presets: Any) -> dict[str, str]:
    """The tokens of presets by their names; one without a name goes by its token. Of two of one name, the first."""
    named: dict[str, str] = {}
    for preset in list(presets or ())[:MAX_PRESETS]:
        token = str(preset.token)
        name = _line(preset.Name) or _line(token)
        if name:
            named.setdefault(name, token)
    return named


def clean_url(url: str, address: str) -> str | None:
    """A stream's URL without user name and password; None when it is no RTSP URL, or of another host."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme.lower() != "rtsp" or not is_at(url, address) or not (parts.port is None or parts.port):
            return None
    except ValueError:
        return None
    clean = urlunsplit(("rtsp", parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    return clean if clean.isprintable() and " " not in clean and len(clean) <= _URL_LETTERS else None


def _offset(reply: Any, now: datetime) -> timedelta:
    """How far the device's clock is ahead; nothing when it does not say."""
    try:
        date, time = reply.UTCDateTime.Date, reply.UTCDateTime.Time
        told = datetime(date.Year, date.Month, date.Day, time.Hour, time.Minute, min(time.Second, 59), tzinfo=UTC)
    except (AttributeError, TypeError, ValueError):
        return timedelta()
    return told - now


def _stream(url: str, encoder: Any) -> Stream:
    size, rate = encoder.Resolution, encoder.RateControl
    return Stream(
        StreamRole.MAIN,
        url,
        codec=_line(encoder.Encoding)[:64],
        width=_size(size.Width if size is not None else 0),
        height=_size(size.Height if size is not None else 0),
        fps=float(min(240, max(0, rate.FrameRateLimit or 0))) if rate is not None else 0.0,
    )


def _as_sub(stream: Stream) -> Stream:
    return Stream(StreamRole.SUB, stream.url, stream.codec, stream.width, stream.height, stream.fps)


def _size(pixels: int | None) -> int:
    return pixels if pixels is not None and 0 <= pixels <= _LARGEST else 0


def _line(text: object) -> str:
    words = "" if text is None else str(text)
    return "".join(letter if letter.isprintable() else " " for letter in words).strip()[:_LINE_LETTERS]


def _state_of(fault: Fault, credentials: Credentials | None) -> StreamState:
    """What a fault means; a device that wants a password says NotAuthorized somewhere in it."""
    said = f"{fault.code} {fault.message} {' '.join(str(code) for code in fault.subcodes or ())}".lower()
    return _refusal(credentials) if "author" in said else StreamState.NOT_UNDERSTOOD


def _refusal(credentials: Credentials | None) -> StreamState:
    return StreamState.WANTS_CREDENTIALS if credentials is None else StreamState.WRONG_CREDENTIALS
